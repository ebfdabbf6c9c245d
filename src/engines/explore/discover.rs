//! What is concluded from what a search has found: the properties that it leaves open, and the best
//! of the shortest runs.

use latchwork_model::kit::{Kind, Model, Step};

use crate::engines::verdict::{
    BuiltIn, Discovery, End, Path, PropertyId, PropertySet, Stopped, Witness, of_graph, properties,
};

use super::cycles;
use super::fairness;
use super::found::Found;
use super::options::Options;
use super::shown;
use super::steps;
use super::unfold::Runs;

/// Returns the requested properties of fair runs.
fn temporal<M: Model>(options: &Options) -> PropertySet {
    let own = (0..).map(PropertyId).zip(M::PROPERTIES);
    let temporal = own.filter(|(_, own)| own.kind.is_temporal()).map(|(id, _)| id);
    temporal.collect::<PropertySet>().and(options.properties)
}

/// Concludes a search that has stopped early or left states out: returns the properties that it
/// does not decide.
pub(super) fn ended<M: Model>(found: &mut Found, options: &Options) -> PropertySet {
    if found.constrained {
        found.stopped = found.stopped.or(Some(Stopped::Constraint));
    }
    let Some(stopped) = found.stopped else { return PropertySet::EMPTY };
    let mut undecided = open::<M>(found, options.properties);
    if stopped.is_border() {
        undecided = undecided.and(beyond::<M>());
    }
    if stopped == Stopped::Depth {
        // The states that were found last were not checked.
        found.statistics.distinct -= found.statistics.levels.pop().unwrap_or(0);
    }
    undecided
}

/// Leaves out properties of fair runs where there are too many fair units: returns the options without
/// them, and these properties.
pub(super) fn within_fairness<M: Model>(model: &M, asked: &Options) -> (Options, PropertySet) {
    let too_many =
        if fairness::are_too_many(model) { temporal::<M>(asked) } else { PropertySet::EMPTY };
    let options = Options { properties: asked.properties.minus(too_many), ..asked.clone() };
    (options, too_many)
}

/// Concludes a search that was looked through: returns the properties that it does not decide, beside
/// those of `undecided`. `too_many` are those for which there are too many fair units.
pub(super) fn left_open<M: Model>(
    found: &mut Found,
    options: &Options,
    too_many: PropertySet,
    mut undecided: PropertySet,
) -> PropertySet {
    if found.cut || found.statistics.distinct == 0 {
        // A violation that was found stands. Everything else may depend on states that were not
        // explored.
        undecided = undecided.or(open::<M>(found, options.properties));
    }
    if !too_many.is_empty() {
        found.stopped = found.stopped.or(Some(Stopped::TooManyFair));
        undecided = undecided.or(too_many);
    }
    undecided
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

/// Returns the best of the shortest runs to the first firing of each requested action.
pub(super) fn witnesses<M: Model>(
    runs: &Runs<'_, M>,
    found: &Found,
    options: &Options,
) -> Vec<Witness> {
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
pub(super) fn firing<M: Model>(model: &M, state: &M::State, action: u8) -> Vec<Step> {
    let mut firing = Vec::new();
    steps::each(model, state, |step, next| {
        if step.action == action && next.is_ok() {
            firing.push(step);
        }
    });
    firing
}

/// Returns the best of the shortest paths for every property found.
pub(super) fn discoveries<M: Model>(runs: &Runs<'_, M>, found: &Found) -> Vec<Discovery> {
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
