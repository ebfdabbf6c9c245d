//! Pages of their own: one file, no network, complete without scripts.

pub mod case;
pub mod check;
pub mod compare;
mod lanes;
mod markdown;
mod page;
pub mod review;
mod state;
mod steps;
