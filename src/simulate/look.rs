//! One state of a run: what can happen next, and what the state shows by itself.

use latchwork_model::kit::{Actions, Claim, Kind, Model, Step};

use crate::explore::fingerprint::fingerprint;
use crate::explore::panics;
use crate::verdict::{BuiltIn, End, PropertyId, PropertySet};

/// Looks at the states of runs, one after the other.
pub(crate) struct Looker<'a, M: Model> {
    pub model: &'a M,
    /// The properties to look at.
    pub properties: PropertySet,
    /// The successors of the state that was looked at last, in the order of the list of actions.
    pub enabled: Vec<(Step, M::State)>,
    /// States that violate nothing, by their fingerprints, with the goals that they reach: runs come
    /// by the same states again and again, and properties cost more than a step.
    quiet: Vec<(u64, PropertySet)>,
}

/// How many states are remembered that violate nothing.
const REMEMBERED: usize = 1 << 12;

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
        let quiet = vec![(0, PropertySet::EMPTY); REMEMBERED];
        Self { model, properties, enabled: Vec::new(), quiet }
    }

    /// Collects the successors of a state and looks at the properties there.
    pub fn look(&mut self, state: &M::State) -> Look {
        match panics::catch(|| self.seen(state)) {
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

    fn seen(&mut self, state: &M::State) -> Look {
        let (mut any, mut fair, mut exceeds) = (false, false, None);
        let Self { model, properties, enabled, quiet } = self;
        enabled.clear();
        model.successors(state, |step, result| {
            any = true;
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            fair |= M::LANES[usize::from(lane)].fairness.is_fair();
            match result {
                Ok(next) => enabled.push((step, *next)),
                Err(what) => exceeds = exceeds.or(Some((step, what))),
            }
        });
        let print = fingerprint(state);
        let known = &mut quiet[print as usize % REMEMBERED];
        if known.0 == print {
            return Look { violated: PropertySet::EMPTY, reached: known.1, broken: None };
        }
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
        if violated.is_empty() && exceeds.is_none() {
            *known = (print, reached);
        }
        let broken = exceeds.map(|(step, what)| (bound, Some(step), End::Exceeds(what)));
        Look { violated, reached, broken }
    }
}
