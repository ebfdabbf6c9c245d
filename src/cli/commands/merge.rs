//! `latchwork merge`: the shards of a campaign put together.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::{Exit, Failure, print};
use crate::encoding::json::{Document, Problem};
use crate::report::campaign::facts::{self, Facts};

/// Merge the shards of a campaign into what one machine would have printed
///
/// Reads files that `simulate --json` has written, and prints what `simulate --json` prints for all
/// of their runs, byte for byte, in any order of the files.
#[derive(Args)]
pub struct Merge {
    /// The files of all shards
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Merge {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let mut shards: Vec<(String, Facts)> = Vec::new();
        for file in &self.files {
            shards.push((file.display().to_string(), Document::open(file)?.parse()?));
        }
        let failed = |(file, message): (String, String)| Problem::of_file(file, message);
        let merged = facts::merge(shards).map_err(failed)?;
        print::stdout().write_all(merged.to_text().as_bytes())?;
        Ok(Exit::of_facts(&merged))
    }
}
