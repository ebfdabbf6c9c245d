//! Where a search is checkpointed, and how often.

use std::path::PathBuf;

use crate::encoding::json::Problem;
use crate::encoding::sealed::{self, Stamp};

/// Where a search is checkpointed, and how often.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The file.
    pub file: PathBuf,
    /// Identifies the search that the file belongs to. Covers everything that affects the result,
    /// except budgets.
    pub stamp: Stamp,
    /// A checkpoint is written after a level when this many new states, and at least an eighth of
    /// all states, were found since the last one. This bounds the share of time that goes into
    /// writing.
    pub every: u64,
}

impl Checkpoint {
    /// Returns the same settings for the second search, which finds the runs of discoveries.
    pub fn of_traces(&self) -> Self {
        Self { file: self.file.with_extension("traces"), ..self.clone() }
    }

    /// Returns whether there is a usable checkpoint file; `false` if there is no file.
    pub fn is_there(&self) -> Result<bool, Problem> {
        match self.file.exists() {
            true => sealed::open(&self.file, &self.stamp).map(|_| true),
            false => Ok(false),
        }
    }

    /// Removes the file, which is no longer needed.
    pub fn remove(&self) {
        // If the file cannot be removed, it is never read again.
        let _ = std::fs::remove_file(&self.file);
    }
}
