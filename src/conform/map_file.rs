//! A map written by a user: which lines of a log are which steps of a protocol.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::{Document, Json, Problem, suggest};
use crate::files::configuration::{Configuration, read_configuration, read_format};
use crate::protocols::Entry;

/// The version of the map format.
pub const FORMAT: u64 = 1;

/// The meaning of the lines of a log for a protocol.
#[derive(Clone, Debug)]
pub struct MapFile {
    /// The protocol, with the bounds and fault budgets that the log needs.
    pub configuration: Configuration,
    /// Tables of names: `{app}` in a text is replaced by the name that its template yields.
    pub names: BTreeMap<String, Names>,
    /// The kinds of lines. The first one that matches a line counts.
    pub lines: Vec<LineKind>,
    /// Actions that may happen silently although a kind of line could mean them.
    pub silent: BTreeSet<&'static str>,
}

/// A table of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The template of the key that is looked up: `{host}/{thread}`.
    pub of: String,
    /// The patterns that the key is compared with, each with the name in the model.
    pub is: Vec<(String, String)>,
}

/// A kind of line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineKind {
    /// The event.
    pub event: String,
    /// Patterns that fields of the line must match.
    pub fits: Vec<(String, String)>,
    /// The event of the line that ends it.
    pub until: Option<String>,
    /// The fields that must be equal in the two lines, in addition to the host.
    pub key: Vec<String>,
    /// The steps that it may be; if there are none, it is only an observation.
    pub steps: Vec<String>,
    /// The step that follows once it has ended.
    pub then: Option<String>,
    /// What must hold before the step.
    pub before: Vec<(String, String)>,
    /// What must hold after it.
    pub after: Vec<(String, String)>,
}

impl MapFile {
    /// Reads a map for a protocol.
    ///
    /// # Errors
    ///
    /// If it is not a map, is for another protocol, or refers to something that the protocol does
    /// not have.
    pub fn read(document: &Document, entry: &'static Entry) -> Result<Self, Problem> {
        let root = document.root()?;
        let mut object = root.object()?;
        read_format(object.required("format")?, FORMAT)?;
        let configuration = read_configuration(&mut object, root)?;
        if configuration.entry.name != entry.name {
            let (is, asked) = (configuration.entry.name, entry.name);
            return Err(root.problem(format!("is a map for {is}, not for {asked}")));
        }
        let mut names = BTreeMap::new();
        if let Some(json) = object.optional("names") {
            for member in json.members()? {
                names.insert(member.key.to_string(), read_names(member.value)?);
            }
        }
        let mut silent = BTreeSet::new();
        if let Some(json) = object.optional("silent") {
            for name in json.items()? {
                silent.insert(action(entry, name, &name.string()?)?);
            }
        }
        let json = object.required("lines")?;
        let mut lines = Vec::new();
        for line in json.items()? {
            lines.push(read_line(line, entry)?);
        }
        if lines.is_empty() {
            return Err(json.problem("a map needs at least one kind of line"));
        }
        object.finish()?;
        Ok(Self { configuration, names, lines, silent })
    }

    /// Returns the actions that a log shows when they happen: those that a kind of line means. A
    /// kind whose step is spelled by the line itself can mean any action.
    pub fn visible(&self) -> BTreeSet<&'static str> {
        let entry = self.configuration.entry;
        let steps = self.lines.iter().flat_map(|line| line.steps.iter().chain(&line.then));
        let mut visible = BTreeSet::new();
        for step in steps {
            match named(entry, step) {
                Some(name) => visible.insert(name),
                None => {
                    visible.extend(entry.actions.iter().map(|action| action.name));
                    false
                }
            };
        }
        visible.retain(|name| !self.silent.contains(name));
        visible
    }
}

/// Returns the action of a step.
fn named(entry: &Entry, step: &str) -> Option<&'static str> {
    let name = step.split('(').next().unwrap_or("");
    entry.actions.iter().map(|action| action.name).find(|known| *known == name)
}

fn action(entry: &Entry, json: Json<'_>, name: &str) -> Result<&'static str, Problem> {
    named(entry, name).ok_or_else(|| {
        let hint = suggest(name, entry.actions.iter().map(|action| action.name), "actions");
        json.problem(format!("{} has no action `{name}`", entry.name)).hint(hint)
    })
}

fn read_names(json: Json<'_>) -> Result<Names, Problem> {
    let mut object = json.object()?;
    let of = object.required("of")?.string()?;
    let is = read_pairs(object.required("is")?)?;
    object.finish()?;
    Ok(Names { of, is })
}

fn read_pairs(json: Json<'_>) -> Result<Vec<(String, String)>, Problem> {
    let pair = |member: crate::encoding::json::Member<'_>| {
        let value = match member.value.is_string() {
            true => member.value.string()?,
            false => member.value.number()?.to_string(),
        };
        Ok((member.key.to_string(), value))
    };
    json.members()?.into_iter().map(pair).collect()
}

/// Reads one string, or a list of them, each with its place.
fn strings(json: Json<'_>) -> Result<Vec<(Json<'_>, String)>, Problem> {
    if json.is_string() {
        return Ok(vec![(json, json.string()?)]);
    }
    json.items()?.into_iter().map(|item| Ok((item, item.string()?))).collect()
}

fn read_line(json: Json<'_>, entry: &'static Entry) -> Result<LineKind, Problem> {
    let mut object = json.object()?;
    let event = object.required("event")?.string()?;
    let mut pairs = |key: &'static str| object.optional(key).map(read_pairs).transpose();
    let fits = pairs("where")?.unwrap_or_default();
    let before = pairs("before")?.unwrap_or_default();
    let after = pairs("after")?.unwrap_or_default();
    let until = object.optional("until").map(|json| json.string()).transpose()?;
    let key = object.optional("key").map(strings).transpose()?.unwrap_or_default();
    let steps = object.optional("do").map(strings).transpose()?.unwrap_or_default();
    let then = object.optional("then").map(strings).transpose()?.unwrap_or_default();
    object.finish()?;
    for (json, step) in steps.iter().chain(&then) {
        if !step.starts_with('{') {
            action(entry, *json, step.split('(').next().unwrap_or(step))?;
        }
    }
    if steps.is_empty() && before.is_empty() && after.is_empty() {
        let hint = "`do` is a step, `before` and `after` are fields";
        return Err(json.problem("this kind of line has no effect").hint(hint));
    }
    if then.len() > 1 {
        return Err(json.problem("`then` takes a single step"));
    }
    let texts = |all: Vec<(Json<'_>, String)>| all.into_iter().map(|(_, text)| text).collect();
    let then = then.into_iter().map(|(_, text)| text).next();
    Ok(LineKind { event, fits, until, key: texts(key), steps: texts(steps), then, before, after })
}
