//! The result of checking a recording against a protocol, for people and for machines.

pub mod facts;
pub mod suites;
pub mod text;
