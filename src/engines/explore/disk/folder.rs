//! The folder of a search on disk: the names of its files.

use std::path::PathBuf;

use crate::encoding::sealed::Stamp;

use super::frames::{Place, salt};

/// Where a search keeps its states and fingerprints.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The folder. It exists, and nobody else writes to it.
    pub folder: PathBuf,
    /// Identifies the search: everything that affects its result, except budgets.
    pub stamp: Stamp,
    /// The search is committed after a level when this many new states, and at least a 32nd of all
    /// states, were found since the last time. This bounds the share of time that goes into it.
    pub every: u64,
}

/// The beginnings of the names of all files that a search writes, except its commit.
const NAMES: [&str; 4] = ["level-", "run-", "sweep-", "moved-"];
/// The file that says what belongs to the search.
const COMMIT: &str = "commit";

impl Disk {
    /// Returns the place of a file.
    pub(in crate::engines::explore) fn place(&self, name: &str) -> Place {
        let search = format!("{} {}", self.stamp.build, self.stamp.of);
        Place { path: self.folder.join(name), salt: salt(&search, name) }
    }

    /// Returns the path of the commit.
    pub(in crate::engines::explore) fn commit(&self) -> PathBuf {
        self.folder.join(COMMIT)
    }

    /// Returns the place of the states of a level.
    pub(super) fn level(&self, level: usize) -> Place {
        self.place(&format!("level-{level:05}"))
    }

    /// Returns the place of a run of fingerprints.
    pub(super) fn run(&self, number: u32) -> Place {
        self.place(&format!("run-{number:06}"))
    }

    /// Returns the place of a file that exists only while `can_finish` is decided.
    pub(super) fn sweeping(&self, name: &str) -> Place {
        self.place(&format!("sweep-{name}"))
    }

    /// Removes all files of searches that do not belong to `keep`.
    pub(in crate::engines::explore) fn tidy(&self, keep: &[PathBuf]) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let ours = NAMES.iter().any(|ours| name.starts_with(ours));
            if ours && !keep.contains(&entry.path()) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
