//! One run: from an initial state to a violation, or through both of its phases.

use latchwork_model::kit::{Actions, Model, Step};
use zerocopy::IntoBytes;

use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::{panics, steps};
use crate::engines::verdict::{Discovery, Path, PropertyId, PropertySet};

use super::Plan;
use super::fair;
use super::look::{Ending, Looker};
use super::rng::Draws;
use super::strategy::{Picker, Processes};

/// What all runs of a campaign have in common.
pub(super) struct Sampler<'a, M: Model> {
    pub model: &'a M,
    pub plan: &'a Plan,
    initial: Vec<M::State>,
    pub processes: Processes,
}

/// What came of one run.
pub(super) struct Run {
    pub number: u64,
    /// Steps taken.
    pub steps: usize,
    /// Its first phase ended because it had no steps left.
    pub cut: bool,
    /// What did not come to be within its second phase.
    pub unsettled: Option<PropertyId>,
    /// By action: whether it fired.
    pub fired: Vec<bool>,
    /// The `reachable` properties that it reached.
    pub reached: PropertySet,
    /// The actions that were switched off in it.
    pub off: Vec<u8>,
    /// What it violated.
    pub discovery: Option<Discovery>,
    /// A digest after every state; only if it was asked for.
    pub digests: Vec<u64>,
    /// The step that the model has offered and then refused.
    pub refused: Option<usize>,
}

impl<'a, M: Model> Sampler<'a, M> {
    pub fn new(model: &'a M, plan: &'a Plan) -> Self {
        let mut initial = Vec::new();
        model.initial(&mut |state| initial.push(*state));
        let processes = Processes::of::<M>(&steps::all(model));
        Self { model, plan, initial, processes }
    }

    /// The run with this number.
    pub fn run(&self, looker: &mut Looker<'a, M>, number: u64, keep_digests: bool) -> Run {
        let Plan { seed, strategy, steps: limit, .. } = self.plan;
        let draws = Draws::of(*seed, number);
        let mut picker = Picker::new::<M>(strategy.of(number), draws, &self.processes, *limit);
        let initial = picker.initial(self.initial.len());
        let off = picker.switched_off();
        let mut course = Course::begin(self, looker, initial, keep_digests);
        let mut cut = false;
        let ending = loop {
            if let Some(ending) = course.look() {
                break Some(ending);
            }
            let (at, enabled) = (course.path.steps.len(), course.looker.enabled());
            if at == *limit {
                cut = !enabled.is_empty();
                break None;
            }
            let Some(picked) = picker.pick(at, enabled) else { break None };
            let step = enabled[picked];
            match course.take(step) {
                Taken::Moved => {}
                Taken::StoodStill => picker.stood_still(step),
                Taken::Refused => break None,
            }
        };
        let (mut discovery, mut unsettled) = (ending.map(|ending| course.discovery(ending)), None);
        let goes_on = discovery.is_none() && course.refused.is_none();
        if goes_on && self.plan.fair > 0 {
            (discovery, unsettled) = fair::phase(&mut course, &mut picker.into_draws());
        }
        let steps =
            discovery.as_ref().map_or(course.path.steps.len(), |found| found.path.steps.len());
        let Course { fired, reached, digests, refused, .. } = course;
        Run { number, steps, cut, unsettled, fired, reached, off, discovery, digests, refused }
    }
}

/// A run on its way.
pub(super) struct Course<'s, 'a, M: Model> {
    pub sampler: &'s Sampler<'a, M>,
    pub looker: &'s mut Looker<'a, M>,
    pub state: M::State,
    pub path: Path,
    fired: Vec<bool>,
    reached: PropertySet,
    keep_digests: bool,
    digests: Vec<u64>,
    refused: Option<usize>,
}

/// What came of a step.
pub(super) enum Taken {
    /// Another state.
    Moved,
    /// The same state.
    StoodStill,
    /// The model has offered it and now refuses it: it depends on more than its state.
    Refused,
}

impl<'s, 'a, M: Model> Course<'s, 'a, M> {
    fn begin(
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
            fired: vec![false; <M as Actions>::ACTIONS.len()],
            reached: PropertySet::EMPTY,
            keep_digests,
            digests: Vec::new(),
            refused: None,
        }
    }

    /// Looks at the state, and says how the run ends if it is a violation.
    pub fn look(&mut self) -> Option<Ending> {
        let look = self.looker.look(&self.state);
        if self.keep_digests {
            let here = fingerprint(&self.state) ^ self.looker.enabled().len() as u64;
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
        self.fired[usize::from(step.action)] = true;
        self.path.steps.push(step);
        let before = std::mem::replace(&mut self.state, next);
        if before.as_bytes() == self.state.as_bytes() { Taken::StoodStill } else { Taken::Moved }
    }

    /// The violation with which it ends.
    pub fn discovery(&self, (property, last, end): Ending) -> Discovery {
        let mut path = self.path.clone();
        path.steps.extend(last);
        Discovery { property, steps: path.steps.len(), path, end }
    }

    /// All states of the run, one more than steps.
    pub fn states(&self) -> Vec<M::State> {
        let mut state = self.sampler.initial[self.path.initial];
        let mut states = vec![state];
        for step in &self.path.steps {
            // It was taken before, so it can be.
            let _ = panics::catch(|| self.sampler.model.fire(&mut state, *step));
            states.push(state);
        }
        states
    }
}
