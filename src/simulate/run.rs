//! One run: from an initial state to a violation, to rest, or to the end of its steps.

use latchwork_model::kit::{Model, Process};
use zerocopy::IntoBytes;

use crate::explore::fingerprint::fingerprint;
use crate::explore::panics;
use crate::verdict::{Discovery, Path, PropertySet};

use super::Plan;
use super::look::Looker;
use super::rng::Draws;
use super::strategy::Picker;

/// What all runs of a campaign have in common.
pub(super) struct Sampler<'a, M: Model> {
    pub model: &'a M,
    pub plan: &'a Plan,
    initial: Vec<M::State>,
    processes: Vec<Process>,
}

/// What came of one run.
pub(super) struct Run {
    pub number: u64,
    /// Steps taken.
    pub steps: usize,
    /// It ended because it had no steps left.
    pub cut: bool,
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
}

impl<'a, M: Model> Sampler<'a, M> {
    pub fn new(model: &'a M, plan: &'a Plan) -> Self {
        let mut initial = Vec::new();
        model.initial(&mut |state| initial.push(*state));
        let steps = panics::all_steps(model);
        let mut processes: Vec<Process> =
            steps.iter().map(|step| step.process(M::ACTIONS)).collect();
        processes.sort_unstable();
        processes.dedup();
        Self { model, plan, initial, processes }
    }

    /// The run with this number.
    pub fn run(&self, number: u64, keep_digests: bool) -> Run {
        let draws = Draws::of(self.plan.seed, number);
        let limit = self.plan.steps;
        let mut picker = Picker::new::<M>(self.plan.strategy, draws, &self.processes, limit);
        let initial = picker.initial(self.initial.len());
        let mut run = Run {
            number,
            steps: 0,
            cut: false,
            fired: vec![false; M::ACTIONS.len()],
            reached: PropertySet::EMPTY,
            off: picker.switched_off(),
            discovery: None,
            digests: Vec::new(),
        };
        let mut path = Path { initial, steps: Vec::new() };
        let mut state = self.initial[initial];
        let mut looker = Looker::new(self.model, self.plan.properties);
        let mut digest = 0u64;
        loop {
            let look = looker.look(&state);
            if keep_digests {
                let here = fingerprint(&state) ^ looker.enabled.len() as u64;
                digest = digest.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ here;
                run.digests.push(digest);
            }
            run.reached = run.reached.or(look.reached);
            run.steps = path.steps.len();
            if let Some((property, step, end)) = look.ending() {
                path.steps.extend(step);
                run.steps = path.steps.len();
                run.discovery = Some(Discovery { property, steps: run.steps, path, end });
                return run;
            }
            let enabled = &looker.enabled;
            if run.steps == limit {
                run.cut = !enabled.is_empty();
                return run;
            }
            let Some(picked) = picker.pick::<M, _>(run.steps, enabled) else { return run };
            let (step, next) = enabled[picked];
            if next.as_bytes() == state.as_bytes() {
                picker.stood_still(step.process(M::ACTIONS));
            }
            run.fired[usize::from(step.action)] = true;
            path.steps.push(step);
            state = next;
        }
    }
}
