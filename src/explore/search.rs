//! The level loop: rounds over the frontier, merged into facts about a level.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use latchwork_model::kit::Model;

use crate::verdict::{Coverage, PropertyId, PropertySet, Statistics, Stopped};

use super::expand::{Tally, Worker};
use super::fingerprint::fingerprint;
use super::graph::Graph;
use super::liveness::Waiting;
use super::visited::{Inserted, Visited};
use super::{Options, Watch, panics};

/// The most states that a thread takes from the frontier at a time.
const CHUNK: usize = 256;
/// A frontier with fewer states is not worth a second thread.
const WORTH_THREADS: usize = 2048;

/// What a search has found, before paths are made of it.
pub(super) struct Found {
    pub statistics: Statistics,
    pub coverage: Coverage,
    pub stopped: Option<Stopped>,
    /// The properties that were found, with the level on which they were found first.
    pub first: Vec<(PropertyId, usize)>,
    /// By action: the level on which it fired first.
    pub first_fired: Vec<Option<usize>>,
    /// By property that only the graph shows: the states that show it, on that level.
    pub goals: Vec<(PropertyId, Vec<u32>)>,
    /// By temporal property: the run that violates it.
    pub waiting: Vec<(PropertyId, Waiting)>,
}

/// What all threads share in a round.
pub(super) struct Shared<'a, M: Model> {
    pub model: &'a M,
    pub visited: &'a Visited,
    pub keep_edges: bool,
    /// By action: whether its lane is fair.
    pub fair: &'a [bool],
}

/// Searches level by level; keeps the graph if asked to.
pub(super) fn search<M: Model>(
    model: &M,
    initial: &[M::State],
    options: &Options,
    watch: &dyn Watch,
    keep_graph: bool,
) -> (Found, Option<Graph<M::State>>) {
    let mut search = Search {
        model,
        options,
        watch,
        visited: Visited::new(keep_graph),
        fair: M::ACTIONS.iter().map(|a| M::LANES[usize::from(a.lane)].fairness.is_fair()).collect(),
        branching: panics::all_steps(model).len().max(1),
        graph: keep_graph.then(Graph::new),
        frontier: Vec::new(),
        found: Found {
            statistics: Statistics::default(),
            coverage: Coverage::of::<M>(),
            stopped: None,
            first: Vec::new(),
            first_fired: vec![None; M::ACTIONS.len()],
            goals: Vec::new(),
            waiting: Vec::new(),
        },
    };
    search.start(initial);
    while search.found.stopped.is_none() && search.frontier_len() > 0 {
        match search.level() {
            Ok((tally, fresh)) => search.conclude(&tally, fresh),
            Err(stopped) => search.found.stopped = Some(stopped),
        }
    }
    (search.found, search.graph)
}

struct Search<'a, M: Model> {
    model: &'a M,
    options: &'a Options,
    watch: &'a dyn Watch,
    visited: Visited,
    fair: Vec<bool>,
    /// The most successors that a state can have.
    branching: usize,
    graph: Option<Graph<M::State>>,
    /// The states of the current level, in pieces; if there is a graph they stand in it instead.
    frontier: Vec<Vec<M::State>>,
    found: Found,
}

/// The states that a level has found, in pieces, with their ids if there is a graph.
type Fresh<S> = Vec<(Vec<S>, Vec<u32>)>;

/// What a level has shown, and the states it has found.
type Level<S> = (Tally<S>, Fresh<S>);

impl<M: Model> Search<'_, M> {
    fn frontier_len(&self) -> usize {
        match &self.graph {
            Some(graph) => graph.states.len() - graph.expanded() as usize,
            None => self.frontier.iter().map(Vec::len).sum(),
        }
    }

    /// Level 0: the initial states.
    fn start(&mut self, initial: &[M::State]) {
        let (mut states, mut ids) = (Vec::new(), Vec::new());
        self.found.statistics.generated = initial.len() as u64;
        for state in initial {
            if states.len() >= Self::limit(self.visited.capacity()) {
                self.visited.grow();
            }
            if let Inserted::New(_, id) = self.visited.insert(fingerprint(state)) {
                states.push(*state);
                ids.push(id);
            }
        }
        self.begin_level(vec![(states, ids)]);
    }

    /// Makes the states that were found the current level.
    fn begin_level(&mut self, fresh: Fresh<M::State>) {
        let count: usize = fresh.iter().map(|(states, _)| states.len()).sum();
        if count > 0 {
            self.found.statistics.levels.push(count as u64);
            self.found.statistics.distinct += count as u64;
        }
        match &mut self.graph {
            Some(graph) => graph.push_level(fresh),
            None => self.frontier = fresh.into_iter().map(|(states, _)| states).collect(),
        }
    }

    /// Expands the current level, round by round: the table grows between rounds.
    fn level(&mut self) -> Result<Level<M::State>, Stopped> {
        let mut total = Tally::new::<M>();
        let mut fresh = Fresh::new();
        let mut position = 0;
        let len = self.frontier_len();
        let mut entries = self.found.statistics.distinct as usize;
        while position < len {
            self.make_room(entries, &fresh)?;
            let (tallies, reached) = self.round(position, len, entries);
            if self.watch.interrupted() {
                return Err(Stopped::Interrupted);
            }
            position = reached;
            let mut edges = Vec::new();
            for mut tally in tallies {
                total.add(&tally);
                entries += tally.fresh.len();
                edges.append(&mut tally.edges);
                fresh.push((tally.fresh, tally.fresh_ids));
            }
            if let Some(graph) = &mut self.graph {
                // The rounds and the chunks in them cover the level from its first id on.
                edges.sort_unstable_by_key(|chunk| chunk.start);
                for chunk in &edges {
                    let mut slots = chunk.slots.iter();
                    for degree in &chunk.degrees {
                        let slots = slots.by_ref().take(*degree as usize);
                        graph.push_edges(slots.map(|slot| self.visited.id(*slot)));
                    }
                }
            }
        }
        Ok((total, fresh))
    }

    /// One round: threads take chunks of the frontier until it ends or the table is full enough.
    fn round(&self, position: usize, len: usize, entries: usize) -> (Vec<Tally<M::State>>, usize) {
        let threads = if len - position < WORTH_THREADS { 1 } else { self.options.threads.max(1) };
        // No more than an eighth of the table can be overshot.
        let spare = self.visited.capacity() / 8;
        let chunk = (spare / (threads * self.branching)).clamp(1, CHUNK);
        let limit = Self::limit(self.visited.capacity());
        let pieces: Vec<&[M::State]> = match &self.graph {
            Some(graph) => vec![&graph.states[graph.expanded() as usize - position..]],
            None => self.frontier.iter().map(Vec::as_slice).collect(),
        };
        let shared = Shared {
            model: self.model,
            visited: &self.visited,
            keep_edges: self.graph.is_some(),
            fair: &self.fair,
        };
        let (next, entries) = (AtomicUsize::new(position), AtomicUsize::new(entries));
        let work = || {
            let mut worker = Worker::new(&shared);
            while entries.load(Relaxed) < limit && !self.watch.interrupted() {
                let start = next.fetch_add(chunk, Relaxed);
                if start >= len {
                    break;
                }
                let end = (start + chunk).min(len);
                entries.fetch_add(worker.chunk(&pieces, start, end), Relaxed);
            }
            worker.into_tally()
        };
        let tallies = if threads == 1 {
            vec![work()]
        } else {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                threads.into_iter().map(join).collect()
            })
        };
        (tallies, next.into_inner().min(len))
    }

    /// The entries with which a table is full enough to grow.
    fn limit(capacity: usize) -> usize {
        capacity / 8 * 5
    }

    /// Grows the table if it is full enough, unless that would take more memory than allowed.
    fn make_room(&mut self, entries: usize, fresh: &Fresh<M::State>) -> Result<(), Stopped> {
        let numbered = self.graph.is_some();
        let grow = entries >= Self::limit(self.visited.capacity());
        if let Some(most) = self.options.memory {
            let capacity = self.visited.capacity() * if grow { 3 } else { 1 };
            let fresh: usize = fresh.iter().map(|(states, _)| states.capacity()).sum();
            let frontier: usize = self.frontier.iter().map(Vec::capacity).sum();
            let flat = ((fresh + frontier) * size_of::<M::State>()) as u64;
            let graph = self.graph.as_ref().map_or(0, Graph::bytes);
            if Visited::bytes(capacity, numbered) + flat + graph > most {
                return Err(Stopped::Memory);
            }
        }
        if grow {
            self.visited.grow();
        }
        Ok(())
    }

    /// Writes down what a finished level has shown, and decides whether to go on.
    fn conclude(&mut self, tally: &Tally<M::State>, fresh: Fresh<M::State>) {
        let level = self.found.statistics.depth();
        self.found.statistics.generated += tally.generated;
        self.found.coverage.add(&tally.coverage);
        for (first, count) in self.found.first_fired.iter_mut().zip(&tally.coverage.actions) {
            if count.fired > 0 {
                first.get_or_insert(level);
            }
        }
        let known: PropertySet = self.found.first.iter().map(|(property, _)| *property).collect();
        let news = tally.shown.minus(known).and(self.options.properties);
        self.found.first.extend(news.iter().map(|property| (property, level)));
        self.begin_level(fresh);
        let frontier = self.frontier_len();
        self.watch.level(level, self.found.statistics.distinct, frontier as u64);
        let Options { until, states, .. } = self.options;
        if frontier == 0 {
            return;
        }
        if !until.is_empty() && until.minus(known.or(news)).is_empty() {
            self.found.stopped = Some(Stopped::Found);
        } else if states.is_some_and(|most| self.found.statistics.distinct >= most) {
            self.found.stopped = Some(Stopped::States);
        }
    }
}

/// What a thread has returned; its panic goes on here.
pub(super) fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}
