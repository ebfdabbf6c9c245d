//! Everybody at once: workers lock slots of a few files, count under their locks, and give them up,
//! each at its own pace, while a command of the user disturbs the filesystem.
//!
//! No model can say which worker comes first. But whatever happens, two locks that conflict are never
//! certainly held at the same time, and no count under a write lock is lost.
//!
//! | file | contents |
//! |---|---|
//! | `history` | what a worker did, on disk before it does it |
//! | `worker` | a worker process |
//! | `holds` | who certainly held which lock, and when |
//! | `verdict` | what must hold whatever happens |

pub mod history;
pub mod holds;
pub mod verdict;
pub mod worker;

pub use super::calls::now;

/// The number of files.
pub const FILES: u8 = 2;
/// The number of slots of a file. Each has a lock and a counter.
pub const SLOTS: u8 = 4;
/// The bytes from one slot to the next: slots share no page.
pub const SLOT: u64 = 4096;
/// The bytes of a counter, and of its lock.
pub const COUNTER: u64 = 8;

/// The name of a file.
pub fn file_name(file: u8) -> String {
    format!("storm-{file}")
}
