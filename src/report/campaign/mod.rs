//! The results of sampling.

pub mod evaluation;
pub mod facts;
pub mod text;
#[cfg(feature = "threads")]
pub mod threads;
