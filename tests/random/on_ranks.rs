//! Searches by several ranks, which are threads here. They must say what a search in one process says,
//! also if they are stopped and go on as another number of ranks.

use latchwork::engines::explore::disk::Disk;
use latchwork::engines::explore::ranks::local::Local;
use latchwork::engines::explore::ranks::{Place, explore_as_rank};
use latchwork::engines::explore::{Options, Watch};
use latchwork::engines::verdict::{BuiltIn, Exploration, Stopped};
use latchwork_model::kit::Actions;

use super::compare::{Case, of_states};
use super::draw::Draws;
use super::interrupted::{Impatient, folder, stamp};
use super::model::Drawn;

/// The most times that a search is interrupted.
const STOPS: u64 = 3;

/// Searches by so many ranks.
fn search(
    model: &Drawn,
    options: &Options,
    disk: &Disk,
    ranks: usize,
    watch: &dyn Watch,
) -> Result<Exploration, String> {
    let locals = Local::ranks(ranks);
    std::thread::scope(|scope| {
        let rank = |local| {
            scope.spawn(move || {
                let place = Place { disk, commits: true, transport: &local, worth_moving: 1 };
                explore_as_rank(model, options, place, watch).map_err(|why| why.to_string())
            })
        };
        let ranks: Vec<_> = locals.into_iter().map(rank).collect();
        let results: Result<Vec<_>, _> =
            ranks.into_iter().map(|rank| rank.join().expect("no panic")).collect();
        results?.into_iter().flatten().next().ok_or_else(|| "nothing".to_string())
    })
}

/// Compares a search by several ranks.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>) {
    let mut properties = of_states();
    if draws.percent(80) {
        properties.insert(BuiltIn::CanFinish.id::<Drawn>());
    }
    let actions = 0..Drawn::ACTIONS.len() as u8;
    let witnesses = if draws.percent(50) { actions.collect() } else { Vec::new() };
    let base = Options { properties, witnesses, ..case.base.clone() };
    let Some(expected) = case.search("for ranks", &base, &()) else { return };
    let folder = folder();
    let every = draws.one(&[1, 1, 50]);
    let disk = Disk { folder: folder.path().to_path_buf(), stamp: stamp(), every };
    let options = Options { threads: draws.between(1, 2), ..base };
    for stop in 0..=STOPS {
        let last = stop == STOPS || draws.percent(40);
        let patience = if last { u64::MAX } else { draws.below(400) as u64 };
        let ranks = draws.between(1, 3);
        let (model, watch) = (case.model, Impatient::new(patience));
        let by_ranks = || search(model, &options, &disk, ranks, &watch);
        let Some(found) = case.guarded("by ranks", by_ranks) else { return };
        case.counts.add("searches by ranks");
        match found {
            Err(problem) => case.disagree("by ranks: it fails", problem),
            Ok(found) if found.stopped == Some(Stopped::Interrupted) && !last => {
                case.counts.add("searches by ranks that were interrupted");
                case.partial("by ranks, interrupted", &found, &expected, properties);
                continue;
            }
            Ok(found) if found != expected => {
                case.disagree(
                    "by ranks: it says something else",
                    format!("{found:?}\n{expected:?}"),
                );
            }
            Ok(_) => {}
        }
        return;
    }
}
