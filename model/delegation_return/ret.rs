//! The `ret` lane: the returner claims opens and locks, detaches the delegation and returns it.

use crate::kit::{FIRED, Fired, values, when};

use super::DelegationReturn;
use super::server::Claim;
use super::state::{
    AppAt, AppId, Delegation, FIRST_OPEN, Kind, LockId, MgrAt, OpenId, Ret, RetAt, SECOND_OPEN,
    State, Stateid, Status,
};

impl DelegationReturn {
    pub(super) fn ret_start(&self, s: &mut State) -> Fired {
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
        s.client.rwsem = !self.rules.no_rwsem_across_claims;
    }

    /// Whether the delegation that is being returned still hangs on the inode.
    fn is_current(&self, s: &State) -> bool {
        s.deleg.attached && s.deleg.id == s.ret.id
    }

    pub(super) fn ret_next_open(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::NextOpen)?;
        match self.open_to_claim(s) {
            Some(o) => {
                s.ret.open = o;
                s.ret.at = RetAt::OpenSend;
                s.client.changed = matches!(s.client.mgr, MgrAt::Open | MgrAt::Lock);
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

    pub(super) fn ret_open_send(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::OpenSend && !s.client.draining && self.has_slot(s))?;
        let stateid = if self.is_current(s) { s.deleg.stateid } else { s.ret.stateid };
        let answer = self.answer_open_claim(s, s.ret.id, stateid);
        self.called(s, answer);
        if answer == Status::OK {
            self.grant_open(s, s.ret.open, Claim::Delegation);
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

    pub(super) fn ret_open_reply(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::OpenReply)?;
        let (answer, stateid) = self.take_reply(s);
        if self.succeeded(answer) {
            let o = s.ret.open;
            s.open[o].stateid = stateid;
            s.open[o].delegated = s.deleg.attached && !self.rules.returning_in_update_open_stateid;
            let first = if o == FIRST_OPEN { self.lock_to_claim(s, 0) } else { None };
            self.claim_lock(s, first.filter(|_| self.rules.claim_locks));
        } else {
            match answer {
                Status::DELEG_REVOKED if s.deleg.attached => self.mark_revoked(s),
                Status::BAD_STATEID => self.mark_bad_stateid(s, s.ret.open),
                _ => {}
            }
            self.again(s);
        }
        FIRED
    }

    /// The client knows that its delegation was revoked: the manager asks for its opens anew.
    pub(super) fn mark_revoked(&self, s: &mut State) {
        s.deleg.revoked = true;
        s.client.nograce = true;
        s.client.need = true;
        for o in [FIRST_OPEN, SECOND_OPEN] {
            s.open[o].needs_reclaim |= s.open[o].delegated;
        }
    }

    /// The server does not know the delegation: the manager asks for this open anew. A claim that
    /// is merely made again would get the same answer for ever.
    fn mark_bad_stateid(&self, s: &mut State, o: OpenId) {
        s.open[o].needs_reclaim = true;
        s.client.nograce = true;
        s.client.need = true;
    }

    fn lock_to_claim(&self, s: &State, from: u8) -> Option<LockId> {
        self.locks().find(|k| k.0 >= from && s.lock[*k].believed)
    }

    /// Goes on with this lock, or there is none left.
    fn claim_lock(&self, s: &mut State, lock: Option<LockId>) {
        s.ret.lock = lock.unwrap_or_default();
        s.ret.at = if lock.is_some() { RetAt::LockSend } else { RetAt::SeqCheck };
    }

    fn claim_next_lock(&self, s: &mut State) {
        let next = self.lock_to_claim(s, s.ret.lock.0 + 1);
        self.claim_lock(s, next);
    }

    pub(super) fn ret_lock_send(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::LockSend && !s.client.draining && self.has_slot(s))?;
        let k = s.ret.lock;
        if s.lock[k].lost {
            self.claim_next_lock(s);
            return FIRED;
        }
        let answer = self.answer_lock_claim(s);
        self.called(s, answer);
        if answer == Status::OK {
            self.grant_lock(s, k, Claim::New);
        }
        self.await_reply(s, answer, RetAt::LockReply);
        FIRED
    }

    pub(super) fn ret_lock_reply(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::LockReply)?;
        let (answer, stateid) = self.take_reply(s);
        let k = s.ret.lock;
        if self.succeeded(answer) {
            s.lock[k].stateid = stateid;
            self.claim_next_lock(s);
        } else if answer == Status::DENIED {
            s.lock[k].lost = true;
            self.claim_next_lock(s);
        } else if answer == Status::BAD_STATEID && s.server.open[FIRST_OPEN] {
            s.open[FIRST_OPEN].stateid = Stateid::of(s.server.epoch);
            s.ret.at = RetAt::LockSend;
        } else if self.rules.lock_claim_in_place {
            s.ret.at = RetAt::LockSend;
        } else {
            self.again(s);
        }
        FIRED
    }

    pub(super) fn ret_seq_check(&self, s: &mut State) -> Fired {
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
            self.abort(s);
        }
    }

    /// The return is given up.
    pub(super) fn abort(&self, s: &mut State) {
        if self.is_current(s) {
            s.deleg.returning = false;
            s.deleg.to_return |= self.rules.abort_puts_back;
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

    pub(super) fn ret_wait_done(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::Wait && s.client.mgr == MgrAt::Idle && !s.client.need)?;
        s.ret.at = RetAt::NextOpen;
        s.client.rwsem = !self.rules.no_rwsem_across_claims;
        FIRED
    }

    pub(super) fn ret_detach(&self, s: &mut State) -> Fired {
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

    pub(super) fn ret_delegreturn(&self, s: &mut State) -> Fired {
        when(s.ret.at == RetAt::Delegreturn && !s.client.draining && self.has_slot(s))?;
        when(s.server.session || !s.client.need)?;
        let answer = self.answer_delegreturn(s, s.ret.id, s.ret.stateid);
        self.called(s, answer);
        match answer {
            Status::BADSESSION | Status::DELAY => return FIRED,
            Status::OK | Status::DELEG_REVOKED => self.end_delegation(s),
            _ => {}
        }
        // With `detach_after_rpc` it is still there, and may have been re-granted meanwhile.
        if self.is_current(s) && s.deleg.returning {
            if s.deleg.stateid == s.ret.stateid {
                s.deleg = Delegation::default();
            } else {
                s.deleg.returning = false;
            }
        }
        self.end_return(s);
        FIRED
    }
}
