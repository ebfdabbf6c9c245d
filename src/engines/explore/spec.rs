//! The steps of an implementation in its specification: how many are which, and what else was
//! possible there.

use latchwork_model::kit::{Actions, Mapped, Model, Refinement, Refines, Step, same, step_between};

use crate::engines::verdict::Path;

use super::differ::whole_graph;
use super::options::{Options, Watch};
use super::panics::{catch, join};
use super::steps;

/// How many steps of an implementation are which steps of its specification. Steps that lead to a
/// known state count as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecSteps {
    /// The steps that change nothing in the specification.
    pub stutters: u64,
    /// The steps that are none of the specification.
    pub strays: u64,
    /// By action of the specification: the steps that are steps of this action.
    pub steps: Vec<u64>,
}

impl SpecSteps {
    /// Returns counts of nothing, for a specification with this number of actions.
    fn of(actions: usize) -> Self {
        Self { steps: vec![0; actions], ..Self::default() }
    }

    /// Adds the counts of other states.
    fn add(&mut self, other: &Self) {
        self.stutters += other.stutters;
        self.strays += other.strays;
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            *mine += theirs;
        }
    }
}

/// Counts the steps of all states that a search expands, by what they are in the specification.
pub fn counted<S: Model, M: Refines<S>>(
    model: &Refinement<M, S>,
    options: &Options,
    watch: &dyn Watch,
) -> SpecSteps {
    let graph = whole_graph(model, options, watch);
    let ids: Vec<u32> = (0..graph.expanded()).collect();
    let count = |ids: &[u32]| {
        let mut counts = SpecSteps::of(S::ACTIONS.len());
        for id in ids {
            let from = &graph.states[*id as usize];
            for to in graph.successors(*id) {
                add(&mut counts, model.specification(), from, &graph.states[*to as usize]);
            }
        }
        counts
    };
    let part = ids.len().div_ceil(options.threads.max(1)).max(1);
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = ids.chunks(part).map(|ids| scope.spawn(|| count(ids))).collect();
        threads.into_iter().map(join).collect::<Vec<_>>()
    });
    let mut sum = SpecSteps::of(S::ACTIONS.len());
    counts.iter().for_each(|counts| sum.add(counts));
    sum
}

/// Adds a step of an implementation to the counts.
fn add<A, S: Model>(
    counts: &mut SpecSteps,
    spec: &S,
    from: &Mapped<A, S::State>,
    to: &Mapped<A, S::State>,
) {
    if same(&from.spec, &to.spec) {
        counts.stutters += 1;
    } else if to.strays {
        counts.strays += 1;
    } else if let Some(step) = step_between(spec, &from.spec, &to.spec) {
        counts.steps[usize::from(step.action)] += 1;
    }
}

/// Returns the steps that the specification could have taken instead of the last step of a run,
/// as text. There are none if the model cannot take the run, or if it has no step.
pub fn instead<S: Model, M: Refines<S>>(model: &Refinement<M, S>, path: &Path) -> Vec<String> {
    let Some((_, before)) = path.steps.split_last() else { return Vec::new() };
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    let Some(mut state) = initial.get(path.initial).copied() else { return Vec::new() };
    for step in before {
        match steps::take(model, &state, *step) {
            Ok(next) => state = next,
            Err(_) => return Vec::new(),
        }
    }
    let possible = catch(|| {
        let mut possible: Vec<Step> = Vec::new();
        model.specification().successors(&state.spec, |step, next| {
            if next.is_ok_and(|next| !same(next, &state.spec)) {
                possible.push(step);
            }
        });
        possible
    });
    let possible = possible.unwrap_or_default().into_iter();
    possible.map(|step| step.spell(<S as Actions>::ACTIONS).to_string()).collect()
}
