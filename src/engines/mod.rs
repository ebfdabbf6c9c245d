//! Engines: generic over the model. They know no files, scenarios, protocols or reports.

pub mod explore;
pub mod fields;
pub mod follow;
pub mod instance;
pub mod schedule;
pub mod shrink;
pub mod simulate;
mod stopped;
#[cfg(feature = "threads")]
pub mod threads;
pub mod verdict;
