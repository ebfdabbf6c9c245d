//! What `probe --for`, and `replay` of its cases, have in common.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::encoding::json::Document;
use crate::files::probe_case::Place;
use crate::files::storm_case::{Disturb, Storm, StormCase};
use crate::jobs::storm_again::{Context, replay};
use crate::report::probe::storm as told;

use super::clock::Clock;
use super::probing::{Watched, this_program};
use super::{Exit, Failure, print};

/// The case of a storm in a file; `None` if the file is another case.
pub fn case_of_storm(path: &Path) -> Result<Option<StormCase>, Failure> {
    let document = Document::open(path)?;
    if !StormCase::is_meant(&document)? {
        return Ok(None);
    }
    Ok(Some(StormCase::read(&document, &path.display().to_string())?))
}

/// What a replay is given beside the case.
pub struct Given<'a> {
    /// Another folder, and the same folder through another mount.
    pub dirs: (Option<&'a Path>, Option<&'a Path>),
    /// The command that disturbs. That of the case is not run: a case may come from anybody.
    pub disturb: Option<&'a str>,
}

/// Storms again as a case says.
pub fn replay_case(case: &StormCase, given: &Given<'_>) -> Result<Exit, Failure> {
    let name = |path: &Path| path.display().to_string();
    let Storm { place, disturb, .. } = &case.storm;
    let place = match given.dirs {
        (Some(dir), second) => Place { dir: name(dir), second: second.map(name), ..place.clone() },
        (None, _) => place.clone(),
    };
    let disturb = match (disturb, given.disturb) {
        (Some(Disturb { command, .. }), None) => {
            let hint = "a replay runs only a command that it is given: --disturb COMMAND";
            return Err(Failure::Usage(format!(
                "the storm of this case was disturbed by `{command}`\nhint: {hint}"
            )));
        }
        (None, Some(_)) => {
            let why = "the storm of this case was not disturbed";
            return Err(Failure::Usage(format!("{why}\nhint: leave --disturb out")));
        }
        (Some(was), Some(now)) => Some(Disturb { command: now.to_string(), ..was.clone() }),
        (None, None) => None,
    };
    let storm = Storm { place, disturb, ..case.storm.clone() };
    let case = StormCase { storm, ..case.clone() };
    let clock = Clock::start(None, false);
    clock.heed_signals()?;
    clock.task("replay");
    let folder = tempfile::tempdir()?;
    let (program, histories) = (this_program()?, PathBuf::from(folder.path()));
    let context = Context { program, histories, pulse: &Watched(&clock) };
    let replayed = replay(&case, &context);
    clock.finish();
    let (rate, now) = replayed.map_err(Failure::Usage)?;
    let mut out = print::stdout();
    match now {
        Some(now) => {
            told::write_case(&mut out, &now)?;
            writeln!(out, "\nsame:    it still goes wrong (exit code 1)")?;
            Ok(Exit::Violated)
        }
        None if rate.runs == 0 => {
            writeln!(out, "interrupted: no storm was finished")?;
            Ok(Exit::Inconclusive)
        }
        None => {
            writeln!(out, "DIVERGED: in {} storms like this one, none shows it:", rate.runs)?;
            writeln!(out, "  {}", told::sentence(&case))?;
            Ok(Exit::Diverged)
        }
    }
}
