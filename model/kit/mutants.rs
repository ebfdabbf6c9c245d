//! Mutants of guards, claims and effects, to measure what the scenarios notice. Only with the feature
//! `mutants`, which no other build has: a model must not depend on anything outside its state.
//!
//! Each call of [`when`](super::when), [`implies`](super::implies) and the like is a place, and so is
//! each expression of an action in which [`Next`](super::Next) is changed. One place at a time behaves
//! differently, without a build of its own.

extern crate std;

use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A guard, a claim or an effect in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path of the file, as the compiler was given it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

impl Place {
    fn of(location: &'static Location<'static>) -> Self {
        Self { file: location.file(), line: location.line(), column: location.column() }
    }

    /// The line and the column; 0 is no place.
    fn packed(self) -> u64 {
        u64::from(self.line) << 32 | u64::from(self.column)
    }
}

/// How a place is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The guard always holds.
    GuardAway,
    /// The guard holds if it should not, and the other way round.
    GuardTurned,
    /// The claim is never violated.
    ClaimAway,
    /// The effect does not happen. A function that is called with the state is one effect.
    EffectAway,
}

/// What a place is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// A guard.
    #[default]
    Guard,
    /// A claim.
    Claim,
    /// An effect.
    Effect,
}

/// What was seen of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A guard that holds, or a claim that does, or an effect.
    pub holds: bool,
    /// A guard that does not hold, or a claim that is violated.
    pub fails: bool,
    /// What it is.
    pub what: What,
}

/// The line and column of the changed place; [`NOWHERE`], or [`EVERYWHERE`] to note all places.
static AT: AtomicU64 = AtomicU64::new(NOWHERE);
static CHANGED: Mutex<Option<(Place, Change)>> = Mutex::new(None);
static NOTED: Mutex<BTreeMap<Place, Seen>> = Mutex::new(BTreeMap::new());

const NOWHERE: u64 = 0;
const EVERYWHERE: u64 = u64::MAX;

/// Changes this place from now on, and restores all others.
pub fn change(place: Place, how: Change) {
    *lock(&CHANGED) = Some((place, how));
    AT.store(place.packed(), Relaxed);
}

/// Restores all places.
pub fn restore() {
    AT.store(NOWHERE, Relaxed);
}

/// Runs something, and returns the places that it came to. All places are as they are written.
pub fn noted(run: impl FnOnce()) -> BTreeMap<Place, Seen> {
    lock(&NOTED).clear();
    AT.store(EVERYWHERE, Relaxed);
    run();
    AT.store(NOWHERE, Relaxed);
    core::mem::take(&mut lock(&NOTED))
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Returns what a guard or claim at a place says.
#[inline(always)]
pub(super) fn said(holds: bool, guard: bool, location: &'static Location<'static>) -> bool {
    match AT.load(Relaxed) {
        NOWHERE => holds,
        at if at == EVERYWHERE || at == Place::of(location).packed() => {
            said_here(holds, guard, Place::of(location))
        }
        _ => holds,
    }
}

fn said_here(holds: bool, guard: bool, place: Place) -> bool {
    if AT.load(Relaxed) == EVERYWHERE {
        note(place, if guard { What::Guard } else { What::Claim }, holds);
        return holds;
    }
    match *lock(&CHANGED) {
        Some((changed, how)) if changed == place => match how {
            Change::GuardAway | Change::ClaimAway => true,
            Change::GuardTurned => !holds,
            Change::EffectAway => holds,
        },
        _ => holds,
    }
}

fn note(place: Place, what: What, holds: bool) {
    let mut noted = lock(&NOTED);
    let seen = noted.entry(place).or_default();
    seen.what = what;
    seen.holds |= holds;
    seen.fails |= !holds;
}

/// Returns whether the effect at a place does not happen.
#[inline(always)]
pub(super) fn leaves_out(location: &'static Location<'static>) -> bool {
    match AT.load(Relaxed) {
        NOWHERE => false,
        EVERYWHERE => {
            note(Place::of(location), What::Effect, true);
            false
        }
        at => at == Place::of(location).packed() && is_left_out(Place::of(location)),
    }
}

fn is_left_out(place: Place) -> bool {
    *lock(&CHANGED) == Some((place, Change::EffectAway))
}

#[cfg(test)]
mod tests {
    use super::std::vec::Vec;
    use super::{Change, Mutex, What, change, lock, noted, restore};
    use crate::kit::{FIRED, Fired, Next, when};

    crate::state! {
        /// Two numbers.
        pub struct Pair {
            /// One.
            pub one: u8,
            /// The other.
            pub other: u8,
        }
    }

    fn raise(s: &mut Next<Pair>) -> Fired {
        when(s.one == 0)?;
        s.one = 1;
        double(s);
        FIRED
    }

    fn double(s: &mut Pair) {
        s.other = s.one + 1;
    }

    fn raised() -> (Pair, bool) {
        let mut s = Next::of(Pair::default());
        let fired = raise(&mut s).is_ok();
        (*s.state(), fired)
    }

    /// One change at a time: tests run side by side.
    static TURN: Mutex<()> = Mutex::new(());

    /// Red if an effect is not a place of its own, or if leaving it out leaves out another one.
    #[test]
    fn effects_are_left_out_one_at_a_time() {
        let _turn = lock(&TURN);
        let places = noted(|| {
            raised();
        });
        let effects: Vec<_> = places.iter().filter(|(_, seen)| seen.what == What::Effect).collect();
        assert_eq!(effects.len(), 2, "an assignment, and a function that changes the state");
        let mut left = Vec::new();
        for (place, _) in effects {
            change(*place, Change::EffectAway);
            left.push(raised());
            restore();
        }
        assert_eq!(left[0], (Pair { one: 0, other: 1 }, true));
        assert_eq!(left[1], (Pair { one: 1, other: 0 }, true));
        assert_eq!(raised(), (Pair { one: 1, other: 2 }, true));
    }
}
