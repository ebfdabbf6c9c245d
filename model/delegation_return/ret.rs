//! The `ret` lane: the returner claims opens and locks, detaches the delegation and returns it.

use crate::kit::{FIRED, Fired, Next, values, when};

use super::DelegationReturn;
use super::server::Claim;
use super::state::{
    AppAt, AppId, Delegation, FIRST_OPEN, Kind, LockId, MgrAt, OpenId, Recover, Ret, RetAt,
    SECOND_OPEN, State, Stateid, Status,
};

impl DelegationReturn {
    pub(super) fn ret_start(&self, s: &mut Next<State>) -> Fired {
        when(s.deleg.to_return && s.deleg.attached && !s.deleg.returning)?;
        when(s.ret.at == RetAt::Idle && s.client.mgr == MgrAt::Idle)?;
        s.deleg.to_return = false;
        self.begin_return(s, Kind::Async);
        FIRED
    }

    /// A return begins, in the manager thread or in an application.
    pub(super) fn begin_return(&self, s: &mut State, kind: Kind) {
        s.ret = Ret { at: RetAt::NextOpen, kind, id: s.deleg.id, ..Ret::default() };
        if self.rules.detach_after_claim {
            s.deleg.returning = true;
        } else {
            s.ret.stateid = s.deleg.stateid;
            s.deleg = Delegation::default();
        }
        self.keep_rwsem(s);
    }

    /// Whether the delegation that is being returned still hangs on the inode.
    fn is_current(&self, s: &State) -> bool {
        s.deleg.attached && s.deleg.id == s.ret.id
    }

    pub(super) fn ret_next_open(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::NextOpen)?;
        match self.open_to_claim(s) {
            Some(o) => {
                s.ret.open = o;
                s.ret.at = RetAt::OpenSend;
                s.client.changed = matches!(s.client.mgr, MgrAt::Open | MgrAt::Lock);
                if self.rules.known_open_needs_no_claim && s.open[o].stateid != Stateid::None {
                    s.open[o].delegated = false;
                    self.claim_locks(s);
                }
            }
            None => s.ret.at = RetAt::Detach,
        }
        FIRED
    }

    fn open_to_claim(&self, s: &State) -> Option<OpenId> {
        // Opens rest on the delegation that is attached: on another one if that took its place.
        let replaced = s.deleg.attached && !self.is_current(s);
        if !self.rules.claim_opens || replaced {
            return None;
        }
        [FIRST_OPEN, SECOND_OPEN].into_iter().find(|o| s.open[*o].held && s.open[*o].delegated)
    }

    pub(super) fn ret_open_send(&self, s: &mut Next<State>) -> Fired {
        // It is privileged: it does not wait for the end of recovery.
        when(s.ret.at == RetAt::OpenSend && self.has_slot(s))?;
        let stateid = if self.is_current(s) { s.deleg.stateid } else { s.ret.stateid };
        let answer = self.answer_open_claim(s, s.ret.id, stateid);
        self.called(s, answer);
        if answer == Status::OK {
            let open = s.ret.open;
            self.grant_open(s, open, Claim::Delegation);
        }
        self.await_reply(s, answer, RetAt::OpenReply);
        FIRED
    }

    /// A call was executed; its answer is on its way.
    fn await_reply(&self, s: &mut State, answer: Status, at: RetAt) {
        s.ret.at = at;
        s.ret.reply = answer;
        if answer == Status::OK {
            s.ret.reply_stateid = Stateid::of(s.server.epoch);
        }
    }

    fn take_reply(&self, s: &mut State) -> (Status, Stateid) {
        let reply = core::mem::take(&mut s.ret.reply);
        (reply, core::mem::take(&mut s.ret.reply_stateid))
    }

    /// Whether the client takes an answer for a success.
    fn succeeded(&self, answer: Status) -> bool {
        if self.rules.not_err { answer.code() == 0 } else { answer.code() >= 0 }
    }

    pub(super) fn ret_open_reply(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::OpenReply)?;
        let (answer, stateid) = self.take_reply(s);
        if self.succeeded(answer) {
            let o = s.ret.open;
            if self.rules.claim_sets_open_stateid {
                s.open[o].stateid = stateid;
            }
            s.open[o].delegated = s.deleg.attached && !self.rules.returning_in_update_open_stateid;
            self.claim_locks(s);
        } else {
            match answer {
                Status::DELEG_REVOKED if s.deleg.attached => self.mark_revoked(s),
                Status::BAD_STATEID
                    if s.open[s.ret.open].delegated || !self.rules.stale_claim_marks_nothing =>
                {
                    let open = s.ret.open;
                    self.mark_bad_stateid(s, open);
                }
                _ => {}
            }
            self.again(s);
        }
        FIRED
    }

    /// The client knows that its delegation was revoked: the manager asks for its opens anew.
    pub(super) fn mark_revoked(&self, s: &mut State) {
        s.deleg.revoked = true;
        s.client.need = true;
        for o in [FIRST_OPEN, SECOND_OPEN] {
            if s.open[o].delegated {
                s.open[o].recover = Recover::NoGrace;
            }
        }
        self.doubt_locks(s);
    }

    /// The delegation was revoked at an unknown moment: whatever has been claimed since, somebody else
    /// may have had in between.
    fn doubt_locks(&self, s: &mut State) {
        if self.rules.revoked_return_loses_locks {
            for k in self.locks() {
                s.lock[k].lost |= s.lock[k].believed;
            }
        }
    }

    /// The server does not know the delegation: the manager asks for this open anew. A claim that
    /// is merely made again would get the same answer for ever.
    pub(super) fn mark_bad_stateid(&self, s: &mut State, o: OpenId) {
        s.open[o].recover = Recover::NoGrace;
        s.client.need = true;
    }

    /// The open is claimed: its locks are next.
    fn claim_locks(&self, s: &mut State) {
        let locks = s.ret.open == FIRST_OPEN && self.rules.claim_locks;
        let first = if locks { self.lock_to_claim(s, 0) } else { None };
        self.claim_lock(s, first);
    }

    fn lock_to_claim(&self, s: &State, from: u8) -> Option<LockId> {
        self.locks().find(|k| k.0 >= from && s.lock[*k].believed && !s.lock[*k].lost)
    }

    /// Goes on with this lock, or there is none left.
    fn claim_lock(&self, s: &mut State, lock: Option<LockId>) {
        s.ret.lock = lock.unwrap_or_default();
        s.ret.at = if lock.is_some() { RetAt::LockSlot } else { RetAt::SeqCheck };
        if lock.is_some() {
            s.client.rwsem |= !self.rules.no_rwsem_across_lock_claims;
        } else {
            self.keep_rwsem(s);
        }
    }

    fn claim_next_lock(&self, s: &mut State) {
        let next = self.lock_to_claim(s, s.ret.lock.0 + 1);
        self.claim_lock(s, next);
    }

    /// Between the locks of two opens it keeps the `rwsem` only if it keeps it all the time.
    fn keep_rwsem(&self, s: &mut State) {
        s.client.rwsem = !self.rules.no_rwsem_across_claims;
    }

    pub(super) fn ret_lock_slot(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::LockSlot && !s.client.draining && self.has_slot(s))?;
        s.ret.at = RetAt::LockSend;
        FIRED
    }

    pub(super) fn ret_lock_send(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::LockSend)?;
        let k = s.ret.lock;
        let answer = self.answer_lock_claim(s, k);
        self.called(s, answer);
        if answer == Status::OK {
            self.grant_lock(s, k, Claim::New);
        }
        self.await_reply(s, answer, RetAt::LockReply);
        if answer == Status::BAD_STATEID {
            s.ret.reply_stateid = s.open[FIRST_OPEN].stateid;
        }
        FIRED
    }

    pub(super) fn ret_lock_reply(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::LockReply)?;
        let (answer, stateid) = self.take_reply(s);
        let k = s.ret.lock;
        if self.succeeded(answer) {
            s.lock[k].stateid = stateid;
            self.claim_next_lock(s);
        } else if answer == Status::DENIED {
            s.lock[k].lost = true;
            self.claim_next_lock(s);
        } else if answer == Status::BAD_STATEID {
            // The open may have been recovered since.
            if s.open[FIRST_OPEN].stateid == stateid {
                self.mark_bad_stateid(s, FIRST_OPEN);
                self.again(s);
            } else {
                s.ret.at = RetAt::LockSlot;
            }
        } else if self.repeats_in_place(answer) {
            s.ret.at = RetAt::LockSlot;
        } else {
            s.open[FIRST_OPEN].delegated |= self.rules.failed_lock_claim_marks_open;
            self.again(s);
        }
        FIRED
    }

    /// Whether a LOCK claim that fails is repeated as it is.
    fn repeats_in_place(&self, answer: Status) -> bool {
        if matches!(answer, Status::DELAY | Status::GRACE) {
            self.rules.delayed_lock_claim_in_place
        } else {
            self.rules.lock_claim_in_place
        }
    }

    pub(super) fn ret_seq_check(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::SeqCheck)?;
        if s.client.changed && self.rules.seqcount_retry {
            self.again(s);
        } else {
            s.client.changed = false;
            let Ret { kind, id, stateid, .. } = s.ret;
            s.ret = Ret { at: RetAt::NextOpen, kind, id, stateid, ..Ret::default() };
        }
        FIRED
    }

    /// A claim has failed: an application waits and tries again, the manager thread puts the
    /// return off.
    fn again(&self, s: &mut State) {
        s.client.changed = false;
        let waits = s.ret.kind == Kind::Sync && self.rules.sync_waits_then_retries;
        if waits && self.rules.detach_after_claim {
            s.ret = Ret { at: RetAt::Wait, kind: s.ret.kind, id: s.ret.id, ..Ret::default() };
            s.client.rwsem = false;
        } else {
            s.ghost.setattr_error |= s.ret.kind == Kind::Sync;
            self.abort(s, self.rules.abort_puts_back);
        }
    }

    /// The return is given up, and put back or not.
    pub(super) fn abort(&self, s: &mut State, put_back: bool) {
        if self.is_current(s) {
            s.deleg.returning = false;
            s.deleg.to_return |= put_back;
        }
        s.client.rwsem = false;
        self.end_return(s);
    }

    /// The returner has nothing more to do, and neither has the application that drove it.
    fn end_return(&self, s: &mut State) {
        s.ret = Ret::default();
        for a in values::<AppId>(self) {
            if s.app[a] == AppAt::Busy {
                s.app[a] = AppAt::Done;
            }
        }
    }

    pub(super) fn ret_wait_done(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::Wait && s.client.mgr == MgrAt::Idle && !s.client.need)?;
        s.ret.at = RetAt::NextOpen;
        self.keep_rwsem(s);
        FIRED
    }

    pub(super) fn ret_detach(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::Detach)?;
        s.client.rwsem = false;
        let whatever = s.deleg.attached && !self.rules.only_if_current;
        if !self.rules.detach_after_claim {
            s.ret.at = RetAt::Delegreturn;
        } else if self.is_current(s) || whatever {
            s.ret.stateid = s.deleg.stateid;
            s.ret.at = RetAt::Delegreturn;
            if !self.variants.detach_after_rpc {
                s.deleg = Delegation::default();
            }
        } else {
            self.end_return(s);
        }
        FIRED
    }

    pub(super) fn ret_delegreturn(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::Delegreturn && !s.client.draining && self.has_slot(s))?;
        when(s.server.session || !s.client.need)?;
        let answer = self.answer_delegreturn(s, s.ret.id, s.ret.stateid);
        self.called(s, answer);
        match answer {
            // It is made again.
            Status::BADSESSION | Status::DELAY => return FIRED,
            Status::OK | Status::DELEG_REVOKED => self.end_delegation(s),
            _ => {}
        }
        if self.slots == 0 {
            self.take_return_answer(s, answer);
        } else {
            s.ret.at = RetAt::DelegreturnReply;
            s.ret.reply = answer;
            s.ret.reply_stateid = Stateid::of(s.server.epoch);
        }
        FIRED
    }

    pub(super) fn ret_delegreturn_reply(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::DelegreturnReply)?;
        let (answer, _) = self.take_reply(s);
        self.take_return_answer(s, answer);
        FIRED
    }

    pub(super) fn ret_delegreturn_again(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::DelegreturnReply)?;
        when(s.ret.reply_stateid != Stateid::of(s.server.epoch))?;
        self.take_reply(s);
        s.ret.at = RetAt::Delegreturn;
        if !s.server.session {
            self.session_is_lost(s);
        }
        FIRED
    }

    /// The answer to DELEGRETURN is processed.
    fn take_return_answer(&self, s: &mut State, answer: Status) {
        if answer == Status::DELEG_REVOKED {
            self.doubt_locks(s);
        }
        // With `detach_after_rpc` it is still there, and may have been re-granted meanwhile.
        if self.is_current(s) && s.deleg.returning {
            if s.deleg.stateid == s.ret.stateid {
                s.deleg = Delegation::default();
            } else if self.rules.late_answer_puts_back {
                s.deleg.returning = false;
                s.deleg.to_return = true;
            }
        }
        self.end_return(s);
    }
}
