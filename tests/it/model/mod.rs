//! The models and the kit.

mod dirlock;
mod names;
mod purity;
mod sources;
