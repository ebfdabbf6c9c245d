//! A run in words: what every step did to which field.

pub mod decisive;
pub mod fields;

use latchwork_model::kit::{Process, Step};

use crate::protocols::{Entry, Instance, StateBytes};
use crate::verdict::Path;

use fields::FieldValue;

/// A run of a protocol, told by the names of its actions and fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The fields of the initial state.
    pub initial: Vec<(String, FieldValue)>,
    /// The steps.
    pub steps: Vec<TraceStep>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// The step.
    pub step: Step,
    /// The action with its arguments: `app_lock(a0)`.
    pub action: String,
    /// Who acts: `app@a0`.
    pub process: String,
    /// The fields that changed.
    pub changes: Vec<Change>,
}

/// A field that a step changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The names on the way to it.
    pub path: String,
    /// Its value before the step.
    pub old: FieldValue,
    /// Its value after it.
    pub new: FieldValue,
}

/// The process that takes a step: `app@a0`, or only the lane.
pub fn process_name(entry: &Entry, step: Step) -> String {
    let Process { lane, actor } = step.process(entry.actions);
    let lane = entry.lanes[usize::from(lane)].name;
    let first = entry.actions[usize::from(step.action)].params.first();
    match (actor, first) {
        (Some(actor), Some(param)) => {
            let mut name = format!("{lane}@");
            // Writing into a string cannot fail.
            let _ = param.spell(actor, &mut name);
            name
        }
        _ => lane.to_string(),
    }
}

/// The fields that differ between two states of one instance.
pub fn changes(instance: &dyn Instance, old: &StateBytes, new: &StateBytes) -> Vec<Change> {
    let (old, new) = (instance.fields(old), instance.fields(new));
    old.into_iter()
        .zip(new)
        .filter(|((_, old), (_, new))| old != new)
        .map(|((path, old), (_, new))| Change { path, old, new })
        .collect()
}

/// The states along a path, the initial one first. It ends early where a step does not fire.
pub fn states(instance: &dyn Instance, path: &Path) -> Vec<StateBytes> {
    let mut states: Vec<StateBytes> =
        instance.initial().into_iter().skip(path.initial).take(1).collect();
    for step in &path.steps {
        let Some(Ok(next)) = states.last().map(|state| instance.fire(state, *step)) else { break };
        states.push(next);
    }
    states
}

/// Tells a path in words. A last step that cannot be completed changes nothing.
pub fn tell(entry: &'static Entry, instance: &dyn Instance, path: &Path) -> Trace {
    let states = states(instance, path);
    let initial = states.first().map(|state| instance.fields(state)).unwrap_or_default();
    let steps = path.steps.iter().enumerate().map(|(at, step)| TraceStep {
        step: *step,
        action: step.spell(entry.actions).to_string(),
        process: process_name(entry, *step),
        changes: match (states.get(at), states.get(at + 1)) {
            (Some(old), Some(new)) => changes(instance, old, new),
            _ => Vec::new(),
        },
    });
    Trace { initial, steps: steps.collect() }
}
