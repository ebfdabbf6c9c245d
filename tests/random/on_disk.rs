//! Searches on disk, with a table as small as it can be, that may be interrupted and go on. They must
//! say what a search in memory says.

use latchwork::engines::explore::Options;
use latchwork::engines::explore::disk::{Disk, explore_on_disk};
use latchwork::engines::verdict::{BuiltIn, Stopped};
use latchwork_model::kit::Actions;

use super::compare::{Case, of_states};
use super::draw::Draws;
use super::interrupted::{Impatient, folder, stamp};
use super::model::Drawn;

/// The most times that a search is interrupted.
const STOPS: u64 = 3;

/// Compares a search on disk.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>) {
    let mut properties = of_states();
    if draws.percent(80) {
        properties.insert(BuiltIn::CanFinish.id::<Drawn>());
    }
    let actions = 0..Drawn::ACTIONS.len() as u8;
    let witnesses = if draws.percent(50) { actions.collect() } else { Vec::new() };
    let base = Options { properties, witnesses, ..case.base.clone() };
    let Some(expected) = case.search("for the disk", &base, &()) else { return };
    let folder = folder();
    let every = draws.one(&[1, 1, 50]);
    let disk = Disk { folder: folder.path().to_path_buf(), stamp: stamp(), every };
    let options = Options { threads: draws.between(1, 2), memory: Some(1), ..base };
    for stop in 0..=STOPS {
        let last = stop == STOPS || draws.percent(40);
        let patience = if last { u64::MAX } else { draws.below(400) as u64 };
        let (model, watch) = (case.model, Impatient::new(patience));
        let search = || explore_on_disk(model, &options, &disk, &watch);
        let Some(found) = case.guarded("on disk", search) else { return };
        case.counts.add("searches on disk");
        match found {
            Err(problem) => case.disagree("on disk: it fails", problem.to_string()),
            Ok(found) if found.stopped == Some(Stopped::Interrupted) && !last => {
                case.counts.add("searches on disk that were interrupted");
                case.partial("on disk, interrupted", &found, &expected, properties);
                continue;
            }
            Ok(found) if found != expected => {
                case.disagree(
                    "on disk: it says something else",
                    format!("{found:?}\n{expected:?}"),
                );
            }
            Ok(_) => {}
        }
        return;
    }
}
