//! A recording that was laid against a protocol, for people and for machines.

pub mod facts;
pub mod suites;
pub mod text;
