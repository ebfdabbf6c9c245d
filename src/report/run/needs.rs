//! What each step of a run needs directly: the fields without whose last change it would not be
//! possible, or would have another effect.

use crate::engines::fields::{Described, FieldValue};
use crate::report::run::messages::difference;

use super::on_model::Run;
use super::why::putting_back::bytes_of_fields;

/// A value that a step needs, and the earlier step that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The step that set the value, counted from 0.
    pub from: usize,
    /// The field.
    pub path: String,
    /// The value.
    pub value: String,
}

/// A change of a field by a step, with the bytes in which it is.
struct Write {
    step: usize,
    field: usize,
    bytes: Vec<usize>,
}

/// Returns the direct needs of each step of a run, the latest first.
///
/// A field is needed if the step is refused, or changes another field differently, in the state in
/// which that field alone has the value from before its last change.
pub fn needs(run: &Run<'_>) -> Vec<Vec<Need>> {
    let described: Vec<Vec<Described>> =
        run.states.iter().map(|state| run.instance.described(state)).collect();
    // The last change of each field so far.
    let mut writes: Vec<Write> = Vec::new();
    let mut all = Vec::new();
    for at in 0..run.path.steps.len() {
        let needs = writes.iter().rev().filter(|write| is_needed(run, &described, write, at));
        let need = |write: &Write| {
            let field = &described[at][write.field];
            Need { from: write.step, path: field.path.clone(), value: field.value.to_string() }
        };
        all.push(needs.map(need).collect());
        if at + 1 < run.states.len() {
            let (before, after) = (&run.states[at], &run.states[at + 1]);
            let new = bytes_of_fields(run.instance, after, std::slice::from_ref(before));
            let new: Vec<Write> =
                new.into_iter().map(|(field, bytes)| Write { step: at, field, bytes }).collect();
            writes.retain(|write| new.iter().all(|other| other.field != write.field));
            writes.extend(new);
        }
    }
    all
}

/// The effect of a step on a field: what it adds to a list and removes from it, or the new value if
/// it is another one.
#[derive(PartialEq, Eq)]
enum Effect {
    Items(Vec<String>, Vec<String>),
    Value(Option<FieldValue>),
}

fn effect(old: &FieldValue, new: &FieldValue) -> Effect {
    match (old, new) {
        (FieldValue::List(old), FieldValue::List(new)) => {
            Effect::Items(difference(new, old), difference(old, new))
        }
        _ => Effect::Value((old != new).then(|| new.clone())),
    }
}

/// Returns whether step `at` needs a value.
fn is_needed(run: &Run<'_>, described: &[Vec<Described>], write: &Write, at: usize) -> bool {
    let state = &run.states[at];
    let Some(mixed) = run.instance.mixed(state, &run.states[write.step], &write.bytes) else {
        return false;
    };
    let becomes = run.instance.described(&mixed);
    let now = &described[at];
    let others = || (0..now.len()).filter(|field| *field != write.field);
    // A value that cannot be replaced alone is not examined.
    if others().any(|field| becomes[field].value != now[field].value)
        || becomes[write.field].value == now[write.field].value
    {
        return false;
    }
    match (run.instance.fire(&mixed, run.path.steps[at]), described.get(at + 1)) {
        (Ok(next), Some(then)) => {
            let next = run.instance.described(&next);
            let own = |states: [&Described; 2]| effect(&states[0].value, &states[1].value);
            others().any(|field| next[field].value != then[field].value)
                || own([&becomes[write.field], &next[write.field]])
                    != own([&now[write.field], &then[write.field]])
        }
        // A last step that cannot be completed must fail in the same way.
        (Err(refusal), None) => run.instance.fire(state, run.path.steps[at]) != Err(refusal),
        _ => true,
    }
}
