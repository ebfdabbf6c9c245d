//! Pages of runs: one file each, without network access, complete without scripts.

pub mod beside;
pub mod case;
mod labels;
pub(crate) mod lanes;
pub(crate) mod marks;
pub(crate) mod model;
mod state;
pub(crate) mod steps;
mod verdict;
