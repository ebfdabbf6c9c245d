//! Symmetry: explores one representative of each set of states that differ only by exchanging
//! interchangeable processes.
//!
//! A model declares which exchanges change nothing, and the engine verifies this. In every examined
//! state, the exchanged state must have the exchanged successors, and every property must have the
//! same value in both. In a small space all states are examined. In a large one, the states of the
//! first levels and a sample of the others are examined; the choice does not depend on the threads.
//! For a model that sorts, all states that differ from the examined one by an exchange are checked, up
//! to [`ORBIT`] of them, and so are the successors of the examined state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use latchwork_model::kit::{Cut, Model, Permutation, Step};
use zerocopy::IntoBytes;

use crate::engines::verdict::{End, Refused, Symmetry};

use super::{panics, shown, steps};

/// The maximum number of permutations that are tried one after another.
const MOST: usize = 5040;
/// Up to this many states, all are examined; beyond that, one in [`SAMPLE`].
const ALL: u64 = 10_000;
/// See [`ALL`].
const SAMPLE: u64 = 64;
/// The maximum number of states that differ by an exchange and are examined together.
const ORBIT: usize = 128;

/// The symmetry of a model.
pub(super) struct Quotient {
    /// Every permutation except the identity; if the model sorts, a set of generators.
    group: Vec<Permutation>,
    /// Whether the model sorts.
    sorts: bool,
    interchangeable: Vec<Vec<String>>,
    /// States whose fingerprint is divisible by this are examined.
    every: AtomicU64,
    examined: AtomicU64,
    /// Of the states in which something differs, the first one by its bytes, and the difference.
    difference: Mutex<Option<(Vec<u8>, String)>>,
}

impl Quotient {
    /// Returns the exchanges that a model declares; `None` if there are none.
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

    /// Returns the representative of all states that differ from `state` by an exchange: the least
    /// of them, or the sorted one.
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

    /// Examines a representative if it is part of the sample.
    #[inline]
    pub fn look_at<M: Model>(&self, model: &M, state: &M::State, fingerprint: u64) {
        if fingerprint.is_multiple_of(self.every.load(Relaxed)) {
            self.examine(model, state);
        }
    }

    #[inline(never)]
    fn examine<M: Model>(&self, model: &M, state: &M::State) {
        self.examined.fetch_add(1, Relaxed);
        let what = panics::catch(|| match self.sorts {
            true => self.examine_orbit(model, state),
            false => self.examine_with(model, state, &self.group),
        });
        if let Some(what) = what.unwrap_or_else(|_| Some(EXCHANGE_PANICS.to_string())) {
            self.differ::<M>(state, what);
        }
    }

    /// Examines an initial state, which need not be a representative, and returns its
    /// representative.
    pub fn start<M: Model>(&self, model: &M, state: &M::State) -> M::State {
        let what = panics::catch(|| {
            let what = self.examine_with(model, state, &self.group);
            (what, self.representative(model, state))
        });
        let (what, stands) = what.unwrap_or_else(|_| (Some(EXCHANGE_PANICS.to_string()), *state));
        if let Some(what) = what {
            self.differ::<M>(state, what);
        }
        stands
    }

    /// Checks whether a panic in a state came from exchanging its successors.
    pub fn look_after_panic<M: Model>(&self, model: &M, state: &M::State) {
        let mut panicked = false;
        steps::each(model, state, |_, next| {
            let Ok(next) = next else { return };
            panicked |= panics::catch(|| self.representative(model, next)).is_err();
        });
        if panicked {
            self.differ::<M>(state, EXCHANGE_PANICS.to_string());
        }
    }

    /// Records a difference if it is in the least state so far.
    fn differ<M: Model>(&self, state: &M::State, what: String) {
        let mut first = self.difference.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = state.as_bytes();
        if first.as_ref().is_none_or(|(least, _)| bytes < least.as_slice()) {
            *first = Some((bytes.to_vec(), what));
        }
    }

    fn examine_with<M: Model>(
        &self,
        model: &M,
        state: &M::State,
        group: &[Permutation],
    ) -> Option<String> {
        let sorting = model.sorting(state);
        group.iter().chain(&sorting).find_map(|by| {
            let what = self.differs(model, state, by)?;
            Some(format!("{what}, after {}", words(by)))
        })
    }

    /// Applies the generators to the examined state and to all states that this reaches, one after
    /// another.
    fn examine_orbit<M: Model>(&self, model: &M, state: &M::State) -> Option<String> {
        let mut known = BTreeSet::from([state.as_bytes().to_vec()]);
        let mut orbit = vec![*state];
        let mut at = 0;
        while let Some(state) = orbit.get(at).copied() {
            if let Some(what) = self.examine_with(model, &state, &self.group) {
                return Some(what);
            }
            for by in &self.group {
                let other = model.permuted(&state, by);
                if orbit.len() < ORBIT && known.insert(other.as_bytes().to_vec()) {
                    orbit.push(other);
                }
            }
            at += 1;
        }
        // Sorting need not be one of the declared exchanges, so what is reached is compared with what
        // it is sorted to.
        let mut met = Vec::new();
        steps::each(model, state, |_, next| met.extend(next.ok().copied()));
        met.iter().find_map(|state| self.examine_with(model, state, &self.group))
    }

    /// Returns what differs between a state and the exchanged one.
    fn differs<M: Model>(&self, model: &M, state: &M::State, by: &Permutation) -> Option<String> {
        let exchanged = model.permuted(state, by);
        let expected = steps_of(model, state, |step, next| {
            (by.step(step, M::ACTIONS), next.map(|next| model.permuted(next, by)))
        });
        let found = steps_of(model, &exchanged, |step, next| (step, next.copied()));
        let differs = differing::<M>(&expected, &found);
        if differs.is_some() {
            return differs;
        }
        let done = |state| panics::catch(|| model.done(state)).ok();
        if done(state) != done(&exchanged) {
            return Some("it is not the same whether the protocol is done".to_string());
        }
        let within = |state| panics::catch(|| model.constraint(state)).ok();
        if within(state) != within(&exchanged) {
            return Some("the constraint holds in one state only".to_string());
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

    /// Finishes a level, after which `distinct` states are known. Returns whether no difference was
    /// found.
    pub fn finish_level(&self, distinct: u64) -> bool {
        self.every.store(if distinct <= ALL { 1 } else { SAMPLE }, Relaxed);
        self.difference.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Returns the result of the verification.
    pub fn conclusion(&self) -> Symmetry {
        let difference = self.difference.lock().unwrap_or_else(PoisonError::into_inner);
        Symmetry {
            interchangeable: self.interchangeable.clone(),
            examined: self.examined.load(Relaxed),
            refused: difference.as_ref().map(|(_, what)| Refused::Differs(what.clone())),
        }
    }
}

/// Reported for a model that panics in `permuted` or `sorting`.
const EXCHANGE_PANICS: &str = "it panics where processes change places";

/// The steps of a state with their outcomes, in order. Panic messages are left out, since they may
/// name processes.
type Steps<S> = Vec<(Step, Result<S, End>)>;

/// Returns the steps of a state, each transformed by `told`.
fn steps_of<M: Model>(
    model: &M,
    state: &M::State,
    told: impl Fn(Step, Result<&M::State, End>) -> (Step, Result<M::State, End>),
) -> Steps<M::State> {
    let mut all = Vec::new();
    steps::each(model, state, |step, next| {
        let end = |cut| match cut {
            Cut::Panics(_) => End::Panics(String::new()),
            _ => shown::end(cut),
        };
        all.push(told(step, next.map_err(end)));
    });
    all.sort_unstable_by_key(|(step, _)| *step);
    all
}

/// Returns the first step that is missing, unexpected, or has a different outcome.
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

/// Returns all permutations that can be composed from the given ones, except the identity.
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

/// Returns the sets of ids that can be exchanged with one another.
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

/// Describes a permutation: which id goes where.
fn words(by: &Permutation) -> String {
    let moves = by.moved().map(|(kind, from, to)| format!("{kind}{from} becomes {kind}{to}"));
    moves.collect::<Vec<_>>().join(", ")
}
