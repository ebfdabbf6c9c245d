//! Searches that keep their levels in files, and may be interrupted and go on. They must say what a
//! search in memory says.

use latchwork::engines::explore::Options;
use latchwork::engines::explore::disk::Disk;
use latchwork::engines::verdict::{BuiltIn, Exploration, Stopped};
use latchwork_model::kit::Actions;

use super::compare::{Case, of_states};
use super::draw::Draws;
use super::interrupted::{Impatient, folder, stamp};
use super::model::Drawn;

/// The most times that a search is interrupted.
const STOPS: u64 = 3;

/// Compares such a search; `how` says which: `on disk`. `search` is called once for each time that the
/// search goes on.
pub fn compare(
    case: &mut Case<'_>,
    draws: &mut Draws<'_>,
    (how, memory): (&str, Option<u64>),
    search: impl Fn(&mut Draws<'_>, &Drawn, &Options, &Disk, &Impatient) -> Result<Exploration, String>,
) {
    let mut properties = of_states();
    if draws.percent(80) {
        properties.insert(BuiltIn::CanFinish.id::<Drawn>());
    }
    let actions = 0..Drawn::ACTIONS.len() as u8;
    let witnesses = if draws.percent(50) { actions.collect() } else { Vec::new() };
    let base = Options { properties, witnesses, ..case.base.clone() };
    let Some(expected) = case.search(&format!("for that {how}"), &base, &()) else { return };
    let folder = folder();
    let every = draws.one(&[1, 1, 50]);
    let disk = Disk { folder: folder.path().to_path_buf(), stamp: stamp(), every };
    let options = Options { threads: draws.between(1, 2), memory, ..base };
    for stop in 0..=STOPS {
        let last = stop == STOPS || draws.percent(40);
        let patience = if last { u64::MAX } else { draws.below(400) as u64 };
        let (model, watch) = (case.model, Impatient::new(patience));
        let run = || search(draws, model, &options, &disk, &watch);
        let Some(found) = case.guarded(how, run) else { return };
        case.counts.add(format!("searches {how}"));
        match found {
            Err(problem) => case.disagree(format!("{how}: it fails"), problem),
            Ok(found) if found.stopped == Some(Stopped::Interrupted) && !last => {
                case.counts.add(format!("searches {how} that were interrupted"));
                case.partial(&format!("{how}, interrupted"), &found, &expected, properties);
                continue;
            }
            Ok(found) if found != expected => {
                case.disagree(
                    format!("{how}: it says something else"),
                    format!("{found:?}\n{expected:?}"),
                );
            }
            Ok(_) => {}
        }
        return;
    }
}
