//! Minimizes long runs: steps are left out, and bounded searches look for shorter paths.
//!
//! | file | what it holds |
//! |---|---|
//! | `leaving_out` | the order in which steps are left out, and what a run without them shows |
//! | `nearest` | a bounded search from a state of a run |

mod leaving_out;
mod nearest;

pub use leaving_out::Shortened;
pub(crate) use leaving_out::{AROUND, OWN_STEPS, shorten};
