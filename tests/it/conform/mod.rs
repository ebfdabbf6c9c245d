//! The floor `conform`.

mod cluster;
mod recordings;
mod workload;
