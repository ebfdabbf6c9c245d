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
//! | `turns` | workers that use one file after the other |
//! | `traced` | a history as `strace` would have written it |
//! | `holds` | who certainly held which lock, and when |
//! | `verdict` | what must hold whatever happens |

pub mod history;
pub mod holds;
pub mod traced;
mod turns;
pub mod verdict;
pub mod worker;

pub use super::calls::{epoch, now};

/// The number of files, if no [`Shape`] says otherwise.
pub const FILES: u16 = 2;
/// The most files.
pub const MOST_FILES: u16 = 2000;
/// The number of slots of a file. Each has a lock and a counter.
pub const SLOTS: u8 = 4;
/// The bytes from one slot to the next: slots share no page.
pub const SLOT: u64 = 4096;
/// The bytes of a counter, and of its lock.
pub const COUNTER: u64 = 8;

/// What the workers of a storm share: files, slots, and whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The number of files.
    pub files: u16,
    /// The number of slots that are used of each.
    pub slots: u8,
    /// The milliseconds for which all workers use one file before they go on to the next one. Without it
    /// they use all files at any time.
    pub turn_ms: Option<u64>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { files: FILES, slots: SLOTS, turn_ms: None }
    }
}

/// The name of a file.
pub fn file_name(file: u16) -> String {
    format!("storm-{file}")
}
