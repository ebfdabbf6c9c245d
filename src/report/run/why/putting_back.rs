//! Gives fields of a state the values that they had in other states.

use crate::engines::fields::{Described, FieldValue};
use crate::engines::instance::{Instance, StateBytes};

/// A value that a field can be given.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The field, by position.
    pub field: usize,
    /// The value.
    pub value: FieldValue,
    /// The bytes that represent the field.
    bytes: Vec<usize>,
    /// The state that has the value.
    donor: StateBytes,
}

impl Variant {
    /// Returns a state in which the field has this value and nothing else is changed; `None` if
    /// the bytes do not make a valid state.
    pub fn in_state(&self, instance: &dyn Instance, state: &StateBytes) -> Option<StateBytes> {
        instance.mixed(state, &self.donor, &self.bytes)
    }
}

/// Returns a state in which the fields of a set have their values and nothing else is changed; `None`
/// if the bytes do not make a valid state.
pub fn together(
    set: &[&Variant],
    instance: &dyn Instance,
    state: &StateBytes,
) -> Option<StateBytes> {
    set.iter().try_fold(state.clone(), |state, variant| variant.in_state(instance, &state))
}

/// Returns the sets of two different fields, in order.
pub fn pairs<'v>(all: &'v [&'v Variant]) -> impl Iterator<Item = [&'v Variant; 2]> {
    all.iter().enumerate().flat_map(move |(at, one)| {
        let others = all[at + 1..].iter().filter(move |other| other.field != one.field);
        others.map(move |other| [*one, *other])
    })
}

/// Returns the sets of three different fields, in order.
pub fn threes<'v>(all: &'v [&'v Variant]) -> impl Iterator<Item = [&'v Variant; 3]> {
    all.iter().enumerate().flat_map(move |(at, one)| {
        let others = pairs(&all[at + 1..]);
        let others = others.filter(move |two| two.iter().all(|other| other.field != one.field));
        others.map(move |[other, third]| [*one, other, third])
    })
}

/// Returns the fields in which `state` differs from some of `donors`, by position, each with its
/// bytes.
pub fn bytes_of_fields(
    instance: &dyn Instance,
    state: &StateBytes,
    donors: &[StateBytes],
) -> Vec<(usize, Vec<usize>)> {
    let mut bytes: Vec<usize> = donors.iter().flat_map(|donor| donor.differing(state)).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let fields = instance.described(state).len();
    let now = instance.values(state);
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for at in bytes {
        let other = donors.iter().rev().find(|donor| donor.differing(state).contains(&at));
        let mixed = other.and_then(|other| instance.mixed(state, other, &[at]));
        let seen = mixed.map_or(Vec::new(), |mixed| {
            let then = instance.values(&mixed);
            (0..fields).filter(|field| then.at(*field) != now.at(*field)).collect()
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

/// Returns the values that each field of a state can be given, at most `most` per field: those of
/// the donors, the first donor first. Only values that change no other field are returned.
pub fn variants(
    instance: &dyn Instance,
    state: &StateBytes,
    donors: &[StateBytes],
    most: usize,
) -> Vec<Variant> {
    let now = instance.described(state);
    let mut all = Vec::new();
    for (field, bytes) in bytes_of_fields(instance, state, donors) {
        let mut known = vec![now[field].value.clone()];
        for donor in donors {
            if known.len() > most {
                break;
            }
            let Some(mixed) = instance.mixed(state, donor, &bytes) else { continue };
            let then = instance.described(&mixed);
            if known.contains(&then[field].value) || !is_alone(&now, &then, field) {
                continue;
            }
            known.push(then[field].value.clone());
            let value = then[field].value.clone();
            all.push(Variant { field, value, bytes: bytes.clone(), donor: donor.clone() });
        }
    }
    all
}

fn is_alone(now: &[Described], then: &[Described], field: usize) -> bool {
    let mut others = (0..now.len()).filter(|other| *other != field);
    others.all(|other| now[other].value == then[other].value)
}
