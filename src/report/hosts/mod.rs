//! Results in the formats of CI hosts.

pub mod alarms;
pub mod github;
#[cfg(feature = "junit")]
pub mod junit;
pub mod place;
pub mod sarif;
pub mod suites;
pub mod summary;
pub mod tap;
