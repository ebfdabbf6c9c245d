//! The state manager, with the renewal of the lease: it recovers what the server has forgotten.

use latchwork_model::delegation_return::state::{Recover, Stateid, Status};

use super::super::rt::{Ordering, fence};
use super::{Client, Delegation, FIRST, MANAGER, Rival, SECOND, State, Wait};

/// How far recovery has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recovery {
    /// Everything is recovered.
    Done,
    /// There may be more.
    GoesOn,
    /// The session is lost: it begins again.
    Again,
}

impl Client {
    pub(super) fn manager(&self) {
        loop {
            let mut state = self.until(MANAGER, Wait::ManagerDue);
            if state.ended[MANAGER] {
                return;
            }
            if !state.need_manager {
                state.session_is_lost(self.rules());
                self.did("renew_notice", &[], &mut state);
            }
            state.manager_works = true;
            state.draining = true;
            self.did("mgr_start", &[], &mut state);
            drop(state);
            while self.recover() == Recovery::Again {}
            let mut state = self.state.lock().unwrap();
            state.manager_works = false;
            state.draining = false;
            self.did("mgr_end_drain", &[], &mut state);
        }
    }

    /// Makes a new session, and recovers all that is to be recovered.
    fn recover(&self) -> Recovery {
        let mut state = self.until(MANAGER, Wait::SlotFree);
        state.need_manager = false;
        state.server.session = true;
        if state.epoch != state.server.epoch {
            state.epoch = state.server.epoch;
            state.deleg.need_reclaim = state.deleg.attached && !state.deleg.revoked;
            self.mark_for_reclaim(&mut state);
        }
        let anew = state.open.iter().any(|open| open.recover == Recover::NoGrace);
        let nothing = state.server.reclaim_done && !anew;
        self.did("mgr_exchange_id", &[], &mut state);
        drop(state);
        let mut recovery = if nothing { Recovery::Done } else { Recovery::GoesOn };
        while recovery == Recovery::GoesOn {
            recovery = self.recover_next();
        }
        recovery
    }

    /// Each open is to be reclaimed for which it is not too late, and what it was before counts no
    /// more.
    fn mark_for_reclaim(&self, state: &mut State) {
        for o in [FIRST, SECOND] {
            let open = &mut state.open[o];
            if !open.held || open.recover == Recover::NoGrace {
                continue;
            }
            open.recover = Recover::Reboot;
            if self.rules().recovery_forgets_stateids {
                open.delegated = false;
                self.set_stateid(o, Stateid::None);
                if o == FIRST {
                    state.lock.stateid = Stateid::None;
                }
            }
        }
    }

    fn recover_next(&self) -> Recovery {
        let mut state = self.state.lock().unwrap();
        let (session, complete) = (state.server.session, state.server.reclaim_done);
        let how = if complete { Recover::NoGrace } else { Recover::Reboot };
        let next = state.open.iter().position(|open| open.recover == how);
        if let Some(o) = next.filter(|_| session) {
            state.open[o].recover = Recover::No;
            self.begin_reclaim();
        }
        self.did("mgr_next_state", &[], &mut state);
        drop(state);
        match next {
            _ if !session => Recovery::Again,
            Some(o) => {
                self.recover_open(o, complete).unwrap_or_else(|| self.recover_locks(o, complete))
            }
            None if complete => Recovery::Done,
            None => self.reclaim_complete(),
        }
    }

    /// From here on the counter is odd, and nothing that follows is seen before that is.
    fn begin_reclaim(&self) {
        self.reclaims.fetch_add(1, Ordering::Relaxed);
        if !self.flaws.no_fence_in_reclaim {
            fence(Ordering::Release);
        }
    }

    fn end_reclaim(&self) {
        self.reclaims.fetch_add(1, Ordering::Release);
    }

    /// Recovers an open: from the delegation, by a reclaim, or anew; or says how to go on if that
    /// cannot be.
    fn recover_open(&self, o: usize, anew: bool) -> Option<Recovery> {
        let mut state = self.state.lock().unwrap();
        if anew && state.server.session && !self.recovers_from_delegation(&state) {
            drop(state);
            state = self.until(MANAGER, Wait::NewGrants);
        }
        let (mut otherwise, mut action) = (None, "mgr_open_reclaim");
        if !state.server.session {
            otherwise = Some(self.cut_off(o, anew, &mut state));
        } else {
            if anew {
                self.forget_expired(o, &mut state);
            }
            if self.recovers_from_delegation(&state) {
                state.open[o].delegated = true;
            } else if anew {
                action = "mgr_open_nograce";
                state.open[o].at_server = true;
                self.set_stateid(o, state.current());
                state.open[o].delegated = false;
            } else if state.answer_reclaim() == Status::OK {
                self.reclaim_open(o, &mut state);
            } else {
                otherwise = Some(Self::too_late(o, &mut state));
            }
        }
        if otherwise.is_some() {
            self.end_reclaim();
        }
        self.did(action, &[], &mut state);
        otherwise
    }

    /// The session was lost again: what was in work is made again.
    fn cut_off(&self, o: usize, anew: bool, state: &mut State) -> Recovery {
        if self.rules().cut_off_recovery_is_repeated && state.open[o].recover == Recover::No {
            state.open[o].recover = if anew { Recover::NoGrace } else { Recover::Reboot };
        }
        Recovery::Again
    }

    /// Nothing more can be reclaimed.
    fn too_late(o: usize, state: &mut State) -> Recovery {
        state.open[o].recover = Recover::NoGrace;
        let left = state.open.iter_mut().filter(|open| open.recover == Recover::Reboot);
        left.for_each(|open| open.recover = Recover::NoGrace);
        Recovery::GoesOn
    }

    /// What the server does not know any more is forgotten.
    fn forget_expired(&self, o: usize, state: &mut State) {
        let current = state.current();
        if self.stateid(o) != current {
            self.set_stateid(o, Stateid::None);
        }
        if o == FIRST && state.lock.stateid != current {
            state.lock.stateid = Stateid::None;
        }
    }

    fn recovers_from_delegation(&self, state: &State) -> bool {
        let good = state.deleg.stateid == state.current() && !state.deleg.need_reclaim;
        state.rests_on_delegation(self.rules()) && good
    }

    /// OPEN with CLAIM_PREVIOUS, which asks for the delegation too.
    fn reclaim_open(&self, o: usize, state: &mut State) {
        let current = state.current();
        state.open[o].at_server = true;
        self.set_stateid(o, current);
        let excluded = state.rival != Rival::Out && !state.rival_reclaims;
        if state.deleg.need_reclaim && self.rules().reclaim_asks_delegation && !excluded {
            state.server.granted = true;
            state.deleg.stateid = current;
            state.deleg.need_reclaim = false;
        }
        let dead = state.deleg.need_reclaim && self.rules().reclaim_locks_when_regrant_refused;
        state.open[o].delegated = state.rests_on_delegation(self.rules()) && !dead;
    }

    /// Recovers the lock of an open that was recovered, if it has one.
    fn recover_locks(&self, o: usize, anew: bool) -> Recovery {
        let mut state = self.until(MANAGER, Wait::RwsemFree);
        let cached = o != FIRST || (state.open[FIRST].delegated && !anew);
        let locked = state.lock.believed && !state.lock.lost && !cached;
        let mut recovery = Recovery::GoesOn;
        if !state.server.session {
            recovery = self.cut_off(o, anew, &mut state);
        } else if locked && !self.recover_lock(anew, &mut state) {
            recovery = Self::too_late(o, &mut state);
        }
        self.end_reclaim();
        self.did("mgr_lock_reclaim", &[], &mut state);
        recovery
    }

    /// Recovers the lock; false if that is not possible in grace any more.
    fn recover_lock(&self, anew: bool, state: &mut State) -> bool {
        let current: Stateid = state.current();
        if anew {
            state.lock.lost = state.lock.stateid != current;
            return true;
        }
        if state.answer_reclaim() != Status::OK {
            return false;
        }
        if state.rival == Rival::Holds && !state.rival_reclaims {
            state.lock.lost = true;
        } else {
            state.lock.at_server = true;
            state.lock.stateid = current;
        }
        true
    }

    fn reclaim_complete(&self) -> Recovery {
        let mut state = self.state.lock().unwrap();
        let session = state.server.session;
        if session {
            state.server.reclaim_done = true;
            let spared = state.deleg.returning && self.rules().reap_skips_returning;
            if state.deleg.need_reclaim && spared {
                state.deleg.revoked |= self.rules().refused_is_not_asked_again;
            } else if state.deleg.need_reclaim {
                state.deleg = Delegation::default();
            }
        }
        let left = state.open.iter().any(|open| open.recover == Recover::NoGrace);
        self.did("mgr_reclaim_complete", &[], &mut state);
        match (session, left) {
            (false, _) => Recovery::Again,
            (true, true) => Recovery::GoesOn,
            (true, false) => Recovery::Done,
        }
    }
}
