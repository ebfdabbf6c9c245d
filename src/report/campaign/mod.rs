//! What runs that were sampled came to.

pub mod evaluation;
pub mod facts;
pub mod text;
#[cfg(feature = "threads")]
pub mod threads;
