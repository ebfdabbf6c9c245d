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
    /// What it is about: a file and a holder, or the names of the logs.
    pub name: String,
    /// The protocol, with bounds and budgets that fit the recording.
    pub configuration: Configuration,
    /// What was recorded, in the order in which it began.
    pub recorded: Vec<Recorded>,
    /// The actions that a recording shows when they happen.
    pub visible: BTreeSet<&'static str>,
    /// The actions that happen unseen only where they change nothing in `quiet_fields`.
    pub quiet: BTreeSet<&'static str>,
    /// How the paths of those fields begin.
    pub quiet_fields: Vec<String>,
    /// What the map has no word for, with how often it is there.
    pub left_out: BTreeMap<String, u64>,
}

/// Something that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What it says: `LOCK 0-9: OK`.
    pub says: String,
    /// Where it stands: `frames 118-121`, `n0.txt:5`.
    pub place: String,
    /// The first position at which it may have happened.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// Whether it has happened for sure.
    pub must: bool,
    /// What may have happened.
    pub ways: Vec<NamedWay>,
    /// What of the list happened before it if at all.
    pub needs: Vec<usize>,
}

/// A way in names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedWay {
    /// The step as it is written: `app_lock(a0)`; `None`: something is only seen.
    pub step: Option<String>,
    /// What is so before it.
    pub before: Vec<Fact>,
    /// What is so after it.
    pub after: Vec<Fact>,
    /// The lanes in which nobody can go on then.
    pub rests: Vec<&'static str>,
}

impl NamedWay {
    /// That a step is taken.
    pub fn step(step: impl Into<String>) -> Self {
        Self { step: Some(step.into()), ..Self::default() }
    }

    /// That something is seen.
    pub fn see(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self { after: vec![field(path, value)], ..Self::default() }
    }

    /// The same, where this is so before.
    #[must_use]
    pub fn when(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.before.push(field(path, value));
        self
    }

    /// The same, where this is not so before.
    #[must_use]
    pub fn unless(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        let (path, value) = (path.into(), value.into());
        self.before.push(Fact::Field { path, is: false, value });
        self
    }

    /// The same, where this is so after it.
    #[must_use]
    pub fn then(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.after.push(field(path, value));
        self
    }
}

/// That a field has a value.
pub fn field(path: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact::Field { path: path.into(), is: true, value: value.into() }
}

impl Slice {
    /// What is followed in an instance of the protocol.
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

    /// The steps that the recording has no word for.
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

    /// The steps that the recording shows when they happen.
    pub fn visible_steps(&self, instance: &dyn Instance) -> Vec<Step> {
        let name = |step: &Step| instance.actions()[usize::from(step.action)].name;
        instance.all_steps().into_iter().filter(|step| self.visible.contains(name(step))).collect()
    }
}

/// The configuration of a protocol with these bounds and budgets, each a JSON object.
///
/// # Errors
///
/// If the protocol does not have them: more locks than it can have, more of a fault.
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
