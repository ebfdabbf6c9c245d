//! The floor `conform`.

mod recordings;
mod storms;
mod workload;
