//! The exhaustive engine: breadth-first search, one level at a time, on all cores.
//!
//! A level is finished before anything is concluded from it, and what is concluded are facts about
//! sets of states: so verdicts, counts and counterexamples are the same at any number of threads.
//! Among the shortest counterexamples the one with the fewest process switches is chosen, then the
//! one whose actions come first in the list of the model ([`paths`]).
//!
//! | file | what it holds |
//! |---|---|
//! | `search` | the level loop |
//! | `expand` | what one thread does with its part of a level |
//! | `visited` | the table of fingerprints |
//! | `exact` | states stored whole, and not by their fingerprints |
//! | `frontier` | the states of two levels, in blocks that are used again |
//! | `spill` | those for which there is no memory, on disk |
//! | `resume` | a search written down, so that another process goes on with it |
//! | `memory` | huge pages and a hint to the cache: the only `unsafe` |
//! | `fingerprint` | the hash of a state |
//! | `graph` | states and edges, kept for properties that look beyond one state |
//! | `whole` | what only the whole space shows |
//! | `paths` | the best of all shortest paths |
//! | `cycles` | cycles of steps of fair lanes |
//! | `fairness` | who must act, and where a fair run can stay |
//! | `liveness` | temporal properties: a fair run that waits for ever |
//! | `lasso` | whether a run shows what it is said to show |
//! | `differ` | where two versions of a model differ |
//! | `panics` | a model that panics is a violation |
//! | `planted` | defects of the engine, which tests must notice |

mod cycles;
pub mod differ;
mod exact;
pub(crate) mod expand;
mod fairness;
pub mod fingerprint;
mod frontier;
pub mod graph;
pub mod lasso;
mod liveness;
mod memory;
pub mod panics;
pub mod paths;
#[cfg(test)]
mod planted;
pub mod resume;
mod search;
mod spill;
pub mod visited;
mod whole;

use std::ops::Range;

use latchwork_model::kit::Model;

use crate::verdict::{
    BuiltIn, Discovery, End, Exploration, PropertyId, PropertySet, Stopped, Witness, of_graph,
    properties,
};

use graph::Graph;
use resume::Checkpoint;
use search::Found;

/// What to look for, and how far.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads search.
    pub threads: usize,
    /// The properties to look at.
    pub properties: PropertySet,
    /// The actions of which a shortest run to their first firing is wanted, by position.
    pub witnesses: Vec<u8>,
    /// End as soon as all of these are found; nothing in it: never.
    pub until: PropertySet,
    /// The most states to find.
    pub states: Option<u64>,
    /// The most bytes to use for the table, states and edges, and then for looking at the edges.
    /// Frontiers for which it leaves no room go to disk.
    pub memory: Option<u64>,
    /// The most bytes of frontiers to keep in memory, if that is less than `memory` leaves.
    pub frontier: Option<u64>,
    /// Store states whole, so that none can be taken for another one.
    pub exact: bool,
    /// Where to write the search down, and to go on from if it was.
    pub checkpoint: Option<Checkpoint>,
    /// A defect, for the tests that must notice it.
    #[cfg(test)]
    pub(crate) planted: planted::Planted,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            properties: PropertySet::ALL,
            witnesses: Vec::new(),
            until: PropertySet::EMPTY,
            states: None,
            memory: None,
            frontier: None,
            exact: false,
            checkpoint: None,
            #[cfg(test)]
            planted: planted::Planted::Nothing,
        }
    }
}

/// Somebody who watches a search, and may end it.
pub trait Watch: Sync {
    /// A level is finished.
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        let _ = (level, distinct, frontier);
    }

    /// So many bytes are in use for the table, states and edges.
    fn memory(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Runs with these numbers begin.
    fn runs(&self, numbers: &Range<u64>) {
        let _ = numbers;
    }

    /// Whether to end the search now.
    fn interrupted(&self) -> bool {
        false
    }

    /// Why the search is to end.
    fn why(&self) -> Stopped {
        Stopped::Interrupted
    }

    /// Something went wrong that does not change what the search comes to.
    fn problem(&self, sentence: &str) {
        let _ = sentence;
    }
}

/// Nobody watches.
impl Watch for () {}

/// Searches the whole space of `model`, within the budgets of `options`.
pub fn explore<M: Model>(model: &M, options: &Options, watch: &dyn Watch) -> Exploration {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    explore_from(model, &initial, options, watch)
}

/// Searches what can be reached from some states, as [`explore`] does from the initial ones.
pub fn explore_from<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    watch: &dyn Watch,
) -> Exploration {
    let of_graph = of_graph(&properties::<M>()).and(options.properties);
    let keep_graph = !of_graph.is_empty();
    let (mut found, mut graph) = search::search(model, initial, options, watch, keep_graph);
    let mut undecided = PropertySet::EMPTY;
    if found.stopped.is_some() {
        undecided = open::<M>(&found, options.properties);
    } else if let Some(graph) = &graph {
        let bytes = graph.bytes() + whole::bytes(graph, of_graph, options.threads);
        if options.memory.is_some_and(|most| bytes > most) {
            found.stopped = Some(Stopped::Memory);
            undecided = of_graph;
        } else {
            let (shown, left) = whole::look(model, graph, of_graph, options.threads, watch);
            found.add(shown);
            if !left.is_empty() {
                found.stopped = Some(watch.why());
                undecided = left;
            }
        }
    }
    let wanted = !found.first.is_empty() || !options.witnesses.is_empty();
    if graph.is_none() && wanted {
        // The search kept no states; one more, down to the last discovery, keeps them.
        graph = trace_graph(model, initial, options, &found, watch);
    }
    let (discoveries, witnesses) = match &graph {
        Some(graph) => {
            (discoveries(model, graph, &found), witnesses(model, graph, &found, options))
        }
        None => (Vec::new(), Vec::new()),
    };
    Exploration {
        statistics: found.statistics,
        coverage: found.coverage,
        stopped: found.stopped,
        discoveries,
        witnesses,
        undecided,
        exact: options.exact,
    }
}

/// The properties that an unfinished search says nothing about.
fn open<M: Model>(found: &Found, wanted: PropertySet) -> PropertySet {
    let known: PropertySet = found.first.iter().map(|(property, _)| *property).collect();
    let count = M::PROPERTIES.len() + BuiltIn::ALL.len();
    let all: PropertySet = (0..count).map(|id| PropertyId(id as u8)).collect();
    all.and(wanted).minus(known)
}

fn trace_graph<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    found: &Found,
    watch: &dyn Watch,
) -> Option<Graph<M::State>> {
    let until = found.first.iter().map(|(property, _)| *property).collect();
    let checkpoint = options.checkpoint.as_ref().map(Checkpoint::of_traces);
    let options = Options { until, states: None, memory: None, checkpoint, ..options.clone() };
    search::search(model, initial, &options, &Patient(watch), true).1
}

/// Who watches a search that must come to its end: a violation without its run says little.
struct Patient<'a>(&'a dyn Watch);

impl Watch for Patient<'_> {
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        self.0.level(level, distinct, frontier);
    }

    fn memory(&self, bytes: u64) {
        self.0.memory(bytes);
    }

    fn problem(&self, sentence: &str) {
        self.0.problem(sentence);
    }
}

/// The best of the shortest runs to the first firing of each action that is wanted.
fn witnesses<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    found: &Found,
    options: &Options,
) -> Vec<Witness> {
    let depths = paths::Depths::of_levels(graph);
    let witness = |action: &u8| {
        let level = found.first_fired[usize::from(*action)]?;
        let fires = |id: &u32| {
            paths::steps(model, graph, *id).into_iter().find(|(step, _)| step.action == *action)
        };
        let goals: Vec<u32> = graph.level(level).filter(|id| fires(id).is_some()).collect();
        let best = paths::best(model, graph, &depths, &goals, None);
        let mut path = best.path;
        path.steps.push(fires(&best.end)?.0);
        Some(Witness { action: *action, path })
    };
    options.witnesses.iter().filter_map(witness).collect()
}

/// For every property that was found, the best of the shortest paths.
fn discoveries<M: Model>(model: &M, graph: &Graph<M::State>, found: &Found) -> Vec<Discovery> {
    let mut first = found.first.clone();
    first.sort_unstable();
    let depths = paths::Depths::of_levels(graph);
    let discover = |(property, level): (PropertyId, usize)| {
        if let Some((_, waiting)) = found.waiting.iter().find(|(of, _)| *of == property) {
            let end = End::Stuck { prefix: level, cycle: waiting.cycle.then_some(level) };
            return Discovery { property, steps: level, path: waiting.path.clone(), end };
        }
        let is_goal = |id: &u32| -> bool {
            let state = &graph.states[*id as usize];
            panics::catch(|| expand::shown_by(model, state, property)).unwrap_or(false)
                || (property == BuiltIn::NoPanic.id::<M>()
                    && panics::in_state(model, state).is_some())
        };
        let known = found.goals.iter().find(|(of, _)| *of == property);
        let goals = match known {
            Some((_, goals)) => goals.clone(),
            None => graph.level(level).filter(is_goal).collect(),
        };
        let best = paths::best(model, graph, &depths, &goals, None);
        let at = best.end;
        let mut discovery = Discovery { property, steps: level, path: best.path, end: End::State };
        if property == BuiltIn::BoundExceeded.id::<M>() {
            if let Some((step, what)) = expand::exceeding(model, &graph.states[at as usize]) {
                discovery.path.steps.push(step);
                discovery.steps += 1;
                discovery.end = End::Exceeds(what.into());
            }
        } else if property == BuiltIn::NoPanic.id::<M>() {
            if let Some((step, message)) = panics::in_state(model, &graph.states[at as usize]) {
                discovery.steps += usize::from(step.is_some());
                discovery.path.steps.extend(step);
                discovery.end = End::Panics(message);
            }
        } else if property == BuiltIn::CanFinish.id::<M>() {
            let last = discovery.path.steps.last().copied();
            let rest = paths::way_on(model, graph, at, last);
            let cycle = rest.cycle.map(|cycle| level + cycle);
            discovery.path.steps.extend(rest.steps);
            discovery.end = End::Stuck { prefix: level, cycle };
        } else if let Some((own, _)) = M::PROPERTIES.get(usize::from(property.0)).zip(known) {
            let cycle = cycles::FairGraph::of(model, graph, own).around(at);
            discovery.path.steps.extend(cycle);
            discovery.end = End::Stuck { prefix: level, cycle: Some(level) };
        }
        discovery
    };
    first.into_iter().map(discover).collect()
}
