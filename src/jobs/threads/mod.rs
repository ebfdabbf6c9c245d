//! Scenarios whose protocols run as threads.

pub mod again;
pub mod examine;
pub mod matrix;
