//! The floor `conform`.

mod recordings;
mod workload;
