//! `latchwork report`: the page of a case.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::replay::{Replayed, replay};
use crate::report::html;
use crate::report::story::Story;
use crate::trace::case::Case;

use super::budget::Budget;
use super::clock::Clock;
use super::files::write_file;
use super::{Exit, Failure, print};

/// Write the page of a case: one file that needs no network
#[derive(Args)]
pub struct Report {
    /// The case file
    case: PathBuf,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    #[command(flatten)]
    budget: Budget,
}

impl Report {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let case = Case::open(&self.case, false)?;
        let clock = Clock::start(self.budget.time, false);
        let replayed = replay(&case, self.budget.options().threads, &clock);
        clock.finish();
        let mut out = print::stdout();
        // A page must not tell of a model that is not this one.
        let same = replayed.map_err(Failure::Usage)? == Replayed::Same;
        let Some(story) = same.then(|| Story::of(&case)).flatten() else {
            writeln!(out, "the run of the case is another one now; no page was written")?;
            let (program, case) = (print::program(), self.case.display());
            writeln!(out, "hint: {program} replay {case} says where it parts")?;
            return Ok(Exit::Diverged);
        };
        let page = html::case::page(&story, &self.case.display().to_string());
        write_file(&self.html, &page)?;
        writeln!(out, "page:    {}", self.html.display())?;
        Ok(Exit::Expected)
    }
}
