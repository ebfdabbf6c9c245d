//! The basis of all files: JSON with lines and columns, and sealed bytes.

pub mod json;
pub mod sealed;
