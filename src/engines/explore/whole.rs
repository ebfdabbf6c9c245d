//! What only the whole space shows: who can finish, fair cycles, what goes on for ever.
//!
//! The properties are looked at side by side, each by one thread; what is found does not depend on
//! which of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use latchwork_model::kit::Model;

use crate::engines::verdict::{PropertyId, PropertySet};

use super::cycles;
use super::fairness::Moves;
use super::graph::Graph;
use super::lasso::Waiting;
use super::liveness;
use super::options::Watch;
use super::panics::{catch, join};
use super::shown::parts;

/// What the graph shows of a property.
pub(super) enum Shown {
    /// A run that waits for ever.
    Waiting(Waiting),
    /// States on the shallowest level on which there are any.
    Goals {
        /// The level.
        level: usize,
        /// The states.
        goals: Vec<u32>,
    },
}

/// Looks at the properties in a closed graph; those that it shows, in order, and those at which it
/// has not looked because it is to end.
pub(super) fn look<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    properties: PropertySet,
    threads: usize,
    watch: &dyn Watch,
) -> (Vec<(PropertyId, Shown)>, PropertySet) {
    let properties: Vec<PropertyId> = properties.iter().collect();
    let (moves, next) = (OnceLock::new(), AtomicUsize::new(0));
    let work = || {
        let mut shown = Vec::new();
        while !watch.interrupted()
            && let Some(property) = properties.get(next.fetch_add(1, Relaxed))
        {
            shown.extend(shows(model, graph, &moves, *property).map(|what| (*property, what)));
        }
        shown
    };
    let mut shown = std::thread::scope(|scope| {
        let others = 1..threads.min(properties.len());
        let others: Vec<_> = others.map(|_| scope.spawn(work)).collect();
        let mut shown = work();
        shown.extend(others.into_iter().flat_map(join));
        shown
    });
    shown.sort_unstable_by_key(|(property, _)| *property);
    // They are taken in order.
    (shown, properties.into_iter().skip(next.into_inner()).collect())
}

/// The bytes that looking at properties takes beside the graph, at most.
pub(super) fn bytes<S>(graph: &Graph<S>, properties: PropertySet, threads: usize) -> u64 {
    let at_a_time = threads.min(properties.iter().count()) as u64;
    let (states, edges) = (graph.states.len() as u64, graph.edge_count());
    // Who is enabled, and who acts; for each property marks, groups and the edges reversed.
    states * 8 + edges + at_a_time * (states * 40 + edges * 4)
}

/// The shallowest states that show a property, if there are any, or the run that violates it.
fn shows<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    moves: &OnceLock<Moves>,
    property: PropertyId,
) -> Option<Shown> {
    let own = M::PROPERTIES.get(usize::from(property.0));
    let shown = match own {
        Some(own) if own.kind.is_temporal() => {
            let moves = moves.get_or_init(|| Moves::of(model, graph));
            return liveness::find(model, graph, moves, own).map(Shown::Waiting);
        }
        Some(own) => {
            let parts = parts(model, own, &graph.states);
            let mut on_cycle = vec![false; graph.states.len()];
            for part in 0..parts {
                let of_part = cycles::FairGraph::of(model, graph, own, part).on_cycle();
                on_cycle.iter_mut().zip(of_part).for_each(|(any, this)| *any |= this);
            }
            shallowest(graph, &on_cycle)
        }
        None => shallowest(graph, &stuck(model, graph)),
    };
    shown.map(|(level, goals)| Shown::Goals { level, goals })
}

/// The shallowest level with states that show something, and these.
fn shallowest<S>(graph: &Graph<S>, shows: &[bool]) -> Option<(usize, Vec<u32>)> {
    // Ids are given level by level: the first one stands on the shallowest level.
    let level = graph.depth(shows.iter().position(|shows| *shows)? as u32);
    Some((level, graph.level(level).filter(|id| shows[*id as usize]).collect()))
}

/// For every state whether no done state can be reached from it, for certain: what lies behind a
/// step that is cut off may be one.
fn stuck<M: Model>(model: &M, graph: &Graph<M::State>) -> Vec<bool> {
    let is_done = |id: &u32| catch(|| model.done(&graph.states[*id as usize])).unwrap_or(true);
    let done = (0..graph.states.len() as u32).filter(is_done);
    let reaching = graph.reversed().reaching(done.chain(graph.cuts().iter().copied()));
    reaching.into_iter().map(|can_finish| !can_finish).collect()
}
