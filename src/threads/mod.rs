//! Protocols as threads, and whether their runs are runs of the models.
//!
//! | file | what it holds |
//! |---|---|
//! | `protocols` | the code, mounted once a runtime; so far on plain threads only |
//! | `forms` | which configurations have such code, and how it can be flawed |
//! | `log` | what a run did, in the names of the model |
//! | `refine` | whether a run of the code is a run of the model |

pub mod forms;
pub mod log;
pub mod refine;

use std::sync::Arc;

/// A run of the code: everything from spawning the threads to joining them.
pub type Body = Arc<dyn Fn(&Arc<log::Log>) + Send + Sync>;

/// The code on plain threads.
#[path = "protocols"]
pub mod on_std {
    mod rt {
        pub use std::sync::{Condvar, Mutex, MutexGuard};
        pub use std::thread;
    }
    pub mod downconvert;
}
