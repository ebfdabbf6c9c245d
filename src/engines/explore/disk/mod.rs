//! The same search on disk, for spaces that do not fit into memory: delayed duplicate detection.
//!
//! The states of every level and the fingerprints of all states are in files. Memory holds the
//! fingerprints of the successors of one piece of a level. A piece is expanded twice: the first time
//! its successors are only collected. Then all fingerprints on disk are read once, and mark the
//! successors that are old. The second time, the states of the others are found and written.
//!
//! A level is concluded as in memory, so verdicts, counts and counterexamples are the same bytes.
//! No graph is kept: runs are found from the levels on disk, and `can_finish` by sweeps over them.
//! Properties of fair runs need a graph. A second search in memory decides them, if it fits.
//!
//! | file | what it holds |
//! |---|---|
//! | `folder` | where a search is, and the names of its files |
//! | `search` | the level loop |
//! | `table` | the fingerprints of a piece, with marks |
//! | `finder` | the second expansion |
//! | `share` | the states of a file, shared by threads |
//! | `frames` | files with checksums |
//! | `states`, `prints` | files of states, and of fingerprints in no order |
//! | `runs`, `rice` | sorted files of fingerprints, and their code |
//! | `commit` | what belongs to a search, so that it can go on |
//! | `traces` | the graph of all shortest runs |
//! | `sweeps` | `can_finish` |
//! | `conclude` | what a search with its levels in files concludes |

pub(super) mod commit;
pub(super) mod conclude;
pub(super) mod finder;
mod folder;
pub(super) mod frames;
mod prints;
mod rice;
mod runs;
pub(super) mod search;
pub(super) mod share;
pub(super) mod states;
mod sweeps;
mod table;
pub(super) mod traces;

use latchwork_model::kit::Model;

use super::discover::within_fairness;
use super::found::Found;
use super::options::{Options, Watch};
use crate::encoding::json::Problem;
use crate::engines::verdict::{Exploration, Stopped};

use conclude::{Levels, Stuck, conclude};
pub use folder::Disk;
use search::{Halt, Search, is_damage};
use states::StateReader;
use traces::Wanted;

/// Searches the whole space of `model` on disk, and goes on with the search that is in the folder.
/// The error explains why the folder cannot be used.
pub fn explore_on_disk<M: Model>(
    model: &M,
    options: &Options,
    disk: &Disk,
    watch: &dyn Watch,
) -> Result<Exploration, Problem> {
    explored(model, options, disk, watch).map_err(|halt| {
        let folder = disk.folder.display().to_string();
        match halt {
            Halt::Refused(problem) => problem,
            Halt::Stopped(stopped) => Problem::of_file(folder, stopped.name()),
            Halt::Failed(error) if is_damage(&error) => Problem::of_file(folder, error.to_string())
                .hint("the search cannot go on from these files; a new folder starts over"),
            Halt::Failed(error) => Problem::of_file(folder, error.to_string()),
        }
    })
}

fn explored<M: Model>(
    model: &M,
    asked: &Options,
    disk: &Disk,
    watch: &dyn Watch,
) -> Result<Exploration, Halt> {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    let (options, too_many) = &within_fairness(model, asked);
    let mut search = Search::open(model, &initial, options, disk, watch)?;
    if let Some(levels) = search.resumed {
        let folder = disk.folder.display();
        let how_far = search.found.statistics.distinct;
        watch.note(&match search.is_over() {
            true => format!("{folder}: the search is over, with {how_far} states"),
            false => format!("{folder}: going on after {levels} levels, with {how_far} states"),
        });
    }
    search.run()?;
    conclude(&mut search, &initial, (options, *too_many), watch)
}

impl<'a, M: Model> Levels<'a, M> for Search<'a, M> {
    fn model(&self) -> &'a M {
        self.model
    }

    fn found(&mut self) -> &mut Found {
        &mut self.found
    }

    fn why(&self, halt: Halt) -> Result<Stopped, Halt> {
        Search::why(self, halt)
    }

    fn stuck(&mut self) -> Result<Option<Stuck<M::State>>, Halt> {
        Search::stuck(self)
    }

    fn select(&mut self, level: usize, wanted: &Wanted) -> Result<Vec<M::State>, Halt> {
        let size = self.levels[level];
        let mut reader = StateReader::<M::State>::open(self.disk.level(level), size, 0)?;
        let mut states = Vec::new();
        wanted.select(self.model, &mut reader, self.threads(size.items), &mut states)?;
        Ok(states)
    }

    fn free(&mut self) {
        self.table.give_up();
    }
}
