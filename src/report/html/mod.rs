//! Pages of their own: one file, no network, complete without scripts.

pub mod case;
mod lanes;
mod page;
pub mod review;
mod state;
mod steps;
mod verdict;
