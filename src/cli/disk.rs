//! The folder of a search on disk.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{BinaryBytes, HumanCount};

use crate::encoding::json::Problem;
use crate::engines::explore::disk::Disk;
use crate::files::scenario::Scenario;

use super::Failure;
use super::checkpoint::{CHECK, LOCK, identity, lock, stamps};

/// The search is committed after a level when so many states were found since the last time.
const EVERY: u64 = 200_000;
/// At most so many bytes the fingerprint of a state takes on disk.
pub const OF_PRINT: u64 = 6;

/// Where to search on disk.
#[derive(Args, Debug)]
pub struct OnDisk {
    /// Search on disk: keep states and fingerprints in this folder, and memory within --memory
    /// [default: 256M]. The same command goes on after a kill. Properties of fair runs are decided
    /// only if their graph fits in memory
    #[arg(long, value_name = "FOLDER")]
    disk: Option<PathBuf>,
}

/// A folder that is ready for a search.
pub struct OpenFolder {
    /// The folder.
    pub disk: Disk,
    /// What is good to know before it begins.
    pub room: String,
    /// Nobody else writes into the folder as long as this is open.
    _lock: File,
}

impl OnDisk {
    /// Whether the search is on disk.
    pub fn is_wanted(&self) -> bool {
        self.disk.is_some()
    }

    /// The folder, ready for the search of these scenarios, of which there must be one.
    pub fn open(&self, scenarios: &[Scenario]) -> Result<Option<OpenFolder>, Failure> {
        let Some(folder) = &self.disk else { return Ok(None) };
        let [scenario] = scenarios else {
            let many = scenarios.len();
            let message = format!("--disk is for one scenario, and these are {many}");
            return Err(Failure::Usage(format!("{message}\nhint: name the file of one scenario")));
        };
        let problem = |message: &str| {
            let problem = Problem::of_file(folder.display().to_string(), message);
            problem.hint("name a new folder")
        };
        if folder.join(CHECK).exists() {
            return Err(problem("the folder contains a checkpoint, not a search on disk").into());
        }
        if !folder.join(LOCK).exists() && !is_empty(folder) {
            return Err(problem("the folder contains other files").into());
        }
        let lock = lock(folder)?;
        let stamp = stamps()?(&identity(scenario, &["disk"]));
        let disk = Disk { folder: folder.clone(), stamp, every: EVERY };
        let instance = scenario.configuration.instance();
        let size = instance.map_err(|why| Failure::Usage(why.to_string()))?.state_size() as u64;
        let room = room(folder, size + OF_PRINT);
        Ok(Some(OpenFolder { disk, room, _lock: lock }))
    }
}

/// Whether there is nothing in a folder, or no folder.
fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// How many states fit.
fn room(folder: &Path, of_state: u64) -> String {
    let folder_name = folder.display();
    match fs4::available_space(folder) {
        Ok(free) => format!(
            "{folder_name} has {} free; a state takes at most {of_state} bytes there, so at least {} \
             states fit",
            BinaryBytes(free),
            HumanCount(free / of_state.max(1)),
        ),
        Err(error) => format!("{folder_name}: the free space is not known: {error}"),
    }
}
