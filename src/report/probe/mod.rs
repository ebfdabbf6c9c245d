//! The result of a probe, for people and for machines.

pub mod facts;
pub mod html;
pub mod storm;
pub mod suites;
pub mod text;
pub mod timeline;
