//! The level loop: rounds over the frontier, merged into the facts about a level.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use latchwork_model::kit::Model;
use zerocopy::IntoBytes;

use crate::engines::verdict::Stopped;

use super::exact::Parts;
use super::expand::{Shared, Tally, Worker};
use super::fairness::Actors;
use super::fingerprint::fingerprint;
use super::found::Found;
use super::frontier::Frontier;
use super::graph::Graph;
use super::options::{Options, Watch};
use super::panics::join;
use super::steps;
use super::symmetry::Quotient;
use super::visited::{Inserted, Visited};

/// The maximum number of states that a thread takes from the frontier at a time.
const CHUNK: usize = 256;
/// The minimum frontier size for which a second thread pays off.
const WORTH_THREADS: usize = 2048;
/// The maximum number of successors of one state for which the table reserves room in advance.
const MOST_AT_ONCE: usize = 1 << 20;

/// What a search keeps of the space, beside fingerprints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The states of two levels.
    Levels,
    /// States and edges.
    Graph,
    /// States and edges, and the actors of the edges.
    Moves,
}

/// Searches level by level. Returns the graph if it is kept. With a quotient, a state represents all
/// states that differ from it by an exchange.
pub(super) fn search<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    watch: &dyn Watch,
    keep: Keep,
    quotient: Option<&Quotient>,
) -> (Found, Option<Graph<M::State>>) {
    let mut search = Search::resumed(model, options, watch, keep, quotient).unwrap_or_else(|| {
        let mut search = Search::new(model, options, watch, keep, quotient);
        search.start(initial);
        search
    });
    #[cfg(test)]
    {
        search.visited.planted = options.planted;
        search.graph.iter_mut().for_each(|graph| graph.planted = options.planted);
    }
    while search.found.stopped.is_none() && (search.frontier_len() > 0 || search.open) {
        search.open = true;
        match search.level() {
            Ok(tally) => {
                search.open = false;
                search.conclude(&tally);
            }
            Err(stopped) => search.found.stopped = Some(stopped),
        }
        search.keep();
    }
    (search.found, search.graph)
}

pub(super) struct Search<'a, M: Model> {
    model: &'a M,
    pub options: &'a Options,
    pub watch: &'a dyn Watch,
    quotient: Option<&'a Quotient>,
    pub visited: Visited,
    /// The parts of states, if states are stored exactly.
    pub parts: Option<Parts>,
    /// The maximum number of successors of a state.
    branching: usize,
    pub graph: Option<Graph<M::State>>,
    /// The actors of steps, if they are kept with the edges.
    actors: Option<Actors>,
    /// The states of the current level and the next one. If there is a graph, it holds them
    /// instead.
    pub frontier: Frontier<M::State>,
    pub workers: Vec<Worker<M>>,
    pub found: Found,
    /// Whether a level was begun and is not concluded yet. All of its states may be expanded.
    pub open: bool,
    /// The number of states found when the search was last saved.
    pub kept: u64,
}

impl<'a, M: Model> Search<'a, M> {
    pub fn new(
        model: &'a M,
        options: &'a Options,
        watch: &'a dyn Watch,
        keep: Keep,
        quotient: Option<&'a Quotient>,
    ) -> Self {
        let keep_graph = keep != Keep::Levels;
        Self {
            model,
            options,
            watch,
            quotient,
            visited: Visited::new(keep_graph),
            parts: options.exact.then(|| Parts::new(size_of::<M::State>())),
            branching: steps::all(model).len().max(1),
            graph: keep_graph.then(Graph::new),
            actors: (keep == Keep::Moves).then(|| Actors::of(model)),
            frontier: Frontier::new(options.threads.max(1)),
            workers: (0..options.threads.max(1)).map(|_| Worker::new()).collect(),
            found: Found::new::<M>(),
            open: false,
            kept: 0,
        }
    }

    pub fn frontier_len(&self) -> usize {
        match &self.graph {
            Some(graph) => graph.states.len() - graph.expanded() as usize,
            None => self.frontier.len(),
        }
    }

    /// Level 0: the initial states. The memory budget is checked when they are expanded.
    fn start(&mut self, initial: &[M::State]) {
        self.found.statistics.generated = initial.len() as u64;
        let worker = &mut self.workers[0];
        for state in initial {
            if worker.fresh.len() >= self.visited.limit() && !self.visited.grow(1) {
                self.found.stopped = Some(Stopped::Memory);
                break;
            }
            let stands_for = |quotient: &Quotient| quotient.start(self.model, state);
            let state = self.quotient.map_or(*state, stands_for);
            let print = match &mut self.parts {
                Some(parts) => parts.take_apart_alone(state.as_bytes()),
                None => fingerprint(&state),
            };
            if let Inserted::New(_, id) = self.visited.insert(print, true) {
                worker.fresh.push(state);
                worker.fresh_ids.push(id);
            }
        }
        let fresh = worker.fresh.len();
        self.begin_level(fresh);
    }

    /// Makes the states that were found the current level.
    fn begin_level(&mut self, fresh: usize) {
        self.found.begin_level(fresh as u64);
        match &mut self.graph {
            Some(graph) => {
                let pieces = self.workers.iter_mut();
                graph.push_level(pieces.map(|worker| (&mut worker.fresh, &mut worker.fresh_ids)));
            }
            None => {
                self.workers.iter_mut().for_each(|worker| self.frontier.found(&mut worker.fresh));
                self.frontier.turn();
            }
        }
    }

    /// Expands the current level, round by round. The table grows between rounds.
    fn level(&mut self) -> Result<Tally, Stopped> {
        let distinct = self.found.statistics.distinct as usize;
        loop {
            let fresh: usize = self.workers.iter().map(|worker| worker.tally.fresh).sum();
            // Checked after the last round too: whether a level fits in the memory must not depend
            // on where rounds end.
            self.make_room(distinct + fresh)?;
            if self.frontier.has_failed() {
                return Err(Stopped::Memory);
            }
            if self.frontier_len() == 0 {
                break;
            }
            self.round(distinct + fresh);
            self.keep_edges();
            if self.watch.interrupted() {
                return Err(self.watch.why());
            }
        }
        let mut total = Tally::new::<M>();
        self.workers.iter_mut().for_each(|worker| total.absorb(&mut worker.tally));
        Ok(total)
    }

    /// Adds the edges of a round to the graph, if there is one.
    fn keep_edges(&mut self) {
        let Some(graph) = &mut self.graph else { return };
        let chunks = self.workers.iter_mut().flat_map(|worker| worker.edges.drain(..));
        let mut chunks: Vec<_> = chunks.collect();
        // The chunks of a round are contiguous.
        chunks.sort_unstable_by_key(|chunk| chunk.start);
        for chunk in &chunks {
            let mut slots = chunk.slots.iter();
            for degree in &chunk.degrees {
                let slots = slots.by_ref().take(*degree as usize);
                graph.push_edges(slots.map(|slot| self.visited.id(*slot)));
            }
            graph.push_actors(&chunk.actors);
            graph.push_cuts(chunk.cuts.iter().map(|at| chunk.start as u32 + at));
        }
    }

    /// Runs one round: threads take states from the frontier until it is empty or the table is full
    /// enough.
    fn round(&mut self, entries: usize) {
        let len = self.frontier_len();
        let threads = if len < WORTH_THREADS { 1 } else { self.workers.len() };
        // At most an eighth of the table can be overshot.
        let spare = self.visited.capacity() / 8;
        let chunk = (spare / (threads * self.branching)).clamp(1, CHUNK);
        let limit = self.visited.limit();
        let entries = AtomicUsize::new(entries);
        let parts = self.parts.as_ref();
        let goes_on = || {
            entries.load(Relaxed) < limit
                && parts.is_none_or(|parts| parts.len() < parts.limit())
                && !self.watch.interrupted()
        };
        let shared = Shared {
            model: self.model,
            visited: &self.visited,
            parts,
            alone: threads == 1,
            frontier: self.graph.is_none().then_some(&self.frontier),
            actors: self.actors.as_ref(),
            prints_only: false,
            quotient: self.quotient,
        };
        let (frontier, graph) = (&self.frontier, &self.graph);
        let position = AtomicUsize::new(graph.as_ref().map_or(0, Graph::expanded) as usize);
        let in_blocks = |worker: &mut Worker<M>| {
            while goes_on()
                && let Some(mut block) = frontier.take()
            {
                while block.next < block.states.len() && goes_on() {
                    let end = (block.next + chunk).min(block.states.len());
                    let states = &block.states[block.next..end];
                    entries.fetch_add(worker.chunk(&shared, states, 0), Relaxed);
                    block.next = end;
                }
                frontier.hand_back(block);
            }
        };
        let in_graph = |worker: &mut Worker<M>, states: &[M::State]| {
            while goes_on() {
                let start = position.fetch_add(chunk, Relaxed);
                let end = (start + chunk).min(states.len());
                if start >= end {
                    break;
                }
                let states = &states[start..end];
                entries.fetch_add(worker.chunk(&shared, states, start), Relaxed);
            }
        };
        let work = |worker: &mut Worker<M>| match graph {
            Some(graph) => in_graph(worker, &graph.states),
            None => in_blocks(worker),
        };
        match &mut self.workers[..threads] {
            [one] => work(one),
            all => std::thread::scope(|scope| {
                let threads: Vec<_> =
                    all.iter_mut().map(|worker| scope.spawn(|| work(worker))).collect();
                threads.into_iter().for_each(join);
            }),
        }
    }

    /// Grows the table if it is full enough, unless that exceeds the memory budget. The frontier
    /// gets the remaining memory, and goes to disk beyond that.
    fn make_room(&mut self, entries: usize) -> Result<(), Stopped> {
        let most = self.options.memory.unwrap_or(u64::MAX);
        while entries >= self.visited.limit() {
            let Some(next) = self.visited.next_capacity() else { return Err(Stopped::Memory) };
            if self.bytes(next) > most {
                return Err(Stopped::Memory);
            }
            self.watch.memory(self.bytes(next) + self.frontier.bytes());
            self.visited.grow(self.options.threads);
        }
        self.make_room_for_many(most);
        self.make_room_for_parts(most)?;
        self.keep_to_memory();
        let bytes = self.bytes(self.visited.capacity());
        self.watch.memory(bytes + self.frontier.bytes());
        if bytes > most { Err(Stopped::Memory) } else { Ok(()) }
    }

    /// Makes room for a state whose successors alone would overfill the table, as far as memory
    /// allows. Without that room the search is only slower.
    fn make_room_for_many(&mut self, most: u64) {
        let wanted = 8 * self.branching.min(MOST_AT_ONCE);
        while self.visited.capacity() < wanted
            && self.visited.next_capacity().is_some_and(|next| self.bytes(next) <= most)
            && self.visited.grow(self.options.threads)
        {}
    }

    /// Makes room for the parts of states that are stored exactly.
    fn make_room_for_parts(&mut self, most: u64) -> Result<(), Stopped> {
        let rest = self.bytes(self.visited.capacity());
        let Some(parts) = &mut self.parts else { return Ok(()) };
        let rest = rest - parts.bytes().0;
        while parts.len() >= parts.limit() {
            match parts.bytes().1 {
                Some(next) if rest + next <= most => parts.grow(self.options.threads),
                _ => return Err(Stopped::Memory),
            }
        }
        Ok(())
    }

    /// Returns the bytes that count towards the budget, with a table of `capacity` slots.
    fn bytes(&self, capacity: usize) -> u64 {
        let graph = self.graph.as_ref().map_or(0, Graph::bytes);
        let parts = self.parts.as_ref().map_or(0, |parts| parts.bytes().0);
        Visited::bytes(capacity, self.graph.is_some()) + graph + parts
    }

    /// Limits the frontier to the memory that the table and the graph leave. Beyond that it goes to
    /// disk.
    pub fn keep_to_memory(&self) {
        let most = self.options.memory.unwrap_or(u64::MAX);
        let left = most.saturating_sub(self.bytes(self.visited.capacity()));
        self.frontier.keep_to(left.min(self.options.frontier.unwrap_or(u64::MAX)));
    }

    /// Records what a finished level has shown, and decides whether to continue.
    fn conclude(&mut self, tally: &Tally) {
        let level = self.found.statistics.depth();
        self.found.conclude::<M>(tally, self.options);
        self.begin_level(tally.fresh);
        let frontier = self.frontier_len();
        self.watch.level(level, self.found.statistics.distinct, frontier as u64);
        let distinct = self.found.statistics.distinct;
        if self.quotient.is_some_and(|quotient| !quotient.finish_level(distinct)) {
            self.found.stopped = Some(Stopped::Asymmetric);
        } else if frontier > 0 {
            self.found.stopped = self.found.enough::<M>(self.options);
        }
    }
}
