//! All integration tests, in one binary: a room a floor of `src/`, one for the models, and one for the
//! house itself. `cargo test --test it report::` runs those of one room.

mod axe;
mod browser;
mod capture;
mod cli;
mod committed;
mod conform;
mod engines;
mod files;
mod house;
mod jobs;
mod model;
#[cfg(target_os = "linux")]
mod probe;
mod program;
mod report;
mod serve;

use committed::{paths, repository};
