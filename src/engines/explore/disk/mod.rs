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

mod commit;
mod finder;
mod folder;
mod frames;
mod prints;
mod rice;
mod runs;
mod search;
mod share;
mod states;
mod sweeps;
mod table;
mod traces;

use latchwork_model::kit::Model;

use super::discover::{discoveries, ended, left_open, within_fairness, witnesses};
use super::explore_from;
use super::options::{Options, Watch};
use super::paths::Depths;
use super::unfold::Runs;
use crate::encoding::json::Problem;
use crate::engines::verdict::{BuiltIn, Exploration, PropertySet, Stopped, of_graph, properties};

pub use folder::Disk;
use search::{Halt, MEMORY, Search, is_damage};
use sweeps::Stuck;

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
    let mut undecided = ended::<M>(&mut search.found, options);
    let (mut stuck, mut in_memory) = (Vec::new(), None);
    if search.found.stopped.is_none() {
        let of_graph = of_graph(&properties::<M>()).and(options.properties);
        let can_finish = BuiltIn::CanFinish.id::<M>();
        let mut others = of_graph;
        others.remove(can_finish);
        if of_graph.contains(can_finish) {
            match search.stuck() {
                Ok(None) => {}
                Ok(Some(Stuck { level, states })) => {
                    search.found.first.push((can_finish, level));
                    stuck = states;
                }
                Err(halt) => {
                    search.found.stopped = Some(search.why(halt)?);
                    undecided = of_graph;
                }
            }
        }
        if !others.is_empty() && search.found.stopped.is_none() {
            in_memory = search.in_memory(&initial, others);
            if in_memory.is_none() {
                let interrupted = watch.interrupted().then(|| watch.why());
                search.found.stopped = interrupted.or(Some(Stopped::NoGraph));
                undecided = undecided.or(others);
            }
        }
    }
    undecided = left_open::<M>(&mut search.found, options, *too_many, undecided);
    let graph = search.traces(&initial, &stuck)?;
    if !stuck.is_empty() {
        let can_finish = BuiltIn::CanFinish.id::<M>();
        search.found.goals.push((can_finish, traces::ids(&graph, &search.found, &stuck)));
    }
    let (depths, threads) = (Depths::of_levels(&graph), options.threads);
    let (quotient, whole) = (None, false);
    let runs = Runs { model, graph: &graph, whole, quotient, initial: &initial, depths, threads };
    let mut discoveries = discoveries(&runs, &search.found);
    let witnesses = witnesses(&runs, &search.found, options);
    let mut unanswered = PropertySet::EMPTY;
    if let Some(of_runs) = in_memory {
        discoveries.extend(of_runs.discoveries);
        discoveries.sort_by_key(|found| found.property);
        unanswered = of_runs.unanswered;
    }
    let found = search.found;
    Ok(Exploration {
        statistics: found.statistics,
        coverage: found.coverage,
        stopped: found.stopped,
        discoveries,
        witnesses,
        undecided,
        unanswered,
        symmetry: None,
        exact: false,
    })
}

impl<M: Model> Search<'_, M> {
    /// Decides properties of fair runs by a search in memory; `None` if that is not enough, or the
    /// search is to stop.
    fn in_memory(&mut self, initial: &[M::State], properties: PropertySet) -> Option<Exploration> {
        let memory = self.options.memory.unwrap_or(MEMORY);
        let of_state = size_of::<M::State>() as u64 + 16;
        if self.found.cut || self.found.statistics.distinct * of_state > memory {
            return None;
        }
        self.table.give_up();
        let (witnesses, memory) = (Vec::new(), Some(memory));
        let options = Options { properties, witnesses, memory, ..self.options.clone() };
        let found = explore_from(self.model, initial, &options, self.watch);
        found.stopped.is_none().then_some(found)
    }
}
