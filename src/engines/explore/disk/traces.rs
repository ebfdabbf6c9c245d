//! The graph of all shortest runs, found from the levels on disk.
//!
//! It begins with the states that show something, and goes back level by level: each time it keeps
//! the states of the level before that have a step into the set. The graph has few states, and is all
//! that the choice of the best run needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use latchwork_model::kit::{Model, State};
use zerocopy::IntoBytes;

use super::finder::each_step;
use super::search::Search;
use super::share::share;
use super::states::StateReader;
use crate::engines::explore::discover::firing;
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::found::Found;
use crate::engines::explore::graph::Graph;
use crate::engines::explore::shown;
use crate::engines::verdict::{BuiltIn, PropertyId};

/// The number of states that a thread takes at a time.
const CHUNK: usize = 256;
/// The id of a state that is not on a shortest run.
const ELSEWHERE: u32 = u32::MAX;

impl<M: Model> Search<'_, M> {
    /// Returns the graph of all shortest runs to what was found. `stuck` are the states that show
    /// `can_finish`.
    pub fn traces(&self, initial: &[M::State], stuck: &[M::State]) -> io::Result<Graph<M::State>> {
        let layers = self.layers(stuck)?;
        let mut graph = Graph::new();
        let mut ids: Vec<BTreeMap<&[u8], u32>> = Vec::new();
        let mut next = 0;
        for layer in &layers {
            let states = layer.iter().map(IntoBytes::as_bytes).zip(next..);
            next += layer.len() as u32;
            ids.push(states.collect());
        }
        for (level, layer) in layers.iter().enumerate() {
            let first = graph.states.len() as u32;
            // The initial states are in the order of the model.
            let mut states = match level {
                0 => in_order(initial, layer),
                _ => layer.clone(),
            };
            let mut own: Vec<u32> = (first..).take(states.len()).collect();
            graph.push_level(std::iter::once((&mut states, &mut own)));
            for id in first as usize..graph.states.len() {
                let state = graph.states[id];
                let mut targets = Vec::new();
                each_step(self.model, &state, |_, next| {
                    let Ok(next) = next else { return };
                    let there = ids.get(level + 1).and_then(|ids| ids.get(next.as_bytes()));
                    targets.push(there.copied().unwrap_or(ELSEWHERE));
                });
                graph.push_edges(targets.into_iter());
            }
        }
        Ok(graph)
    }

    /// Returns the states on shortest runs, level by level, each level in the order of bytes.
    fn layers(&self, stuck: &[M::State]) -> io::Result<Vec<Vec<M::State>>> {
        let can_finish = BuiltIn::CanFinish.id::<M>();
        let found = &self.found;
        let fired: Vec<(u8, usize)> = self
            .options
            .witnesses
            .iter()
            .filter_map(|action| {
                found.first_fired[usize::from(*action)].map(|level| (*action, level))
            })
            .collect();
        let levels = found.first.iter().map(|(_, level)| *level);
        let deepest = levels.chain(fired.iter().map(|(_, level)| *level)).max();
        let Some(deepest) = deepest else { return Ok(Vec::new()) };
        let mut layers: Vec<Vec<M::State>> = Vec::new();
        let mut beyond: Vec<u64> = Vec::new();
        for level in (0..=deepest).rev() {
            let properties =
                found.first.iter().filter(|(of, at)| *at == level && *of != can_finish);
            let properties: Vec<PropertyId> = properties.map(|(of, _)| *of).collect();
            let actions = fired.iter().filter(|(_, at)| *at == level);
            let actions: Vec<u8> = actions.map(|(action, _)| *action).collect();
            let shows = |state: &M::State| {
                properties.iter().any(|property| shown::shown_by(self.model, state, *property))
                    || actions.iter().any(|action| !firing(self.model, state, *action).is_empty())
            };
            let leads = |state: &M::State| {
                let mut leads = false;
                each_step(self.model, state, |_, next| {
                    let print = next.map(fingerprint);
                    leads |= print.is_ok_and(|print| beyond.binary_search(&print).is_ok());
                });
                leads
            };
            let mut layer =
                self.select(level, |state| !beyond.is_empty() && leads(state) || shows(state))?;
            if found.first.contains(&(can_finish, level)) {
                layer.extend_from_slice(stuck);
            }
            layer.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
            layer.dedup_by(|one, other| one.as_bytes() == other.as_bytes());
            beyond = layer.iter().map(fingerprint).collect();
            beyond.sort_unstable();
            layers.push(layer);
        }
        layers.reverse();
        Ok(layers)
    }

    /// Returns the states of a level that are wanted.
    fn select(
        &self,
        level: usize,
        is_wanted: impl Fn(&M::State) -> bool + Sync,
    ) -> io::Result<Vec<M::State>> {
        let size = self.levels[level];
        let mut reader = StateReader::<M::State>::open(self.disk.level(level), size, 0)?;
        let threads = if size.items < 2048 { 1 } else { self.options.threads.max(1) };
        let mut wanted = vec![Vec::new(); threads];
        share(
            &mut reader,
            &mut wanted,
            CHUNK,
            || true,
            |wanted, _, states| {
                wanted.extend(states.iter().filter(|state| is_wanted(state)));
                Ok(())
            },
        )?;
        Ok(wanted.concat())
    }
}

/// Returns the ids of the states that show `can_finish`.
pub fn ids<S: State>(graph: &Graph<S>, found: &Found, stuck: &[S]) -> Vec<u32> {
    let stuck: BTreeSet<&[u8]> = stuck.iter().map(IntoBytes::as_bytes).collect();
    let level = found.first.last().map_or(0, |(_, level)| *level);
    let is_stuck = |id: &u32| stuck.contains(graph.states[*id as usize].as_bytes());
    graph.level(level).filter(is_stuck).collect()
}

/// Returns the initial states that are in a layer, each once, in the order of the model.
fn in_order<S: IntoBytes + zerocopy::Immutable + Copy>(initial: &[S], layer: &[S]) -> Vec<S> {
    let mut left: BTreeMap<&[u8], S> =
        layer.iter().map(|state| (state.as_bytes(), *state)).collect();
    initial.iter().filter_map(|state| left.remove(state.as_bytes())).collect()
}
