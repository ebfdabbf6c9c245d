//! The `mgr` and `renew` lanes: the state manager recovers what the server has forgotten.

use crate::kit::{FIRED, Fired, Next, when};

use super::DelegationReturn;
use super::server::Claim;
use super::state::{
    Delegation, FIRST_OPEN, Grant, Kind, LockId, MgrAt, OpenId, Recover, RetAt, RivalLock,
    SECOND_OPEN, State, Stateid, Status,
};

impl DelegationReturn {
    pub(super) fn mgr_start(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Idle && s.client.need)?;
        let sent = matches!(s.ret.at, RetAt::Delegreturn | RetAt::DelegreturnReply);
        let returns_itself = s.ret.kind == Kind::Async && s.ret.at != RetAt::Idle && !sent;
        when(self.rules.manager_lets_others_run || !returns_itself)?;
        s.client.mgr = MgrAt::Drain;
        s.client.draining = true;
        FIRED
    }

    pub(super) fn mgr_exchange_id(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Drain)?;
        // Draining waits for each call that has a slot: until it is answered, or until the answer
        // has been processed.
        let waits = if self.rules.reply_under_slot {
            self.slots_in_use(s) > 0
        } else {
            s.ret.at == RetAt::LockSend
        };
        when(!waits)?;
        if s.client.restarted {
            // A new verifier: what the client had before it restarted is of no use to anybody.
            self.forget_client(s);
            s.client.restarted = false;
        }
        s.client.need = false;
        s.server.session = true;
        s.server.courtesy = false;
        if s.client.epoch != s.server.epoch {
            s.client.epoch = s.server.epoch;
            self.mark_for_reclaim(s);
        }
        let left = self.open_to_recover(s, Recover::NoGrace).is_some();
        let more = left || !s.server.reclaim_done;
        s.client.mgr = if more { MgrAt::NextState } else { MgrAt::EndDrain };
        FIRED
    }

    /// The server has lost its state: the delegation is to be reclaimed, and each open for which it
    /// is not too late.
    fn mark_for_reclaim(&self, s: &mut State) {
        s.deleg.need_reclaim = s.deleg.attached && !s.deleg.revoked;
        for o in [FIRST_OPEN, SECOND_OPEN] {
            if s.open[o].held && s.open[o].recover != Recover::NoGrace {
                s.open[o].recover = Recover::Reboot;
                self.forget_stateids(s, o);
            }
        }
    }

    /// An open is marked: it no longer rests on the delegation, and neither it nor its locks have
    /// a stateid.
    fn forget_stateids(&self, s: &mut State, o: OpenId) {
        if !self.rules.recovery_forgets_stateids {
            return;
        }
        s.open[o].delegated = false;
        s.open[o].stateid = Stateid::None;
        if o == FIRST_OPEN {
            for k in self.locks() {
                s.lock[k].stateid = Stateid::None;
            }
        }
    }

    /// The manager's call is answered BADSESSION: it begins again, and all marks stay.
    fn restart_manager(&self, s: &mut State) {
        let mode = if s.client.mgr_nograce { Recover::NoGrace } else { Recover::Reboot };
        let open = &mut s.open[s.client.mgr_open];
        let works = matches!(s.client.mgr, MgrAt::Open | MgrAt::Lock);
        if works && self.rules.cut_off_recovery_is_repeated && open.recover == Recover::No {
            open.recover = mode;
        }
        self.move_manager(s, MgrAt::Drain);
    }

    /// The manager goes on, and no longer works on a particular open.
    fn move_manager(&self, s: &mut State, at: MgrAt) {
        s.client.mgr = at;
        s.client.mgr_open = OpenId::default();
        s.client.mgr_nograce = false;
        s.client.mgr_lock = LockId::default();
    }

    /// Recovery has changed something: a claim that is under way will notice.
    fn count_reclaim(&self, s: &mut State) {
        s.client.changed = s.ret.in_claim();
    }

    pub(super) fn mgr_next_state(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::NextState)?;
        if !s.server.session {
            self.restart_manager(s);
            return FIRED;
        }
        // What can be reclaimed comes first, then the server is told that nothing more will be, and
        // until then it grants nothing anew.
        let done = s.server.reclaim_done;
        let mode = if done { Recover::NoGrace } else { Recover::Reboot };
        match self.open_to_recover(s, mode) {
            Some(o) => {
                s.open[o].recover = Recover::No;
                s.client.mgr = MgrAt::Open;
                s.client.mgr_open = o;
                s.client.mgr_nograce = done;
                self.count_reclaim(s);
            }
            None if done || self.says_nothing(s) => s.client.mgr = MgrAt::EndDrain,
            None => s.client.mgr = MgrAt::Complete,
        }
        FIRED
    }

    /// Whether RECLAIM_COMPLETE is left out, since there was nothing to reclaim.
    fn says_nothing(&self, s: &State) -> bool {
        let nothing = s.open.entries().iter().all(|open| !open.held);
        nothing && !self.rules.reclaim_complete_always
    }

    fn open_to_recover(&self, s: &State, how: Recover) -> Option<OpenId> {
        [FIRST_OPEN, SECOND_OPEN].into_iter().find(|o| s.open[*o].recover == how)
    }

    /// It is too late to reclaim the open in work, and all that have not been reclaimed yet.
    fn too_late(&self, s: &mut State) {
        s.open[s.client.mgr_open].recover = Recover::NoGrace;
        for o in [FIRST_OPEN, SECOND_OPEN] {
            if s.open[o].recover == Recover::Reboot {
                s.open[o].recover = Recover::NoGrace;
            }
        }
        self.move_manager(s, MgrAt::NextState);
    }

    /// Whether an open that is answered now rests on the delegation. It looks at nothing else:
    /// not at whether the delegation is re-granted, nor at what the server says about it.
    pub(super) fn open_rests_on_delegation(&self, s: &State) -> bool {
        let returning = s.deleg.returning && self.rules.returning_in_update_open_stateid;
        s.deleg.attached && !s.deleg.revoked && !returning
    }

    /// Whether the delegation that the client has is good: an open needs no call.
    fn recovers_from_delegation(&self, s: &State) -> bool {
        self.open_rests_on_delegation(s)
            && !s.deleg.need_reclaim
            && s.deleg.stateid == Stateid::of(s.server.epoch)
    }

    pub(super) fn mgr_open_reclaim(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Open)?;
        if !s.server.session {
            self.restart_manager(s);
            return FIRED;
        }
        let from_delegation = self.recovers_from_delegation(s);
        when(from_delegation || !s.client.mgr_nograce)?;
        if from_delegation {
            self.forget_expired(s);
            let open = s.client.mgr_open;
            s.open[open].delegated = true;
            self.recover_locks(s);
        } else {
            let keeps = !self.excludes_delegation(s);
            self.reclaim_open(s, keeps);
        }
        FIRED
    }

    /// Before an open is recovered anew, what the server no longer knows of it is forgotten
    /// (TEST_STATEID says so).
    fn forget_expired(&self, s: &mut State) {
        let (o, current) = (s.client.mgr_open, Stateid::of(s.server.epoch));
        if !s.client.mgr_nograce {
            return;
        }
        if s.open[o].stateid != current {
            s.open[o].stateid = Stateid::None;
        }
        for k in self.locks().filter(|_| o == FIRST_OPEN) {
            if s.lock[k].stateid != current {
                s.lock[k].stateid = Stateid::None;
            }
        }
    }

    pub(super) fn mgr_open_reclaim_refused(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Open && !self.rules.server_regrants_at_reclaim)?;
        when(self.answer_reclaim(s) == Status::OK && !s.client.mgr_nograce)?;
        when(!self.recovers_from_delegation(s) && self.asks_for_delegation(s))?;
        self.reclaim_open(s, false);
        FIRED
    }

    /// Whether the server knows of an open with which no delegation can be granted.
    fn excludes_delegation(&self, s: &State) -> bool {
        s.rival.open && !s.rival.to_reclaim
    }

    fn asks_for_delegation(&self, s: &State) -> bool {
        s.deleg.attached && s.deleg.need_reclaim && self.rules.reclaim_asks_delegation
    }

    /// OPEN with CLAIM_PREVIOUS, by a server that grants the delegation or does not.
    fn reclaim_open(&self, s: &mut State, grants: bool) {
        let answer = self.answer_reclaim(s);
        self.called(s, answer);
        if answer != Status::OK {
            self.too_late(s);
            return;
        }
        let o = s.client.mgr_open;
        self.grant_open(s, o, Claim::Reclaim);
        s.open[o].stateid = Stateid::of(s.server.epoch);
        if grants && self.asks_for_delegation(s) {
            s.server.deleg = Grant::Held;
            s.server.deleg_id = s.deleg.id;
            s.deleg.stateid = Stateid::of(s.server.epoch);
            s.deleg.need_reclaim = false;
        }
        let dead = s.deleg.need_reclaim && self.rules.reclaim_locks_when_regrant_refused;
        s.open[o].delegated = self.open_rests_on_delegation(s) && !dead;
        self.recover_locks(s);
    }

    pub(super) fn mgr_open_nograce(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Open && s.client.mgr_nograce)?;
        when(!self.recovers_from_delegation(s) && self.answer_new_open(s) == Status::OK)?;
        self.forget_expired(s);
        let o = s.client.mgr_open;
        self.called(s, Status::OK);
        self.grant_open(s, o, Claim::New);
        s.open[o].stateid = Stateid::of(s.server.epoch);
        s.open[o].delegated = false;
        self.recover_locks(s);
        FIRED
    }

    /// The open is recovered; its locks are next.
    fn recover_locks(&self, s: &mut State) {
        s.client.mgr = MgrAt::Lock;
        s.client.mgr_lock = self.lock_to_recover(s, 0).unwrap_or_default();
    }

    fn lock_to_recover(&self, s: &State, from: u8) -> Option<LockId> {
        // Those of an open that rests on the delegation are not reclaimed. Anew nothing is asked for:
        // what the server does not know is lost.
        let cached = s.open[FIRST_OPEN].delegated && !s.client.mgr_nograce;
        if s.client.mgr_open != FIRST_OPEN || cached {
            return None;
        }
        let mut locks = self.locks().filter(|k| k.0 >= from);
        locks.find(|k| s.lock[*k].believed && !s.lock[*k].lost)
    }

    pub(super) fn mgr_lock_reclaim(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Lock && !s.client.rwsem)?;
        if !s.server.session {
            self.restart_manager(s);
            return FIRED;
        }
        let lock = self.lock_to_recover(s, s.client.mgr_lock.0);
        if let Some(k) = lock {
            when(!s.client.mgr_nograce || !self.waits_for_grace(s))?;
            if !self.recover_lock(s, k) {
                self.too_late(s);
                return FIRED;
            }
        }
        match lock.and_then(|k| self.lock_to_recover(s, k.0 + 1)) {
            Some(next) => s.client.mgr_lock = next,
            None => {
                self.count_reclaim(s);
                self.move_manager(s, MgrAt::NextState);
            }
        }
        FIRED
    }

    /// Whether a lock that is asked for anew has to wait for the end of grace.
    fn waits_for_grace(&self, s: &State) -> bool {
        let asks = self.variants.recover_lost_locks && !s.open[FIRST_OPEN].delegated;
        asks && self.answer_new_open(s) == Status::GRACE
    }

    /// Recovers one lock; false if that is not possible in grace any more.
    fn recover_lock(&self, s: &mut State, k: LockId) -> bool {
        let current = Stateid::of(s.server.epoch);
        if s.client.mgr_nograce {
            if s.lock[k].stateid == current {
                return true;
            }
            if self.variants.recover_lost_locks && s.open[FIRST_OPEN].delegated {
                return true;
            }
            if !self.variants.recover_lost_locks || s.rival.lock[k] == RivalLock::Holds {
                s.lock[k].lost = true;
                return true;
            }
            self.called(s, Status::OK);
            self.grant_lock(s, k, Claim::New);
            s.lock[k].stateid = current;
            return true;
        }
        let answer = self.answer_reclaim(s);
        self.called(s, answer);
        if answer != Status::OK {
            return false;
        }
        if s.rival.lock[k] == RivalLock::Holds && !s.rival.to_reclaim {
            s.lock[k].lost = true;
        } else {
            self.grant_lock(s, k, Claim::Reclaim);
            s.lock[k].stateid = current;
        }
        true
    }

    pub(super) fn mgr_reclaim_complete(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::Complete)?;
        if !s.server.session {
            self.restart_manager(s);
            return FIRED;
        }
        self.called(s, Status::OK);
        s.server.reclaim_done = true;
        self.record(s, true);
        if s.deleg.attached && s.deleg.need_reclaim {
            if s.deleg.returning && self.rules.reap_skips_returning {
                s.deleg.revoked |= self.rules.refused_is_not_asked_again;
            } else {
                // The opens still think that they rest on it.
                s.ghost.detached_under_return |= s.deleg.returning;
                s.deleg = Delegation::default();
            }
        }
        let left = self.open_to_recover(s, Recover::NoGrace).is_some();
        s.client.mgr = if left { MgrAt::NextState } else { MgrAt::EndDrain };
        FIRED
    }

    pub(super) fn mgr_drop_mark(&self, s: &mut Next<State>) -> Fired {
        let marked = s.deleg.attached && s.deleg.to_return && s.deleg.returning;
        // A return of its own keeps the manager thread from looking.
        let elsewhere = s.ret.kind == Kind::Sync || s.ret.at == RetAt::Idle;
        when(marked && elsewhere && s.client.mgr == MgrAt::Idle && !s.client.need)?;
        s.deleg.to_return = false;
        FIRED
    }

    pub(super) fn mgr_end_drain(&self, s: &mut Next<State>) -> Fired {
        when(s.client.mgr == MgrAt::EndDrain)?;
        s.client.mgr = MgrAt::Idle;
        s.client.draining = false;
        FIRED
    }

    pub(super) fn renew_notice(&self, s: &mut Next<State>) -> Fired {
        when(!s.server.session && !s.client.need && s.client.mgr == MgrAt::Idle)?;
        self.session_is_lost(s);
        FIRED
    }

    pub(super) fn renew_notice_revoked(&self, s: &mut Next<State>) -> Fired {
        when(s.server.deleg == Grant::Revoked && s.server.session)?;
        // One that is being returned is not looked at.
        when(self.has_delegation(s) && s.client.mgr == MgrAt::Idle)?;
        when(s.client.epoch == s.server.epoch)?;
        s.deleg.to_return = true;
        self.mark_revoked(s);
        FIRED
    }

    pub(super) fn renew_lease(&self, s: &mut Next<State>) -> Fired {
        when(s.server.courtesy && s.server.session && !s.client.draining)?;
        s.server.courtesy = false;
        FIRED
    }
}
