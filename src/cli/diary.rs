//! What runs is written down before it runs, so that it can be run again if the program is killed.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::engines::explore::Watch;

use super::Failure;
use super::clock::Clock;
use super::files::write_file;

/// A file with the command that does again the runs that are being done.
pub struct Diary<'a> {
    clock: &'a Clock,
    file: PathBuf,
    command: Box<Spell<'a>>,
}

/// Spells the command that does some runs.
type Spell<'a> = dyn Fn(&Range<u64>) -> String + Sync + 'a;

impl<'a> Diary<'a> {
    /// Begins one in a folder, for some runs. Shards may share the folder.
    pub fn begin(
        clock: &'a Clock,
        folder: &Path,
        runs: &Range<u64>,
        command: impl Fn(&Range<u64>) -> String + Sync + 'a,
    ) -> Result<Self, Failure> {
        let file = folder.join(format!("running-{}-{}.txt", runs.start, runs.end));
        write_file(&file, &command(runs))?;
        Ok(Self { clock, file, command: Box::new(command) })
    }

    /// All runs were done.
    pub fn end(self) {
        // Who keeps us from taking it away also knows that it is there.
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Watch for Diary<'_> {
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        self.clock.level(level, distinct, frontier);
    }

    fn memory(&self, bytes: u64) {
        self.clock.memory(bytes);
    }

    fn runs(&self, numbers: &Range<u64>) {
        // It could be written a moment ago; if it cannot be now, the last entry still holds.
        let _ = std::fs::write(&self.file, (self.command)(numbers));
        self.clock.runs(numbers);
    }

    fn interrupted(&self) -> bool {
        self.clock.interrupted()
    }
}
