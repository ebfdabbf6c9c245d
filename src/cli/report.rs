//! `latchwork report`: the page of a case.

use std::io::Write;
use std::path::{Path, PathBuf};

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
        let Some((_, story)) = told(&self.case, &self.budget)? else {
            return Ok(Exit::Diverged);
        };
        let page = html::case::page(&story, &self.case.display().to_string());
        write_file(&self.html, &page)?;
        writeln!(print::stdout(), "page:    {}", self.html.display())?;
        Ok(Exit::Expected)
    }
}

/// The case of a file with its story. If the model takes another way now, that is said instead: what
/// is shown must not tell of a model that is not this one.
pub fn told(path: &Path, budget: &Budget) -> Result<Option<(Case, Story)>, Failure> {
    let case = Case::open(path, false)?;
    let clock = Clock::start(budget.time, false);
    let replayed = replay(&case, budget.options().threads, &clock);
    clock.finish();
    let same = replayed.map_err(Failure::Usage)? == Replayed::Same;
    let Some(story) = same.then(|| Story::of(&case)).flatten() else {
        let mut stderr = print::stderr();
        writeln!(stderr, "the run of the case is another one now; nothing was written")?;
        let (program, path) = (print::program(), path.display());
        writeln!(stderr, "hint: {program} replay {path} says where it parts")?;
        return Ok(None);
    };
    Ok(Some((case, story)))
}
