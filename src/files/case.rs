//! Case files: one run, complete, by name, in canonical bytes.
//!
//! The same run gives the same bytes on every machine, and reading and rewriting a file reproduces
//! it. Steps and fields are looked up by name, so unrelated changes of a model do not invalidate a
//! case.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::encoding::json::{Document, Json, Object, Problem, suggest};
use crate::engines::fields::FieldValue;
use crate::engines::verdict::End;
use crate::files::configuration::{self, Configuration, Tree, read_configuration, read_format};
use crate::protocols::trace::{Change, Trace};

use super::thread_run::{REFINEMENT, ThreadRun};

/// The version of the case format.
pub const FORMAT: u64 = 1;

/// A run that is stored in a file.
#[derive(Clone, Debug)]
pub struct Case {
    /// The configuration of the model.
    pub configuration: Configuration,
    /// Where the case came from.
    pub provenance: Provenance,
    /// What the case shows.
    pub verdict: CaseVerdict,
    /// Whether a shorter run exists.
    pub minimality: Minimality,
    /// What the scenario says of this violation, if it keeps it as a known finding. For readers only.
    pub finding: Option<String>,
    /// The fields of the initial state.
    pub initial: Vec<(String, FieldValue)>,
    /// The steps.
    pub steps: Vec<CaseStep>,
    /// The run of threads that the case comes from, if any.
    pub threads: Option<ThreadRun>,
}

/// Where a case came from. For readers only: a replay does not need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The engine that found it.
    pub engine: String,
    /// The run of a campaign that first showed it.
    #[serde(flatten)]
    pub sample: Option<Sample>,
}

/// A run of a campaign of `simulate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The seed of the campaign, as a string: not every JSON reader supports 64-bit numbers.
    pub seed: String,
    /// The number of the run.
    pub run: u64,
    /// How its steps were chosen.
    pub strategy: String,
}

/// What a case shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseVerdict {
    /// Whether it is a violation; otherwise a goal that is reached.
    pub violated: bool,
    /// The property.
    pub property: String,
    /// The number of steps to the state that shows it.
    pub steps: usize,
    /// The number of steps to the first state of the cycle at the end of the run.
    pub cycle: Option<usize>,
}

/// Whether a shorter run that shows the same exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minimality {
    /// No: all shorter runs were explored.
    Proven,
    /// Not a shorter way to the cycle at its end: all of these were explored. The cycle may be longer
    /// than necessary.
    Prefix,
    /// No single step can be left out.
    OneMinimal,
    /// Unknown.
    None,
}

impl Minimality {
    const ALL: [Self; 4] = [Self::Proven, Self::Prefix, Self::OneMinimal, Self::None];
    /// The names used in files.
    pub const NAMES: [&'static str; 4] = ["proven", "prefix", "1-minimal", "none"];

    /// Returns what an exhaustive search knows of a run that ends like this.
    pub const fn explored(end: &End) -> Self {
        match end {
            End::Stuck { cycle: Some(_), proven: false, .. } => Self::Prefix,
            _ => Self::Proven,
        }
    }

    /// Returns the name used in files.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStep {
    /// The action with its arguments.
    pub action: String,
    /// The fields that it changed.
    pub changes: Vec<Change>,
    /// The item of a recording that it corresponds to, if the case explains a recording.
    pub recorded: Option<String>,
}

impl Serialize for CaseVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(if self.violated { "violated" } else { "reached" }, &self.property)?;
        map.serialize_entry("steps", &self.steps)?;
        if let Some(cycle) = self.cycle {
            map.serialize_entry("cycle", &cycle)?;
        }
        map.end()
    }
}

impl Serialize for CaseStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("action", &self.action)?;
        map.serialize_entry("changes", &Changes(&self.changes))?;
        if let Some(recorded) = &self.recorded {
            map.serialize_entry("recorded", recorded)?;
        }
        map.end()
    }
}

/// Serializes changes as an object: `path: [old, new]`.
pub struct Changes<'a>(pub &'a [Change]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(self.0.iter().map(|change| (&change.path, [&change.old, &change.new])))
    }
}

/// Serializes fields as nested objects, grouped by the first parts of their paths.
struct Nested<'a>(&'a [(&'a str, &'a FieldValue)]);

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        let mut fields = self.0;
        while let [(path, value), ..] = fields {
            let Some((head, _)) = path.split_once('.') else {
                map.serialize_entry(path, value)?;
                fields = &fields[1..];
                continue;
            };
            let below =
                |path: &str| path.strip_prefix(head).is_some_and(|rest| rest.starts_with('.'));
            let len = fields.iter().take_while(|(path, _)| below(path)).count();
            let inner: Vec<_> = fields[..len]
                .iter()
                .map(|(path, value)| (&path[head.len() + 1..], *value))
                .collect();
            map.serialize_entry(head, &Nested(&inner))?;
            fields = &fields[len..];
        }
        map.end()
    }
}

impl Case {
    /// Creates the case of a run that an engine has found.
    pub fn new(
        configuration: Configuration,
        engine: &str,
        verdict: CaseVerdict,
        minimality: Minimality,
        trace: Trace,
    ) -> Self {
        let step = |step: crate::protocols::trace::TraceStep| CaseStep {
            action: step.action,
            changes: step.changes,
            recorded: None,
        };
        Self {
            configuration,
            provenance: Provenance { engine: engine.to_string(), sample: None },
            verdict,
            minimality,
            finding: None,
            initial: trace.initial,
            steps: trace.steps.into_iter().map(step).collect(),
            threads: None,
        }
    }

    /// Returns whether another case shows the same property in the same configuration.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        let (one, two) = (&self.configuration, &other.configuration);
        self.shows_the_same(other) && one.bounds == two.bounds && one.faults == two.faults
    }

    /// Returns whether another case shows the same property with the same rules and variants, in
    /// any size.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        let (one, two) = (&self.configuration, &other.configuration);
        one.entry.name == two.entry.name
            && one.rules() == two.rules()
            && one.variants() == two.variants()
            && self.verdict.property == other.verdict.property
    }

    /// Returns the text of the file: fixed order of keys, one step per line.
    pub fn to_text(&self) -> String {
        let body = self.body();
        let digest = digest(&body);
        format!("{body}  \"digest\": \"{digest}\"\n}}\n")
    }

    /// Returns the part of the file before the digest, which the digest covers.
    fn body(&self) -> String {
        let configuration = &self.configuration;
        let entry = configuration.entry;
        let mut text = String::from("{\n");
        let mut line = |key: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  \"{key}\": {value},");
        };
        line("format", &FORMAT.to_string());
        line("protocol", &json(&entry.name));
        line("bounds", &json(&configuration.bounds));
        line("faults", &json(&configuration.faults));
        line("profile", &json(&entry.profiles[configuration.profile].name));
        line("without", &json(&configuration.rule_names()));
        line("with", &json(&configuration.variant_names()));
        line("provenance", &json(&self.provenance));
        line("verdict", &json(&self.verdict));
        line("minimality", &json(&self.minimality.name()));
        if let Some(finding) = &self.finding {
            line("finding", &json(finding));
        }
        let initial: Vec<_> =
            self.initial.iter().map(|(path, value)| (path.as_str(), value)).collect();
        line("initial", &json(&Nested(&initial)));
        let steps: Vec<String> =
            self.steps.iter().map(|step| format!("    {}", json(step))).collect();
        let steps = if steps.is_empty() {
            "[]".to_string()
        } else {
            format!("[\n{}\n  ]", steps.join(",\n"))
        };
        line("steps", &steps);
        if let Some(threads) = &self.threads {
            line("threads", &json(threads));
        }
        text
    }

    /// Reads a case file. A wrong digest means that the file was edited, which `edited` allows.
    pub fn open(path: &Path, edited: bool) -> Result<Self, Problem> {
        Self::read(&Document::open(path)?, edited)
    }

    /// Reads a case from a document.
    pub fn read(document: &Document, edited: bool) -> Result<Self, Problem> {
        let root = document.root()?;
        let mut object = root.object()?;
        read_format(object.required("format")?, FORMAT)?;
        let configuration = read_configuration(&mut object, root)?;
        let provenance = read_provenance(object.required("provenance")?)?;
        let verdict = read_verdict(&configuration, object.required("verdict")?)?;
        let minimality = read_minimality(object.required("minimality")?)?;
        let finding = object.optional("finding").map(|json| json.string()).transpose()?;
        let mut initial = Vec::new();
        read_nested(object.required("initial")?, "", 0, &mut initial)?;
        let steps_json = object.required("steps")?;
        let steps: Vec<CaseStep> =
            steps_json.items()?.into_iter().map(read_step).collect::<Result<_, _>>()?;
        let threads = object.optional("threads").map(ThreadRun::read).transpose()?;
        let digest_json = object.required("digest")?;
        let written = digest_json.string()?;
        object.finish()?;
        let long_enough =
            steps.len() >= verdict.steps && verdict.cycle.is_none_or(|at| at < steps.len());
        if !long_enough {
            return Err(steps_json.problem("there are fewer steps than the verdict states"));
        }
        let case = Self {
            configuration,
            provenance,
            verdict,
            minimality,
            finding,
            initial,
            steps,
            threads,
        };
        if case.verdict.property == REFINEMENT && case.threads.is_none() {
            return Err(root.problem(
                "only runs of threads violate `refinement`, but the key `threads` is missing",
            ));
        }
        if !edited && digest(&case.body()) != written {
            let problem = digest_json.problem("the digest does not match: the case was edited");
            return Err(problem.hint("`latchwork replay --edited` replays it anyway"));
        }
        Ok(case)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Choice(_, name) => serializer.serialize_str(name),
            Self::List(items) => serializer.collect_seq(items),
            Self::Record(fields) => {
                serializer.collect_map(fields.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    // Serializing strings, numbers, lists and objects with string keys cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

fn digest(body: &str) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(body.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read_provenance(json: Json<'_>) -> Result<Provenance, Problem> {
    let mut object = json.object()?;
    let engine = object.required("engine")?.string()?;
    let sample = match object.optional("seed") {
        Some(seed) => Some(Sample {
            seed: seed.string()?,
            run: object.required("run")?.number()?,
            strategy: object.required("strategy")?.string()?,
        }),
        None => None,
    };
    object.finish()?;
    Ok(Provenance { engine, sample })
}

fn read_verdict(configuration: &Configuration, json: Json<'_>) -> Result<CaseVerdict, Problem> {
    let mut object = json.object()?;
    let (violated, reached) = (object.optional("violated"), object.optional("reached"));
    let (violated, name) = match (violated, reached) {
        (Some(name), None) => (true, name),
        (None, Some(name)) => (false, name),
        _ => return Err(json.problem("exactly one of `violated` and `reached` is needed")),
    };
    let property = name.string()?;
    let entry = configuration.entry;
    let is_action = !violated && entry.actions.iter().any(|action| action.name == property);
    if !is_action && property != REFINEMENT {
        let known = configuration::property(entry, &property);
        known.map_err(|(message, hint)| name.problem(message).hint(hint))?;
    }
    let steps = read_count(&mut object, "steps")?
        .ok_or_else(|| json.problem("the key `steps` is missing"))?;
    let cycle = read_count(&mut object, "cycle")?;
    object.finish()?;
    Ok(CaseVerdict { violated, property, steps, cycle })
}

fn read_count(object: &mut Object<'_>, key: &'static str) -> Result<Option<usize>, Problem> {
    let Some(json) = object.optional(key) else { return Ok(None) };
    let count = json.number()?;
    usize::try_from(count).map(Some).map_err(|_| json.problem("the number is too large"))
}

fn read_minimality(json: Json<'_>) -> Result<Minimality, Problem> {
    let given = json.string()?;
    Minimality::ALL.into_iter().find(|known| known.name() == given).ok_or_else(|| {
        let hint = suggest(&given, Minimality::NAMES, "values");
        json.problem(format!("unknown minimality `{given}`")).hint(hint)
    })
}

/// The maximum nesting depth of the fields of a state in a file.
const MAX_DEPTH: usize = 16;

fn read_nested(
    json: Json<'_>,
    path: &str,
    depth: usize,
    fields: &mut Vec<(String, FieldValue)>,
) -> Result<(), Problem> {
    if depth > MAX_DEPTH {
        return Err(json.problem("no state has fields nested this deep"));
    }
    for member in json.members()? {
        if member.key.is_empty() || member.key.contains('.') {
            return Err(member.value.problem(format!("there is no field `{}`", member.key)));
        }
        let path = match path {
            "" => member.key.to_string(),
            _ => format!("{path}.{}", member.key),
        };
        if member.value.is_object() {
            read_nested(member.value, &path, depth + 1, fields)?;
        } else {
            fields.push((path, read_value(member.value)?));
        }
    }
    Ok(())
}

fn read_value(json: Json<'_>) -> Result<FieldValue, Problem> {
    if json.is_string() {
        return Ok(FieldValue::Text(json.string()?));
    }
    if json.is_list() {
        let items = json.items()?.into_iter().map(|item| item.string());
        return Ok(FieldValue::List(items.collect::<Result<_, _>>()?));
    }
    let number = u8::try_from(json.number()?);
    number.map(FieldValue::Number).map_err(|_| json.problem("a field is a number from 0 to 255"))
}

fn read_step(json: Json<'_>) -> Result<CaseStep, Problem> {
    let mut object = json.object()?;
    let action = object.required("action")?.string()?;
    let mut changes = Vec::new();
    for member in object.required("changes")?.members()? {
        let pair = member.value.items()?;
        let [old, new] = pair.as_slice() else {
            return Err(member
                .value
                .problem("a change is a list of two values: the old one and the new one"));
        };
        let (old, new) = (read_value(*old)?, read_value(*new)?);
        changes.push(Change { path: member.key.into_owned(), old, new });
    }
    let recorded = object.optional("recorded").map(|json| json.string()).transpose()?;
    object.finish()?;
    Ok(CaseStep { action, changes, recorded })
}
