//! Compares two versions of a model: the same protocol with different rules.

use std::collections::BTreeSet;

use latchwork_model::kit::{Model, Step};
use zerocopy::IntoBytes;

use crate::engines::verdict::{Comparison, PropertySet};

use super::fingerprint::fingerprint;
use super::graph::Graph;
use super::options::{Options, Watch};
use super::panics::join;
use super::paths::{self, Depths};
use super::search::{Keep, search};
use super::steps;

/// Returns all steps of a state, each with the state it leads to, or `None` if it is cut off.
fn successors<M: Model>(model: &M, state: &M::State) -> Vec<(Step, Option<M::State>)> {
    let mut all = Vec::new();
    steps::each(model, state, |step, next| all.push((step, next.ok().copied())));
    all
}

/// Returns whether a state has different enabled steps or different successors in the other model.
fn differs<M: Model>(one: &[(Step, Option<M::State>)], other: &M, state: &M::State) -> bool {
    let other = successors(other, state);
    let bytes = |next: &Option<M::State>| next.as_ref().map(|next| next.as_bytes().to_vec());
    one.len() != other.len()
        || one.iter().zip(&other).any(|((a, x), (b, y))| a != b || bytes(x) != bytes(y))
}

/// Returns all states and edges within the budgets of `options`.
pub(super) fn whole_graph<M: Model>(
    model: &M,
    options: &Options,
    watch: &dyn Watch,
) -> Graph<M::State> {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    let options = Options { until: PropertySet::EMPTY, checkpoint: None, ..options.clone() };
    search(model, &initial, &options, watch, Keep::Graph, None).1.unwrap_or_else(Graph::new)
}

/// Returns, for each of `others`, the number of states of `model` in which it behaves differently.
pub fn decisive<M: Model>(
    model: &M,
    others: &[M],
    options: &Options,
    watch: &dyn Watch,
) -> Vec<u64> {
    let graph = whole_graph(model, options, watch);
    let count = |states: &[M::State]| -> Vec<u64> {
        let mut counts = vec![0; others.len()];
        for state in states {
            let own = successors(model, state);
            for (count, other) in counts.iter_mut().zip(others) {
                *count += u64::from(differs(&own, other, state));
            }
        }
        counts
    };
    let part = graph.states.len().div_ceil(options.threads.max(1)).max(1);
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> =
            graph.states.chunks(part).map(|states| scope.spawn(|| count(states))).collect();
        threads.into_iter().map(join).collect::<Vec<_>>()
    });
    (0..others.len()).map(|other| counts.iter().map(|counts| counts[other]).sum()).collect()
}

/// Returns the number of states that only one of two versions reaches, and the shallowest state in
/// which they differ.
pub fn compare<M: Model>(one: &M, other: &M, options: &Options, watch: &dyn Watch) -> Comparison {
    let (graph, second) = (whole_graph(one, options, watch), whole_graph(other, options, watch));
    let prints = |graph: &Graph<M::State>| -> BTreeSet<u64> {
        graph.states.iter().map(fingerprint).collect()
    };
    let (mine, theirs) = (prints(&graph), prints(&second));
    let in_common = mine.intersection(&theirs).count() as u64;
    let levels = graph.levels.len() - 1;
    let split = |id: &u32| {
        let state = &graph.states[*id as usize];
        differs(&successors(one, state), other, state)
    };
    // The first level with a state that differs: both versions reach all states before it.
    let first = (0..levels).map(|level| graph.level(level).filter(split).collect::<Vec<u32>>());
    let parting = first.into_iter().find(|split| !split.is_empty()).map(|split| {
        let depths = Depths::of_levels(&graph);
        paths::best(one, &graph, &depths, &split, None).path
    });
    Comparison {
        only_first: mine.len() as u64 - in_common,
        only_second: theirs.len() as u64 - in_common,
        parting,
    }
}
