//! Why a state is bad: the fields that would have to be different.
//!
//! A property is a function, so the fields it reads are unknown. Instead, each field of the last
//! state is reset to a value that it had earlier in the run. If the state is then no longer bad,
//! that field is a reason.

use crate::engines::fields::Described;
use crate::engines::instance::StateBytes;
use crate::engines::verdict::{BuiltIn, PropertyId};

use super::on_model::Run;

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
    let groups = bytes_of_fields(run, &described);
    groups.iter().filter_map(|(field, bytes)| reason(run, bad, &described, *field, bytes)).collect()
}

/// Returns the fields of the last state that had another value before, by position, each with its
/// bytes.
fn bytes_of_fields(run: &Run<'_>, described: &[Vec<Described>]) -> Vec<(usize, Vec<usize>)> {
    let last = run.last();
    let mut bytes: Vec<usize> = run.states.iter().flat_map(|state| state.differing(last)).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let now = &described[described.len() - 1];
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for at in bytes {
        let other = run.states.iter().rev().find(|state| state.differing(last).contains(&at));
        let mixed = other.and_then(|other| run.instance.mixed(last, other, &[at]));
        let seen = mixed.map_or(Vec::new(), |mixed| {
            let then = run.instance.described(&mixed);
            (0..now.len()).filter(|field| then[*field].value != now[*field].value).collect()
        });
        match (seen.as_slice(), groups.last_mut()) {
            ([field], Some((known, bytes))) if known == field => bytes.push(at),
            ([field], _) => groups.push((*field, vec![at])),
            // The unused part of a channel comes after its items.
            ([], Some((_, bytes))) => bytes.push(at),
            _ => {}
        }
    }
    groups
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
