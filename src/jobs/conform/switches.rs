//! Finds the switches, alone or in pairs, with which a rejected recording would be admitted: rules
//! off, variants on, or one more fault.
//!
//! Not all of them need to be tried. A switch that changes nothing in what following has tried so
//! far has no effect at all. For a pair that admits a recording, one switch must change something
//! in what was tried without either, and the other one something in what was tried with the first.

use std::collections::BTreeSet;
use std::fmt;

use crate::conform::slice::Slice;
use crate::engines::follow::item::Item;
use crate::engines::follow::outcome::Followed;
use crate::engines::follow::space::Space;
use crate::engines::follow::sweep::follow;
use crate::engines::verdict::PropertySet;
use crate::files::configuration::{Configuration, Tree};

use super::slice::{MOST, is_explained, space};

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toggle {
    /// A rule is switched off.
    Without(&'static str),
    /// A variant is switched on.
    With(&'static str),
    /// One more of a fault is allowed.
    Fault(&'static str),
}

impl fmt::Display for Toggle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Without(name) => write!(f, "-{name}"),
            Self::With(name) => write!(f, "+{name}"),
            Self::Fault(name) => write!(f, "one more {name}"),
        }
    }
}

/// A set of switches with which a recording is admitted.
pub struct Admitting {
    /// The switches.
    pub toggles: Vec<Toggle>,
    /// The properties that every run then violates.
    pub every: PropertySet,
    /// The properties that some run then violates.
    pub some: PropertySet,
}

/// How many sets of switches were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The number of sets of one or two switches.
    pub all: usize,
    /// The number of sets that change something, and were tried.
    pub tried: usize,
    /// The number of these sets that were given up, because there are too many ways to explain the
    /// recording.
    pub given_up: usize,
}

/// The maximum number of configurations visited with one set of switches.
const MOST_TRIED: usize = 50_000;

/// Returns all single switches and pairs that admit a recording. A pair is included only if neither
/// switch admits it alone.
pub fn admitting(
    slice: &Slice,
    configuration: &Configuration,
    base: &Space,
    items: &[Item],
) -> Result<(Vec<Admitting>, Tried), String> {
    let toggles = toggles(slice, configuration);
    let (mut found, mut tried, mut given_up) = (Vec::new(), 0, 0);
    let mut alone = BTreeSet::new();
    let mut left: Vec<(Toggle, Space)> = Vec::new();
    for toggle in &toggles {
        let Some(mut with) = differing(slice, configuration, &[*toggle], base) else { continue };
        tried += 1;
        match is_explained(&mut with, items, MOST_TRIED) {
            Some(true) => {
                alone.insert(*toggle);
                found.push(vec![*toggle]);
            }
            Some(false) => left.push((*toggle, with)),
            None => given_up += 1,
        }
    }
    let mut pairs = BTreeSet::new();
    for (one, with_one) in &left {
        for other in toggles.iter().filter(|other| *other != one && !alone.contains(other)) {
            let pair = [*one.min(other), *one.max(other)];
            if pairs.contains(&pair) {
                continue;
            }
            let Some(mut with) = differing(slice, configuration, &pair, with_one) else { continue };
            tried += 1;
            match is_explained(&mut with, items, MOST_TRIED) {
                Some(true) => found.push(pair.to_vec()),
                Some(false) => {}
                None => given_up += 1,
            }
            pairs.insert(pair);
        }
    }
    let all = toggles.len() + toggles.len() * toggles.len().saturating_sub(1) / 2;
    let admitting = found.into_iter().filter_map(|toggles| {
        let instance = switched(configuration, &toggles)?.instance().ok()?;
        let (every, some) = match follow(&mut space(slice, instance), items, true, MOST) {
            Followed::Admitted { may, .. } => (PropertySet::EMPTY, may),
            Followed::Violates { every, some, .. } => (every, some),
            Followed::Rejected(_) | Followed::TooMany(_) => return None,
        };
        Some(Admitting { toggles, every, some })
    });
    Ok((admitting.collect(), Tried { all, tried, given_up }))
}

/// Returns everything that can be switched in a configuration. Faults whose occurrences are
/// recorded are left out: their number is known.
fn toggles(slice: &Slice, configuration: &Configuration) -> Vec<Toggle> {
    let entry = configuration.entry;
    let (rules, variants) = (configuration.rules(), configuration.variants());
    let off = entry.rules.iter().enumerate().filter(|(at, _)| rules.is_on(*at));
    let on = entry.variants.iter().enumerate().filter(|(at, _)| !variants.is_on(*at));
    let unseen = |name: &str| !slice.visible.iter().any(|action| is_of(action, name));
    let faults = entry.faults.iter().map(|fault| fault.name).filter(|name| unseen(name));
    off.map(|(_, rule)| Toggle::Without(rule.name))
        .chain(on.map(|(_, variant)| Toggle::With(variant.name)))
        .chain(faults.map(Toggle::Fault))
        .collect()
}

/// Returns whether an action spends the budget of a fault: `fault_session_lost` that of `session`.
fn is_of(action: &str, fault: &str) -> bool {
    action.split_once('_').is_some_and(|(_, name)| name.starts_with(fault))
}

/// Returns a configuration with switches; `None` if a budget cannot be raised.
fn switched(configuration: &Configuration, toggles: &[Toggle]) -> Option<Configuration> {
    let mut configuration = configuration.clone();
    let entry = configuration.entry;
    for toggle in toggles {
        match toggle {
            Toggle::Without(name) => configuration.without.push(entry.rule(name)?),
            Toggle::With(name) => configuration.with.push(entry.variant(name)?),
            Toggle::Fault(name) => {
                let Tree::Record(faults) = &mut configuration.faults else { return None };
                let fault = faults.iter_mut().find(|(known, _)| known == name);
                let Some((_, Tree::Number(budget))) = fault else { return None };
                *budget = budget.checked_add(1)?;
            }
        }
    }
    Some(configuration)
}

/// Returns the model with switches, if it behaves differently in what was tried.
fn differing(
    slice: &Slice,
    configuration: &Configuration,
    toggles: &[Toggle],
    tried: &Space,
) -> Option<Space> {
    let instance = switched(configuration, toggles)?.instance().ok()?;
    tried.differs(instance.as_ref()).then(|| space(slice, instance))
}
