//! The graph of all shortest runs, found from levels in files.
//!
//! It begins with the states that show something, and goes back level by level: each time it keeps
//! the states of the level before that have a step into the set. The graph has few states, and is all
//! that the choice of the best run needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use latchwork_model::kit::{Model, State};
use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes;

use super::finder::each_step;
use super::share::share;
use super::states::StateReader;
use crate::engines::explore::discover::firing;
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::found::Found;
use crate::engines::explore::graph::Graph;
use crate::engines::explore::options::Options;
use crate::engines::explore::shown;
use crate::engines::verdict::{BuiltIn, PropertyId};

/// The number of states that a thread takes at a time.
const CHUNK: usize = 256;
/// The id of a state that is not on a shortest run.
const ELSEWHERE: u32 = u32::MAX;

/// The states of a level that are wanted: those that show something, or lead to the level beyond.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// The properties that they show.
    pub properties: Vec<PropertyId>,
    /// The actions that they fire.
    pub actions: Vec<u8>,
    /// The fingerprints of states that they have a step to, in order.
    pub beyond: Vec<u64>,
}

impl Wanted {
    /// Returns whether a state is wanted.
    pub fn wants<M: Model>(&self, model: &M, state: &M::State) -> bool {
        let leads = || {
            let mut leads = false;
            each_step(model, state, |_, next| {
                let print = next.map(fingerprint);
                leads |= print.is_ok_and(|print| self.beyond.binary_search(&print).is_ok());
            });
            leads
        };
        !self.beyond.is_empty() && leads()
            || self.properties.iter().any(|property| shown::shown_by(model, state, *property))
            || self.actions.iter().any(|action| !firing(model, state, *action).is_empty())
    }

    /// Adds the states of a part of a level that are wanted.
    pub fn select<M: Model>(
        &self,
        model: &M,
        reader: &mut StateReader<M::State>,
        threads: usize,
        wanted: &mut Vec<M::State>,
    ) -> io::Result<()> {
        let mut each = vec![Vec::new(); threads];
        let goes_on = || true;
        share(reader, &mut each, CHUNK, goes_on, |wanted, _, states| {
            wanted.extend(states.iter().filter(|state| self.wants(model, state)));
            Ok(())
        })?;
        wanted.append(&mut each.concat());
        Ok(())
    }
}

/// Returns the graph of all shortest runs to what was found. `stuck` are the states that show
/// `can_finish`; `select` returns the states of a level that are wanted.
pub fn traces<M: Model, E>(
    model: &M,
    (found, options): (&Found, &Options),
    initial: &[M::State],
    stuck: &[M::State],
    select: impl FnMut(usize, &Wanted) -> Result<Vec<M::State>, E>,
) -> Result<Graph<M::State>, E> {
    let layers = layers::<M, E>(found, options, stuck, select)?;
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
            each_step(model, &state, |_, next| {
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
fn layers<M: Model, E>(
    found: &Found,
    options: &Options,
    stuck: &[M::State],
    mut select: impl FnMut(usize, &Wanted) -> Result<Vec<M::State>, E>,
) -> Result<Vec<Vec<M::State>>, E> {
    let can_finish = BuiltIn::CanFinish.id::<M>();
    let first = |action: &u8| found.first_fired[usize::from(*action)].map(|level| (*action, level));
    let fired: Vec<(u8, usize)> = options.witnesses.iter().filter_map(first).collect();
    let levels = found.first.iter().map(|(_, level)| *level);
    let deepest = levels.chain(fired.iter().map(|(_, level)| *level)).max();
    let Some(deepest) = deepest else { return Ok(Vec::new()) };
    let mut layers: Vec<Vec<M::State>> = Vec::new();
    let mut beyond: Vec<u64> = Vec::new();
    for level in (0..=deepest).rev() {
        let properties = found.first.iter().filter(|(of, at)| *at == level && *of != can_finish);
        let actions = fired.iter().filter(|(_, at)| *at == level);
        let wanted = Wanted {
            properties: properties.map(|(of, _)| *of).collect(),
            actions: actions.map(|(action, _)| *action).collect(),
            beyond,
        };
        let mut layer = select(level, &wanted)?;
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
