//! Scenario files: JSON in, typed options out, every error with line, column and a hint.

use std::path::Path;

use latchwork_model::kit::Kind;
use serde::Serialize;

use crate::encoding::json::{Document, Json, Object, Problem, suggest};
use crate::engines::verdict::{PropertyId, PropertyInfo, PropertyKind, PropertySet};
use crate::files::configuration::{
    Configuration, Tree, Unknown, ignorable, property, read_configuration, read_format, read_name,
    read_names,
};
use crate::protocols::Entry;

/// The version of the scenario format.
pub const FORMAT: u64 = 1;

/// A scenario: a configuration and its expected result.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of its file, without folder and extension.
    pub name: String,
    /// The configuration.
    pub configuration: Configuration,
    /// The properties that are ignored.
    pub ignore: PropertySet,
    /// What must be reachable.
    pub reach: Vec<Goal>,
    /// The expected result.
    pub expect: Expect,
    /// A sentence about a violation that is known and intended.
    pub finding: Option<String>,
}

/// A goal that must be reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A property of the kind `reachable`.
    Property(PropertyId),
    /// An action that must fire, by its position.
    Action(usize),
}

impl Goal {
    /// Returns the name of the action or the property.
    pub fn name(self, scenario: &Scenario, properties: &[PropertyInfo]) -> &'static str {
        match self {
            Self::Property(id) => properties[usize::from(id.0)].name,
            Self::Action(at) => scenario.configuration.entry.actions[at].name,
        }
    }

    /// Returns a sentence that reports that the goal was not reached.
    pub fn missing(self, scenario: &Scenario, properties: &[PropertyInfo]) -> String {
        let name = self.name(scenario, properties);
        match self {
            Self::Property(_) => format!("`{name}` is not reached"),
            Self::Action(_) => format!("`{name}` never fires"),
        }
    }
}

/// The expected result of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Every property holds in the whole space.
    Holds,
    /// This property is violated, with this length.
    Violates {
        /// The property.
        property: PropertyId,
        /// The length of its shortest violation, in steps.
        steps: u64,
    },
    /// The search stops early, for this reason.
    Inconclusive(String),
}

impl Expect {
    /// The reasons for which a search can be expected to stop early.
    pub const REASONS: [&str; 4] = ["states", "memory", "time", "constraint"];
}

impl Scenario {
    /// Reads a scenario file.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let document = Document::open(path)?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Self::read(&document, name.unwrap_or_default())
    }

    /// Reads a scenario from a document.
    pub fn read(document: &Document, name: String) -> Result<Self, Problem> {
        let root = document.root()?;
        let mut object = root.object()?;
        read_format(object.required("format")?, FORMAT)?;
        let configuration = read_configuration(&mut object, root)?;
        let entry = configuration.entry;
        let ignore = match object.optional("ignore") {
            Some(list) => read_names(list, |name| ignorable(entry, name))?.into_iter().collect(),
            None => PropertySet::EMPTY,
        };
        let reach = match object.optional("reach") {
            Some(list) => read_names(list, |name| goal(entry, name))?,
            None => Vec::new(),
        };
        if let Some(engine) = object.optional("engine") {
            read_engine(engine)?;
        }
        let expect_json = object.required("expect")?;
        let mut expect_object = expect_json.object()?;
        let expect = read_expect(entry, &mut expect_object, expect_json)?;
        let finding = expect_object.optional("finding").map(|json| json.string()).transpose()?;
        expect_object.finish()?;
        object.finish()?;
        if finding.is_some() && !matches!(expect, Expect::Violates { .. }) {
            return Err(expect_json.problem("only a violation can be a `finding`"));
        }
        Ok(Self { name, configuration, ignore, reach, expect, finding })
    }
}

/// Returns the file of a scenario that expects a configuration to hold.
pub fn text_of(configuration: &Configuration) -> String {
    /// The keys in the order in which they are read.
    #[derive(Serialize)]
    struct File<'a> {
        format: u64,
        protocol: &'a str,
        bounds: &'a Tree,
        faults: &'a Tree,
        profile: &'a str,
        without: Vec<&'a str>,
        with: Vec<&'a str>,
        expect: Holds,
    }
    #[derive(Serialize)]
    struct Holds {
        holds: bool,
    }
    let file = File {
        format: FORMAT,
        protocol: configuration.entry.name,
        bounds: &configuration.bounds,
        faults: &configuration.faults,
        profile: configuration.entry.profiles[configuration.profile].name,
        without: configuration.rule_names(),
        with: configuration.variant_names(),
        expect: Holds { holds: true },
    };
    // Serializing names, numbers and lists of them cannot fail.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

fn goal(entry: &Entry, name: &str) -> Result<Goal, Unknown> {
    let action = entry.actions.iter().position(|action| action.name == name);
    if let Some(action) = action {
        return Ok(Goal::Action(action));
    }
    let id = property(entry, name)?;
    let kind = (entry.properties)()[usize::from(id.0)].kind;
    if kind == PropertyKind::Model(Kind::Reachable) {
        return Ok(Goal::Property(id));
    }
    let message = format!("the property `{name}` is not a goal: it states what must hold");
    Err((message, "a goal is an action or a property of the kind `reachable`".to_string()))
}

fn read_engine(json: Json<'_>) -> Result<(), Problem> {
    let mut object = json.object()?;
    let explore = object.required("explore")?;
    explore.object()?.finish()?;
    object.finish()
}

fn read_expect(
    entry: &'static Entry,
    object: &mut Object<'_>,
    whole: Json<'_>,
) -> Result<Expect, Problem> {
    let holds = object.optional("holds");
    let violates = object.optional("violates");
    let inconclusive = object.optional("inconclusive");
    match (holds, violates, inconclusive) {
        (Some(json), None, None) => {
            if json.boolean()? {
                return Ok(Expect::Holds);
            }
            Err(json.problem("`holds` can only be true; use `violates` for a violation"))
        }
        (None, Some(json), None) => {
            let property = read_name(json, |name| property(entry, name))?;
            let kind = (entry.properties)()[usize::from(property.0)].kind;
            if kind == PropertyKind::Model(Kind::Reachable) {
                return Err(json.problem("a `reachable` property is a goal and cannot be violated"));
            }
            let steps = object.required("steps")?.number()?;
            Ok(Expect::Violates { property, steps })
        }
        (None, None, Some(json)) => {
            let why = json.string()?;
            match why.as_str() {
                known if Expect::REASONS.contains(&known) => Ok(Expect::Inconclusive(why)),
                _ => Err(json.problem(format!("unknown reason `{why}`")).hint(suggest(
                    &why,
                    Expect::REASONS,
                    "reasons",
                ))),
            }
        }
        _ => Err(whole.problem("exactly one of `holds`, `violates`, `inconclusive` is needed")),
    }
}
