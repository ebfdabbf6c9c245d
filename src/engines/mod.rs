//! Engines: generic over the model. They know no files, scenarios, protocols or reports.

pub mod explore;
pub mod fields;
pub mod follow;
pub mod instance;
pub mod shrink;
pub mod simulate;
pub mod threads;
pub mod verdict;
