//! The state that an action works on.

use core::ops::{Deref, DerefMut};

use super::{FIRED, Fired, State, same, when};

/// The state that an action may change. It remembers whether it was changed, or could have been.
///
/// Most actions are disabled in most states, and an action that is disabled must have changed
/// nothing. Where nothing was changed, that need not be checked by a comparison of whole states,
/// which otherwise takes about a quarter of a search. An action that takes `&mut Next<State>` reads
/// and writes its fields as with `&mut State`, which every action may take instead.
///
/// To borrow several fields mutably at a time, reborrow the state after the guards:
/// `let s = &mut **s;`.
#[derive(Clone, Copy)]
pub struct Next<S> {
    state: S,
    touched: bool,
    /// What an effect changes that is left out.
    #[cfg(feature = "mutants")]
    scratch: S,
}

impl<S: State> Next<S> {
    /// Returns a state that was not changed yet.
    #[inline(always)]
    pub const fn of(state: S) -> Self {
        Self {
            state,
            touched: false,
            #[cfg(feature = "mutants")]
            scratch: state,
        }
    }

    /// Returns the state itself.
    #[inline(always)]
    pub const fn state(&self) -> &S {
        &self.state
    }

    /// Returns whether the state differs from the one it began as.
    #[inline(always)]
    pub fn differs(&mut self, before: &S) -> bool {
        self.touched = self.touched && !same(&self.state, before);
        self.touched
    }

    /// Takes one out of a budget. Disabled, and nothing is changed, when it is used up:
    /// `s.spend(|s| &mut s.budget.crash)?`.
    #[inline(always)]
    #[cfg_attr(feature = "mutants", track_caller)]
    pub fn spend(&mut self, budget: impl FnOnce(&mut S) -> &mut u8) -> Fired {
        let left = budget(&mut self.state);
        when(*left > 0)?;
        *left -= 1;
        self.touched = true;
        FIRED
    }

    /// Lets the model forget what it does not keep.
    #[inline(always)]
    pub fn forget(&mut self, forget: impl FnOnce(&mut S)) {
        forget(&mut self.state);
    }

    /// Undoes all changes. `before` is the state it began as.
    #[inline(always)]
    pub fn undo(&mut self, before: &S) {
        *self = Self::of(*before);
    }
}

impl<S> Deref for Next<S> {
    type Target = S;

    #[inline(always)]
    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S: Copy> DerefMut for Next<S> {
    #[inline(always)]
    #[cfg_attr(feature = "mutants", track_caller)]
    fn deref_mut(&mut self) -> &mut S {
        #[cfg(feature = "mutants")]
        if super::mutants::leaves_out(core::panic::Location::caller()) {
            self.scratch = self.state;
            return &mut self.scratch;
        }
        self.touched = true;
        &mut self.state
    }
}
