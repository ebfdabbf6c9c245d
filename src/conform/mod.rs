//! Translates recordings to the terms of a protocol: from lines and events to the input of
//! following.
//!
//! A *map* defines what lines of a log or events of a capture mean for a protocol. The result is a
//! [`Slice`](slice::Slice): a configuration of the protocol, and what was
//! [recorded](slice::Recorded) in the names of its actions and fields. It contains names instead of
//! steps, because the same recording is also checked against the protocol under other rules.
//!
//! | file | what it holds |
//! |---|---|
//! | `slice` | a part of a recording, in the names of a protocol |
//! | `recording` | recordings of traffic, and the maps for them |
//! | `log` | lines of a log: tracepoints of the kernel, or JSON |
//! | `map_file` | a map written by a user |
//! | `mapped` | applies such a map to the lines of a log |
//! | `traffic` | the common parts of maps of recorded traffic |
//! | `client_log` | what the processes of a client did, and the results they got |
//! | `delegation_return` | recorded traffic as `delegation_return` |
//! | `async_grant` | recorded traffic of NLM as `async_grant` |
//! | `recall` | recorded traffic as `recall` |
//! | `holding` | which client held a delegation of which file, and when |
//! | `placing` | converts moments to positions |

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
