//! The results of sampling.

pub mod evaluation;
pub mod facts;
pub mod text;
pub mod threads;
