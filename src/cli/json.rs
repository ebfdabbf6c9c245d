//! `--json`: the same in every command that has facts.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::files::write_file;
use super::{Failure, print};

/// Where the facts of a command go.
#[derive(Args)]
pub struct Json {
    /// Print the facts as JSON instead of text. With a file (--json=FILE), print text and write the
    /// facts to the file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    json: Option<Option<PathBuf>>,
}

impl Json {
    /// Whether the facts go anywhere.
    pub const fn is_asked(&self) -> bool {
        self.json.is_some()
    }

    /// Whether JSON is printed instead of text.
    pub fn prints(&self) -> bool {
        matches!(self.json, Some(None))
    }

    /// Prints the facts, or writes them to the file, or does neither, as the arguments ask.
    pub fn write(&self, facts: &str) -> Result<(), Failure> {
        match &self.json {
            Some(Some(path)) => write_file(path, facts),
            Some(None) => Ok(print::stdout().write_all(facts.as_bytes())?),
            None => Ok(()),
        }
    }
}

/// Returns facts as commands print them: indented, with a newline at the end.
pub fn to_text(facts: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(facts).map_err(io::Error::from)? + "\n")
}
