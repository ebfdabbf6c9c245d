//! The exhaustive engine: breadth-first search, one level at a time, on all cores.
//!
//! A level is finished before any conclusion is made from it, and conclusions are facts about sets
//! of states. So verdicts, counts and counterexamples are the same with any number of threads.
//! Among the shortest counterexamples, the one with the fewest process switches is chosen, then the
//! one whose actions come first in the model's list ([`paths`]).
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | what to look for, how far, and who watches |
//! | `search` | the level loop |
//! | `found` | what a search has found |
//! | `discover` | what is concluded from it: open properties, the best runs |
//! | `disk` | the same search with states and fingerprints on disk |
//! | `ranks` | the same search on several processes |
//! | `outgoing` | what goes to the owners of fingerprints |
//! | `expand` | what one thread does with its part of a level |
//! | `visited` | the table of fingerprints |
//! | `exact` | states stored exactly instead of by their fingerprints |
//! | `frontier` | the states of two levels, in blocks that are reused |
//! | `spec` | the steps of an implementation in its specification |
//! | `spill` | frontier blocks that do not fit in memory, on disk |
//! | `checkpoint` | where and how often a search is checkpointed |
//! | `resume` | saving a search so that another process can resume it |
//! | `memory` | huge pages and prefetching: the only `unsafe` |
//! | `fingerprint` | the hash of a state |
//! | `graph` | states and edges, kept for properties that span several states |
//! | `whole` | properties that only the whole space decides |
//! | `symmetry` | one representative of each set of symmetric states; verifies the symmetry |
//! | `unfold` | runs with the model's own ids, found from representatives |
//! | `paths` | the best of all shortest paths |
//! | `cycles` | cycles of steps of fair lanes |
//! | `fairness` | which units must act, and where a fair run can stay |
//! | `liveness` | temporal properties: a fair run that waits forever |
//! | `answers` | `leads_to` properties that are never answered |
//! | `lasso` | verifies that a run shows the violation it is reported for |
//! | `forget` | verifies that nobody needs what a model forgets |
//! | `forecast` | how large the space will be: an estimate |
//! | `differ` | where two versions of a model differ |
//! | `panics` | a model that panics is a violation |
//! | `steps` | the steps of a state, including those that are cut off |
//! | `shown` | what a single state shows |
//! | `planted` | planted defects of the engine, which tests must detect |

mod answers;
pub mod checkpoint;
mod cycles;
pub mod differ;
mod discover;
pub mod disk;
mod exact;
mod expand;
mod fairness;
pub mod fingerprint;
pub mod forecast;
mod forget;
mod found;
mod frontier;
pub mod graph;
pub mod lasso;
mod liveness;
mod memory;
mod options;
mod outgoing;
pub mod panics;
pub mod paths;
#[cfg(test)]
mod planted;
pub mod ranks;
mod resume;
mod rounds;
mod search;
pub(crate) mod shown;
pub mod spec;
mod spill;
pub mod steps;
mod symmetry;
mod unfold;
pub mod visited;
mod whole;

use latchwork_model::kit::{Kind, Model, Property};

use crate::engines::verdict::{
    BuiltIn, Coverage, Exploration, PropertyId, PropertySet, Refused, Statistics, Stopped,
    Symmetry, of_graph, properties,
};

pub use forget::forgets_nothing_needed;
pub use options::{Options, RankFigures, Watch};

use checkpoint::Checkpoint;
use discover::{discoveries, ended, left_open, within_fairness, witnesses};
use found::Found;
use graph::Graph;
use paths::Depths;
use search::{Keep, search};
use symmetry::Quotient;
use unfold::Runs;

/// Searches the whole space of `model`, within the budgets of `options`.
pub fn explore<M: Model>(model: &M, options: &Options, watch: &dyn Watch) -> Exploration {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    explore_from(model, &initial, options, watch)
}

/// Searches what can be reached from the given states, as [`explore`] does from the initial ones.
pub fn explore_from<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    watch: &dyn Watch,
) -> Exploration {
    let (options, too_many) = &within_fairness(model, options);
    let quotient = match quotient(model, initial, options) {
        Ok(quotient) => quotient,
        Err(refused) => return refuse::<M>(options, refused),
    };
    let quotient = quotient.as_ref();
    let of_graph = of_graph(&properties::<M>()).and(options.properties);
    let can_finish: PropertySet = [BuiltIn::CanFinish.id::<M>()].into_iter().collect();
    let keep = match () {
        () if of_graph.is_empty() => Keep::Levels,
        () if of_graph.minus(can_finish).is_empty() => Keep::Graph,
        () => Keep::Moves,
    };
    let (mut found, mut graph) = search(model, initial, options, watch, keep, quotient);
    let symmetry = quotient.map(Quotient::conclusion);
    let symmetry = symmetry.or(options.symmetry.then(Symmetry::default));
    if let Some(refused) = symmetry.as_ref().and_then(|symmetry| symmetry.refused.clone()) {
        return refuse::<M>(options, refused);
    }
    let mut undecided = ended::<M>(&mut found, options);
    if found.stopped.is_some() {
        // What lies beyond is unknown.
    } else if let Some(graph) = &graph {
        // Fewer properties at a time need less memory. Whether it is enough must not depend on threads.
        let most = options.memory.unwrap_or(u64::MAX);
        let is_enough =
            |threads: &usize| graph.bytes() + whole::bytes(graph, of_graph, *threads) <= most;
        if let Some(threads) = (1..=options.threads.max(1)).rev().find(is_enough) {
            let (shown, left) = whole::look(model, graph, of_graph, threads, watch);
            found.add(shown);
            if !left.is_empty() {
                found.stopped = Some(watch.why());
                undecided = left;
            }
        } else {
            found.stopped = Some(Stopped::Memory);
            undecided = of_graph;
        }
    }
    undecided = left_open::<M>(&mut found, options, *too_many, undecided);
    let is_closed = found.stopped.is_none() && !found.cut && options.until.is_empty();
    let closed = graph.as_ref().filter(|_| is_closed);
    let unanswered = closed
        .map_or(PropertySet::EMPTY, |graph| answers::unanswered(model, graph, options.properties));
    let wanted = !found.first.is_empty() || !options.witnesses.is_empty();
    if graph.is_none() && wanted {
        // The search kept no states. A second search, down to the last discovery, keeps them.
        graph = trace_graph(model, initial, options, &found, watch, quotient);
    }
    let (discoveries, witnesses) = match &graph {
        Some(graph) => {
            let (depths, threads) = (Depths::of_levels(graph), options.threads);
            let runs = Runs { model, graph, whole: true, quotient, initial, depths, threads };
            (discoveries(&runs, &found), witnesses(&runs, &found, options))
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
        unanswered,
        symmetry,
        exact: options.exact,
    }
}

/// Returns the symmetry reduction, if symmetry is requested and the model has any.
fn quotient<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
) -> Result<Option<Quotient>, Refused> {
    if !options.symmetry {
        return Ok(None);
    }
    let quotient = Quotient::of(model, initial)?;
    let follows = |own: &&Property<M>| {
        own.kind.is_temporal() || own.kind == Kind::NoFairCycle && own.parameter.is_some()
    };
    let asked = (0..).map(PropertyId).zip(M::PROPERTIES);
    let asked = asked.filter(|(id, _)| options.properties.contains(*id)).map(|(_, own)| own);
    let names: Vec<_> = asked.filter(follows).map(|own| own.name).collect();
    if quotient.is_some() && !names.is_empty() {
        return Err(Refused::Temporal(names));
    }
    Ok(quotient)
}

/// Returns an exploration without results.
fn refuse<M: Model>(options: &Options, refused: Refused) -> Exploration {
    Exploration {
        statistics: Statistics::default(),
        coverage: Coverage::of::<M>(),
        stopped: Some(Stopped::Asymmetric),
        discoveries: Vec::new(),
        witnesses: Vec::new(),
        undecided: options.properties,
        unanswered: PropertySet::EMPTY,
        symmetry: Some(Symmetry { refused: Some(refused), ..Symmetry::default() }),
        exact: options.exact,
    }
}

fn trace_graph<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    found: &Found,
    watch: &dyn Watch,
    quotient: Option<&Quotient>,
) -> Option<Graph<M::State>> {
    let until = found.first.iter().map(|(property, _)| *property).collect();
    let first_fired = |action: &u8| found.first_fired[usize::from(*action)];
    let down_to = options.witnesses.iter().filter_map(first_fired).max().unwrap_or(0);
    let checkpoint = options.checkpoint.as_ref().map(Checkpoint::of_traces);
    let options = Options {
        until,
        down_to,
        first_violation: false,
        states: None,
        depth: None,
        memory: None,
        checkpoint,
        ..options.clone()
    };
    search(model, initial, &options, &Patient(watch), Keep::Graph, quotient).1
}

/// A watcher that never interrupts: the second search must finish, since a violation without its
/// run is of little use.
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
