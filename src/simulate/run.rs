//! One run: from an initial state to a violation, to rest, or to the end of its steps.

use latchwork_model::kit::{Actions, Claim, Kind, Model, Process, Step};
use zerocopy::IntoBytes;

use crate::explore::fingerprint::fingerprint;
use crate::explore::panics;
use crate::verdict::{BuiltIn, Discovery, End, Path, PropertyId, PropertySet};

use super::Plan;
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

/// What is seen in one state.
struct Look {
    violated: Option<PropertyId>,
    exceeds: Option<(Step, &'static str)>,
    reached: PropertySet,
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
        let mut enabled = Vec::new();
        let mut digest = 0u64;
        loop {
            let look = panics::catch(|| self.look(&state, &mut enabled));
            if keep_digests {
                let here = fingerprint(&state) ^ enabled.len() as u64;
                digest = digest.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ here;
                run.digests.push(digest);
            }
            run.reached = run.reached.or(look.as_ref().map_or(run.reached, |look| look.reached));
            run.steps = path.steps.len();
            if let Some((property, step, end)) = self.end(&state, look) {
                path.steps.extend(step);
                run.steps = path.steps.len();
                run.discovery = Some(Discovery { property, steps: run.steps, path, end });
                return run;
            }
            if run.steps == limit {
                run.cut = !enabled.is_empty();
                return run;
            }
            let Some(picked) = picker.pick::<M, _>(run.steps, &enabled) else { return run };
            let (step, next) = enabled[picked];
            if next.as_bytes() == state.as_bytes() {
                picker.stood_still(step.process(M::ACTIONS));
            }
            run.fired[usize::from(step.action)] = true;
            path.steps.push(step);
            state = next;
        }
    }

    /// Collects the successors of a state and looks at the properties there.
    fn look(&self, state: &M::State, enabled: &mut Vec<(Step, M::State)>) -> Look {
        let (mut any, mut fair, mut exceeds) = (false, false, None);
        enabled.clear();
        self.model.successors(state, |step, result| {
            any = true;
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            fair |= M::LANES[usize::from(lane)].fairness.is_fair();
            match result {
                Ok(next) => enabled.push((step, *next)),
                Err(what) => exceeds = exceeds.or(Some((step, what))),
            }
        });
        let mut look = Look { violated: None, exceeds, reached: PropertySet::EMPTY };
        for (id, property) in (0..).map(PropertyId).zip(M::PROPERTIES) {
            if !self.plan.properties.contains(id) || (property.kind == Kind::AtRest && fair) {
                continue;
            }
            let claim = || (property.check)(self.model, state);
            match property.kind {
                // No single state shows a cycle: only `explore` can see it.
                Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => {}
                Kind::Reachable if claim() == Claim::Holds => look.reached.insert(id),
                Kind::Reachable => {}
                Kind::Invariant | Kind::AtRest if look.violated.is_none() => {
                    look.violated = (claim() == Claim::Violated).then_some(id);
                }
                Kind::Invariant | Kind::AtRest => {}
            }
        }
        if !any && look.violated.is_none() && !self.model.done(state) {
            let deadlock = BuiltIn::Deadlock.id::<M>();
            look.violated = self.plan.properties.contains(deadlock).then_some(deadlock);
        }
        look
    }

    /// The violation with which a run ends in a state: the property, a last step, and what happens.
    fn end(
        &self,
        state: &M::State,
        look: Result<Look, String>,
    ) -> Option<(PropertyId, Option<Step>, End)> {
        let look = match look {
            Ok(look) => look,
            Err(message) => {
                // The same panic once more, step by step, tells in which step it is.
                let (step, message) =
                    panics::in_state(self.model, state).unwrap_or((None, message));
                return Some((BuiltIn::NoPanic.id::<M>(), step, End::Panics(message)));
            }
        };
        let bound = BuiltIn::BoundExceeded.id::<M>();
        match (look.violated, look.exceeds) {
            (Some(property), _) => Some((property, None, End::State)),
            (None, Some((step, what))) if self.plan.properties.contains(bound) => {
                Some((bound, Some(step), End::Exceeds(what)))
            }
            _ => None,
        }
    }
}
