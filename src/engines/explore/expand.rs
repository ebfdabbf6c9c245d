//! The work of one thread on its part of a level: expand states, evaluate properties, look up
//! successors in the table.

use latchwork_model::kit::{Claim, Cut, Kind, Model, Property, Step};
use zerocopy::{FromZeros, IntoBytes};

use crate::engines::verdict::{ActionCount, BuiltIn, Coverage, PropertyId, PropertySet};

use super::exact::{Parts, Takings};
use super::fairness::Actors;
use super::fingerprint::fingerprint;
use super::frontier::Frontier;
use super::graph::ChunkEdges;
use super::outgoing::ByOwner;
use super::panics;
#[cfg(test)]
use super::planted::Planted;
use super::shown::{fault, is_fair, shows};
use super::steps;
use super::symmetry::Quotient;
use super::visited::{Inserted, Visited};

/// The number of successors that are collected before they are looked up in the table.
const BATCH: usize = 64;
/// The number of fingerprints in a thread's own cache.
const RECENT: usize = 1 << 12;

/// What all threads share in a round.
pub(super) struct Shared<'a, M: Model> {
    pub model: &'a M,
    pub visited: &'a Visited,
    /// The parts of states, if states are stored exactly instead of by fingerprint.
    pub parts: Option<&'a Parts>,
    /// Whether there is only one thread.
    pub alone: bool,
    /// Receives states of the next level. If absent, ids and edges are kept.
    pub frontier: Option<&'a Frontier<M::State>>,
    /// The actors of steps, if they are kept with the edges.
    pub actors: Option<&'a Actors>,
    /// Whether only the fingerprints of successors are kept: their states are found again later.
    pub prints_only: bool,
    /// The symmetry reduction, if any.
    pub quotient: Option<&'a Quotient>,
}

/// How far a state has been expanded. If the model panics, the rest is expanded step by step.
#[derive(Clone, Copy, Default)]
struct Expanding {
    /// The state's fingerprint or number.
    own: u64,
    /// The last step that was passed on.
    last: Option<Step>,
    /// The action that fired last.
    fired: Option<u8>,
    /// Whether all steps were passed on.
    stepped: bool,
    /// Whether one of them was a step of a fair lane.
    fair: bool,
    /// Whether one of them was cut off.
    cut: bool,
    /// How many claims were evaluated: `done` first, then the properties.
    claims: usize,
}

/// What one thread, or all of them together, found on a level.
pub(super) struct Tally {
    /// By action. There are at most 256.
    actions: Box<[ActionCount; 256]>,
    antecedents: Vec<u64>,
    /// The properties that a state on this level violates or reaches.
    pub shown: PropertySet,
    /// Whether the constraint of the model does not hold in a state on this level.
    pub constrained: bool,
    /// The number of states found for the next level.
    pub fresh: usize,
}

impl Tally {
    pub fn new<M: Model>() -> Self {
        Self {
            actions: Box::new([ActionCount::default(); 256]),
            antecedents: vec![0; M::PROPERTIES.len()],
            shown: PropertySet::EMPTY,
            constrained: false,
            fresh: 0,
        }
    }

    /// Returns the number of successors generated.
    pub fn generated(&self) -> u64 {
        self.actions.iter().map(|count| count.fired).sum()
    }

    /// Returns the coverage.
    pub fn coverage<M: Model>(&self) -> Coverage {
        let actions = self.actions[..M::ACTIONS.len()].to_vec();
        Coverage { actions, antecedents: self.antecedents.clone() }
    }

    /// Restores a tally from saved coverage and the other figures.
    pub fn restored(coverage: &Coverage, shown: PropertySet, fresh: usize) -> Self {
        let mut actions = Box::new([ActionCount::default(); 256]);
        actions[..coverage.actions.len()].copy_from_slice(&coverage.actions);
        let antecedents = coverage.antecedents.clone();
        Self { actions, antecedents, shown, constrained: false, fresh }
    }

    /// Moves the figures of another tally into this one.
    pub fn absorb(&mut self, other: &mut Self) {
        for (mine, theirs) in self.actions.iter_mut().zip(&mut *other.actions) {
            let theirs = std::mem::take(theirs);
            mine.enabled += theirs.enabled;
            mine.fired += theirs.fired;
        }
        for (mine, theirs) in self.antecedents.iter_mut().zip(&mut other.antecedents) {
            *mine += std::mem::take(theirs);
        }
        self.shown = self.shown.or(std::mem::take(&mut other.shown));
        self.constrained |= std::mem::take(&mut other.constrained);
        self.fresh += std::mem::take(&mut other.fresh);
    }
}

/// Successors waiting to be looked up in the table.
struct Batch<S> {
    states: Box<[S; BATCH]>,
    /// The fingerprints of their parent states.
    parents: Box<[u64; BATCH]>,
    prints: Box<[u64; BATCH]>,
    len: usize,
    /// The positions of those that must be looked up.
    unknown: Box<[u16; BATCH]>,
    unknowns: usize,
}

impl<S: FromZeros + Copy> Batch<S> {
    fn new() -> Self {
        Self {
            states: Box::new([S::new_zeroed(); BATCH]),
            parents: Box::new([0; BATCH]),
            prints: Box::new([0; BATCH]),
            len: 0,
            unknown: Box::new([0; BATCH]),
            unknowns: 0,
        }
    }

    /// Adds a successor of the state with the fingerprint `parent`, and its number if states are
    /// stored exactly. Returns whether the batch is then full.
    #[inline(always)]
    fn push(&mut self, state: &S, parent: u64, number: Option<u64>) -> bool {
        let at = self.len % BATCH;
        self.states[at] = *state;
        self.parents[at] = parent;
        if let Some(number) = number {
            self.prints[at] = number;
        }
        self.len = at + 1;
        self.len == BATCH
    }
}

/// The state of one worker thread. It lives as long as the search, so a round allocates nothing.
pub(super) struct Worker<M: Model> {
    pub tally: Tally,
    /// States of the next level that have not been handed over yet; all of them if edges are kept.
    pub fresh: Vec<M::State>,
    /// Their ids, if edges are kept.
    pub fresh_ids: Vec<u32>,
    /// The edges, by chunk, if they are kept.
    pub edges: Vec<ChunkEdges>,
    /// Those of the chunk that is being expanded.
    chunk: ChunkEdges,
    /// The successors that were found, if processes share the fingerprints: then they are not looked
    /// up in the table.
    pub by_owner: ByOwner<M::State>,
    /// The batch that is being filled.
    filling: Batch<M::State>,
    /// The previous batch. The slots for its lookups have been prefetched.
    asked: Batch<M::State>,
    /// A cache of fingerprints that this thread has looked up, which need no second lookup.
    /// Neighbours in the state space are expanded soon after one another and share successors.
    recent: Box<[u64; RECENT]>,
    /// The same cache for states whose representatives were looked up.
    recent_exchanged: Box<[u64; RECENT]>,
    takings: Takings,
    here: Expanding,
}

impl<M: Model> Worker<M> {
    pub fn new() -> Self {
        Self {
            tally: Tally::new::<M>(),
            fresh: Vec::new(),
            fresh_ids: Vec::new(),
            edges: Vec::new(),
            chunk: ChunkEdges::default(),
            by_owner: ByOwner::new(0),
            filling: Batch::new(),
            asked: Batch::new(),
            recent: Box::new([0; RECENT]),
            recent_exchanged: Box::new([0; RECENT]),
            takings: Takings::default(),
            here: Expanding::default(),
        }
    }

    /// Forgets which fingerprints it has looked up: the table was emptied.
    pub fn forget(&mut self) {
        self.recent.fill(0);
    }

    /// Expands a contiguous run of states on a level, from position `start`. Returns how many
    /// states of the next level it found.
    pub fn chunk(&mut self, shared: &Shared<'_, M>, states: &[M::State], start: usize) -> usize {
        let before = self.tally.fresh;
        self.states(shared, states);
        self.turn(shared);
        self.turn(shared);
        if shared.frontier.is_none() {
            self.edges.push(ChunkEdges { start, ..std::mem::take(&mut self.chunk) });
        }
        self.tally.fresh - before
    }

    fn states(&mut self, shared: &Shared<'_, M>, states: &[M::State]) {
        let mut at = 0;
        while at < states.len() {
            // One panic guard covers many states. A state in which the model panics is finished
            // separately.
            let all = panics::catch(|| {
                while let Some(state) = states.get(at) {
                    at += 1;
                    self.expand(shared, state);
                }
            });
            if all.is_err() {
                self.finish(shared, &states[at - 1]);
            }
        }
    }

    #[inline]
    fn expand(&mut self, shared: &Shared<'_, M>, state: &M::State) {
        let model = shared.model;
        self.here = Expanding::default();
        if shared.frontier.is_none() {
            self.chunk.degrees.push(0);
        }
        let print = || fingerprint(state);
        if let Some(quotient) = shared.quotient {
            quotient.look_at(model, state, print());
        }
        self.here.own = match shared.parts {
            Some(parts) => {
                parts.take_apart(state.as_bytes(), &mut self.takings.parent, shared.alone)
            }
            None => print(),
        };
        if model.constraint(state) {
            model.successors(state, |step, next| self.step(shared, step, next));
        } else {
            self.stay();
        }
        self.here.stepped = true;
        self.claims(shared, state, 0);
        self.end_state(shared);
    }

    /// Leaves the steps of a state out, which is outside of the constraint. The state is no deadlock,
    /// and nothing is at rest in it: it may have steps.
    #[cold]
    fn stay(&mut self) {
        self.tally.constrained = true;
        self.here.cut = true;
        self.here.fair = true;
        self.here.last = Some(Step { action: 0, args: [0; Step::MAX_ARGS] });
    }

    /// Processes one step of the state that is being expanded.
    #[inline(always)]
    fn step(&mut self, shared: &Shared<'_, M>, step: Step, next: Result<&M::State, Cut<'_>>) {
        #[cfg(test)]
        let before = self.here.last;
        self.here.last = Some(step);
        self.here.fair |= is_fair::<M>(step.action);
        let next = match next {
            Ok(next) => next,
            Err(cut) => {
                self.here.cut = true;
                #[cfg(test)]
                if shared.visited.planted == Planted::CutAsDeadlock {
                    self.here.last = before;
                }
                self.tally.shown.insert(fault(cut).id::<M>());
                return;
            }
        };
        let count = &mut self.tally.actions[usize::from(step.action)];
        count.fired = count.fired.wrapping_add(1);
        let again = self.here.fired.replace(step.action) == Some(step.action);
        count.enabled = count.enabled.wrapping_add(u64::from(!again));
        #[cfg(test)]
        if shared.visited.planted.drops() {
            return;
        }
        let representative;
        let next = match shared.quotient {
            None => next,
            Some(quotient) => match self.representative(shared, quotient, next) {
                Some(found) => {
                    representative = found;
                    &representative
                }
                None => return,
            },
        };
        if shared.frontier.is_none() {
            self.edge(shared, step);
        }
        let number = shared.parts.map(|parts| self.number(shared, parts, next));
        if self.filling.push(next, self.here.own, number) {
            self.turn(shared);
        }
    }

    /// Evaluates what the steps and the claims of a state show together.
    #[inline(always)]
    fn claims(&mut self, shared: &Shared<'_, M>, state: &M::State, from: usize) {
        let model = shared.model;
        if from == 0 {
            self.here.claims = 1;
            // `done` is called for every state, so that a panic in it is noticed.
            if !model.done(state) && self.here.last.is_none() {
                self.tally.shown.insert(BuiltIn::Deadlock.id::<M>());
            }
        }
        for (id, property) in M::PROPERTIES.iter().enumerate().skip(from.saturating_sub(1)) {
            self.here.claims = id + 2;
            if property.kind == Kind::AtRest && self.here.fair {
                continue;
            }
            self.claim(id, property, (property.check)(model, state));
        }
    }

    #[inline(always)]
    fn end_state(&mut self, shared: &Shared<'_, M>) {
        if self.here.cut && shared.frontier.is_none() {
            self.chunk.cuts.push(self.chunk.degrees.len() as u32 - 1);
        }
    }

    /// Finishes a state in which the model has panicked: every step and every claim that does not
    /// panic counts.
    #[cold]
    fn finish(&mut self, shared: &Shared<'_, M>, state: &M::State) {
        self.tally.shown.insert(BuiltIn::NoPanic.id::<M>());
        if !self.here.stepped {
            self.here.cut = true;
            let last = self.here.last;
            steps::after(shared.model, state, last, |step, next| {
                // The model's symmetry functions may panic too; that is examined below.
                let _ = panics::catch(|| self.step(shared, step, next));
            });
            if let Some(quotient) = shared.quotient {
                quotient.look_after_panic(shared.model, state);
            }
            self.here.stepped = true;
        }
        while panics::catch(|| self.claims(shared, state, self.here.claims)).is_err() {}
        self.end_state(shared);
    }

    /// Returns the representative of a state, unless it was looked up recently. A separate
    /// function, because inlining it into the hot path slows searches without symmetry.
    #[inline(never)]
    fn representative(
        &mut self,
        shared: &Shared<'_, M>,
        quotient: &Quotient,
        state: &M::State,
    ) -> Option<M::State> {
        let print = fingerprint(state);
        let recent = &mut self.recent_exchanged[print as usize % RECENT];
        let known = std::mem::replace(recent, print) == print;
        // A fingerprint match is not certain, and an edge is always needed.
        let enough = known && shared.frontier.is_some() && shared.parts.is_none();
        (!enough).then(|| quotient.representative(shared.model, state))
    }

    /// Returns the number of a state that is stored exactly. A separate function for the same
    /// reason.
    #[inline(never)]
    fn number(&mut self, shared: &Shared<'_, M>, parts: &Parts, state: &M::State) -> u64 {
        parts.number(state.as_bytes(), &mut self.takings, shared.alone)
    }

    #[inline]
    fn claim(&mut self, id: usize, property: &Property<M>, claim: Claim) {
        self.tally.antecedents[id] += u64::from(claim != Claim::Vacuous);
        if shows(property.kind, claim) {
            self.tally.shown.insert(PropertyId(id as u8));
        }
    }

    /// Adds an edge of the state that is being expanded.
    fn edge(&mut self, shared: &Shared<'_, M>, step: Step) {
        if let Some(degree) = self.chunk.degrees.last_mut() {
            *degree += 1;
        }
        if let Some(actors) = shared.actors {
            self.chunk.actors.push(actors.actor(step));
        }
    }

    /// Prefetches the slots that the full batch needs, then looks up the other batch.
    #[inline(never)]
    fn turn(&mut self, shared: &Shared<'_, M>) {
        let keep_edges = shared.frontier.is_none();
        let full = &mut self.filling;
        let mut count = 0;
        for (at, state) in full.states[..full.len.min(BATCH)].iter().enumerate() {
            let print = match shared.parts {
                Some(_) => full.prints[at],
                #[cfg(test)]
                None if shared.visited.planted == Planted::ShortFingerprints => {
                    u64::from(fingerprint(state) as u32).max(1) << 32
                }
                None => fingerprint(state),
            };
            let recent = &mut self.recent[print as usize % RECENT];
            // Whether a fingerprint is known is hard to predict. `|` instead of `||` avoids a
            // branch.
            let known = (std::mem::replace(recent, print) == print) | (full.parents[at] == print);
            full.prints[at] = print;
            full.unknown[count % BATCH] = at as u16;
            count += usize::from(!known | keep_edges);
        }
        full.len = 0;
        full.unknowns = count;
        if self.by_owner.is_used() {
            return self.sort_out();
        }
        // All first probes at once: the cache misses overlap.
        for at in &full.unknown[..count] {
            shared.visited.prefetch(full.prints[usize::from(*at) % BATCH]);
        }
        std::mem::swap(&mut self.filling, &mut self.asked);
        self.look_up(shared);
    }

    /// Sorts the unknown successors of a batch by the owners of their fingerprints.
    fn sort_out(&mut self) {
        let batch = &mut self.filling;
        let count = std::mem::take(&mut batch.unknowns);
        let unknown = batch.unknown[..count].iter().map(|at| usize::from(*at) % BATCH);
        self.by_owner.add(unknown.map(|at| (batch.prints[at], &batch.states[at])));
    }

    /// Looks up the unknown successors of the batch that is to be filled next.
    fn look_up(&mut self, shared: &Shared<'_, M>) {
        let keep_edges = shared.frontier.is_none();
        let batch = &mut self.filling;
        let count = std::mem::take(&mut batch.unknowns);
        for at in batch.unknown[..count].iter().map(|at| usize::from(*at) % BATCH) {
            let slot = match shared.visited.insert(batch.prints[at], shared.alone) {
                Inserted::Seen(slot) => slot,
                Inserted::New(slot, id) => {
                    self.tally.fresh += 1;
                    if !shared.prints_only {
                        self.fresh.push(batch.states[at]);
                    }
                    if keep_edges {
                        self.fresh_ids.push(id);
                    }
                    slot
                }
            };
            if keep_edges {
                self.chunk.slots.push(slot);
            }
        }
        if let Some(frontier) = shared.frontier
            && self.fresh.len() > Frontier::<M::State>::STATES.saturating_sub(BATCH)
        {
            frontier.found(&mut self.fresh);
        }
    }
}
