//! Symmetry: of the states that differ by an exchange of interchangeable processes, one is searched.
//!
//! A model says which exchanges change nothing, and is not believed: in every state that is examined
//! the exchanged state must have the exchanged successors, and every property must say the same of
//! it. That is every state of a small space, and of a large one those of the first levels and a
//! sample of the others; which states these are does not depend on the threads. A model that sorts is
//! asked in all states that differ from the examined one by an exchange, up to [`ORBIT`] of them, and
//! if there are more, in the states to which its steps lead as well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use latchwork_model::kit::{Cut, Model, Permutation, Step};
use zerocopy::IntoBytes;

use crate::engines::verdict::{End, Refused, Symmetry};

use super::{panics, shown, steps};

/// The most permutations that are tried one after the other.
const MOST: usize = 5040;
/// Up to so many states all are examined, of more one out of [`SAMPLE`].
const ALL: u64 = 10_000;
/// See [`ALL`].
const SAMPLE: u64 = 64;
/// The most states that differ by an exchange and are examined together.
const ORBIT: usize = 128;

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
        let what = panics::catch(|| match self.sorts {
            true => self.examine_orbit(model, state),
            false => self.examine_with(model, state, &self.group),
        });
        if let Some(what) = what.unwrap_or_else(|_| Some(EXCHANGE_PANICS.to_string())) {
            self.differ::<M>(state, what);
        }
    }

    /// The same for an initial state, which need not be a representative; what stands for it.
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

    /// Looks whether what has panicked in a state are the exchanges of what comes after it.
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

    /// Writes a difference down, if it is that of the least state.
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

    /// Applies the generators to all states to which they lead from one, one after the other.
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
        let (mut met, whole) = (Vec::new(), orbit.len() < ORBIT);
        if !whole {
            steps::each(model, state, |_, next| met.extend(next.ok().copied()));
        }
        met.iter().find_map(|state| self.examine_with(model, state, &self.group))
    }

    /// What is not the same in a state and the exchanged one.
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

/// What is said of a model that panics in `permuted` or `sorting`.
const EXCHANGE_PANICS: &str = "it panics where processes change places";

/// The steps of a state with what comes of them, in order. Messages of panics may name processes.
type Steps<S> = Vec<(Step, Result<S, End>)>;

/// The steps of a state, told otherwise.
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
