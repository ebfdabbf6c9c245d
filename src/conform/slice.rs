//! A part of a recording, in the names of a protocol.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{LaneInfo, Step};

use crate::encoding::json::Document;
use crate::engines::follow::item::{Fact, Item, Silent, Way};
use crate::engines::instance::Instance;
use crate::files::configuration::{Configuration, read_configuration};

/// A part of a recording that one instance of a protocol can be checked against.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The subject: a file and a holder, or the names of the logs.
    pub name: String,
    /// The protocol, with bounds and fault budgets that fit the recording.
    pub configuration: Configuration,
    /// The recorded items, in the order in which they began.
    pub recorded: Vec<Recorded>,
    /// The actions that a recording shows when they happen.
    pub visible: BTreeSet<&'static str>,
    /// The actions that are silent only if they change nothing in `quiet_fields`.
    pub quiet: BTreeSet<&'static str>,
    /// The prefixes of the paths of those fields.
    pub quiet_fields: Vec<String>,
    /// What the map cannot translate, with the number of occurrences.
    pub left_out: BTreeMap<String, u64>,
}

/// A recorded item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its text: `LOCK 0-9: OK`.
    pub says: String,
    /// Its place in the recording: `frames 118-121`, `n0.txt:5`.
    pub place: String,
    /// The first position at which it may have happened.
    pub from: u64,
    /// The last position at which it may have happened.
    pub to: u64,
    /// Whether it certainly happened.
    pub must: bool,
    /// The alternatives: one of these happened.
    pub ways: Vec<NamedWay>,
    /// The items, by position in the list, that happened before it, if they happened at all.
    pub needs: Vec<usize>,
}

/// A way of an item, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedWay {
    /// The step as text: `app_lock(a0)`; `None` for an observation without a step.
    pub step: Option<String>,
    /// The facts that hold before it.
    pub before: Vec<Fact>,
    /// The facts that hold after it.
    pub after: Vec<Fact>,
    /// The lanes in which no process can take a step then.
    pub rests: Vec<&'static str>,
}

impl NamedWay {
    /// Returns a way that takes a step.
    pub fn step(step: impl Into<String>) -> Self {
        Self { step: Some(step.into()), ..Self::default() }
    }

    /// Returns a way that observes the value of a field.
    pub fn see(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self { after: vec![field(path, value)], ..Self::default() }
    }

    /// Adds that a field has this value before.
    #[must_use]
    pub fn when(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.before.push(field(path, value));
        self
    }

    /// Adds that a field does not have this value before.
    #[must_use]
    pub fn unless(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        let (path, value) = (path.into(), value.into());
        self.before.push(Fact::Field { path, is: false, value });
        self
    }

    /// Adds that a field has this value after it.
    #[must_use]
    pub fn then(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.after.push(field(path, value));
        self
    }
}

/// Returns the fact that a field has a value.
pub fn field(path: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact::Field { path: path.into(), is: true, value: value.into() }
}

impl Slice {
    /// Returns the items to follow in an instance of the protocol.
    ///
    /// # Errors
    ///
    /// If the protocol has no such step or field within its bounds.
    pub fn items(&self, instance: &dyn Instance) -> Result<Vec<Item>, String> {
        let actions = instance.actions();
        let all = instance.all_steps().into_iter();
        let steps: BTreeMap<String, Step> =
            all.map(|step| (step.spell(actions).to_string(), step)).collect();
        let fields: BTreeSet<String> = instance
            .initial()
            .first()
            .map(|state| instance.fields(state).into_iter().map(|(path, _)| path).collect())
            .unwrap_or_default();
        let way = |recorded: &Recorded, way: &NamedWay| {
            let problem = |what: &str, name: &str| {
                let hint = "hint: are the bounds large enough?";
                format!(
                    "{}: the model has no {what} `{name}` in these bounds\n{hint}",
                    recorded.place
                )
            };
            let step = way
                .step
                .as_ref()
                .map(|step| steps.get(step).copied().ok_or_else(|| problem("step", step)));
            for fact in way.before.iter().chain(&way.after) {
                if let Fact::Field { path, .. } = fact
                    && !fields.contains(path.split('[').next().unwrap_or(path))
                {
                    return Err(problem("field", path));
                }
            }
            let step = step.transpose()?;
            let mut after = way.after.clone();
            if !way.rests.is_empty() {
                let named = |(_, lane): &(u8, &LaneInfo)| way.rests.contains(&lane.name);
                let lanes = (0u8..).zip(self.configuration.entry.lanes).filter(named);
                after.push(Fact::Resting { lanes: lanes.map(|(at, _)| at).collect() });
            }
            Ok(Way { step, before: way.before.clone(), after })
        };
        let item = |recorded: &Recorded| {
            Ok(Item {
                from: recorded.from,
                to: recorded.to,
                must: recorded.must,
                ways: recorded
                    .ways
                    .iter()
                    .map(|named| way(recorded, named))
                    .collect::<Result<_, String>>()?,
                needs: recorded.needs.clone(),
            })
        };
        self.recorded.iter().map(item).collect()
    }

    /// Returns the steps that the recording cannot show.
    pub fn silent(&self, instance: &dyn Instance) -> Silent {
        let (mut always, mut quiet) = (Vec::new(), Vec::new());
        for step in instance.all_steps() {
            let name = instance.actions()[usize::from(step.action)].name;
            if self.quiet.contains(name) {
                quiet.push(step);
            } else if !self.visible.contains(name) {
                always.push(step);
            }
        }
        Silent { always, quiet, quiet_fields: self.quiet_fields.clone() }
    }

    /// Returns the steps that the recording shows when they happen.
    pub fn visible_steps(&self, instance: &dyn Instance) -> Vec<Step> {
        let name = |step: &Step| instance.actions()[usize::from(step.action)].name;
        instance.all_steps().into_iter().filter(|step| self.visible.contains(name(step))).collect()
    }
}

/// Returns the configuration of a protocol with these bounds and fault budgets, each a JSON object.
///
/// # Errors
///
/// If the protocol does not support them: more locks or more of a fault than it allows.
pub fn configuration(
    protocol: &str,
    bounds: &serde_json::Value,
    faults: &serde_json::Value,
) -> Result<Configuration, String> {
    let text = serde_json::json!({ "protocol": protocol, "bounds": bounds, "faults": faults });
    let document = Document::new("the recording", text.to_string());
    let read = || {
        let root = document.root()?;
        let mut object = root.object()?;
        read_configuration(&mut object, root)
    };
    read().map_err(|problem| problem.message)
}
