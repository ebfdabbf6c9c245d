//! The locks of a mounted filesystem, checked against the models.
//!
//! Worker processes lock, unlock and lease two files, one call at a time. Each answer is compared
//! with what [`LockTable`](latchwork_model::async_grant::posix::LockTable) and
//! [`Leases`](latchwork_model::recall::lease::Leases) admit. Where several waiting calls can be
//! granted, their order is a choice of the kernel, so a *set* of states is followed.
//!
//! | file | contents |
//! |---|---|
//! | `op`, `answer` | calls and answers, as values and as text |
//! | `calls` | the system calls |
//! | `planted` | defects that a worker can simulate |
//! | `worker` | a worker process, and a child that holds a descriptor |
//! | `files` | descriptors and open files: who owns the lock of which call |
//! | `state` | one state of the models, and what a call does to it |
//! | `world` | the set of states that agree with all answers so far |
//! | `view` | `/proc/locks` |
//! | `draw` | random calls |
//! | `crew` | starts workers, sends calls, collects answers |
//! | `run` | a run: calls, answers, and the first disagreement |
//! | `bare` | the calls of a run without the probe |
//! | `storm` | everybody at once, under disturbances |
//! | `shrink` | makes a failing list of calls smaller |

pub mod answer;
pub mod bare;
mod calls;
pub mod crew;
pub mod draw;
pub mod files;
pub mod op;
pub mod planted;
pub mod run;
pub mod shrink;
pub mod state;
pub mod storm;
pub mod view;
pub mod worker;
pub mod world;

/// Descriptors of the file of locks in a worker.
pub const FDS: usize = 3;
/// Descriptors of the file of leases in a worker.
pub const LEASE_FDS: usize = 2;
/// The most workers. Readers that are woken together can be granted in any order, and each order is
/// a state of its own.
pub const MOST_WORKERS: usize = 8;
