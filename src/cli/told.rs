//! A case as it is shown: only if the model still takes its run.

use std::io::Write;
use std::path::Path;

use crate::files::case::Case;
use crate::jobs::replay::{Replayed, replay};
use crate::report::run::story::Story;

use super::budget::Budget;
use super::clock::Clock;
use super::switches::Switches;
use super::{Failure, print};

/// The case of a file with its story. If the model now takes another run, this prints so instead:
/// a page must not describe another model than this one.
pub fn told(path: &Path, budget: &Budget) -> Result<Option<(Case, Story)>, Failure> {
    told_under(path, &Switches::default(), budget)
}

/// The same under other rules: the run must be possible under them, and show the same.
pub fn told_under(
    path: &Path,
    switches: &Switches,
    budget: &Budget,
) -> Result<Option<(Case, Story)>, Failure> {
    let mut case = Case::open(path, false)?;
    switches.apply_to(&mut case.configuration)?;
    let clock = Clock::start(budget.time, false);
    let replayed = replay(&case, budget.options().threads, &clock);
    clock.finish();
    let same = replayed.map_err(Failure::Usage)? == Replayed::Same;
    let Some(story) = same.then(|| Story::of(&case)).flatten() else {
        let mut stderr = print::stderr();
        writeln!(stderr, "the model takes another run now; nothing was written")?;
        let (program, path, switches) = (print::program(), path.display(), switches.spelled());
        writeln!(stderr, "help: {program} replay {path}{switches} prints where the two diverge")?;
        return Ok(None);
    };
    Ok(Some((case, story)))
}
