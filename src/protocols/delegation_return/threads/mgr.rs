//! The state manager, with the renewal of the lease: it recovers what the server has forgotten.

use latchwork_model::delegation_return::state::{Stateid, Status};

use super::super::rt::{Ordering, fence};
use super::{Client, Delegation, FIRST, MANAGER, Rival, State, Wait};

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
                state.need_manager = true;
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
            state.nograce = false;
            self.did("mgr_end_drain", &[], &mut state);
        }
    }

    /// Makes a new session, and recovers all that is to be recovered.
    fn recover(&self) -> Recovery {
        let mut state = self.until(MANAGER, Wait::SlotFree);
        state.need_manager = false;
        state.server.session = true;
        let rebooted = state.epoch != state.server.epoch;
        if rebooted {
            state.epoch = state.server.epoch;
            state.nograce = false;
            state.deleg.need_reclaim = state.deleg.attached;
            state.open.iter_mut().for_each(|open| open.needs_reclaim = open.held);
        }
        let nothing = state.server.reclaim_done && !state.nograce && !rebooted;
        self.did("mgr_exchange_id", &[], &mut state);
        drop(state);
        let mut recovery = if nothing { Recovery::Done } else { Recovery::GoesOn };
        while recovery == Recovery::GoesOn {
            recovery = self.recover_next();
        }
        recovery
    }

    fn recover_next(&self) -> Recovery {
        let mut state = self.state.lock().unwrap();
        let (session, complete) = (state.server.session, state.server.reclaim_done);
        let complete_first = state.nograce && !complete;
        let next = state.open.iter().position(|open| open.needs_reclaim && !complete_first);
        if session && next.is_some() {
            self.begin_reclaim();
        }
        self.did("mgr_next_state", &[], &mut state);
        drop(state);
        match next {
            _ if !session => Recovery::Again,
            Some(o) => self.recover_open(o).unwrap_or_else(|| self.recover_locks(o)),
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
    fn recover_open(&self, o: usize) -> Option<Recovery> {
        let mut state = self.state.lock().unwrap();
        if state.nograce && state.server.session && !self.recovers_from_delegation(&state) {
            drop(state);
            state = self.until(MANAGER, Wait::NewGrants);
        }
        let (mut otherwise, mut action) = (None, "mgr_open_reclaim");
        if !state.server.session {
            otherwise = Some(Recovery::Again);
        } else if self.recovers_from_delegation(&state) {
            state.open[o].delegated = true;
        } else if state.nograce {
            action = "mgr_open_nograce";
            state.open[o].at_server = true;
            self.set_stateid(o, state.current());
            state.open[o].delegated = false;
        } else if state.answer_reclaim() == Status::OK {
            self.reclaim_open(o, &mut state);
        } else {
            state.nograce = true;
            otherwise = Some(Recovery::GoesOn);
        }
        if otherwise.is_some() {
            self.end_reclaim();
        }
        self.did(action, &[], &mut state);
        otherwise
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
        if state.deleg.need_reclaim && self.rules().reclaim_asks_delegation {
            state.server.granted = true;
            state.deleg.stateid = current;
            state.deleg.need_reclaim = false;
        }
        state.open[o].delegated = state.rests_on_delegation(self.rules());
    }

    /// Recovers the lock of an open that was recovered, if it has one.
    fn recover_locks(&self, o: usize) -> Recovery {
        let mut state = self.until(MANAGER, Wait::RwsemFree);
        let rests = o != FIRST || state.open[FIRST].delegated;
        let locked = state.lock.believed && !state.lock.lost && !rests;
        let mut recovery = Recovery::GoesOn;
        if !state.server.session {
            recovery = Recovery::Again;
        } else if locked && !self.recover_lock(&mut state) {
            state.nograce = true;
        } else {
            state.open[o].needs_reclaim = false;
        }
        self.end_reclaim();
        self.did("mgr_lock_reclaim", &[], &mut state);
        recovery
    }

    /// Recovers the lock; false if that is not possible in grace any more.
    fn recover_lock(&self, state: &mut State) -> bool {
        let current: Stateid = state.current();
        if state.nograce {
            state.lock.lost = state.lock.stateid != current;
            return true;
        }
        if state.answer_reclaim() != Status::OK {
            return false;
        }
        if state.rival == Rival::Holds {
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
            if state.deleg.need_reclaim && !spared {
                state.deleg = Delegation::default();
            }
        }
        let left = state.open.iter().any(|open| open.needs_reclaim);
        self.did("mgr_reclaim_complete", &[], &mut state);
        match (session, left) {
            (false, _) => Recovery::Again,
            (true, true) => Recovery::GoesOn,
            (true, false) => Recovery::Done,
        }
    }
}
