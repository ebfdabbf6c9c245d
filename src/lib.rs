//! Latchwork: deterministic simulation and model checking for the lock, delegation and recall
//! protocols of distributed filesystems.
#![deny(unsafe_code)]

pub mod ablate;
pub mod campaign;
pub mod check;
pub mod cli;
pub mod configuration;
pub mod coverage;
pub mod explore;
pub mod json;
pub mod protocols;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod selfcheck;
pub mod shrink;
pub mod simulate;
pub mod threads;
pub mod trace;
pub mod verdict;

pub use latchwork_model as model;
