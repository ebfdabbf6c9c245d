//! The fair phase of a run: faults have stopped, and all fair units take turns. Everything that the
//! liveness properties promise must happen now.
//!
//! A violation is reported only if the run shows it: the run stops, or returns to a state along a
//! fair cycle, while a property still waits. It is verified by the same function as a run that
//! `explore` finds. A run that merely waits too long is *unsettled*.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Actions, Fairness, Kind, Model, Step};
use zerocopy::IntoBytes;

use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::{lasso, panics};
use crate::engines::verdict::{BuiltIn, Discovery, End, PropertyId};

use super::course::{Course, Taken};
use super::look::Ending;
use super::rng::Draws;

/// The maximum number of states that are searched for one in which the protocol is done.
const NEAR: usize = 2_000;

/// Why a round of turns stopped.
enum Stopped {
    /// None of the units that take turns is enabled.
    Rest,
    /// The goal was reached.
    Enough,
    /// There were no steps left, or the model refused a step that it had offered.
    Bound,
    /// A state violates a property.
    Violated(Ending),
}

/// Runs the fair phase. Returns its violation, or else the property that it still waits for at the
/// end.
pub(super) fn phase<M: Model>(
    course: &mut Course<'_, '_, M>,
    draws: &mut Draws,
) -> (Option<Discovery>, Option<PropertyId>) {
    let begin = course.path.steps.len();
    let stopped = turns(course, draws, Fairness::is_fair, |_, _| false);
    if let Stopped::Violated(ending) = stopped {
        return (Some(course.discovery(ending)), None);
    }
    let (found, waiting) = judged(course, begin, matches!(stopped, Stopped::Rest));
    if found.is_some() {
        return (found, None);
    }
    let can_finish = BuiltIn::CanFinish.id::<M>();
    if !course.sampler.plan.properties.contains(can_finish) {
        return (None, waiting);
    }
    // All processes may act now, including those that need not be fair, so that the protocol can
    // finish.
    let no_fault = |fairness| fairness != Fairness::Fault;
    match turns(course, draws, no_fault, is_done) {
        Stopped::Enough => (None, waiting),
        Stopped::Violated(ending) => (Some(course.discovery(ending)), None),
        Stopped::Rest | Stopped::Bound => match can_be_done(course) {
            Some(true) => (None, waiting),
            Some(false) => {
                let steps = course.path.steps.len();
                let (way, cycle) = way_on(course);
                let cycle = cycle.map(|at| steps + at);
                let end = End::Stuck { prefix: steps, cycle, proven: false };
                let mut path = course.path.clone();
                path.steps.extend(way);
                (Some(Discovery { property: can_finish, steps, path, end }), None)
            }
            None => (None, waiting.or(Some(can_finish))),
        },
    }
}

/// Lets the processes of some lanes act in turn, or their actions where each of them is fair. The
/// step is chosen at random.
fn turns<M: Model>(
    course: &mut Course<'_, '_, M>,
    draws: &mut Draws,
    may: impl Fn(Fairness) -> bool,
    enough: impl Fn(&M, &M::State) -> bool,
) -> Stopped {
    let units = &course.sampler.units;
    let mut turn = 0;
    for _ in 0..course.sampler.plan.fair {
        if let Some(ending) = course.look() {
            return Stopped::Violated(ending);
        }
        if enough(course.sampler.model, &course.state) {
            return Stopped::Enough;
        }
        let may_take = |step: &Step| {
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            may(M::LANES[usize::from(lane)].fairness)
        };
        let enabled = course.looker.enabled();
        let of = |at: usize| {
            let unit = units[at % units.len()];
            let its = move |step: &&Step| step.unit(M::LANES, M::ACTIONS) == unit;
            enabled.iter().filter(its).filter(|step| may_take(step))
        };
        let Some(next) = (turn..turn + units.len()).find(|at| of(*at).next().is_some()) else {
            return Stopped::Rest;
        };
        let count = of(next).count() as u32;
        let Some(step) = of(next).nth(draws.below(count) as usize).copied() else {
            return Stopped::Rest;
        };
        turn = next + 1;
        if let Taken::Refused = course.take(step) {
            return Stopped::Bound;
        }
    }
    Stopped::Bound
}

/// Returns the violation if the run violates a property about what repeats forever, or else the
/// property that still waits.
fn judged<M: Model>(
    course: &Course<'_, '_, M>,
    begin: usize,
    rests: bool,
) -> (Option<Discovery>, Option<PropertyId>) {
    let wanted = |id: &PropertyId| course.sampler.plan.properties.contains(*id);
    let mut temporal = (0..).map(PropertyId).zip(M::PROPERTIES).filter(|(id, property)| {
        wanted(id) && (property.kind.is_temporal() || property.kind == Kind::NoFairCycle)
    });
    let Some(first) = temporal.next() else { return (None, None) };
    let (model, steps) = (course.sampler.model, &course.path.steps);
    let states = course.states();
    let round = round(&states, begin).map(|(prefix, end)| (end, Some(prefix)));
    let for_ever = if rests { Some((steps.len(), None)) } else { round };
    let mut waiting = None;
    for (id, property) in std::iter::once(first).chain(temporal) {
        let rounds = match property.kind {
            Kind::NoFairCycle => small_rounds(&states),
            _ => for_ever.into_iter().collect(),
        };
        let shown = |(end, cycle): &(usize, Option<usize>)| {
            lasso::is_shown(model, property, &states[..=*end], &steps[..*end], *cycle)
        };
        if let Some((end, cycle)) = rounds.into_iter().find(shown) {
            let mut path = course.path.clone();
            path.steps.truncate(end);
            let prefix = cycle.unwrap_or(end);
            let end = End::Stuck { prefix, cycle, proven: false };
            return (Some(Discovery { property: id, steps: prefix, path, end }), None);
        }
        let temporal = property.kind.is_temporal();
        if temporal && lasso::waits(model, property, &states, steps.len()) {
            waiting = waiting.or(Some(id));
        }
    }
    (None, waiting)
}

/// Returns the longest path of the phase from a state back to itself, among those that end last.
fn round<S: IntoBytes + zerocopy::Immutable>(states: &[S], begin: usize) -> Option<(usize, usize)> {
    let mut first = BTreeMap::new();
    let back = |end: usize| {
        let at = *first.entry(states[end].as_bytes()).or_insert(end);
        (at < end).then_some((at, end))
    };
    (begin..states.len()).filter_map(back).last()
}

/// Returns every path of a run from a state back to itself that does not pass through it in
/// between: its end, and its beginning.
fn small_rounds<S: IntoBytes + zerocopy::Immutable>(states: &[S]) -> Vec<(usize, Option<usize>)> {
    let mut last = BTreeMap::new();
    let back = |(end, state): (usize, &S)| {
        let begin = last.insert(state.as_bytes().to_vec(), end)?;
        Some((end, Some(begin)))
    };
    states.iter().enumerate().filter_map(back).collect()
}

/// Returns whether the protocol may stop in a state. A panic here is reported elsewhere.
fn is_done<M: Model>(model: &M, state: &M::State) -> bool {
    panics::catch(|| model.done(state)).unwrap_or(false)
}

/// Returns one continuation from a state with few reachable states: to a standstill, or to a cycle
/// that begins after this many of the steps.
fn way_on<M: Model>(course: &mut Course<'_, '_, M>) -> (Vec<Step>, Option<usize>) {
    let (mut state, mut steps) = (course.state, Vec::new());
    let mut met = BTreeMap::new();
    loop {
        if let Some(before) = met.insert(state.as_bytes().to_vec(), steps.len()) {
            return (steps, Some(before));
        }
        course.looker.look(&state);
        let Some(step) = course.looker.enabled().first().copied() else { return (steps, None) };
        if !course.looker.fire(&mut state, step) {
            return (steps, None);
        }
        steps.push(step);
    }
}

/// Returns whether a done state can be reached from the last state; `None` if the bounded search
/// cannot decide it, for example because of a bound or a panic.
fn can_be_done<M: Model>(course: &mut Course<'_, '_, M>) -> Option<bool> {
    let mut found = vec![course.state];
    let mut seen = BTreeSet::from([fingerprint(&course.state)]);
    let mut at = 0;
    while at < found.len() {
        if at == NEAR {
            return None;
        }
        let state = found[at];
        if is_done(course.sampler.model, &state) {
            return Some(true);
        }
        if course.looker.look(&state).is_cut() {
            return None;
        }
        for step in course.looker.enabled() {
            let mut next = state;
            if course.looker.fire(&mut next, *step) && seen.insert(fingerprint(&next)) {
                found.push(next);
            }
        }
        at += 1;
    }
    Some(false)
}
