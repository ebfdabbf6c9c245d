//! The applications: they lock, unlock and open, from memory while a delegation vouches for it.

use latchwork_model::delegation_return::state::{Recover, Stateid, Status};
use latchwork_model::delegation_return::{AppSpec, Program};

use super::{Client, FIRST, FIRST_APP, FileLock, Open, SECOND, State, Wait};

fn party(a: u8) -> usize {
    FIRST_APP + usize::from(a)
}

impl Client {
    pub(super) fn application(&self, a: u8) {
        let AppSpec { program, undo, .. } = self.model.apps[usize::from(a)];
        if program == Program::Open {
            return self.open(a);
        }
        self.take_lock(a, undo);
        if undo {
            self.give_up_lock(a);
        }
    }

    pub(super) fn may_lock(&self, state: &State) -> bool {
        !(state.rwsem || self.rules().delegreturn_mutex && state.claiming)
    }

    fn take_lock(&self, a: u8, undo: bool) {
        loop {
            let mut state = self.until(party(a), Wait::Lock);
            if state.open[FIRST].delegated {
                state.lock.believed = true;
                state.apps_left -= u8::from(!undo);
                return self.did("app_lock_cached", &[a], &mut state);
            }
            let answer = self.answer_new_lock(&state);
            let stateid = state.current();
            match answer {
                Status::OK => {
                    state.lock = FileLock { believed: true, lost: false, stateid, at_server: true };
                    state.apps_left -= u8::from(!undo);
                }
                Status::BAD_STATEID => state.mark_bad_stateid(FIRST),
                _ => state.session_is_lost(self.rules()),
            }
            self.did("app_lock", &[a], &mut state);
            if answer == Status::OK {
                return;
            }
        }
    }

    /// Whether the server has to be told when the lock is given up.
    pub(super) fn is_lock_at_server(&self, state: &State) -> bool {
        state.lock.stateid != Stateid::None
    }

    fn give_up_lock(&self, a: u8) {
        loop {
            let mut state = self.until(party(a), Wait::Unlock);
            if !self.is_lock_at_server(&state) {
                let at_server = state.lock.at_server;
                state.lock = FileLock { at_server, ..FileLock::default() };
                state.apps_left -= 1;
                return self.did("app_unlock_cached", &[a], &mut state);
            }
            let done = state.server.session;
            if done {
                let at_server = state.lock.at_server && state.lock.stateid != state.current();
                state.lock = FileLock { at_server, ..FileLock::default() };
                state.apps_left -= 1;
            } else {
                state.session_is_lost(self.rules());
            }
            self.did("app_unlock", &[a], &mut state);
            if done {
                return;
            }
        }
    }

    /// Whether an open may be served from the delegation.
    pub(super) fn can_open_delegated(&self, state: &State) -> bool {
        let deleg = &state.deleg;
        let blocked = deleg.revoked && self.rules().revoked_blocks_cached_open
            || (deleg.need_reclaim && self.rules().need_reclaim_blocks_cached_open)
            || (deleg.returning && self.rules().returning_in_can_open);
        deleg.attached && !blocked
    }

    fn open(&self, a: u8) {
        // Flawed: what was seen under the lock once is acted upon under the lock later.
        let seen = self.flaws.test_before_lock && {
            let state = self.state.lock().unwrap();
            self.can_open_delegated(&state)
        };
        loop {
            let mut state = self.until(party(a), Wait::Open { seen });
            if seen || self.can_open_delegated(&state) {
                state.open[SECOND] = Open { held: true, delegated: true, ..Open::default() };
                state.apps_left -= 1;
                return self.did("app_open_cached", &[a], &mut state);
            }
            let done = state.answer_new_open() == Status::OK;
            if done {
                let rests = state.rests_on_delegation(self.rules()) && !state.deleg.need_reclaim;
                state.open[SECOND] =
                    Open { held: true, delegated: rests, recover: Recover::No, at_server: true };
                self.set_stateid(SECOND, state.current());
                state.apps_left -= 1;
            } else {
                state.session_is_lost(self.rules());
            }
            self.did("app_open", &[a], &mut state);
            if done {
                return;
            }
        }
    }
}
