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
//! | `expand` | what one thread does with its part of a level |
//! | `visited` | the table of fingerprints |
//! | `exact` | states stored exactly instead of by their fingerprints |
//! | `frontier` | the states of two levels, in blocks that are reused |
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
//! | `differ` | where two versions of a model differ |
//! | `panics` | a model that panics is a violation |
//! | `steps` | the steps of a state, including those that are cut off |
//! | `shown` | what a single state shows |
//! | `planted` | planted defects of the engine, which tests must detect |

mod answers;
pub mod checkpoint;
mod cycles;
pub mod differ;
mod exact;
mod expand;
mod fairness;
pub mod fingerprint;
mod frontier;
pub mod graph;
pub mod lasso;
mod liveness;
mod memory;
mod options;
pub mod panics;
pub mod paths;
#[cfg(test)]
mod planted;
mod resume;
mod rounds;
mod search;
pub(crate) mod shown;
mod spill;
pub mod steps;
mod symmetry;
mod unfold;
pub mod visited;
mod whole;

use latchwork_model::kit::{Kind, Model, Property, Step};

use crate::engines::verdict::{
    BuiltIn, Coverage, Discovery, End, Exploration, Path, PropertyId, PropertySet, Refused,
    Statistics, Stopped, Symmetry, Witness, of_graph, properties,
};

pub use options::{Options, Watch};

use checkpoint::Checkpoint;
use graph::Graph;
use paths::Depths;
use search::Found;
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
    let asked = options;
    let too_many =
        if fairness::are_too_many(model) { temporal::<M>(asked) } else { PropertySet::EMPTY };
    let options = &Options { properties: asked.properties.minus(too_many), ..asked.clone() };
    let quotient = match quotient(model, initial, options) {
        Ok(quotient) => quotient,
        Err(refused) => return refuse::<M>(options, refused),
    };
    let quotient = quotient.as_ref();
    let of_graph = of_graph(&properties::<M>()).and(options.properties);
    let keep_graph = !of_graph.is_empty();
    let (mut found, mut graph) =
        search::search(model, initial, options, watch, keep_graph, quotient);
    let symmetry = quotient.map(Quotient::conclusion);
    let symmetry = symmetry.or(options.symmetry.then(Symmetry::default));
    if let Some(refused) = symmetry.as_ref().and_then(|symmetry| symmetry.refused.clone()) {
        return refuse::<M>(options, refused);
    }
    let mut undecided = PropertySet::EMPTY;
    if found.constrained {
        found.stopped = found.stopped.or(Some(Stopped::Constraint));
    }
    if let Some(stopped) = found.stopped {
        undecided = open::<M>(&found, options.properties);
        if stopped.is_border() {
            undecided = undecided.and(beyond::<M>());
        }
        if stopped == Stopped::Depth {
            // The states that were found last were not checked.
            found.statistics.distinct -= found.statistics.levels.pop().unwrap_or(0);
        }
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
    if found.cut || found.statistics.distinct == 0 {
        // A violation that was found stands. Everything else may depend on states that were not
        // explored.
        undecided = undecided.or(open::<M>(&found, options.properties));
    }
    if !too_many.is_empty() {
        found.stopped = found.stopped.or(Some(Stopped::TooManyFair));
        undecided = undecided.or(too_many);
    }
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
            let runs = Runs { model, graph, quotient, initial, depths, threads };
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

/// Returns the requested properties of fair runs.
fn temporal<M: Model>(options: &Options) -> PropertySet {
    let own = (0..).map(PropertyId).zip(M::PROPERTIES);
    let temporal = own.filter(|(_, own)| own.kind.is_temporal()).map(|(id, _)| id);
    temporal.collect::<PropertySet>().and(options.properties)
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

/// Returns the properties that an unfinished search does not decide.
fn open<M: Model>(found: &Found, wanted: PropertySet) -> PropertySet {
    let known: PropertySet = found.first.iter().map(|(property, _)| *property).collect();
    let count = M::PROPERTIES.len() + BuiltIn::ALL.len();
    let all: PropertySet = (0..count).map(|id| PropertyId(id as u8)).collect();
    all.and(wanted).minus(known)
}

/// Returns the properties that depend on what lies beyond the states that were checked.
fn beyond<M: Model>() -> PropertySet {
    let properties = properties::<M>();
    let own = (0..).map(PropertyId).zip(M::PROPERTIES);
    let goals = own.filter(|(_, own)| own.kind == Kind::Reachable).map(|(id, _)| id);
    goals.collect::<PropertySet>().or(of_graph(&properties))
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
    search::search(model, initial, &options, &Patient(watch), true, quotient).1
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

/// Returns the best of the shortest runs to the first firing of each requested action.
fn witnesses<M: Model>(runs: &Runs<'_, M>, found: &Found, options: &Options) -> Vec<Witness> {
    let witness = |action: &u8| {
        let level = found.first_fired[usize::from(*action)]?;
        let fires = |state: &M::State| firing(runs.model, state, *action);
        let states = &runs.graph.states;
        let level = runs.graph.level(level);
        let goals: Vec<u32> = level.filter(|id| !fires(&states[*id as usize]).is_empty()).collect();
        Some(Witness { action: *action, path: runs.best(&goals, fires).path })
    };
    options.witnesses.iter().filter_map(witness).collect()
}

/// Returns the steps of a state that fire an action.
fn firing<M: Model>(model: &M, state: &M::State, action: u8) -> Vec<Step> {
    let mut firing = Vec::new();
    steps::each(model, state, |step, next| {
        if step.action == action && next.is_ok() {
            firing.push(step);
        }
    });
    firing
}

/// Returns the best of the shortest paths forevery property found.
fn discoveries<M: Model>(runs: &Runs<'_, M>, found: &Found) -> Vec<Discovery> {
    let (model, graph) = (runs.model, runs.graph);
    let mut first = found.first.clone();
    first.sort_unstable();
    let discover = |(property, level): (PropertyId, usize)| {
        if let Some((_, waiting)) = found.waiting.iter().find(|(of, _)| *of == property) {
            let (cycle, proven) = (waiting.cycle.then_some(level), waiting.proven);
            let end = End::Stuck { prefix: level, cycle, proven };
            let initial = runs.position(&graph.states[waiting.path.initial]);
            let path = Path { initial, steps: waiting.path.steps.clone() };
            return Discovery { property, steps: level, path, end };
        }
        let is_goal = |id: &u32| shown::shown_by(model, &graph.states[*id as usize], property);
        let known = found.goals.iter().find(|(of, _)| *of == property);
        let goals = match known {
            Some((_, goals)) => goals.clone(),
            None => graph.level(level).filter(is_goal).collect(),
        };
        discovery(runs, property, level, goals)
    };
    first.into_iter().map(discover).collect()
}

/// Returns the best of the shortest paths to the states that show a property, and how it ends.
fn discovery<M: Model>(
    runs: &Runs<'_, M>,
    property: PropertyId,
    level: usize,
    mut goals: Vec<u32>,
) -> Discovery {
    let model = runs.model;
    if property == BuiltIn::NoPanic.id::<M>() {
        // If a claim panics, the run ends there; if a step panics, the run has one more step.
        let panics =
            |id: &u32| shown::panic_of_claims(model, &runs.graph.states[*id as usize]).is_some();
        if goals.iter().any(panics) {
            goals.retain(panics);
            let best = runs.best(&goals, |_| Vec::new());
            let message = shown::panic_of_claims(model, &best.end).unwrap_or_default();
            let end = End::Panics(message);
            return Discovery { property, steps: level, path: best.path, end };
        }
    }
    let faults = [BuiltIn::NoPanic, BuiltIn::BoundExceeded, BuiltIn::GuardsFirst];
    let breaks_off = faults.iter().any(|fault| fault.id::<M>() == property);
    let best = runs.best(&goals, |state| match breaks_off {
        true => shown::breaking(model, state, property),
        false => Vec::new(),
    });
    let mut path = best.path.clone();
    let (mut steps, mut end) = (level, End::State);
    if breaks_off {
        if let Some(step) = path.steps.last() {
            steps += 1;
            end = shown::end_of(model, &best.end, *step);
        }
    } else if property == BuiltIn::CanFinish.id::<M>() {
        let rest = runs.way_on(&best);
        path.steps.extend(rest.steps);
        let cycle = rest.cycle.map(|cycle| level + cycle);
        end = End::Stuck { prefix: level, cycle, proven: true };
    } else if let Some(own) = M::PROPERTIES.get(usize::from(property.0))
        && own.kind == Kind::NoFairCycle
    {
        path.steps.extend(cycles::around(model, own, &best.end));
        end = End::Stuck { prefix: level, cycle: Some(level), proven: true };
    }
    Discovery { property, steps, path, end }
}
