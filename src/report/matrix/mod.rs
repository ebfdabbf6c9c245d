//! Matrices: what breaks without each rule.

pub mod ablation;
pub mod threads;
