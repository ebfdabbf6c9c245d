//! Searches that are stopped, by a budget or by somebody, and go on: once or several times, until
//! they come to their end. They must say what the undisturbed search says.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::checkpoint::Checkpoint;
use latchwork::engines::explore::{Options, Watch};
use latchwork::engines::verdict::{Exploration, PropertySet, Stopped};

use super::compare::{Case, of_states};
use super::draw::Draws;

/// The most times that a search is stopped.
const STOPS: usize = 4;

/// Interrupts a search after a number of polls.
pub struct Impatient {
    asked: AtomicU64,
    patience: u64,
}

impl Impatient {
    /// Interrupts after this many polls.
    pub fn new(patience: u64) -> Self {
        Self { asked: AtomicU64::new(0), patience }
    }
}

impl Watch for Impatient {
    fn interrupted(&self) -> bool {
        self.asked.fetch_add(1, Relaxed) >= self.patience
    }
}

/// Compares a search that is stopped.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>, plain: &Exploration) {
    let properties = if draws.percent(50) { PropertySet::ALL } else { of_states() };
    let (threads, exact) = (draws.between(1, 2), draws.percent(30));
    let frontier = draws.percent(20).then_some(0);
    let options = Options { properties, threads, exact, frontier, ..case.base.clone() };
    // How often an undisturbed search asks.
    let counting = Impatient::new(u64::MAX);
    if case.search("undisturbed", &options, &counting).is_none() {
        return;
    }
    let asks = counting.asked.into_inner().min(250) as usize;
    let folder = folder();
    let options = Options { checkpoint: Some(checkpoint(folder.path(), draws)), ..options };
    let mut plain = case.restricted(plain, properties);
    plain.exact = exact;
    for stop in 0..=STOPS {
        let mut budget = options.clone();
        let mut patience = u64::MAX;
        let way = match draws.below(4) {
            _ if stop == STOPS => "resumed",
            0 => {
                budget.states =
                    Some(draws.below(250) as u64 * case.space.states.len() as u64 / 200);
                "stopped by states"
            }
            1 => {
                budget.memory = Some(memory(case, draws));
                "stopped by memory"
            }
            _ => {
                patience = draws.below(asks + 2) as u64;
                "interrupted"
            }
        };
        let Some(found) = case.search(way, &budget, &Impatient::new(patience)) else { return };
        match found.stopped {
            Some(Stopped::States | Stopped::Memory | Stopped::Interrupted) if stop < STOPS => {
                case.counts.add(way);
                case.partial(way, &found, &plain, properties);
            }
            _ => {
                if stop > 0 {
                    case.counts.add("searches that went on to their end");
                }
                if found != plain {
                    let way = if stop == 0 { way } else { "resumed" };
                    let class = format!("{way}: it says something else");
                    case.disagree(class, format!("{found:?}\n{plain:?}"));
                }
                return;
            }
        }
    }
}

/// Some budget of memory around what the search takes: a table, and states and edges if they are
/// kept.
fn memory(case: &Case<'_>, draws: &mut Draws<'_>) -> u64 {
    let least = 4096 * if draws.percent(50) { 8 } else { 12 };
    let states = case.space.states.len() as u64 * 64;
    least + draws.below(256) as u64 * states / 200
}

/// A folder that is gone afterwards; in memory where there is such a file system, since searches
/// that are written down wait for the disk.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder for checkpoints")
}

/// What the files of a search are stamped with.
pub fn stamp() -> Stamp {
    let word = || "a drawn model".to_string();
    Stamp { version: word(), build: word(), of: word() }
}

fn checkpoint(folder: &Path, draws: &mut Draws<'_>) -> Checkpoint {
    Checkpoint { file: folder.join("search"), stamp: stamp(), every: draws.one(&[1, 50, 1_000]) }
}
