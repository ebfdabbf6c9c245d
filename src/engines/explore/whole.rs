//! Properties that only the whole space decides: `can_finish`, fair cycles, and temporal
//! properties.
//!
//! Properties are checked in parallel, each by one thread. The result does not depend on the
//! threads.

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
use super::panics::{in_each, join};
use super::shown::claims;

/// How many passes over undecided states are made before edges are reversed.
const PASSES: usize = 32;

/// What the graph shows of a property.
pub(super) enum Shown {
    /// A run that waits forever.
    Waiting(Waiting),
    /// The states on the shallowest level that has any.
    Goals {
        /// The level.
        level: usize,
        /// The states.
        goals: Vec<u32>,
    },
}

/// Checks the properties in a closed graph. Returns those that it shows, in order, and those that
/// were not checked because the search is to stop.
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

/// Returns the maximum number of bytes that checking properties needs in addition to the graph. It
/// leaves out what the search for short cycles keeps, which does not depend on the graph
/// ([`super::rounds::BUDGET`]).
pub(super) fn bytes<S>(graph: &Graph<S>, properties: PropertySet, threads: usize) -> u64 {
    let at_a_time = threads.min(properties.iter().count()) as u64;
    let (states, edges) = (graph.states.len() as u64, graph.edge_count());
    // Enabled units and cycles; for each property marks, groups and reversed edges.
    states * 9 + at_a_time * (states * 48 + edges * 4)
}

/// Returns the shallowest states that show a property, or the run that violates it, if any.
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
            let mut on_cycle = vec![false; graph.states.len()];
            for part in claims(model, own, &graph.states) {
                let of_part = cycles::on_cycle(graph, &part);
                on_cycle.iter_mut().zip(of_part).for_each(|(any, this)| *any |= this);
            }
            shallowest(graph, &on_cycle)
        }
        None => shallowest(graph, &stuck(model, graph)),
    };
    shown.map(|(level, goals)| Shown::Goals { level, goals })
}

/// Returns the shallowest level with states that show something, and these states.
fn shallowest<S>(graph: &Graph<S>, shows: &[bool]) -> Option<(usize, Vec<u32>)> {
    // Ids are assigned level by level, so the first one is on the shallowest level.
    let level = graph.depth(shows.iter().position(|shows| *shows)? as u32);
    Some((level, graph.level(level).filter(|id| shows[*id as usize]).collect()))
}

/// Returns, for every state, whether it certainly cannot reach a done state. A step that is cut off
/// might lead to one.
fn stuck<M: Model>(model: &M, graph: &Graph<M::State>) -> Vec<bool> {
    let mut stuck = vec![false; graph.states.len()];
    let panicked = in_each(&graph.states, |at, state| stuck[at] = !model.done(state));
    panicked.into_iter().for_each(|at| stuck[at] = false);
    graph.cuts().iter().for_each(|id| stuck[*id as usize] = false);
    let mut left: Vec<u32> = (0..graph.expanded()).filter(|id| stuck[*id as usize]).collect();
    // Most steps lead to larger ids, and most others to smaller ones, so a few passes in both
    // directions decide almost all.
    for _ in 0..PASSES {
        left.reverse();
        let before = left.len();
        left.retain(|id| {
            let stays = graph.successors(*id).iter().all(|target| stuck[*target as usize]);
            stuck[*id as usize] = stays;
            stays
        });
        if left.len() == before {
            return stuck;
        }
    }
    let free = (0..).zip(&stuck).filter(|(_, stuck)| !**stuck).map(|(id, _)| id);
    let reaching = graph.reversed().reaching(free);
    reaching.into_iter().map(|can_finish| !can_finish).collect()
}
