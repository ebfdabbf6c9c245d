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

/// The maximum number of passes over undecided states before the edges are reversed.
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

/// Returns which states certainly cannot reach a done state. A step that is cut off might lead to one.
fn stuck<M: Model>(model: &M, graph: &Graph<M::State>) -> Vec<bool> {
    let mut stuck = vec![false; graph.states.len()];
    let panicked = in_each(&graph.states, |at, state| stuck[at] = !model.done(state));
    panicked.into_iter().for_each(|at| stuck[at] = false);
    graph.cuts().iter().for_each(|id| stuck[*id as usize] = false);
    cannot_leave(graph, stuck, PASSES)
}

/// Returns which of the states in `stuck` cannot reach a state outside of it. After `passes` passes, the
/// rest is decided along reversed edges.
fn cannot_leave<S>(graph: &Graph<S>, mut stuck: Vec<bool>, passes: usize) -> Vec<bool> {
    let mut left: Vec<u32> = (0..graph.expanded()).filter(|id| stuck[*id as usize]).collect();
    // Most steps lead to larger ids, and most others to smaller ones, so a few passes in both
    // directions decide almost all.
    for _ in 0..passes {
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
    reaching.into_iter().map(|leaves| !leaves).collect()
}

#[cfg(test)]
mod tests {
    use super::{PASSES, cannot_leave};
    use crate::engines::explore::graph::Graph;

    /// Red if a pass misses a state, or takes one for decided too early: without passes, reversed edges
    /// alone decide.
    #[test]
    fn the_number_of_passes_makes_no_difference() {
        const STATES: u64 = 60;
        let mut drawn = 1u64;
        let mut below = |most: u64| {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99_991);
            (drawn >> 33) % most
        };
        let (mut some, mut unfinished) = (0, 0);
        for round in 0..500 {
            let mut graph = Graph::new();
            graph.states = vec![0u8; STATES as usize];
            for _ in 0..STATES {
                let targets: Vec<u32> = (0..below(3)).map(|_| below(STATES) as u32).collect();
                graph.push_edges(targets.into_iter());
            }
            let stuck: Vec<bool> = (0..STATES).map(|_| below(20) > 0).collect();
            let expected = cannot_leave(&graph, stuck.clone(), 0);
            some += usize::from(expected != stuck && expected.contains(&true));
            for passes in [1, 2, PASSES] {
                let found = cannot_leave(&graph, stuck.clone(), passes);
                assert_eq!(found, expected, "round {round}, {passes} passes");
            }
            // One pass is not enough: a second one finds more.
            let mut once = stuck;
            for id in (0..STATES as u32).rev() {
                let stays = graph.successors(id).iter().all(|target| once[*target as usize]);
                once[id as usize] &= stays;
            }
            unfinished += usize::from(once != expected);
        }
        assert!(some > 100 && unfinished > 100, "{some}, {unfinished}");
    }
}
