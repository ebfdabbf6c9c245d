//! Threads whose order is decided, and whether their runs are runs of a model.
//!
//! | file | what it holds |
//! |---|---|
//! | `log` | what a run did, in the names of the model |
//! | `runs` | runs, handed from the engine that does them to who judges them |
//! | `under_loom` | all orders with so many preemptions, and what weak memory may do |
//! | `under_shuttle`, `draws` | runs whose order is drawn |
//! | `under_std` | runs on the threads of the machine |
//! | `schedule` | what brings a run about again |
//! | `refine` | whether a run of the code is a run of the model |
//! | `shorten` | a schedule that fails, with fewer switches |

#[cfg(feature = "threads")]
mod draws;
#[cfg(feature = "threads")]
pub mod log;
#[cfg(feature = "threads")]
pub mod refine;
#[cfg(feature = "threads")]
pub mod runs;
pub mod schedule;
#[cfg(feature = "threads")]
pub mod shorten;
#[cfg(feature = "threads")]
pub mod under_loom;
#[cfg(feature = "threads")]
pub mod under_shuttle;
#[cfg(feature = "threads")]
pub mod under_std;

#[cfg(feature = "threads")]
pub use draws::Strategy;

#[cfg(feature = "threads")]
use std::sync::Arc;

/// A run of the code: everything from spawning the threads to joining them.
#[cfg(feature = "threads")]
pub type Body = Arc<dyn Fn(&Arc<log::Log>) + Send + Sync>;

/// What code of threads is written against: here the threads of the machine.
#[cfg(feature = "threads")]
pub mod rt_std {
    pub use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use std::sync::{Condvar, Mutex, MutexGuard};
    pub use std::thread;
}

/// The same under loom.
#[cfg(feature = "threads")]
pub mod rt_loom {
    pub use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use loom::sync::{Condvar, Mutex, MutexGuard};
    pub use loom::thread;
}

/// The same under shuttle.
#[cfg(feature = "threads")]
pub mod rt_shuttle {
    pub use shuttle::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
    pub use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub use shuttle::thread;
}
