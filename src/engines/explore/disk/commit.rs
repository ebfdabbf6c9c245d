//! What belongs to a search: a small file that is replaced when everything it names is on disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::folder::Disk;
use super::frames::named;
use super::runs::Runs;
use super::states::Size;
use crate::encoding::json::Problem;
use crate::encoding::sealed;
use crate::engines::explore::found::Found;

/// A search after a level.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    /// What it has found.
    pub found: Found,
    /// The states of each level.
    pub levels: Vec<Size>,
    /// The fingerprints of all states.
    pub runs: Runs,
    /// The number of levels that are expanded. If it is that of all levels, the search is over.
    pub expanded: usize,
}

/// Reads the commit; `None` if there is none yet.
pub fn committed<P: DeserializeOwned>(disk: &Disk) -> Result<Option<P>, Problem> {
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
    progress: &impl Serialize,
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
