//! What one thread does with its part of a level: expand states, look at properties, ask the table.

use latchwork_model::kit::{Claim, Kind, Model, Step};

use crate::verdict::{BuiltIn, Coverage, PropertyId, PropertySet};

use super::fingerprint::fingerprint;
use super::panics;
use super::search::Shared;
use super::visited::Inserted;

/// Successors that are collected before the table is asked for them.
const BATCH: usize = 64;

/// The edges of a run of states that stand one behind the other on a level.
pub(super) struct ChunkEdges {
    /// The position of the first state on the level.
    pub start: usize,
    /// By state: how many edges it has.
    pub degrees: Vec<u32>,
    /// The slots of the table to which they lead, all states one after the other.
    pub slots: Vec<usize>,
}

/// What one thread, or all of them together, found on a level.
pub(super) struct Tally<S> {
    pub generated: u64,
    pub coverage: Coverage,
    /// The properties that a state of this level violates or reaches.
    pub shown: PropertySet,
    /// The states of the next level.
    pub fresh: Vec<S>,
    /// Their ids.
    pub fresh_ids: Vec<u32>,
    /// The edges, by chunk; only if they are kept.
    pub edges: Vec<ChunkEdges>,
}

impl<S> Tally<S> {
    pub fn new<M: Model>() -> Self {
        Self {
            generated: 0,
            coverage: Coverage::of::<M>(),
            shown: PropertySet::EMPTY,
            fresh: Vec::new(),
            fresh_ids: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// Adds the figures of another one; states and edges stay where they are.
    pub fn add(&mut self, other: &Self) {
        self.generated += other.generated;
        self.coverage.add(&other.coverage);
        self.shown = self.shown.or(other.shown);
    }
}

/// One thread.
pub(super) struct Worker<'a, M: Model> {
    shared: &'a Shared<'a, M>,
    tally: Tally<M::State>,
    /// Successors with their fingerprints that have not been looked up yet.
    batch: Vec<(u64, M::State)>,
    degrees: Vec<u32>,
    slots: Vec<usize>,
    /// Steps of the state that is being expanded.
    degree: u32,
}

impl<'a, M: Model> Worker<'a, M> {
    pub fn new(shared: &'a Shared<'a, M>) -> Self {
        Self {
            shared,
            tally: Tally::new::<M>(),
            batch: Vec::with_capacity(BATCH),
            degrees: Vec::new(),
            slots: Vec::new(),
            degree: 0,
        }
    }

    pub fn into_tally(self) -> Tally<M::State> {
        self.tally
    }

    /// Expands the states `start..end` of the level that stands in `pieces`; how many states of
    /// the next level that has found.
    pub fn chunk(&mut self, pieces: &[&[M::State]], start: usize, end: usize) -> usize {
        let fresh_before = self.tally.fresh.len();
        let mut first = 0;
        for piece in pieces {
            let range =
                start.clamp(first, first + piece.len())..end.clamp(first, first + piece.len());
            self.states(&piece[range.start - first..range.end - first]);
            first += piece.len();
        }
        self.look_up();
        if self.shared.keep_edges {
            let (degrees, slots) =
                (std::mem::take(&mut self.degrees), std::mem::take(&mut self.slots));
            self.tally.edges.push(ChunkEdges { start, degrees, slots });
        }
        self.tally.fresh.len() - fresh_before
    }

    fn states(&mut self, states: &[M::State]) {
        let mut at = 0;
        while at < states.len() {
            // One guard for many states; a state in which the model panics is passed over.
            let all = panics::catch(|| {
                while let Some(state) = states.get(at) {
                    at += 1;
                    self.degree = 0;
                    self.expand(state);
                    self.end_state();
                }
            });
            if all.is_err() {
                self.tally.shown.insert(BuiltIn::NoPanic.id::<M>());
                self.end_state();
            }
        }
    }

    #[inline]
    fn end_state(&mut self) {
        if self.shared.keep_edges {
            self.degrees.push(self.degree);
        }
    }

    #[inline]
    fn expand(&mut self, state: &M::State) {
        let model = self.shared.model;
        let (mut any, mut fair, mut last) = (false, false, u8::MAX);
        model.successors(state, |step, result| {
            any = true;
            fair |= self.shared.fair[usize::from(step.action)];
            let Ok(next) = result else {
                self.tally.shown.insert(BuiltIn::BoundExceeded.id::<M>());
                return;
            };
            let count = &mut self.tally.coverage.actions[usize::from(step.action)];
            count.fired += 1;
            count.enabled += u64::from(last != step.action);
            last = step.action;
            self.tally.generated += 1;
            self.degree += 1;
            self.batch.push((fingerprint(next), *next));
            if self.batch.len() == BATCH {
                self.look_up();
            }
        });
        if !any && !model.done(state) {
            self.tally.shown.insert(BuiltIn::Deadlock.id::<M>());
        }
        for (id, property) in M::PROPERTIES.iter().enumerate() {
            if property.kind == Kind::AtRest && fair {
                continue;
            }
            let claim = (property.check)(model, state);
            self.tally.coverage.antecedents[id] += u64::from(claim != Claim::Vacuous);
            if shows(property.kind, claim) {
                self.tally.shown.insert(PropertyId(id as u8));
            }
        }
    }

    /// Asks the table for the successors that were collected.
    fn look_up(&mut self) {
        // All first probes at once: the cache misses overlap.
        let warm = self.batch.iter().fold(0, |sum, (f, _)| sum ^ self.shared.visited.touch(*f));
        std::hint::black_box(warm);
        for (fingerprint, state) in self.batch.drain(..) {
            let slot = match self.shared.visited.insert(fingerprint) {
                Inserted::New(slot, id) => {
                    self.tally.fresh.push(state);
                    if self.shared.keep_edges {
                        self.tally.fresh_ids.push(id);
                    }
                    slot
                }
                Inserted::Seen(slot) => slot,
            };
            if self.shared.keep_edges {
                self.slots.push(slot);
            }
        }
    }
}

/// Whether a claim is what a search looks for: a violation, or a goal that was reached.
fn shows(kind: Kind, claim: Claim) -> bool {
    match kind {
        Kind::Invariant | Kind::AtRest => claim == Claim::Violated,
        Kind::Reachable => claim == Claim::Holds,
        // No state shows it by itself: `cycles` and `liveness` look for it in the whole graph.
        Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => false,
    }
}

/// Whether a state shows a property that can be seen from one state and its steps.
pub(crate) fn shown_by<M: Model>(model: &M, state: &M::State, property: PropertyId) -> bool {
    let Some(own) = M::PROPERTIES.get(usize::from(property.0)) else {
        return shown_built_in(model, state, property);
    };
    let mut fair = false;
    if own.kind == Kind::AtRest {
        model.successors(state, |step, _| {
            let lane = M::ACTIONS[usize::from(step.action)].lane;
            fair |= M::LANES[usize::from(lane)].fairness.is_fair();
        });
    }
    !fair && shows(own.kind, (own.check)(model, state))
}

fn shown_built_in<M: Model>(model: &M, state: &M::State, property: PropertyId) -> bool {
    if property == BuiltIn::Deadlock.id::<M>() {
        let mut any = false;
        model.successors(state, |_, _| any = true);
        !any && !model.done(state)
    } else if property == BuiltIn::BoundExceeded.id::<M>() {
        exceeding(model, state).is_some()
    } else {
        false
    }
}

/// The first step of a state that would exceed a bound, and which.
pub(super) fn exceeding<M: Model>(model: &M, state: &M::State) -> Option<(Step, &'static str)> {
    let mut first = None;
    model.successors(state, |step, result| {
        if let (None, Err(what)) = (first, result) {
            first = Some((step, what));
        }
    });
    first
}
