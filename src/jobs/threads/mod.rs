//! Scenarios whose protocols run as threads.

pub mod again;
pub mod examine;
mod goals;
pub mod matrix;
