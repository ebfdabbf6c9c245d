//! The Informal Trace Format of Apalache and Quint, in JSON: the states of a run, each with the step
//! that led to it. A part of the state that has fields is a record.

use serde_json::{Map, Value, json};

use crate::engines::fields::FieldValue;
use crate::report::run::story::Story;

use super::headline::headline;

/// The variable that holds the step that led to a state, as Quint names it.
const ACTION: &str = "mbt::actionTaken";

/// Returns the trace of a story. If the run ends with a cycle, `loop` is the state that follows the
/// last one, and `loop_step` in the metadata is the step between them.
pub fn to_json(story: &Story) -> Value {
    let mut fields: Vec<(String, FieldValue)> =
        story.run.initial.iter().map(|field| (field.path.clone(), field.value.clone())).collect();
    let types: Map<String, Value> = variables(&fields, &|value| json!(type_of(value)))
        .into_iter()
        .map(|(name, nested)| (name, json!(spelled(&nested))))
        .chain([(ACTION.to_string(), json!("Str"))])
        .collect();
    let mut states = vec![state(0, &fields, "init")];
    for (at, step) in story.run.steps.iter().enumerate() {
        for change in &step.changes {
            if let Some(field) = fields.iter_mut().find(|(path, _)| *path == change.path) {
                field.1 = change.new.clone();
            }
        }
        states.push(state(at + 1, &fields, &step.action));
    }
    let mut meta = json!({
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "description": headline(story),
        "source": story.run.configuration.entry.name,
        "varTypes": types,
        "property": story.verdict.property,
        // Readers accept a key that the format does not define only if its value is a string.
        "state": story.verdict.steps.to_string(),
    });
    let vars: Vec<&String> = types.keys().collect();
    let mut trace = json!({ "vars": vars, "states": [] });
    if let Some(first) = story.cycle() {
        // The last state repeats the first state of the cycle.
        states.pop();
        trace["loop"] = json!(first);
        meta["loop_step"] = json!(story.run.steps.last().map(|step| &step.action));
    }
    trace["#meta"] = meta;
    trace["states"] = json!(states);
    trace
}

fn state(index: usize, fields: &[(String, FieldValue)], action: &str) -> Value {
    let mut state = variables(fields, &value);
    state.insert(ACTION.to_string(), json!(action));
    state.insert("#meta".to_string(), json!({ "index": index }));
    Value::Object(state)
}

/// Converts fields to nested records.
fn variables(
    fields: &[(String, FieldValue)],
    leaf: &impl Fn(&FieldValue) -> Value,
) -> Map<String, Value> {
    let mut all = Map::new();
    for (path, value) in fields {
        insert(&mut all, path, leaf(value));
    }
    all
}

fn insert(record: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((name, rest)) = path.split_once('.') else {
        record.insert(path.to_string(), value);
        return;
    };
    if let Value::Object(inner) = record.entry(name).or_insert_with(|| json!({})) {
        insert(inner, rest, value);
    }
}

/// Converts a value. Plain numbers are not allowed.
fn value(value: &FieldValue) -> Value {
    match value {
        FieldValue::Number(number) => json!({ "#bigint": number.to_string() }),
        FieldValue::Text(text) => json!(text),
        FieldValue::List(items) => json!(items),
    }
}

fn type_of(value: &FieldValue) -> &'static str {
    match value {
        FieldValue::Number(_) => "Int",
        FieldValue::Text(_) => "Str",
        FieldValue::List(_) => "Seq(Str)",
    }
}

/// Returns a type as Apalache writes it.
fn spelled(nested: &Value) -> String {
    match nested {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, inner)| format!("{name}: {}", spelled(inner)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        leaf => leaf.as_str().unwrap_or_default().to_string(),
    }
}
