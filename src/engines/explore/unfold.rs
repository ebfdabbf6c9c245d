//! Finds runs with the model's own ids, from a graph in which a state represents all that differ
//! from it by an exchange.
//!
//! The shortest runs to some representatives are followed again from the initial states, step by
//! step and without exchanging any processes. So the result is a run of the model itself, and the
//! same one that is found without symmetry.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Model, Step, same};
use zerocopy::IntoBytes;

use crate::engines::verdict::Path;

use super::graph::Graph;
use super::options::Options;
use super::paths::{self, Depths, WayOn};
use super::search::{Keep, search};
use super::steps;
use super::symmetry::Quotient;

/// The maximum number of states of a level that are followed. The path continues from each of them,
/// whichever are chosen.
const MOST: usize = 1 << 17;

/// A graph in which runs are searched.
pub(super) struct Runs<'a, M: Model> {
    pub model: &'a M,
    pub graph: &'a Graph<M::State>,
    /// Whether the graph has all states and edges, not only those on shortest runs.
    pub whole: bool,
    /// The symmetry reduction, if states of the graph are representatives.
    pub quotient: Option<&'a Quotient>,
    pub initial: &'a [M::State],
    /// The distances of its states from the initial ones.
    pub depths: Depths,
    pub threads: usize,
}

/// A run and the state that it leads to.
pub(super) struct Run<S> {
    pub path: Path,
    pub end: S,
    /// The id of that state in the graph, if the graph is whole and states there represent only
    /// themselves.
    id: Option<u32>,
}

impl<M: Model> Runs<'_, M> {
    /// Returns the best of the shortest runs to states of one level, each with one more step: one
    /// of those that `beyond` returns for the last state, if there are any.
    pub fn best(&self, goals: &[u32], beyond: impl Fn(&M::State) -> Vec<Step>) -> Run<M::State> {
        let best = |graph: &Graph<M::State>, depths: &Depths, goals: &[u32]| {
            let beyond = |id: u32| beyond(&graph.states[id as usize]);
            paths::best_beyond(self.model, graph, depths, goals, None, beyond)
        };
        let Some(quotient) = self.quotient else {
            let best = best(self.graph, &self.depths, goals);
            let end = self.graph.states[best.end as usize];
            let initial = self.graph.states.get(best.path.initial);
            let initial = initial.map_or(0, |state| self.position(state));
            let path = Path { initial, steps: best.path.steps };
            return Run { path, end, id: self.whole.then_some(best.end) };
        };
        let (graph, goals) = self.unfolded(quotient, goals);
        let best = best(&graph, &Depths::of_levels(&graph), &goals);
        Run { path: best.path, end: graph.states[best.end as usize], id: None }
    }

    /// Returns the position of a state in the model's list of initial states; the first one, if it
    /// occurs twice.
    pub fn position(&self, state: &M::State) -> usize {
        let is = |initial: &M::State| same(initial, state);
        self.initial.iter().position(is).unwrap_or(0)
    }

    /// Returns how a run continues to a standstill or around a cycle.
    pub fn way_on(&self, run: &Run<M::State>) -> WayOn {
        let last: Option<Step> = run.path.steps.last().copied();
        if let Some(id) = run.id {
            return paths::way_on(self.model, self.graph, id, last);
        }
        let options = Options { threads: self.threads, ..Options::default() };
        let (_, graph) = search(self.model, &[run.end], &options, &(), Keep::Graph, None);
        paths::way_on(self.model, &graph.unwrap_or_else(Graph::new), 0, last)
    }

    /// Returns the graph of all shortest runs to the states that `goals` represent, and its goals.
    /// Steps that leave these runs lead to an id that does not exist.
    fn unfolded(&self, quotient: &Quotient, goals: &[u32]) -> (Graph<M::State>, Vec<u32>) {
        let layers = self.layers(goals);
        let of = |state: &M::State| quotient.representative(self.model, state).as_bytes().to_vec();
        let mut unfolded = Graph::new();
        let mut states = self.initial.to_vec();
        for level in 0..layers.len() {
            let first = unfolded.states.len();
            let mut ids: Vec<u32> = (first as u32..).take(states.len()).collect();
            unfolded.push_level(std::iter::once((&mut states, &mut ids)));
            let end = unfolded.states.len();
            let mut known = BTreeMap::new();
            for id in first..end {
                let state = unfolded.states[id];
                let beyond = layers.get(level + 1).filter(|_| layers[level].contains(&of(&state)));
                let mut targets = Vec::new();
                steps::each(self.model, &state, |_, next| {
                    let Ok(next) = next else { return };
                    let on_the_way = beyond.is_some_and(|beyond| beyond.contains(&of(next)));
                    let room = states.len() < MOST;
                    let id = match known.get(next.as_bytes()) {
                        Some(id) => *id,
                        None if on_the_way && room => {
                            let id = (end + states.len()) as u32;
                            known.insert(next.as_bytes().to_vec(), id);
                            states.push(*next);
                            id
                        }
                        None => u32::MAX,
                    };
                    targets.push(id);
                });
                unfolded.push_edges(targets.into_iter());
            }
        }
        let last = unfolded.level(layers.len() - 1);
        let shows = |id: &u32| {
            layers.last().is_some_and(|layer| layer.contains(&of(&unfolded.states[*id as usize])))
        };
        let goals = last.filter(shows).collect();
        (unfolded, goals)
    }

    /// Returns the representatives on shortest runs to `goals`, level by level.
    fn layers(&self, goals: &[u32]) -> Vec<BTreeSet<Vec<u8>>> {
        let mut layer: BTreeSet<u32> = goals.iter().copied().collect();
        let depth = layer.first().map_or(0, |id| self.graph.depth(*id));
        let mut layers = Vec::new();
        for level in (0..=depth).rev() {
            let states = layer.iter().map(|id| self.graph.states[*id as usize].as_bytes().to_vec());
            layers.push(states.collect());
            if level > 0 {
                let leads = |id: &u32| {
                    self.graph.successors(*id).iter().any(|target| layer.contains(target))
                };
                layer = self.graph.level(level - 1).filter(leads).collect();
            }
        }
        layers.reverse();
        layers
    }
}
