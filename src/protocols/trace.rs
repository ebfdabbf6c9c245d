//! A run by names: which fields every step changed.

use latchwork_model::kit::Step;

use crate::engines::fields::FieldValue;
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::Path;
use crate::protocols::Entry;

/// A run of a protocol, described by the names of its actions and fields.
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
    /// The acting process: `app@a0`.
    pub process: String,
    /// The fields that changed.
    pub changes: Vec<Change>,
}

/// A field that a step changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path to the field.
    pub path: String,
    /// Its value before the step.
    pub old: FieldValue,
    /// Its value after it.
    pub new: FieldValue,
}

/// Returns the process that takes a step, given as text: `app_lock(a1)` is taken by `app@a1`.
pub fn process_of(entry: &Entry, action: &str) -> String {
    let (name, arguments) = action.split_once('(').unwrap_or((action, ")"));
    let info = entry.actions.iter().find(|info| info.name == name);
    let lane = info.map_or("?", |info| entry.lanes[usize::from(info.lane)].name);
    let first = arguments.trim_end_matches(')').split(", ").next().unwrap_or("");
    if first.is_empty() { lane.to_string() } else { format!("{lane}@{first}") }
}

/// Returns the fields that differ between two states of one instance.
pub fn changes(instance: &dyn Instance, old: &StateBytes, new: &StateBytes) -> Vec<Change> {
    let (old, new) = (instance.fields(old), instance.fields(new));
    old.into_iter()
        .zip(new)
        .filter(|((_, old), (_, new))| old != new)
        .map(|((path, old), (_, new))| Change { path, old, new })
        .collect()
}

/// Returns the states along a path, the initial one first. Ends early at a step that is not
/// possible.
pub fn states(instance: &dyn Instance, path: &Path) -> Vec<StateBytes> {
    let mut states: Vec<StateBytes> =
        instance.initial().into_iter().skip(path.initial).take(1).collect();
    for step in &path.steps {
        let Some(Ok(next)) = states.last().map(|state| instance.fire(state, *step)) else { break };
        states.push(next);
    }
    states
}

/// Describes a path by names. A last step that cannot be completed changes nothing.
pub fn tell(entry: &'static Entry, instance: &dyn Instance, path: &Path) -> Trace {
    let states = states(instance, path);
    let initial = states.first().map(|state| instance.fields(state)).unwrap_or_default();
    let steps = path.steps.iter().enumerate().map(|(at, step)| {
        let action = step.spell(entry.actions).to_string();
        let changes = match (states.get(at), states.get(at + 1)) {
            (Some(old), Some(new)) => changes(instance, old, new),
            _ => Vec::new(),
        };
        TraceStep { step: *step, process: process_of(entry, &action), action, changes }
    });
    Trace { initial, steps: steps.collect() }
}
