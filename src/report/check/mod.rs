//! The results of a check.

pub mod charts;
pub mod coverage;
pub mod html;
pub mod json;
pub mod markdown;
pub mod text;
