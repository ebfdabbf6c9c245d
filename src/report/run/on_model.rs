//! A run with its context: its states, the alternatives to each step, and the earlier steps that
//! each step needs.

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::Path;
use crate::files::case::Case;
use crate::protocols::Entry;
use crate::protocols::trace::{Change, changes, states};

/// A run on its model.
pub struct Run<'a> {
    /// The protocol.
    pub entry: &'static Entry,
    /// The model.
    pub instance: &'a dyn Instance,
    /// The run.
    pub path: Path,
    /// The states along the run, the initial one first. A last step that cannot be completed has no
    /// state after it.
    pub states: Vec<StateBytes>,
}

impl<'a> Run<'a> {
    /// Creates the run along a path.
    pub fn new(entry: &'static Entry, instance: &'a dyn Instance, path: Path) -> Self {
        let states = states(instance, &path);
        Self { entry, instance, path, states }
    }

    /// Returns the run of a case; `None` if the model cannot take it.
    pub fn of_case(case: &Case, instance: &'a dyn Instance) -> Option<Self> {
        let run = Self::named(case, instance)?;
        (run.states.len() + 1 >= case.steps.len()).then_some(run)
    }

    /// Returns the steps of a case on another model, up to the first one that is not possible;
    /// `None` if the initial state of the case does not exist there.
    pub fn as_far_as(case: &Case, instance: &'a dyn Instance) -> Option<Self> {
        let mut run = Self::named(case, instance)?;
        run.path.steps.truncate(run.states.len() - 1);
        Some(run)
    }

    /// Returns the run of a case by the names of its steps.
    fn named(case: &Case, instance: &'a dyn Instance) -> Option<Self> {
        let entry = case.configuration.entry;
        // A field that came later is not in the case, as for `replay`.
        let has_values = |state: &StateBytes| {
            let now = instance.fields(state);
            case.initial.iter().all(|field| now.contains(field))
        };
        let initial = instance.initial().iter().position(has_values)?;
        let known = instance.all_steps();
        let find = |action: &String| {
            known.iter().find(|step| step.spell(entry.actions).to_string() == *action).copied()
        };
        let steps = case.steps.iter().map(|step| find(&step.action)).collect::<Option<_>>()?;
        Some(Self::new(entry, instance, Path { initial, steps }))
    }

    /// Returns the last state.
    pub fn last(&self) -> &StateBytes {
        // A path has at least one state.
        &self.states[self.states.len() - 1]
    }

    /// Returns the text of a step.
    pub fn spell(&self, step: Step) -> String {
        step.spell(self.entry.actions).to_string()
    }

    /// Returns the fields that step `at` changes.
    pub fn changes(&self, at: usize) -> Vec<Change> {
        match (self.states.get(at), self.states.get(at + 1)) {
            (Some(old), Some(new)) => changes(self.instance, old, new),
            _ => Vec::new(),
        }
    }

    /// Returns the steps that could have been taken instead of step `at`.
    pub fn others(&self, at: usize) -> Vec<Step> {
        let Some(state) = self.states.get(at) else { return Vec::new() };
        let enabled = self.instance.enabled(state).into_iter();
        enabled.filter(|step| *step != self.path.steps[at]).collect()
    }

    /// Returns, for every step, the earlier steps that it needs: if one of them is left out and the
    /// others are taken, the step is not possible or has a different effect. An intermediate step
    /// that has a different effect counts as needing the step that was left out. Computed by
    /// leaving out steps, the latest first.
    pub fn causes(&self) -> Vec<Vec<usize>> {
        let changes: Vec<_> = (0..self.path.steps.len()).map(|at| self.changes(at)).collect();
        (0..self.path.steps.len()).map(|at| self.causes_of(at, &changes)).collect()
    }

    fn causes_of(&self, at: usize, changes: &[Vec<Change>]) -> Vec<usize> {
        let mut needed = Vec::new();
        for left_out in (0..at).rev() {
            let rest = needed.iter().rev().copied().chain([at]);
            if !self.goes_without(left_out, rest, changes) {
                needed.push(left_out);
            }
        }
        needed.reverse();
        needed
    }

    /// Returns whether steps still have the same effects when they follow the state before step
    /// `left_out`.
    fn goes_without(
        &self,
        left_out: usize,
        rest: impl Iterator<Item = usize>,
        recorded: &[Vec<Change>],
    ) -> bool {
        let mut state = self.states[left_out].clone();
        for at in rest {
            match self.instance.fire(&state, self.path.steps[at]) {
                Ok(next) if at + 1 < self.states.len() => {
                    if changes(self.instance, &state, &next) != recorded[at] {
                        return false;
                    }
                    state = next;
                }
                // A last step that cannot be completed must fail in the same way.
                Err(refusal) if at + 1 == self.states.len() => {
                    let last = self.instance.fire(&self.states[at], self.path.steps[at]);
                    return last == Err(refusal);
                }
                _ => return false,
            }
        }
        true
    }
}
