//! Runs code of threads under controlled schedulers, and checks whether its runs are runs of a
//! model.
//!
//! | file | what it holds |
//! |---|---|
//! | `log` | what a run did, in the terms of the model |
//! | `runs` | passes runs from the engine to the judge |
//! | `under_loom` | all interleavings up to a number of preemptions, with weak memory |
//! | `under_shuttle`, `draws` | runs with a random schedule |
//! | `under_std` | runs on the threads of the machine |
//! | `refine` | whether a run of the code is a run of the model |
//! | `shorten` | reduces the switches of a failing schedule |

mod draws;
pub mod log;
pub mod refine;
pub mod runs;
pub mod shorten;
pub mod under_loom;
pub mod under_shuttle;
pub mod under_std;

pub use draws::Strategy;

use std::sync::Arc;

/// A run of the code: everything from spawning the threads to joining them.
pub type Body = Arc<dyn Fn(&Arc<log::Log>) + Send + Sync>;

/// The primitives that threaded code is written against: here those of the standard library.
pub mod rt_std {
    pub use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use std::sync::{Condvar, Mutex, MutexGuard};
    pub use std::thread;
}

/// The same primitives under loom.
pub mod rt_loom {
    pub use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use loom::sync::{Condvar, Mutex, MutexGuard};
    pub use loom::thread;
}

/// The same primitives under shuttle.
pub mod rt_shuttle {
    pub use shuttle::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub use shuttle::thread;
}
