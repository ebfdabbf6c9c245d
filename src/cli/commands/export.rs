//! `latchwork export`: a case for the viewers that people have.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::files::write_file;
use crate::cli::switches::Switches;
use crate::cli::told::told_under;
use crate::cli::{Exit, Failure, print};
use crate::report::export::{Format, NotWritten};

/// Write a case in the format of another viewer
#[derive(Args)]
pub struct Export {
    /// The case file
    case: PathBuf,
    /// The format
    #[arg(long, value_enum)]
    format: Format,
    /// Where to write it [default: print it]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The most states that `dot` may draw
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    most: u32,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    budget: Budget,
}

impl Export {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let Some((case, story)) = told_under(&self.case, &self.switches, &self.budget)? else {
            return Ok(Exit::Diverged);
        };
        let most = self.most as usize;
        let text = self.format.text(&case, &story, most).map_err(|why| match why {
            NotWritten::TooManyStates => Failure::Inconclusive(format!(
                "the space has more than {most} states\nhint: --most allows more, but nobody can read \
                 such a graph"
            )),
            NotWritten::NotPlayable(why) => Failure::Usage(why),
        })?;
        match &self.output {
            Some(path) => {
                write_file(path, &text)?;
                writeln!(print::stdout(), "written: {}", path.display())?;
            }
            None => print::stdout().write_all(text.as_bytes())?,
        }
        Ok(Exit::Expected)
    }
}
