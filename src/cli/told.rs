//! A case as it is shown: only if the model still takes its run.

use std::io::Write;
use std::path::Path;

use crate::files::case::Case;
use crate::jobs::replay::{Replayed, replay};
use crate::report::run::story::Story;

use super::budget::Budget;
use super::clock::Clock;
use super::{Failure, print};

/// The case of a file with its story. If the model now takes another run, this prints so instead:
/// a page must not describe another model than this one.
pub fn told(path: &Path, budget: &Budget) -> Result<Option<(Case, Story)>, Failure> {
    let case = Case::open(path, false)?;
    let clock = Clock::start(budget.time, false);
    let replayed = replay(&case, budget.options().threads, &clock);
    clock.finish();
    let same = replayed.map_err(Failure::Usage)? == Replayed::Same;
    let Some(story) = same.then(|| Story::of(&case)).flatten() else {
        let mut stderr = print::stderr();
        writeln!(stderr, "the model takes another run now; nothing was written")?;
        let (program, path) = (print::program(), path.display());
        writeln!(stderr, "help: {program} replay {path} prints where the two diverge")?;
        return Ok(None);
    };
    Ok(Some((case, story)))
}
