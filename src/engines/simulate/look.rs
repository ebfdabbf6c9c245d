//! One state of a run: what can happen next, and what the state shows on its own.

use latchwork_model::kit::{Actions, Claim, Kind, Model, Step};
use zerocopy::{FromZeros, IntoBytes};

use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::{panics, shown, steps};
use crate::engines::verdict::{BuiltIn, End, PropertyId, PropertySet};

/// Evaluates the states of runs, one after another.
pub(crate) struct Looker<'a, M: Model> {
    pub model: &'a M,
    /// The properties to check.
    pub properties: PropertySet,
    /// Whether cached results are used. Runs that are compared with each other evaluate every state
    /// again, because the model may answer differently.
    pub remembers: bool,
    /// A cache of recent results, by fingerprint: runs revisit the same states again and again.
    seen: Vec<Seen<M::State>>,
    /// The number of cache misses since the cache last grew.
    missed: usize,
    /// The enabled steps of the state that was evaluated last.
    enabled: Vec<Step>,
}

/// The initial number of cached states: most campaigns that fail do so early.
const FEWEST: usize = 1 << 8;
/// The maximum number of cached states.
const MOST: usize = 1 << 14;

/// The maximum number of steps cached for a state. States with more steps are evaluated again.
const STEPS: usize = 24;

/// The cached result of a state that violates nothing.
struct Seen<S> {
    /// The number of enabled steps; `None` for an empty entry.
    count: Option<u8>,
    /// The enabled steps; the first `count` are valid.
    steps: [Step; STEPS],
    /// The goals that it reaches.
    reached: PropertySet,
    /// The properties that it exercises.
    exercised: PropertySet,
    state: S,
}

impl<S: FromZeros> Seen<S> {
    fn nothing() -> Self {
        let steps = [Step { action: 0, args: [0; Step::MAX_ARGS] }; STEPS];
        let none = PropertySet::EMPTY;
        Self { count: None, steps, reached: none, exercised: none, state: S::new_zeroed() }
    }
}

/// What is visible in one state.
pub(crate) struct Look {
    /// The properties that it violates.
    pub violated: PropertySet,
    /// The `reachable` properties that hold in it.
    pub reached: PropertySet,
    /// The properties of the model whose antecedent is true in it.
    pub exercised: PropertySet,
    /// Its fingerprint.
    pub print: u64,
    /// The violations that end the run here: the property, the step that cannot be completed, and
    /// why.
    broken: Vec<Ending>,
}

/// A violation that ends a run: the property, a last step, and how it ends.
pub(crate) type Ending = (PropertyId, Option<Step>, End);

impl Look {
    /// Returns whether an enabled step leads to no state: it exceeds a bound, or panics.
    pub fn is_cut(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Returns the first violation.
    pub fn ending(&self) -> Option<Ending> {
        let first = self.violated.iter().next()?;
        self.ending_in(first)
    }

    /// Returns the violation of one property, if it is violated here.
    pub fn ending_in(&self, property: PropertyId) -> Option<Ending> {
        let broken = self.broken.iter().find(|broken| broken.0 == property);
        let ending = broken.cloned().unwrap_or((property, None, End::State));
        self.violated.contains(property).then_some(ending)
    }
}

impl<'a, M: Model> Looker<'a, M> {
    pub fn new(model: &'a M, properties: PropertySet) -> Self {
        let seen = std::iter::repeat_with(Seen::nothing).take(FEWEST).collect();
        Self { model, properties, remembers: true, seen, missed: 0, enabled: Vec::new() }
    }

    /// Returns the enabled steps of the state that was evaluated last, in the order of the list of
    /// actions.
    pub fn enabled(&self) -> &[Step] {
        &self.enabled
    }

    /// Takes an enabled step. Returns `false` if the model refuses a step that it offered before.
    pub fn fire(&self, state: &mut M::State, step: Step) -> bool {
        let next = steps::take(self.model, state, step);
        next.is_ok_and(|next| {
            *state = next;
            true
        })
    }

    /// Collects the enabled steps of a state and evaluates the properties in it.
    pub fn look(&mut self, state: &M::State) -> Look {
        if self.missed > self.seen.len() && self.seen.len() < MOST {
            // Half of the cached entries become unreachable, which does no harm.
            self.seen.resize_with(2 * self.seen.len(), Seen::nothing);
            self.missed = 0;
        }
        let print = fingerprint(state);
        let at = print as usize % self.seen.len();
        let seen = &self.seen[at];
        let count = seen.count.filter(|_| self.remembers);
        if let Some(count) = count.filter(|_| seen.state.as_bytes() == state.as_bytes()) {
            self.enabled.clear();
            self.enabled.extend_from_slice(&seen.steps[..usize::from(count)]);
            let (violated, broken) = (PropertySet::EMPTY, Vec::new());
            let (reached, exercised) = (seen.reached, seen.exercised);
            return Look { violated, reached, exercised, print, broken };
        }
        self.missed += 1;
        match panics::catch(|| self.afresh(state, print)) {
            Ok(look) => {
                self.remember(at, state, &look);
                look
            }
            Err(message) => {
                // Repeating the panic step by step finds the step that causes it.
                let panic = BuiltIn::NoPanic.id::<M>();
                let step = shown::breaking(self.model, state, panic).first().copied();
                let end = match step {
                    Some(step) => shown::end_of(self.model, state, step),
                    None => End::Panics(message),
                };
                let violated = [panic].into_iter().collect();
                let broken = vec![(panic, step, end)];
                let none = PropertySet::EMPTY;
                Look { violated, reached: none, exercised: none, print, broken }
            }
        }
    }

    fn remember(&mut self, at: usize, state: &M::State, look: &Look) {
        let count = self.enabled.len();
        if count <= STEPS && look.violated.is_empty() && look.broken.is_empty() {
            let seen = &mut self.seen[at];
            seen.count = Some(count as u8);
            seen.steps[..count].copy_from_slice(&self.enabled);
            seen.reached = look.reached;
            seen.exercised = look.exercised;
            seen.state = *state;
        }
    }

    fn afresh(&mut self, state: &M::State, print: u64) -> Look {
        let (mut any, mut fair, mut broken) = (false, false, Vec::<Ending>::new());
        let Self { model, properties, enabled, .. } = self;
        enabled.clear();
        model.successors(state, |step, result| {
            any = true;
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            fair |= M::LANES[usize::from(lane)].fairness.is_fair();
            match result {
                Ok(_) => enabled.push(step),
                Err(cut) => {
                    let property = shown::fault(cut).id::<M>();
                    if broken.iter().all(|known| known.0 != property) {
                        broken.push((property, Some(step), shown::end(cut)));
                    }
                }
            }
        });
        let (mut violated, mut reached) = (PropertySet::EMPTY, PropertySet::EMPTY);
        let mut exercised = PropertySet::EMPTY;
        for (id, property) in (0..).map(PropertyId).zip(M::PROPERTIES) {
            if !properties.contains(id) || property.kind == Kind::AtRest && fair {
                continue;
            }
            let claim = (property.check)(model, state);
            if claim != Claim::Vacuous {
                exercised.insert(id);
            }
            match (property.kind, claim) {
                (Kind::Invariant | Kind::AtRest, Claim::Violated) => violated.insert(id),
                (Kind::Reachable, Claim::Holds) => reached.insert(id),
                // No single state decides a property about what repeats forever.
                _ => {}
            }
        }
        let deadlock = BuiltIn::Deadlock.id::<M>();
        // `done` is called for every state, as in a search.
        if !model.done(state) && !any && properties.contains(deadlock) {
            violated.insert(deadlock);
        }
        let wanted = broken.iter().map(|broken| broken.0).filter(|id| properties.contains(*id));
        wanted.for_each(|id| violated.insert(id));
        Look { violated, reached, exercised, print, broken }
    }
}
