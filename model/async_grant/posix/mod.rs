//! The exact table of POSIX byte-range locks of one file.
//!
//! What `fcntl` promises about record locks, written for any type of offset and any capacity: one
//! byte an offset in a model, 64 bits in a test or a tool. Nothing here knows the protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `range` | [`Offset`], [`Range`]: bytes from a start and a length, as `struct flock` has them |
//! | `table` | [`LockTable`]: lock, upgrade, downgrade, unlock, and who is in the way |
//! | `waiters` | [`Waiters`]: who sleeps, who may be woken, and who waits in a circle |
//!
//! Owners are numbers that only have to differ: a process, an open file description, a lock owner
//! of a remote client. What depends on their kind (which descriptors count, what closing one does)
//! is left to the caller.

mod range;
mod table;
mod waiters;

pub use range::{Offset, Range, RangeError};
pub use table::{Access, Held, LockTable, Refusal};
pub use waiters::{Request, Waiters};
