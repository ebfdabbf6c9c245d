//! Symmetry: of the states that differ by an exchange of interchangeable processes, one is searched.
//!
//! A model says which exchanges change nothing, and is not believed: in every state that is examined
//! the exchanged state must have the exchanged successors, and every property must say the same of
//! it. That is every state of a small space, and of a large one those of the first levels and a
//! sample of the others; which states these are does not depend on the threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use latchwork_model::kit::{Model, Permutation, Step};
use zerocopy::IntoBytes;

use crate::engines::verdict::{Refused, Symmetry};

use super::panics;

/// The most permutations that are tried one after the other.
const MOST: usize = 5040;
/// Up to so many states all are examined, of more one out of [`SAMPLE`].
const ALL: u64 = 10_000;
/// See [`ALL`].
const SAMPLE: u64 = 64;

/// The exchanges of a model.
pub(super) struct Quotient {
    /// Every permutation but the one that moves nobody; if the model sorts, some that generate them.
    group: Vec<Permutation>,
    /// Whether the model sorts.
    sorts: bool,
    interchangeable: Vec<Vec<String>>,
    /// States whose fingerprint this divides are examined.
    every: AtomicU64,
    examined: AtomicU64,
    /// Of the states in which something differs the first one by its bytes, and what it is.
    difference: Mutex<Option<(Vec<u8>, String)>>,
}

impl Quotient {
    /// The exchanges that a model declares; nothing if there are none.
    pub fn of<M: Model>(model: &M, initial: &[M::State]) -> Result<Option<Self>, Refused> {
        let mut generators = BTreeSet::new();
        model.symmetries(&mut |permutation| {
            generators.insert(permutation);
        });
        generators.remove(&Permutation::IDENTITY);
        if generators.is_empty() {
            return Ok(None);
        }
        let sorts = initial.first().is_some_and(|state| model.sorting(state).is_some());
        let group = if sorts { generators.clone() } else { closure(&generators)? };
        Ok(Some(Self {
            group: group.into_iter().collect(),
            sorts,
            interchangeable: classes(&generators),
            every: AtomicU64::new(1),
            examined: AtomicU64::new(0),
            difference: Mutex::new(None),
        }))
    }

    /// The state that stands for all that differ from `state` by an exchange: the least of them, or
    /// the one that is sorted.
    #[inline]
    pub fn representative<M: Model>(&self, model: &M, state: &M::State) -> M::State {
        if self.sorts {
            return model.sorting(state).map_or(*state, |by| model.permuted(state, &by));
        }
        let mut least = *state;
        for by in &self.group {
            let other = model.permuted(state, by);
            if other.as_bytes() < least.as_bytes() {
                least = other;
            }
        }
        least
    }

    /// Examines a representative if it is one of those that are.
    #[inline]
    pub fn look_at<M: Model>(&self, model: &M, state: &M::State, fingerprint: u64) {
        if fingerprint.is_multiple_of(self.every.load(Relaxed)) {
            self.examine(model, state);
        }
    }

    #[inline(never)]
    fn examine<M: Model>(&self, model: &M, state: &M::State) {
        self.examined.fetch_add(1, Relaxed);
        let sorting = model.sorting(state);
        for by in self.group.iter().chain(&sorting) {
            let Some(what) = self.differs(model, state, by) else { continue };
            let mut first = self.difference.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = state.as_bytes();
            if first.as_ref().is_none_or(|(least, _)| bytes < least.as_slice()) {
                *first = Some((bytes.to_vec(), format!("{what}, after {}", words(by))));
            }
            return;
        }
    }

    /// What is not the same in a state and the exchanged one.
    fn differs<M: Model>(&self, model: &M, state: &M::State, by: &Permutation) -> Option<String> {
        let exchanged = model.permuted(state, by);
        let expected = steps(model, state, |step, next| {
            (by.step(step, M::ACTIONS), next.map(|next| model.permuted(next, by)))
        });
        let found = steps(model, &exchanged, |step, next| (step, next.copied()));
        let differs = match (expected, found) {
            (Some(expected), Some(found)) => differing::<M>(&expected, &found),
            (None, None) => None,
            _ => Some("it is not the same whether the model panics".to_string()),
        };
        if differs.is_some() {
            return differs;
        }
        let done = |state| panics::catch(|| model.done(state)).ok();
        if done(state) != done(&exchanged) {
            return Some("it is not the same whether the protocol is done".to_string());
        }
        for property in M::PROPERTIES.iter().filter(|property| !property.kind.is_temporal()) {
            let claim = |state| panics::catch(|| (property.check)(model, state)).ok();
            if claim(state) != claim(&exchanged) {
                return Some(format!("the property `{}` says something else", property.name));
            }
        }
        let one = self.representative(model, state);
        let other = self.representative(model, &exchanged);
        (one.as_bytes() != other.as_bytes())
            .then(|| "sorting does not come to the same state".to_string())
    }

    /// A level is finished, after which so many states are known; whether all is well.
    pub fn finish_level(&self, distinct: u64) -> bool {
        self.every.store(if distinct <= ALL { 1 } else { SAMPLE }, Relaxed);
        self.difference.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// What came of it.
    pub fn conclusion(&self) -> Symmetry {
        let difference = self.difference.lock().unwrap_or_else(PoisonError::into_inner);
        Symmetry {
            interchangeable: self.interchangeable.clone(),
            examined: self.examined.load(Relaxed),
            refused: difference.as_ref().map(|(_, what)| Refused::Differs(what.clone())),
        }
    }
}

/// The steps of a state with what comes of them, in order.
type Steps<S> = Vec<(Step, Result<S, &'static str>)>;

/// The steps of a state, told otherwise; nothing if the model panics.
fn steps<M: Model>(
    model: &M,
    state: &M::State,
    told: impl Fn(Step, Result<&M::State, &'static str>) -> (Step, Result<M::State, &'static str>),
) -> Option<Steps<M::State>> {
    let mut steps = Vec::new();
    panics::catch(|| model.successors(state, |step, next| steps.push(told(step, next)))).ok()?;
    steps.sort_unstable_by_key(|(step, _)| *step);
    Some(steps)
}

/// The first of some steps that should be there and is not, is there and should not, or does
/// something else.
fn differing<M: Model>(expected: &Steps<M::State>, found: &Steps<M::State>) -> Option<String> {
    let name = |step: Step| step.spell(M::ACTIONS);
    let lacks = |steps: &Steps<M::State>, step| !steps.iter().any(|(other, _)| *other == step);
    if let Some((step, _)) = expected.iter().find(|(step, _)| lacks(found, *step)) {
        return Some(format!("`{}` is not enabled", name(*step)));
    }
    if let Some((step, _)) = found.iter().find(|(step, _)| lacks(expected, *step)) {
        return Some(format!("`{}` is enabled", name(*step)));
    }
    let mut pairs = expected.iter().zip(found);
    let (_, (step, _)) = pairs.find(|((_, expected), (_, found))| match (expected, found) {
        (Ok(expected), Ok(found)) => expected.as_bytes() != found.as_bytes(),
        (Err(expected), Err(found)) => expected != found,
        _ => true,
    })?;
    Some(format!("`{}` does something else", name(*step)))
}

/// All permutations that can be composed of some, but for the one that moves nobody.
fn closure(generators: &BTreeSet<Permutation>) -> Result<BTreeSet<Permutation>, Refused> {
    let mut group = BTreeSet::from([Permutation::IDENTITY]);
    let mut fresh = vec![Permutation::IDENTITY];
    while let Some(one) = fresh.pop() {
        for other in generators {
            let both = one.then(other);
            if group.insert(both) {
                fresh.push(both);
            }
        }
        if group.len() > MOST {
            return Err(Refused::TooMany(MOST));
        }
    }
    group.remove(&Permutation::IDENTITY);
    Ok(group)
}

/// The sets of ids that change places with one another.
fn classes(generators: &BTreeSet<Permutation>) -> Vec<Vec<String>> {
    let mut class: BTreeMap<(&str, u8), (&str, u8)> = BTreeMap::new();
    for (kind, from, to) in generators.iter().flat_map(Permutation::moved) {
        let of = |id| class.get(&id).copied().unwrap_or(id);
        let (one, other) = (of((kind, from)), of((kind, to)));
        let least = one.min(other);
        class.insert((kind, from), least);
        class.insert((kind, to), least);
        class.values_mut().filter(|of| **of == one || **of == other).for_each(|of| *of = least);
    }
    let mut classes: BTreeMap<(&str, u8), Vec<String>> = BTreeMap::new();
    for ((kind, index), least) in class {
        classes.entry(least).or_default().push(format!("{kind}{index}"));
    }
    classes.into_values().collect()
}

/// Who goes where.
fn words(by: &Permutation) -> String {
    let moves = by.moved().map(|(kind, from, to)| format!("{kind}{from} becomes {kind}{to}"));
    moves.collect::<Vec<_>>().join(", ")
}
