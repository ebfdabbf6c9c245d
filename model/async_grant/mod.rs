//! Asynchronous lock grant between a lock manager and a cluster filesystem.

pub mod posix;
