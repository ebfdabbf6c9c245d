//! One state of a run: what can happen next, and what the state shows by itself.

use latchwork_model::kit::{Actions, Claim, Kind, Model, Step};
use zerocopy::{FromZeros, IntoBytes};

use crate::explore::fingerprint::fingerprint;
use crate::explore::panics;
use crate::verdict::{BuiltIn, End, PropertyId, PropertySet};

/// Looks at the states of runs, one after the other.
pub(crate) struct Looker<'a, M: Model> {
    pub model: &'a M,
    /// The properties to look at.
    pub properties: PropertySet,
    /// Whether what was seen of a state before is believed. Runs that are compared with one another
    /// look afresh: the model may not say the same again.
    pub remembers: bool,
    /// Runs come by the same states again and again: what was seen last, by fingerprint.
    seen: Vec<Seen<M::State>>,
    /// How many states were looked at that were not among them, since there are so many.
    missed: usize,
    /// Where the state stands that was looked at last.
    at: usize,
}

/// How many states are remembered at first: most campaigns that fail do so soon.
const FEWEST: usize = 1 << 8;
/// How many states are remembered at most.
const MOST: usize = 1 << 14;

/// What was seen of a state.
struct Seen<S> {
    state: S,
    /// Whether it violates nothing and can be remembered.
    quiet: bool,
    /// The goals that it reaches.
    reached: PropertySet,
    /// Its successors.
    enabled: Vec<(Step, S)>,
}

impl<S: FromZeros> Seen<S> {
    fn nothing() -> Self {
        let (state, reached) = (S::new_zeroed(), PropertySet::EMPTY);
        Self { state, quiet: false, reached, enabled: Vec::new() }
    }
}

/// What is seen in one state.
pub(crate) struct Look {
    /// The properties that it violates.
    pub violated: PropertySet,
    /// The `reachable` properties that hold in it.
    pub reached: PropertySet,
    /// What breaks a run off here: the property, the step that cannot be completed, why not.
    broken: Option<Ending>,
}

/// A violation with which a run ends: the property, a last step, and what happens.
pub(crate) type Ending = (PropertyId, Option<Step>, End);

impl Look {
    /// The first violation.
    pub fn ending(&self) -> Option<Ending> {
        let first = self.violated.iter().next()?;
        self.ending_in(first)
    }

    /// The violation of one property, if it is violated here.
    pub fn ending_in(&self, property: PropertyId) -> Option<Ending> {
        let ending = match &self.broken {
            Some(broken) if broken.0 == property => broken.clone(),
            _ => (property, None, End::State),
        };
        self.violated.contains(property).then_some(ending)
    }
}

impl<'a, M: Model> Looker<'a, M> {
    pub fn new(model: &'a M, properties: PropertySet) -> Self {
        let seen = std::iter::repeat_with(Seen::nothing).take(FEWEST).collect();
        Self { model, properties, remembers: true, seen, missed: 0, at: 0 }
    }

    /// The successors of the state that was looked at last, in the order of the list of actions.
    pub fn enabled(&self) -> &[(Step, M::State)] {
        &self.seen[self.at].enabled
    }

    /// Collects the successors of a state and looks at the properties there.
    pub fn look(&mut self, state: &M::State) -> Look {
        if self.missed > self.seen.len() && self.seen.len() < MOST {
            // Half of what is remembered is not found any more, which does no harm.
            self.seen.resize_with(2 * self.seen.len(), Seen::nothing);
            self.missed = 0;
        }
        self.at = fingerprint(state) as usize % self.seen.len();
        let seen = &mut self.seen[self.at];
        if self.remembers && seen.quiet && seen.state.as_bytes() == state.as_bytes() {
            return Look { violated: PropertySet::EMPTY, reached: seen.reached, broken: None };
        }
        seen.quiet = false;
        self.missed += 1;
        match panics::catch(|| self.afresh(state)) {
            Ok(look) => look,
            Err(message) => {
                // The same panic once more, step by step, tells in which step it is.
                let (step, message) =
                    panics::in_state(self.model, state).unwrap_or((None, message));
                let panic = BuiltIn::NoPanic.id::<M>();
                let violated = [panic].into_iter().collect();
                let broken = Some((panic, step, End::Panics(message)));
                Look { violated, reached: PropertySet::EMPTY, broken }
            }
        }
    }

    fn afresh(&mut self, state: &M::State) -> Look {
        let (mut any, mut fair, mut exceeds) = (false, false, None);
        let Self { model, properties, seen, at, .. } = self;
        let seen = &mut seen[*at];
        seen.enabled.clear();
        model.successors(state, |step, result| {
            any = true;
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            fair |= M::LANES[usize::from(lane)].fairness.is_fair();
            match result {
                Ok(next) => seen.enabled.push((step, *next)),
                Err(what) => exceeds = exceeds.or(Some((step, what))),
            }
        });
        let (mut violated, mut reached) = (PropertySet::EMPTY, PropertySet::EMPTY);
        for (id, property) in (0..).map(PropertyId).zip(M::PROPERTIES) {
            if !properties.contains(id) {
                continue;
            }
            match property.kind {
                // No single state shows what goes on for ever.
                Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => {}
                Kind::AtRest if fair => {}
                Kind::Invariant | Kind::AtRest => {
                    if (property.check)(model, state) == Claim::Violated {
                        violated.insert(id);
                    }
                }
                Kind::Reachable => {
                    if (property.check)(model, state) == Claim::Holds {
                        reached.insert(id);
                    }
                }
            }
        }
        let (deadlock, bound) = (BuiltIn::Deadlock.id::<M>(), BuiltIn::BoundExceeded.id::<M>());
        if properties.contains(deadlock) && !any && !model.done(state) {
            violated.insert(deadlock);
        }
        if properties.contains(bound) && exceeds.is_some() {
            violated.insert(bound);
        }
        seen.state = *state;
        seen.quiet = violated.is_empty() && exceeds.is_none();
        seen.reached = reached;
        let broken = exceeds.map(|(step, what)| (bound, Some(step), End::Exceeds(what.into())));
        Look { violated, reached, broken }
    }
}
