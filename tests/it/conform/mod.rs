//! The floor `conform`.

mod cluster;
mod recordings;
mod storms;
mod workload;
