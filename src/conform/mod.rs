//! Recordings in the words of a protocol: from lines and events to what a model is followed by.
//!
//! A *map* says what lines of a log or events of a capture mean for a protocol. What comes out is a
//! [`Slice`](slice::Slice): a configuration of the protocol, and what was [recorded](slice::Recorded) in the names of its
//! actions and fields. Names and not steps, for the same recording is checked against the protocol under
//! other rules as well.
//!
//! | file | what it holds |
//! |---|---|
//! | `slice` | a part of a recording, in the names of a protocol |
//! | `recording` | recordings of traffic, and the maps that there are for them |
//! | `log` | lines of a log: tracepoints of the kernel, or JSON |
//! | `map_file` | a map that a user writes |
//! | `mapped` | what the lines of a log are under such a map |
//! | `traffic` | what maps of recorded traffic have in common |
//! | `client_log` | what the processes of a client did, and were told |
//! | `delegation_return` | recorded traffic as `delegation_return` |
//! | `async_grant` | recorded traffic of NLM as `async_grant` |
//! | `recall` | recorded traffic as `recall` |
//! | `holding` | which client held a delegation of which file, and from when to when |
//! | `placing` | moments become positions |

pub mod async_grant;
pub mod client_log;
pub mod delegation_return;
pub mod holding;
pub mod log;
pub mod map_file;
pub mod mapped;
mod placing;
pub mod recall;
pub mod recording;
pub mod slice;
pub mod traffic;
