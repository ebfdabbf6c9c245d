//! What a single state shows of a property.

use latchwork_model::kit::{Claim, Cut, Kind, Model, Property, Step};

use crate::engines::verdict::{BuiltIn, End, PropertyId};

use super::panics::{catch, in_each};
use super::steps;

/// Returns the built-in property that a cut violates.
pub(crate) fn fault(cut: Cut<'_>) -> BuiltIn {
    match cut {
        Cut::Exceeds(_) => BuiltIn::BoundExceeded,
        Cut::Changes => BuiltIn::GuardsFirst,
        Cut::Panics(_) => BuiltIn::NoPanic,
    }
}

/// Returns how a run ends with a cut.
pub(crate) fn end(cut: Cut<'_>) -> End {
    match cut {
        Cut::Exceeds(what) => End::Exceeds(what.into()),
        Cut::Changes => End::Changes,
        Cut::Panics(message) => End::Panics(message.into()),
    }
}

/// Returns whether an action belongs to a fair lane.
#[inline(always)]
pub(super) fn is_fair<M: Model>(action: u8) -> bool {
    M::LANES[usize::from(M::ACTIONS[usize::from(action)].lane)].fairness.is_fair()
}

/// Returns whether a claim is what a search looks for: a violation, or a goal that was reached.
pub(super) fn shows(kind: Kind, claim: Claim) -> bool {
    match kind {
        Kind::Invariant | Kind::AtRest => claim == Claim::Violated,
        Kind::Reachable => claim == Claim::Holds,
        // No single state shows it: `cycles` and `liveness` search the whole graph for it.
        Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => false,
    }
}

/// Returns whether a state shows a property that can be decided from one state and its steps.
pub(crate) fn shown_by<M: Model>(model: &M, state: &M::State, property: PropertyId) -> bool {
    if let Some(own) = M::PROPERTIES.get(usize::from(property.0)) {
        let mut fair = false;
        if own.kind == Kind::AtRest {
            steps::each(model, state, |step, _| fair |= is_fair::<M>(step.action));
        }
        return !fair && catch(|| shows(own.kind, (own.check)(model, state))).unwrap_or(false);
    }
    if property == BuiltIn::Deadlock.id::<M>() {
        let mut any = false;
        steps::each(model, state, |_, _| any = true);
        return !any && !catch(|| model.done(state)).unwrap_or(true);
    }
    !breaking(model, state, property).is_empty()
        || property == BuiltIn::NoPanic.id::<M>() && panic_of_claims(model, state).is_some()
}

/// Returns the steps of a state that end a run with a violation of `bound_exceeded`, `guards_first`
/// or `no_panic`, in order.
pub(crate) fn breaking<M: Model>(model: &M, state: &M::State, property: PropertyId) -> Vec<Step> {
    let mut breaking = Vec::new();
    steps::each(model, state, |step, next| {
        if next.is_err_and(|cut| fault(cut).id::<M>() == property) {
            breaking.push(step);
        }
    });
    breaking
}

/// Returns how a step that is cut off ends a run.
pub(crate) fn end_of<M: Model>(model: &M, state: &M::State, step: Step) -> End {
    match steps::take(model, state, step) {
        Err(steps::Refusal::Exceeds(what)) => end(Cut::Exceeds(what)),
        Err(steps::Refusal::Changes) => end(Cut::Changes),
        Err(steps::Refusal::Panics(message)) => end(Cut::Panics(&message)),
        Ok(_) | Err(steps::Refusal::Disabled) => End::State,
    }
}

/// Returns the message of the first panic in `constraint`, in `done` or in a property of single
/// states.
pub(crate) fn panic_of_claims<M: Model>(model: &M, state: &M::State) -> Option<String> {
    let constraint = catch(|| model.constraint(state)).err();
    let done = constraint.or_else(|| catch(|| model.done(state)).err());
    let mut fair = false;
    steps::each(model, state, |step, _| fair |= is_fair::<M>(step.action));
    let speaks = |own: &&Property<M>| own.kind != Kind::AtRest || !fair;
    let properties = M::PROPERTIES.iter().filter(speaks);
    let mut claims = properties.map(|own| catch(|| (own.check)(model, state)).err());
    done.or_else(|| claims.find_map(|panic| panic))
}

/// Returns the number of parts of a property, evaluated in the first of some states in which it
/// does not panic; 0 if it panics in all of them.
pub(crate) fn parts<M: Model>(model: &M, property: &Property<M>, states: &[M::State]) -> usize {
    let of_state = |state| {
        let mut parts = 0;
        let asked = catch(|| (property.parts)(model, state, &mut |_| parts += 1));
        asked.is_ok().then_some(parts)
    };
    states.iter().find_map(of_state).unwrap_or(0)
}

/// Evaluates a property in each of `states`. Returns one list per part of the property, with one claim
/// per state, or `None` where the property panicked.
pub(super) fn claims<M: Model>(
    model: &M,
    property: &Property<M>,
    states: &[M::State],
) -> Vec<Vec<Option<Claim>>> {
    let mut claims = vec![vec![None; states.len()]; parts(model, property, states)];
    let panicked = in_each(states, |at, state| {
        let mut parts = claims.iter_mut();
        (property.parts)(model, state, &mut |claim| {
            if let Some(part) = parts.next() {
                part[at] = Some(claim);
            }
        });
    });
    for at in panicked {
        claims.iter_mut().for_each(|part| part[at] = None);
    }
    claims
}

/// Returns the claim of one part of a property in a state; `None` if there is no such part, or it
/// panics.
pub(crate) fn part_of<M: Model>(
    model: &M,
    property: &Property<M>,
    state: &M::State,
    part: usize,
) -> Option<Claim> {
    let (mut said, mut at) = (None, 0);
    let mut emit = |claim| {
        if at == part {
            said = Some(claim);
        }
        at += 1;
    };
    let all = catch(|| (property.parts)(model, state, &mut emit));
    all.ok().and(said)
}
