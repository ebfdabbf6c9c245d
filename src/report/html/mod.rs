//! Pages of their own: one file, no network, complete without scripts.

pub mod beside;
pub mod case;
mod charts;
pub mod check;
mod labels;
mod lanes;
pub mod live;
mod model;
mod page;
pub mod review;
mod state;
mod steps;
mod verdict;
