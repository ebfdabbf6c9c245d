//! Whether the protocol can still finish from a state, by a bounded search.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::{Fairness, Step};

use crate::engines::instance::{Instance, StateBytes};
use crate::protocols::Entry;

/// The result of a search for a done state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// These steps lead to a done state. There is no shorter way of the same kind.
    Way {
        /// The steps.
        steps: Vec<Step>,
        /// Whether faults are among them: without a fault no done state can be reached.
        faults: bool,
    },
    /// No done state can be reached. All of this many states were searched.
    Stuck(usize),
    /// Unknown: the search ended after this many states, or a step is cut off.
    Unknown(usize),
}

/// Searches up to `most` states for a nearest done state: first without faults, then with them.
pub fn finish(entry: &Entry, model: &dyn Instance, from: &StateBytes, most: usize) -> Finish {
    let is_fault = |step: Step| {
        let lane = entry.actions[usize::from(step.action)].lane;
        entry.lanes[usize::from(lane)].fairness == Fairness::Fault
    };
    match nearest(model, from, most, &|step| !is_fault(step)) {
        Found::None(_) => {}
        Found::Way(steps) => return Finish::Way { steps, faults: false },
        Found::Enough(states) => return Finish::Unknown(states),
    }
    match nearest(model, from, most, &|_| true) {
        Found::Way(steps) => Finish::Way { steps, faults: true },
        Found::Enough(states) => Finish::Unknown(states),
        Found::None(came) => {
            // Behind a step that exceeds a bound or panics there may be a done state.
            let is_cut = |state| model.steps_from(state).len() < model.enabled(state).len();
            let cut = came.keys().any(is_cut);
            if cut { Finish::Unknown(came.len()) } else { Finish::Stuck(came.len()) }
        }
    }
}

/// The result of a search level by level.
enum Found {
    /// The steps to a done state.
    Way(Vec<Step>),
    /// None of these states is done, and there are no others.
    None(Came<StateBytes>),
    /// The search ended after this many states.
    Enough(usize),
}

/// Searches level by level, with some of the steps.
fn nearest(
    model: &dyn Instance,
    from: &StateBytes,
    most: usize,
    may: &dyn Fn(Step) -> bool,
) -> Found {
    let mut came: Came<StateBytes> = BTreeMap::new();
    came.insert(from.clone(), None);
    let mut open = VecDeque::from([from.clone()]);
    while let Some(state) = open.pop_front() {
        if model.done(&state) {
            return Found::Way(way(&came, &state));
        }
        for (step, next) in model.steps_from(&state) {
            if may(step) && !came.contains_key(&next) {
                came.insert(next.clone(), Some((state.clone(), step)));
                open.push_back(next);
            }
        }
        if came.len() > most {
            return Found::Enough(came.len());
        }
    }
    Found::None(came)
}

/// How each state, or pair of states, was first reached: from where, and by which step.
pub type Came<S> = BTreeMap<S, Option<(S, Step)>>;

/// Returns the steps by which a state, or a pair of them, was first reached.
pub fn way<S: Ord>(came: &Came<S>, to: &S) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut state = to;
    while let Some(Some((before, step))) = came.get(state) {
        steps.push(*step);
        state = before;
    }
    steps.reverse();
    steps
}
