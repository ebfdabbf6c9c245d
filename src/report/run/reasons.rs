//! Why a state is bad: the fields that would have to be different.
//!
//! A property is a function, so the fields it reads are unknown. Instead, each field of the last
//! state is reset to a value that it had earlier in the run. If the state is then no longer bad,
//! that field is a reason.

use crate::engines::fields::Described;
use crate::engines::instance::StateBytes;
use crate::engines::verdict::{BuiltIn, PropertyId};

use super::on_model::Run;
use super::why::putting_back::bytes_of_fields;

/// A field whose value makes a state bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The field with its current value.
    pub field: Described,
    /// The step that set this value; `None` if it is the initial value.
    pub since: Option<usize>,
    /// An earlier value with which the state would not be bad.
    pub otherwise: Described,
    /// The steps that would then be enabled, if the state is bad because none is.
    pub then: Vec<String>,
}

/// What is bad about a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// It shows this property.
    Shows(PropertyId),
    /// No step is enabled in it, and the protocol is not done.
    Standstill,
}

impl Bad {
    /// Returns what is bad about the last state of a run that shows `property`: it shows the
    /// property, or no step is enabled in it. A run that ends in a cycle has no such state.
    pub fn of(run: &Run<'_>, property: &str) -> Option<Self> {
        if let Some(id) = run.entry.property(property)
            && property != BuiltIn::Deadlock.name()
            && run.instance.shows(run.last(), id)
        {
            return Some(Self::Shows(id));
        }
        let stands = run.instance.enabled(run.last()).is_empty();
        (stands && !run.instance.done(run.last())).then_some(Self::Standstill)
    }

    fn is_shown(self, run: &Run<'_>, state: &StateBytes) -> bool {
        match self {
            Self::Shows(property) => run.instance.shows(state, property),
            Self::Standstill => run.instance.enabled(state).is_empty() && !run.instance.done(state),
        }
    }
}

/// Returns the reasons why the last state of a run is bad.
pub fn reasons(run: &Run<'_>, bad: Bad) -> Vec<Reason> {
    let described: Vec<Vec<Described>> =
        run.states.iter().map(|state| run.instance.described(state)).collect();
    let groups = bytes_of_fields(run.instance, run.last(), &run.states);
    groups.iter().filter_map(|(field, bytes)| reason(run, bad, &described, *field, bytes)).collect()
}

fn reason(
    run: &Run<'_>,
    bad: Bad,
    described: &[Vec<Described>],
    field: usize,
    bytes: &[usize],
) -> Option<Reason> {
    let end = described.len() - 1;
    let now = &described[end][field];
    let is_otherwise = |at: &usize| described[*at][field].value != now.value;
    let since = (0..end).rev().find(is_otherwise);
    (0..end).rev().filter(is_otherwise).find_map(|at| {
        let mixed = run.instance.mixed(run.last(), &run.states[at], bytes)?;
        let becomes = run.instance.described(&mixed);
        let alone = (0..becomes.len())
            .all(|other| other == field || becomes[other].value == described[end][other].value);
        if !alone || becomes[field].value == now.value || bad.is_shown(run, &mixed) {
            return None;
        }
        let then = match bad {
            Bad::Standstill => run.instance.enabled(&mixed),
            Bad::Shows(_) => Vec::new(),
        };
        Some(Reason {
            field: now.clone(),
            since,
            otherwise: becomes[field].clone(),
            then: then.into_iter().map(|step| run.spell(step)).collect(),
        })
    })
}
