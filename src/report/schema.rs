//! The JSON Schemas of the files that the program reads and writes.
//!
//! The parts of the schemas of scenarios and cases that are specific to a protocol follow from its
//! lists.

use latchwork_model::kit::{Field, Shape};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::engines::verdict::PropertyKind;
use crate::files::case::Minimality;
use crate::files::configuration::ignorable;
use crate::files::scenario::Expect;
use crate::files::thread_run::REFINEMENT;
use crate::protocols::{self, Entry};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Returns the schema of scenario files.
pub fn scenario() -> Value {
    document("A scenario of latchwork", protocols::all().iter().map(scenario_of).collect())
}

/// Returns the schema of case files.
pub fn case() -> Value {
    document("A case of latchwork", protocols::all().iter().map(case_of).collect())
}

/// Returns the schema of the output of `check --json`.
pub fn report() -> Value {
    derived::<super::check::json::CheckReport<'_>>()
}

/// Returns the schema of the output of `simulate --json`.
pub fn simulate() -> Value {
    derived::<super::campaign::facts::Facts>()
}

/// Returns the schema of a line that `import` writes.
#[cfg(feature = "recordings")]
pub fn events() -> Value {
    derived::<crate::capture::event::Line>()
}

/// Returns the schema of the output of `conform --json`.
#[cfg(feature = "recordings")]
pub fn conform() -> Value {
    // The output is only written, so fields that are left out when empty are not required.
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<super::conform::facts::Facts>().to_value()
}

/// Returns the schema of the cases of `probe`.
#[cfg(all(feature = "probe", target_os = "linux"))]
pub fn probe() -> Value {
    derived::<crate::files::probe_case::ProbeCase>()
}

/// Returns the schema of the cases of storms.
#[cfg(all(feature = "probe", target_os = "linux"))]
pub fn storm() -> Value {
    derived::<crate::files::storm_case::StormCase>()
}

/// Returns the schema of the maps that `conform --map` reads.
pub fn map() -> Value {
    document("A map of a log for latchwork", protocols::all().iter().map(map_of).collect())
}

fn derived<T: JsonSchema>() -> Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

fn document(title: &str, protocols: Vec<Value>) -> Value {
    json!({ "$schema": DIALECT, "title": title, "oneOf": protocols })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Returns the schema of the keys that make up a configuration.
fn configuration_of(entry: &Entry) -> Value {
    let names = |list: Vec<&str>| json!({ "type": "array", "items": { "enum": list }, "uniqueItems": true });
    json!({
        "format": { "const": 1 },
        "protocol": { "const": entry.name },
        "bounds": record(entry.bounds),
        "faults": record(entry.faults),
        "profile": { "enum": entry.profiles.iter().map(|profile| profile.name).collect::<Vec<_>>() },
        "without": names(entry.rules.iter().map(|rule| rule.name).collect()),
        "with": names(entry.variants.iter().map(|variant| variant.name).collect()),
    })
}

fn scenario_of(entry: &Entry) -> Value {
    let mut properties = configuration_of(entry);
    let all = (entry.properties)();
    let is_goal = |kind| kind == PropertyKind::Model(latchwork_model::kit::Kind::Reachable);
    let names = |goal: bool| {
        all.iter().filter(move |info| is_goal(info.kind) == goal).map(|info| info.name)
    };
    let rest: Vec<&str> = names(false).collect();
    let actions = entry.actions.iter().map(|action| action.name);
    let goals: Vec<&str> = actions.chain(names(true)).collect();
    let finding = json!({ "type": "string" });
    let steps = json!({ "type": "integer", "minimum": 0 });
    let ignorable: Vec<&str> =
        rest.iter().copied().filter(|name| ignorable(entry, name).is_ok()).collect();
    properties["ignore"] = json!({ "type": "array", "items": { "enum": ignorable } });
    properties["reach"] = json!({ "type": "array", "items": { "enum": goals } });
    properties["engine"] = object(json!({ "explore": object(json!({}), &[]) }), &["explore"]);
    properties["expect"] = json!({ "oneOf": [
        object(json!({ "holds": { "const": true } }), &["holds"]),
        object(
            json!({ "violates": { "enum": rest }, "steps": steps, "finding": finding }),
            &["violates", "steps"],
        ),
        object(json!({ "inconclusive": { "enum": Expect::REASONS } }), &["inconclusive"]),
    ] });
    object(properties, &["format", "protocol", "expect"])
}

fn map_of(entry: &Entry) -> Value {
    let mut properties = configuration_of(entry);
    let text = json!({ "type": "string" });
    let texts = json!({ "anyOf": [text, { "type": "array", "items": text }] });
    let value = json!({ "anyOf": [text, { "type": "integer", "minimum": 0 }] });
    let pairs = json!({ "type": "object", "additionalProperties": value });
    let actions: Vec<&str> = entry.actions.iter().map(|action| action.name).collect();
    let names = object(json!({ "of": text, "is": pairs }), &["of", "is"]);
    properties["names"] = json!({ "type": "object", "additionalProperties": names });
    properties["silent"] = json!({ "type": "array", "items": { "enum": actions } });
    let mut line = object(
        json!({
            "event": text, "where": pairs, "until": text, "key": texts, "do": texts, "then": text,
            "before": pairs, "after": pairs,
        }),
        &["event"],
    );
    let says = |key: &str| json!({ "required": [key] });
    line["anyOf"] = json!([says("do"), says("before"), says("after")]);
    properties["lines"] = json!({ "type": "array", "items": line, "minItems": 1 });
    object(properties, &["format", "protocol", "lines"])
}

fn case_of(entry: &Entry) -> Value {
    let mut properties = configuration_of(entry);
    let names: Vec<&str> = (entry.properties)().iter().map(|property| property.name).collect();
    let count = json!({ "type": "integer", "minimum": 0 });
    let actions = entry.actions.iter().map(|action| action.name);
    let goals: Vec<&str> = names.iter().copied().chain(actions).collect();
    let violable: Vec<&str> = names.iter().copied().chain([REFINEMENT]).collect();
    let verdict = |key: &str| {
        let names = if key == "reached" { &goals } else { &violable };
        let keys = json!({ key: { "enum": names }, "steps": count, "cycle": count });
        object(keys, &[key, "steps"])
    };
    let value = json!({ "anyOf": [
        { "type": "integer", "minimum": 0, "maximum": 255 },
        { "type": "string" },
        { "type": "array", "items": { "type": "string" } },
    ] });
    let change =
        json!({ "type": "array", "prefixItems": [value, value], "minItems": 2, "maxItems": 2 });
    let step = object(
        json!({
            "action": { "type": "string" },
            "changes": { "type": "object", "additionalProperties": change },
            "recorded": { "type": "string" },
        }),
        &["action", "changes"],
    );
    let text = json!({ "type": "string" });
    properties["provenance"] = object(
        json!({ "engine": text, "seed": text, "run": count, "strategy": text }),
        &["engine"],
    );
    properties["provenance"]["dependentRequired"] = json!({ "seed": ["run", "strategy"] });
    properties["verdict"] = json!({ "oneOf": [verdict("violated"), verdict("reached")] });
    properties["minimality"] = json!({ "enum": Minimality::NAMES });
    properties["finding"] = text;
    properties["initial"] = json!({ "type": "object" });
    properties["steps"] = json!({ "type": "array", "items": step });
    properties["threads"] = threads();
    properties["digest"] = json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" });
    let required = [
        "format",
        "protocol",
        "bounds",
        "faults",
        "profile",
        "without",
        "with",
        "provenance",
        "verdict",
        "minimality",
        "initial",
        "steps",
        "digest",
    ];
    object(properties, &required)
}

/// Returns the schema of a run of threads.
fn threads() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let number = json!({ "type": "integer", "minimum": 0 });
    let mut schema = object(
        json!({
            "flaws": texts,
            "preemptions": number,
            "log": texts,
            "ends": { "type": "string" },
            "refused": { "type": "string" },
            "tasks": { "type": "array", "items": number },
            "loom": {},
        }),
        &["flaws", "log", "ends"],
    );
    schema["not"] = json!({ "required": ["tasks", "loom"] });
    schema
}

fn record(fields: &[Field]) -> Value {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut schema = shape(&field.shape);
        schema["description"] = json!(field.doc);
        properties.insert(field.name.to_string(), schema);
        if is_required(&field.shape) {
            required.push(field.name);
        }
    }
    object(Value::Object(properties), &required)
}

fn is_required(shape: &Shape) -> bool {
    match shape {
        Shape::Number { default, .. } | Shape::Choice { default, .. } => default.is_none(),
        Shape::List { default, .. } => default.is_none(),
        Shape::Record(_) => true,
        Shape::Flag => false,
    }
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Number { min, max, .. } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Choice { names, .. } => json!({ "enum": names }),
        Shape::List { min, max, item, .. } => {
            json!({ "type": "array", "items": shape(item), "minItems": min, "maxItems": max })
        }
        Shape::Record(fields) => record(fields),
    }
}
