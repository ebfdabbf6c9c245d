//! Mutants of guards and claims, to measure what the scenarios notice. Only with the feature
//! `mutants`, which no other build has: a model must not depend on anything outside its state.
//!
//! Each call of [`when`](super::when), [`implies`](super::implies) and the like is a place. One
//! place at a time behaves differently, without a build of its own.

extern crate std;

use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A call of a guard or a claim in the source.
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
}

/// What was seen of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A guard that holds, or a claim that does.
    pub holds: bool,
    /// A guard that does not hold, or a claim that is violated.
    pub fails: bool,
    /// Whether it is a guard.
    pub guard: bool,
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
        let mut noted = lock(&NOTED);
        let seen = noted.entry(place).or_default();
        seen.guard = guard;
        seen.holds |= holds;
        seen.fails |= !holds;
        return holds;
    }
    match *lock(&CHANGED) {
        Some((changed, how)) if changed == place => match how {
            Change::GuardAway | Change::ClaimAway => true,
            Change::GuardTurned => !holds,
        },
        _ => holds,
    }
}
