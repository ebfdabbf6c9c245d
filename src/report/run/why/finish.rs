//! Looks for a run that finishes, within a bound.

use std::collections::BTreeSet;

use latchwork_model::kit::{Fairness, Process, Step};

use crate::engines::instance::{Instance, StateBytes};

/// The maximum number of states that are expanded for one explanation.
const MOST_STATES: usize = 12_000;
/// The maximum number of states that are expanded in one search.
const MOST_OF_ONE: usize = 200;

/// Looks for runs that finish, until a number of states was expanded.
pub struct Finisher<'a> {
    lanes: &'a [latchwork_model::kit::LaneInfo],
    left: usize,
}

/// A state of a search in depth, with the steps that were not yet tried; the next one is the last.
struct Open {
    untried: Vec<(Step, StateBytes)>,
}

impl<'a> Finisher<'a> {
    /// Creates one for a protocol with these lanes.
    pub fn new(lanes: &'a [latchwork_model::kit::LaneInfo]) -> Self {
        Self { lanes, left: MOST_STATES }
    }

    /// Returns whether the bound of all searches together was reached.
    pub fn is_exhausted(&self) -> bool {
        self.left == 0
    }

    /// Counts a state that is examined without a search; returns whether that is within the bound.
    pub fn examine(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// Looks for a run without faults from a state to a done state: in depth, and the processes take
    /// turns. `None` says that there is none, or that the bound was reached before one was found.
    pub fn from(&mut self, instance: &dyn Instance, state: &StateBytes) -> Option<Vec<Step>> {
        if instance.done(state) {
            return Some(Vec::new());
        }
        let mut seen = BTreeSet::from([state.clone()]);
        let mut way: Vec<Step> = Vec::new();
        let mut open = vec![self.expand(instance, state, None)];
        let mut expanded = 1;
        while let Some(top) = open.last_mut() {
            let Some((step, next)) = top.untried.pop() else {
                open.pop();
                way.pop();
                continue;
            };
            if !seen.insert(next.clone()) {
                continue;
            }
            way.push(step);
            if instance.done(&next) {
                return Some(way);
            }
            if expanded >= MOST_OF_ONE || self.left == 0 {
                return None;
            }
            expanded += 1;
            open.push(self.expand(instance, &next, Some(step)));
        }
        None
    }

    /// Returns the steps of a state without faults, the one to try first at the end: of the process
    /// that comes after the one that acted last, and before all those that need not act.
    fn expand(&mut self, instance: &dyn Instance, state: &StateBytes, last: Option<Step>) -> Open {
        self.left = self.left.saturating_sub(1);
        let actions = instance.actions();
        let last = last.map(|step| step.process(actions));
        let rank = |step: Step| -> (bool, bool, Process) {
            let process = step.process(actions);
            let must = self.lanes[usize::from(process.lane)].fairness.is_fair();
            (!must, last.is_some_and(|last| process <= last), process)
        };
        let mut untried = instance.steps_from(state);
        untried.retain(|(step, _)| {
            let lane = step.process(actions).lane;
            self.lanes[usize::from(lane)].fairness != Fairness::Fault
        });
        untried.sort_by_key(|(step, _)| std::cmp::Reverse((rank(*step), *step)));
        Open { untried }
    }
}

/// Leaves out steps of a run from `state` that are not needed to finish: all of one process, then
/// single ones.
pub fn shortened(instance: &dyn Instance, state: &StateBytes, mut steps: Vec<Step>) -> Vec<Step> {
    let finishes = |steps: &[Step]| {
        let mut at = state.clone();
        for step in steps {
            let Ok(next) = instance.fire(&at, *step) else { return false };
            at = next;
        }
        instance.done(&at)
    };
    let actions = instance.actions();
    let processes: BTreeSet<Process> = steps.iter().map(|step| step.process(actions)).collect();
    for process in processes {
        let rest: Vec<Step> =
            steps.iter().filter(|step| step.process(actions) != process).copied().collect();
        if finishes(&rest) {
            steps = rest;
        }
    }
    // The longest stretches first: a loop of a process is left out as a whole.
    for length in (1..=MOST_STRETCH).rev() {
        let mut at = 0;
        while at + length <= steps.len() {
            let rest = [&steps[..at], &steps[at + length..]].concat();
            if finishes(&rest) {
                steps = rest;
            } else {
                at += 1;
            }
        }
    }
    steps
}

/// The longest stretch of steps that is left out at once.
const MOST_STRETCH: usize = 4;
