//! A run in progress: its current state, and how it continues.

use latchwork_model::kit::{Actions, Model, Step, Unit};
use zerocopy::IntoBytes;

use crate::engines::explore::{panics, steps};
use crate::engines::verdict::{Discovery, Path, PropertySet};

use super::look::{Ending, Looker};
use super::plan::Plan;
use super::strategy::Processes;

/// What all runs of a campaign have in common.
pub(super) struct Sampler<'a, M: Model> {
    pub model: &'a M,
    pub plan: &'a Plan,
    pub initial: Vec<M::State>,
    pub processes: Processes,
    /// All fair units, in order, including those of lanes that need not be fair.
    pub units: Vec<Unit>,
}

impl<'a, M: Model> Sampler<'a, M> {
    pub fn new(model: &'a M, plan: &'a Plan) -> Self {
        let mut initial = Vec::new();
        model.initial(&mut |state| initial.push(*state));
        let steps = steps::all(model);
        let mut units: Vec<Unit> =
            steps.iter().map(|step| step.unit(M::LANES, M::ACTIONS)).collect();
        units.sort_unstable();
        units.dedup();
        Self { model, plan, initial, processes: Processes::of::<M>(&steps), units }
    }
}

/// A run in progress.
pub(super) struct Course<'s, 'a, M: Model> {
    pub sampler: &'s Sampler<'a, M>,
    pub looker: &'s mut Looker<'a, M>,
    pub state: M::State,
    pub path: Path,
    pub fired: Vec<u64>,
    pub exercised: Vec<u64>,
    pub prints: Vec<u64>,
    pub reached: PropertySet,
    keep_digests: bool,
    pub digests: Vec<u64>,
    pub refused: Option<usize>,
}

/// The outcome of a step.
pub(super) enum Taken {
    /// It led to another state.
    Moved,
    /// It did not change the state.
    StoodStill,
    /// The model offered the step and now refuses it: its behaviour depends on more than its state.
    Refused,
}

impl<'s, 'a, M: Model> Course<'s, 'a, M> {
    pub fn begin(
        sampler: &'s Sampler<'a, M>,
        looker: &'s mut Looker<'a, M>,
        initial: usize,
        keep_digests: bool,
    ) -> Self {
        looker.remembers = !keep_digests;
        Self {
            sampler,
            looker,
            state: sampler.initial[initial],
            path: Path { initial, steps: Vec::new() },
            fired: vec![0; <M as Actions>::ACTIONS.len()],
            exercised: vec![0; M::PROPERTIES.len()],
            prints: Vec::new(),
            reached: PropertySet::EMPTY,
            keep_digests,
            digests: Vec::new(),
            refused: None,
        }
    }

    /// Evaluates the state, and returns how the run ends if it is a violation.
    pub fn look(&mut self) -> Option<Ending> {
        let look = self.looker.look(&self.state);
        self.prints.push(look.print);
        for id in look.exercised.iter() {
            self.exercised[usize::from(id.0)] += 1;
        }
        if self.keep_digests {
            let here = look.print ^ self.looker.enabled().len() as u64;
            let last = self.digests.last().copied().unwrap_or(0);
            self.digests.push(last.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ here);
        }
        self.reached = self.reached.or(look.reached);
        look.ending()
    }

    /// Takes an enabled step.
    pub fn take(&mut self, step: Step) -> Taken {
        let mut next = self.state;
        if !self.looker.fire(&mut next, step) {
            self.refused = Some(self.path.steps.len());
            return Taken::Refused;
        }
        self.fired[usize::from(step.action)] += 1;
        self.path.steps.push(step);
        let before = std::mem::replace(&mut self.state, next);
        if before.as_bytes() == self.state.as_bytes() { Taken::StoodStill } else { Taken::Moved }
    }

    /// Returns the violation that ends the run.
    pub fn discovery(&self, (property, last, end): Ending) -> Discovery {
        let mut path = self.path.clone();
        path.steps.extend(last);
        Discovery { property, steps: path.steps.len(), path, end }
    }

    /// Returns all states of the run, one more than steps.
    pub fn states(&self) -> Vec<M::State> {
        let mut state = self.sampler.initial[self.path.initial];
        let mut states = vec![state];
        for step in &self.path.steps {
            // It was taken before, so it is possible.
            let _ = panics::catch(|| self.sampler.model.fire(&mut state, *step));
            states.push(state);
        }
        states
    }
}
