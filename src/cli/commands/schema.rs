//! `latchwork schema`: the JSON Schema of a file format.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::cli::{Exit, Failure, print};
use crate::report::schema;

/// Print the JSON Schema of a file format
#[derive(Args)]
pub struct Schema {
    /// Which format
    of: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Scenario files
    Scenario,
    /// Case files
    Case,
    /// What `check --json` prints
    Report,
    /// What `simulate --json` prints
    Simulate,
    /// A line of what `import` writes
    Events,
    /// What `conform --json` prints
    Conform,
    /// Cases of `probe`
    #[cfg(target_os = "linux")]
    Probe,
    /// Cases of storms
    #[cfg(target_os = "linux")]
    Storm,
    /// Maps of logs for `conform --map`
    Map,
}

impl Schema {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let schema = match self.of {
            Format::Scenario => schema::scenario(),
            Format::Case => schema::case(),
            Format::Report => schema::report(),
            Format::Simulate => schema::simulate(),
            Format::Events => schema::events(),
            Format::Conform => schema::conform(),
            #[cfg(target_os = "linux")]
            Format::Probe => schema::probe(),
            #[cfg(target_os = "linux")]
            Format::Storm => schema::storm(),
            Format::Map => schema::map(),
        };
        let mut out = print::stdout();
        serde_json::to_writer_pretty(&mut out, &schema).map_err(std::io::Error::from)?;
        writeln!(out)?;
        Ok(Exit::Expected)
    }
}
