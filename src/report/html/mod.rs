//! Pages of their own: one file, no network, complete without scripts.

pub mod case;
mod lanes;
mod page;
mod state;
mod steps;
mod verdict;
