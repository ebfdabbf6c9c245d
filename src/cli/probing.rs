//! What `probe`, and `replay` and `report` of its cases, have in common.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::encoding::json::Document;
use crate::files::probe_case::{Place, ProbeCase};
use crate::jobs::probe::{Request, SETTLING, replay};
use crate::probe::draw::Kinds;
use crate::probe::run::Pulse;
use crate::report::probe::text;

use super::clock::Clock;
use super::{Exit, Failure, print};

/// A clock that watches a probe.
pub struct Watched<'a>(pub &'a Clock);

impl Pulse for Watched<'_> {
    fn stops(&self) -> bool {
        use crate::engines::explore::Watch;
        self.0.interrupted()
    }

    fn seconds(&self) -> f64 {
        self.0.seconds()
    }

    fn calls(&self, calls: u64) {
        self.0.calls(calls);
    }
}

/// The file of this program, which workers are started from.
pub fn this_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::Usage(format!("cannot find the file of this program: {error}")))
}

/// The case of a probe in a file; `None` if the file is a case of a protocol.
pub fn case_of_probe(path: &Path) -> Result<Option<ProbeCase>, Failure> {
    let document = Document::open(path)?;
    if !ProbeCase::is_meant(&document)? {
        return Ok(None);
    }
    Ok(Some(ProbeCase::read(&document, &path.display().to_string())?))
}

/// Makes the calls of a case again; other folders than those of the case can be given.
pub fn replay_case(
    case: &ProbeCase,
    (dir, second): (Option<&Path>, Option<&Path>),
) -> Result<Exit, Failure> {
    let name = |path: &Path| path.display().to_string();
    let mut place = case.probe.clone();
    if let Some(dir) = dir {
        place = Place { dir: name(dir), second: second.map(name), filesystem: None, ..place };
    }
    let request = Request {
        place,
        program: this_program()?,
        seed: 0,
        ops: 0,
        bytes: 1,
        kinds: Kinds::ALL,
        waits: true,
        settling: SETTLING,
        bare: false,
    };
    let clock = Clock::start(None, false);
    clock.heed_signals()?;
    clock.task("replay");
    let replayed = replay(case, &request, &Watched(&clock));
    clock.finish();
    let replayed = replayed.map_err(Failure::Usage)?;
    let mut out = print::stdout();
    match replayed.case {
        Some(now) => {
            writeln!(out, "probe:   {}\n", text::place(&now.probe))?;
            text::write_case(&mut out, &now)?;
            writeln!(out, "\nsame:    the disagreement is still there (exit code 1)")?;
            Ok(Exit::Violated)
        }
        None => {
            let runs = replayed.rate.runs;
            writeln!(out, "DIVERGED: in {runs} runs of these calls, none shows it:")?;
            writeln!(out, "  {}", text::sentence(case))?;
            Ok(Exit::Diverged)
        }
    }
}
