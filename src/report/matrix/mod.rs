//! Matrices: what breaks without each rule.

pub mod ablation;
#[cfg(feature = "threads")]
pub mod threads;
