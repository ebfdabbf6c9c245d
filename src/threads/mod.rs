//! Protocols as threads, and whether their runs are runs of the models.
//!
//! | file | what it holds |
//! |---|---|
//! | `protocols` | the code, mounted once a runtime: plain threads, loom, shuttle |
//! | `forms` | which configurations have such code, and how it can be flawed |
//! | `log` | what a run did, in the names of the model |
//! | `runs` | runs, handed from the engine that does them to who judges them |
//! | `under_loom` | all orders with so many preemptions, and what weak memory may do |
//! | `under_shuttle`, `draws` | runs whose order is drawn |
//! | `under_std` | runs on the threads of the machine |
//! | `refine` | whether a run of the code is a run of the model |
//! | `examine` | a scenario examined under one of the engines |
//! | `matrix` | what the engines find without each rule, and with each flaw |
//! | `shorten` | a schedule that fails, with fewer switches |
//! | `again` | a run that was kept, done once more |

#![allow(clippy::duplicate_mod)] // One file, three runtimes: that is the point.

pub mod again;
mod draws;
pub mod examine;
pub mod forms;
pub mod log;
pub mod matrix;
pub mod refine;
pub mod runs;
pub mod shorten;
mod under_loom;
mod under_shuttle;
mod under_std;

pub use draws::Strategy;

use std::sync::Arc;

/// A run of the code: everything from spawning the threads to joining them.
pub type Body = Arc<dyn Fn(&Arc<log::Log>) + Send + Sync>;

/// The code on plain threads.
#[path = "protocols"]
pub mod on_std {
    mod rt {
        pub use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
        pub use std::sync::{Condvar, Mutex, MutexGuard};
        pub use std::thread;
    }
    pub mod async_grant;
    pub mod delegation_return;
    pub mod downconvert;
    pub mod recall;
}

/// The code under loom.
#[path = "protocols"]
pub mod on_loom {
    mod rt {
        pub use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
        pub use loom::sync::{Condvar, Mutex, MutexGuard};
        pub use loom::thread;
    }
    pub mod async_grant;
    pub mod delegation_return;
    pub mod downconvert;
    pub mod recall;
}

/// The code under shuttle.
#[path = "protocols"]
pub mod on_shuttle {
    mod rt {
        pub use shuttle::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
        pub use shuttle::sync::{Condvar, Mutex, MutexGuard};
        pub use shuttle::thread;
    }
    pub mod async_grant;
    pub mod delegation_return;
    pub mod downconvert;
    pub mod recall;
}
