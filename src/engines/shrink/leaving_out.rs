//! Minimizes a run by leaving out steps, and by bounded searches between its states.

use std::collections::BTreeMap;

use latchwork_model::kit::{Actions, Fairness, Model, Step};

use crate::engines::simulate::look::{Ending, Looker};
use crate::engines::verdict::{Discovery, Path, PropertyId, PropertySet};

use super::nearest::{Question, nearest};

/// A run that was minimized without knowing the space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortened {
    /// The run.
    pub discovery: Discovery,
    /// The number of steps after leaving out all that can be left out, before the first search.
    pub left_out: usize,
    /// The number of runs that were tried.
    pub attempts: u64,
    /// The shortest runs to violations of other properties that were found on the way.
    pub others: Vec<Discovery>,
}

/// The maximum number of states visited by a search that uses only the steps of the run.
pub(crate) const OWN_STEPS: usize = 50_000;
/// The maximum number of states visited by a search from one state of the run.
pub(crate) const AROUND: usize = 4_000;

/// Minimizes the run of a discovery. Returns `None` if it does not show its property, which must be
/// one of the checked properties.
pub(crate) fn shorten<M: Model>(
    model: &M,
    found: &Discovery,
    properties: PropertySet,
) -> Option<Shortened> {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    let mut shrinking = Shrinking {
        looker: Looker::new(model, properties),
        property: found.property,
        initial,
        attempts: 0,
        others: BTreeMap::new(),
    };
    let mut run = shrinking.attempt(found.path.initial, &found.path.steps)?;
    shrinking.leave_out(&mut run);
    let left_out = run.steps.len();
    while shrinking.own_steps(&mut run) || shrinking.around(&mut run) {
        shrinking.leave_out(&mut run);
    }
    let Shrinking { attempts, others, .. } = shrinking;
    let others = others.into_values().map(Run::into_discovery).collect();
    Some(Shortened { discovery: run.into_discovery(), left_out, attempts, others })
}

/// A run that shows a property.
#[derive(Clone)]
struct Run {
    initial: usize,
    steps: Vec<Step>,
    ending: Ending,
}

impl Run {
    fn into_discovery(self) -> Discovery {
        let (property, _, end) = self.ending;
        let steps = self.steps.len();
        Discovery { property, steps, path: Path { initial: self.initial, steps: self.steps }, end }
    }
}

struct Shrinking<'a, M: Model> {
    looker: Looker<'a, M>,
    property: PropertyId,
    initial: Vec<M::State>,
    attempts: u64,
    /// The shortest runs to other properties that were found.
    others: BTreeMap<PropertyId, Run>,
}

impl<M: Model> Shrinking<'_, M> {
    /// Leaves out as many steps as possible: first all steps of a process, then all of a fault,
    /// then ranges, from long ones down to single steps, then pairs.
    fn leave_out(&mut self, run: &mut Run) {
        for step in run.steps.clone() {
            let process = step.process(M::ACTIONS);
            self.without(run, |_, other| other.process(M::ACTIONS) == process);
        }
        for step in run.steps.clone() {
            let lane = <M as Actions>::ACTIONS[usize::from(step.action)].lane;
            if M::LANES[usize::from(lane)].fairness == Fairness::Fault {
                self.without(run, |_, other| other == step);
            }
        }
        self.stretches(run);
        while self.pair(run) {
            self.stretches(run);
        }
    }

    /// Leaves out ranges, from half of the run down to single steps, until none can be left out.
    fn stretches(&mut self, run: &mut Run) {
        let mut stretch = run.steps.len().div_ceil(2);
        while stretch > 0 {
            let before = run.steps.len();
            let mut at = 0;
            while at < run.steps.len() {
                let gone = at..at + stretch;
                if !self.without(run, |position, _| gone.contains(&position)) {
                    at += stretch;
                }
            }
            if run.steps.len() == before || stretch > 1 {
                stretch /= 2;
            }
        }
    }

    /// Leaves out two steps that cannot be left out one at a time.
    fn pair(&mut self, run: &mut Run) -> bool {
        let count = run.steps.len();
        let mut pairs = (0..count).flat_map(|one| (one + 1..count).map(move |two| (one, two)));
        pairs.any(|(one, two)| self.without(run, |at, _| at == one || at == two))
    }

    /// Searches for a shorter run that takes the steps of this one in any order and any number of
    /// times, from any initial state.
    fn own_steps(&mut self, run: &mut Run) -> bool {
        let mut steps = run.steps.clone();
        steps.sort_unstable();
        steps.dedup();
        let question = Question {
            starts: self.initial.clone(),
            steps: Some(&steps),
            property: self.property,
            later: &[],
            fewer_than: run.steps.len(),
            states: OWN_STEPS,
        };
        let Some(way) = nearest(&mut self.looker, &question) else { return false };
        self.keep_if_shorter(run, way.start, &way.steps)
    }

    /// Searches for a shorter path with any steps, from every state of the run, starting with the
    /// last.
    fn around(&mut self, run: &mut Run) -> bool {
        let (mut at, mut shorter) = (run.steps.len(), false);
        while at > 0 {
            at = at.min(run.steps.len()) - 1;
            let states = self.states(run);
            let question = Question {
                starts: vec![states[at].0],
                steps: None,
                property: self.property,
                later: &states[at + 1..],
                fewer_than: run.steps.len() - at,
                states: AROUND,
            };
            if let Some(way) = nearest(&mut self.looker, &question) {
                let behind = run.steps.len() - way.left;
                let steps = [&run.steps[..at], &way.steps, &run.steps[behind..]].concat();
                shorter |= self.keep_if_shorter(run, run.initial, &steps);
            }
        }
        shorter
    }

    /// Returns the states of a run, each with the number of steps left.
    fn states(&self, run: &Run) -> Vec<(M::State, usize)> {
        let mut state = self.initial[run.initial];
        let mut states = vec![(state, run.steps.len())];
        // The last step may be one that cannot be completed.
        for (taken, step) in run.steps.iter().enumerate() {
            if !self.looker.fire(&mut state, *step) {
                break;
            }
            states.push((state, run.steps.len() - taken - 1));
        }
        states
    }

    /// Tries the run without some of its steps; keeps the result if it is shorter.
    fn without(&mut self, run: &mut Run, gone: impl Fn(usize, Step) -> bool) -> bool {
        let rest = run.steps.iter().enumerate().filter(|(at, step)| !gone(*at, **step));
        let rest: Vec<Step> = rest.map(|(_, step)| *step).collect();
        rest.len() < run.steps.len() && self.keep_if_shorter(run, run.initial, &rest)
    }

    fn keep_if_shorter(&mut self, run: &mut Run, initial: usize, steps: &[Step]) -> bool {
        let shorter =
            self.attempt(initial, steps).filter(|tried| tried.steps.len() < run.steps.len());
        let found = shorter.is_some();
        if let Some(shorter) = shorter {
            *run = shorter;
        }
        found
    }

    /// Takes the steps, skipping those that are not enabled, up to the first state that shows the
    /// property.
    fn attempt(&mut self, initial: usize, steps: &[Step]) -> Option<Run> {
        self.attempts += 1;
        let mut state = *self.initial.get(initial)?;
        let mut taken = Vec::new();
        let mut rest = steps.iter();
        loop {
            let look = self.looker.look(&state);
            let property = self.property;
            for other in look.violated.iter().filter(|other| *other != property) {
                self.met(initial, &taken, look.ending_in(other));
            }
            if let Some(ending) = look.ending_in(property) {
                taken.extend(ending.1);
                return Some(Run { initial, steps: taken, ending });
            }
            // A step that cannot be completed violates another property, not the requested one.
            let enabled = self.looker.enabled();
            let step = *rest.find(|step| enabled.binary_search(step).is_ok())?;
            if !self.looker.fire(&mut state, step) {
                return None;
            }
            taken.push(step);
        }
    }

    /// Records a violation of another property, if its run is the shortest so far.
    fn met(&mut self, initial: usize, taken: &[Step], ending: Option<Ending>) {
        let Some(ending) = ending else { return };
        let steps: Vec<Step> = taken.iter().copied().chain(ending.1).collect();
        let known = self.others.get(&ending.0);
        if known.is_none_or(|known| steps.len() < known.steps.len()) {
            self.others.insert(ending.0, Run { initial, steps, ending });
        }
    }
}
