//! Where a search is written down, and how often.

use std::path::PathBuf;

use crate::encoding::json::Problem;
use crate::encoding::sealed::{self, Stamp};

/// Where a search is written down, and how often.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The file.
    pub file: PathBuf,
    /// To what it belongs. It must say all that decides what the search comes to, but for budgets.
    pub stamp: Stamp,
    /// It is written after a level when at least so many states were found since the last time, and
    /// an eighth of all: so writing does not take more and more of the time.
    pub every: u64,
}

impl Checkpoint {
    /// The same for the search that finds the runs behind what this one has found.
    pub fn of_traces(&self) -> Self {
        Self { file: self.file.with_extension("traces"), ..self.clone() }
    }

    /// Looks whether a file that is there can be used; false if none is there.
    pub fn is_there(&self) -> Result<bool, Problem> {
        match self.file.exists() {
            true => sealed::open(&self.file, &self.stamp).map(|_| true),
            false => Ok(false),
        }
    }

    /// Takes the file away, which is needed no more.
    pub fn remove(&self) {
        // A file that stays is not looked at any more.
        let _ = std::fs::remove_file(&self.file);
    }
}
