//! What belongs to a search: a small file that is replaced when everything it names is on disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::folder::Disk;
use super::frames::named;
use super::runs::Runs;
use super::states::Size;
use crate::encoding::json::Problem;
use crate::encoding::sealed;
use crate::engines::explore::found::Found;
use crate::engines::verdict::{Coverage, PropertyId, Statistics};

/// A search after a level.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    /// What it has found.
    pub found: Facts,
    /// The states of each level.
    pub levels: Vec<Size>,
    /// The fingerprints of all states.
    pub runs: Runs,
    /// The number of levels that are expanded. If it is that of all levels, the search is over.
    pub expanded: usize,
}

/// What a search has found.
#[derive(Serialize, Deserialize)]
pub struct Facts {
    statistics: Statistics,
    coverage: Coverage,
    cut: bool,
    constrained: bool,
    first: Vec<(PropertyId, usize)>,
    first_fired: Vec<Option<usize>>,
}

impl From<&Found> for Facts {
    fn from(found: &Found) -> Self {
        Self {
            statistics: found.statistics.clone(),
            coverage: found.coverage.clone(),
            cut: found.cut,
            constrained: found.constrained,
            first: found.first.clone(),
            first_fired: found.first_fired.clone(),
        }
    }
}

impl Facts {
    /// Puts the facts back.
    pub fn restore(self, found: &mut Found) {
        found.statistics = self.statistics;
        found.coverage = self.coverage;
        found.cut = self.cut;
        found.constrained = self.constrained;
        found.first = self.first;
        found.first_fired = self.first_fired;
    }
}

/// Reads the commit; `None` if there is none yet.
pub fn committed(disk: &Disk) -> Result<Option<Progress>, Problem> {
    let path = disk.commit();
    if !path.exists() {
        return Ok(None);
    }
    let mut reader = sealed::open(&path, &disk.stamp)?;
    let progress = reader.value();
    progress
        .map(Some)
        .map_err(|error| Problem::of_file(path.display().to_string(), error.to_string()))
}

/// Writes the commit when the files that it names anew are on disk.
pub fn commit(
    disk: &Disk,
    progress: &Progress,
    files: impl Iterator<Item = PathBuf>,
) -> io::Result<()> {
    for path in files {
        let sync = || File::open(&path)?.sync_data();
        sync().map_err(|error| named(&path, &error))?;
    }
    let path = disk.commit();
    sealed::write(&path, &disk.stamp, |writer| writer.value(progress))
        .map_err(|error| named(&path, &error))
}
