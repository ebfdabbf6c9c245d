//! `latchwork dev`: builds a package and checks it again whenever a source or a scenario changes.
//!
//! | file | what it holds |
//! |---|---|
//! | `watch` | waits for changes |
//! | `build` | runs Cargo, and reads its messages |
//! | `child` | a process that ends when the program is interrupted |
//! | `verdicts` | the verdicts of a check, and which of them changed |

pub mod build;
mod child;
pub mod verdicts;
pub mod watch;

pub use child::{Ended, run};
