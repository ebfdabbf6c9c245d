//! A run with what is known of its fields: who changes them, and since when they have their values.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Fairness, Process, Step};

use crate::engines::fields::{Described, FieldValue};
use crate::engines::instance::StateBytes;
use crate::protocols::trace::process_of;
use crate::report::run::on_model::Run;

use super::explanation::{Blamed, Waiting};

/// A step that was seen to change a field.
pub struct Write {
    /// The field, by position.
    pub field: usize,
    /// The step.
    pub step: Step,
    /// The value that it left.
    pub new: FieldValue,
}

/// A run, and the writes that were seen in it, in alternatives to its steps, and in other runs.
pub struct Scene<'a> {
    /// The run.
    pub run: &'a Run<'a>,
    /// The fields of every state of the run.
    pub fields: Vec<Vec<Described>>,
    /// The writes, without those of faults; each once.
    pub writes: Vec<Write>,
    /// The field that says where a process is.
    pub locations: BTreeMap<Process, usize>,
}

impl<'a> Scene<'a> {
    /// Describes a run. `others` are states of other runs of the same protocol.
    pub fn new(run: &'a Run<'a>, others: &[StateBytes]) -> Self {
        let fields: Vec<_> = run.states.iter().map(|state| run.instance.described(state)).collect();
        let (writes, locations) = observed(run, run.states.iter().chain(others));
        Self { run, fields, writes, locations }
    }

    /// Returns the fields of the last state.
    pub fn last(&self) -> &[Described] {
        &self.fields[self.fields.len() - 1]
    }

    /// Returns the step that gave a field the value that it has in the last state.
    pub fn since(&self, field: usize) -> Option<usize> {
        let now = &self.last()[field].value;
        (0..self.fields.len() - 1).rev().find(|at| self.fields[*at][field].value != *now)
    }

    /// Returns the process that takes a step.
    pub fn process(&self, step: Step) -> Process {
        step.process(self.run.entry.actions)
    }

    /// Returns the name of the process that takes a step.
    pub fn name(&self, step: Step) -> String {
        process_of(self.run.entry, &self.run.spell(step))
    }

    /// Returns a field of the last state as a reason, with the value with which it would be none.
    pub fn blamed(&self, field: usize, otherwise: &FieldValue) -> Blamed {
        let since = self.since(field);
        Blamed {
            field: self.last()[field].clone(),
            since,
            by: since.map(|at| self.run.spell(self.run.path.steps[at])),
            otherwise: otherwise.clone(),
        }
    }

    /// Returns whether a field says where some process is.
    pub fn is_location(&self, field: usize) -> bool {
        self.locations.values().any(|location| *location == field)
    }

    /// Describes the process that would take `step`, and waits for these fields.
    pub fn waiting(&self, step: Step, fields: &[usize]) -> Waiting {
        let location = self.locations.get(&self.process(step)).copied();
        Waiting {
            process: self.name(step),
            step: Some(self.run.spell(step)),
            location: location.map(|field| self.blamed(field, &self.last()[field].value)),
            queued: self.queued(step, fields),
        }
    }

    /// Returns the queues of the last state in which a process stands, itself or by the part of the
    /// state that it waits for. Channels are none of them.
    fn queued(&self, step: Step, fields: &[usize]) -> Vec<Blamed> {
        let name = self.name(step);
        let mut ids: BTreeSet<&str> = name.split('@').skip(1).collect();
        let is_id = |part: &&str| part.ends_with(|last: char| last.is_ascii_digit());
        for field in fields {
            ids.extend(self.last()[*field].path.split('.').filter(is_id));
        }
        let contains = |value: &FieldValue| match value {
            FieldValue::List(items) => {
                items.iter().any(|item| ids.contains(item.split(':').next().unwrap_or("")))
            }
            _ => false,
        };
        let is_queue = |field: &usize| {
            let described = &self.last()[*field];
            !described.channel && !fields.contains(field) && contains(&described.value)
        };
        let queues = (0..self.last().len()).filter(is_queue);
        queues
            .map(|field| {
                let end = self.fields.len() - 1;
                let stood = |at: &usize| contains(&self.fields[*at][field].value);
                // The step after which it has stood there all the time.
                let since = (0..end).rev().find(|at| !stood(at));
                Blamed {
                    field: self.last()[field].clone(),
                    since,
                    by: since.map(|at| self.run.spell(self.run.path.steps[at])),
                    otherwise: FieldValue::List(Vec::new()),
                }
            })
            .collect()
    }
}

/// Returns the writes of all steps of some states, and the location of each process.
fn observed<'s>(
    run: &Run<'_>,
    states: impl Iterator<Item = &'s StateBytes>,
) -> (Vec<Write>, BTreeMap<Process, usize>) {
    let (actions, lanes) = (run.entry.actions, run.entry.lanes);
    let mut known = BTreeSet::new();
    let mut writes = Vec::new();
    let mut names: BTreeMap<Process, String> = BTreeMap::new();
    for state in states {
        let old = run.instance.described(state);
        for (step, next) in run.instance.steps_from(state) {
            let process = step.process(actions);
            if lanes[usize::from(process.lane)].fairness == Fairness::Fault {
                continue;
            }
            let new = run.instance.described(&next);
            let name = || process_of(run.entry, &run.spell(step));
            names.entry(process).or_insert_with(name);
            for field in (0..old.len()).filter(|field| old[*field].value != new[*field].value) {
                if known.insert((field, step, new[field].value.clone())) {
                    writes.push(Write { field, step, new: new[field].value.clone() });
                }
            }
        }
    }
    let fields = run.instance.described(&run.states[0]);
    let mut locations = BTreeMap::new();
    for (process, name) in names {
        let (lane, id) = name.split_once('@').unwrap_or((&name, ""));
        let is_location = |field: &Described| {
            let mut parts = field.path.split('.');
            let names_it = id.is_empty() || parts.any(|part| part == id);
            let last = field.path.rsplit('.').next().unwrap_or("");
            let says_where = last == "at" || last == lane || field.path == format!("{lane}.{id}");
            matches!(field.value, FieldValue::Text(_))
                && names_it
                && says_where
                && (!id.is_empty() || field.path.starts_with(lane) || last == lane)
        };
        locations.extend(fields.iter().position(is_location).map(|field| (process, field)));
    }
    (writes, locations)
}
