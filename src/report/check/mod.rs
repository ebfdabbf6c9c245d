//! What a check came to.

pub mod charts;
pub mod coverage;
pub mod html;
pub mod json;
pub mod markdown;
pub mod text;
