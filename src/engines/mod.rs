//! Engines: generic over the model, they know no file, no scenario, no protocol and no report.

pub mod explore;
pub mod fields;
pub mod follow;
pub mod instance;
pub mod shrink;
pub mod simulate;
pub mod threads;
pub mod verdict;
