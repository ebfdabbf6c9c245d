//! The thread-shaped forms of the protocols.

pub mod downconvert;
