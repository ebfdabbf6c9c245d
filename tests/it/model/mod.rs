//! The models and the kit.

mod dirlock;
mod kit;
mod names;
mod purity;
mod sources;
