//! The files that people write and keep, read against the protocols that there are.

#[cfg(feature = "cli")]
pub mod built_in;
pub mod case;
pub mod configuration;
pub mod scenario;
pub mod thread_run;
