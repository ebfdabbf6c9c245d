//! What is concluded from a search whose levels are in files: `can_finish`, properties of fair runs,
//! and the best of the shortest runs.

use latchwork_model::kit::Model;

use super::search::{Halt, MEMORY};
use super::traces::{Wanted, ids, traces};
use crate::engines::explore::discover::{discoveries, ended, left_open, witnesses};
use crate::engines::explore::explore_from;
use crate::engines::explore::found::Found;
use crate::engines::explore::options::{Options, Watch};
use crate::engines::explore::paths::Depths;
use crate::engines::explore::unfold::Runs;
use crate::engines::verdict::{BuiltIn, Exploration, PropertySet, Stopped, of_graph, properties};

/// The shallowest states from which the protocol cannot finish.
pub struct Stuck<S> {
    /// Their level.
    pub level: usize,
    /// The states.
    pub states: Vec<S>,
}

/// A search that has ended, with its levels in files.
pub trait Levels<'a, M: Model> {
    /// Returns the model.
    fn model(&self) -> &'a M;
    /// Returns what was found.
    fn found(&mut self) -> &mut Found;
    /// Returns why a search ends; an error if nothing can be concluded.
    fn why(&self, halt: Halt) -> Result<Stopped, Halt>;
    /// Returns the shallowest states from which the protocol cannot finish, if there are any. The
    /// space is closed.
    fn stuck(&mut self) -> Result<Option<Stuck<M::State>>, Halt>;
    /// Returns the states of a level that are wanted.
    fn select(&mut self, level: usize, wanted: &Wanted) -> Result<Vec<M::State>, Halt>;
    /// Frees memory: no state is looked up any more.
    fn free(&mut self);
}

/// Returns the result of a search. `too_many` are properties for which there are too many fair units.
pub fn conclude<'a, M: Model + 'a>(
    search: &mut impl Levels<'a, M>,
    initial: &[M::State],
    (options, too_many): (&Options, PropertySet),
    watch: &dyn Watch,
) -> Result<Exploration, Halt> {
    let mut undecided = ended::<M>(search.found(), options);
    let (mut stuck, mut of_runs) = (Vec::new(), None);
    let can_finish = BuiltIn::CanFinish.id::<M>();
    if search.found().stopped.is_none() {
        let of_graph = of_graph(&properties::<M>()).and(options.properties);
        let mut others = of_graph;
        others.remove(can_finish);
        if of_graph.contains(can_finish) {
            match search.stuck() {
                Ok(None) => {}
                Ok(Some(Stuck { level, states })) => {
                    search.found().first.push((can_finish, level));
                    stuck = states;
                }
                Err(halt) => {
                    let why = search.why(halt)?;
                    search.found().stopped = Some(why);
                    undecided = of_graph;
                }
            }
        }
        if !others.is_empty() && search.found().stopped.is_none() {
            of_runs = in_memory(search, initial, options, others, watch);
            if of_runs.is_none() {
                let interrupted = watch.interrupted().then(|| watch.why());
                search.found().stopped = interrupted.or(Some(Stopped::NoGraph));
                undecided = undecided.or(others);
            }
        }
    }
    undecided = left_open::<M>(search.found(), options, too_many, undecided);
    let (mut found, model) = (search.found().clone(), search.model());
    let select = |level, wanted: &Wanted| search.select(level, wanted);
    let graph = traces(model, (&found, options), initial, &stuck, select)?;
    if !stuck.is_empty() {
        found.goals.push((can_finish, ids(&graph, &found, &stuck)));
    }
    let (depths, threads) = (Depths::of_levels(&graph), options.threads);
    let (quotient, whole) = (None, false);
    let runs = Runs { model, graph: &graph, whole, quotient, initial, depths, threads };
    let mut discoveries = discoveries(&runs, &found);
    let witnesses = witnesses(&runs, &found, options);
    let mut unanswered = PropertySet::EMPTY;
    if let Some(of_runs) = of_runs {
        discoveries.extend(of_runs.discoveries);
        discoveries.sort_by_key(|found| found.property);
        unanswered = of_runs.unanswered;
    }
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

/// Decides properties of fair runs by a search in memory; `None` if that is not enough, or the
/// search is to stop.
fn in_memory<'a, M: Model + 'a>(
    search: &mut impl Levels<'a, M>,
    initial: &[M::State],
    options: &Options,
    properties: PropertySet,
    watch: &dyn Watch,
) -> Option<Exploration> {
    let memory = options.memory.unwrap_or(MEMORY);
    let of_state = size_of::<M::State>() as u64 + 16;
    if search.found().cut || search.found().statistics.distinct * of_state > memory {
        return None;
    }
    search.free();
    let (witnesses, memory) = (Vec::new(), Some(memory));
    let options = Options { properties, witnesses, memory, ..options.clone() };
    let found = explore_from(search.model(), initial, &options, watch);
    found.stopped.is_none().then_some(found)
}
