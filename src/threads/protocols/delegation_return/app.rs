//! The applications: they lock, unlock and open, from memory while a delegation vouches for it.

use latchwork_model::delegation_return::{AppSpec, Program};

use super::{Client, FIRST, FileLock, Open, SECOND, State};

impl Client {
    pub(super) fn application(&self, a: u8) {
        let AppSpec { program, undo, .. } = self.model.apps[usize::from(a)];
        if program == Program::Open {
            return self.open(a);
        }
        self.take_lock(a);
        if undo {
            self.give_up_lock(a);
        }
    }

    fn may_lock(&self, state: &State) -> bool {
        !(state.rwsem || self.rules().delegreturn_mutex && state.claiming)
    }

    fn take_lock(&self, a: u8) {
        loop {
            let mut state = self.until(|state| {
                let waits = state.session && state.rival_holds;
                self.may_lock(state)
                    && (state.open[FIRST].delegated || (state.may_call() && !waits))
            });
            if state.open[FIRST].delegated {
                state.lock.believed = true;
                return self.did("app_lock_cached", &[a], &state);
            }
            let done = self.call(&mut state);
            if done {
                state.lock = FileLock { believed: true, has_stateid: true, at_server: true };
            }
            self.did("app_lock", &[a], &state);
            if done {
                return;
            }
        }
    }

    fn give_up_lock(&self, a: u8) {
        loop {
            let mut state = self.until(|state| {
                self.may_lock(state) && (!state.lock.has_stateid || state.may_call())
            });
            if !state.lock.has_stateid {
                let at_server = state.lock.at_server;
                state.lock = FileLock { at_server, ..FileLock::default() };
                return self.did_and_woke("app_unlock_cached", &[a], &state);
            }
            let done = self.call(&mut state);
            if done {
                state.lock = FileLock::default();
            }
            self.did_and_woke("app_unlock", &[a], &state);
            if done {
                return;
            }
        }
    }

    /// Whether an open may be served from the delegation.
    fn can_open_delegated(&self, state: &State) -> bool {
        state.attached && !(state.returning && self.rules().returning_in_can_open)
    }

    fn open(&self, a: u8) {
        // Flawed: what was seen under the lock once is acted upon under the lock later.
        let seen = self.flaws.test_before_lock && {
            let state = self.state.lock().unwrap();
            self.can_open_delegated(&state)
        };
        loop {
            let cached = |state: &State| seen || self.can_open_delegated(state);
            let mut state = self.until(|state| cached(state) || state.may_call());
            if cached(&state) {
                state.open[SECOND] = Open { held: true, delegated: true, at_server: false };
                return self.did("app_open_cached", &[a], &state);
            }
            let done = self.call(&mut state);
            if done {
                let returning = self.rules().returning_in_update_open_stateid && state.returning;
                let delegated = state.attached && !returning;
                state.open[SECOND] = Open { held: true, delegated, at_server: true };
            }
            self.did("app_open", &[a], &state);
            if done {
                return;
            }
        }
    }
}
