//! What all files are made of: JSON that knows its lines and columns, and sealed bytes.

pub mod json;
pub mod sealed;
