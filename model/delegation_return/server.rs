//! The server: what it answers to each call, and the `cb`, `srv` and `rival` lanes.

use crate::kit::{FIRED, Fired, Next, Table, when};

use super::DelegationReturn;
use super::state::{
    AppAt, AppId, Callback, DelegId, FIRST_OPEN, Grant, LockId, MgrAt, OpenId, Recall, RetAt,
    Rival, RivalLock, State, Stateid, Status,
};

/// Under which claim the server grants something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// As any client may ask for it.
    New,
    /// From a delegation that the client holds.
    Delegation,
    /// After a reboot, in grace.
    Reclaim,
}

// What the server answers, and nothing else: none of these changes the state.
impl DelegationReturn {
    /// To a call that reclaims nothing and needs no stateid.
    pub(super) fn answer_new_open(&self, s: &State) -> Status {
        let server = &s.server;
        if !server.session {
            Status::BADSESSION
        } else if server.grace || !server.reclaim_done {
            Status::GRACE
        } else {
            Status::OK
        }
    }

    /// To OPEN with CLAIM_DELEG_CUR_FH.
    pub(super) fn answer_open_claim(&self, s: &State, id: DelegId, stateid: Stateid) -> Status {
        let server = &s.server;
        match self.answer_new_open(s) {
            Status::OK if server.deleg == Grant::Revoked => Status::DELEG_REVOKED,
            Status::OK if !self.is_held(s, id, stateid) => Status::BAD_STATEID,
            answer => self.answer_unless_delayed(s, answer),
        }
    }

    /// To a LOCK that reclaims nothing.
    pub(super) fn answer_new_lock(&self, s: &State, k: LockId) -> Status {
        let open = &s.open[FIRST_OPEN];
        let known = s.server.open[FIRST_OPEN] && open.stateid == Stateid::of(s.server.epoch);
        match self.answer_new_open(s) {
            Status::BADSESSION => Status::BADSESSION,
            _ if !known => Status::BAD_STATEID,
            Status::OK if s.rival.lock[k] == RivalLock::Holds => Status::DENIED,
            answer => answer,
        }
    }

    /// To a LOCK that the returner sends.
    pub(super) fn answer_lock_claim(&self, s: &State, k: LockId) -> Status {
        match self.answer_new_lock(s, k) {
            Status::DENIED => self.answer_unless_delayed(s, Status::DENIED),
            Status::OK => self.answer_unless_delayed(s, Status::OK),
            answer => answer,
        }
    }

    /// To OPEN with CLAIM_PREVIOUS, and to a LOCK that is a reclaim. A client that is not on
    /// record gets RECLAIM_BAD from some servers, which makes no difference to the client.
    pub(super) fn answer_reclaim(&self, s: &State) -> Status {
        let server = &s.server;
        if !server.session {
            Status::BADSESSION
        } else if server.grace && !server.reclaim_done && server.on_record {
            Status::OK
        } else {
            Status::NO_GRACE
        }
    }

    /// To DELEGRETURN.
    pub(super) fn answer_delegreturn(&self, s: &State, id: DelegId, stateid: Stateid) -> Status {
        let server = &s.server;
        if !server.session {
            Status::BADSESSION
        } else if server.deleg == Grant::Revoked {
            Status::DELEG_REVOKED
        } else if !self.is_held(s, id, stateid) {
            Status::BAD_STATEID
        } else {
            self.answer_unless_delayed(s, Status::OK)
        }
    }

    fn answer_unless_delayed(&self, s: &State, answer: Status) -> Status {
        let served = !matches!(answer, Status::GRACE | Status::BADSESSION);
        if s.server.delay && served { Status::DELAY } else { answer }
    }

    fn is_held(&self, s: &State, id: DelegId, stateid: Stateid) -> bool {
        let server = &s.server;
        server.deleg == Grant::Held && server.deleg_id == id && stateid == Stateid::of(server.epoch)
    }
}

// What a call does to the server.
impl DelegationReturn {
    /// A call was executed with this answer: what holds for every call.
    pub(super) fn called(&self, s: &mut State, answer: Status) {
        match answer {
            // The sequence operation tells the client, which sends for its manager.
            Status::BADSESSION => self.session_is_lost(s),
            Status::DELAY => {
                s.server.delay = false;
                s.server.courtesy = false;
            }
            // Any call renews the lease.
            _ => s.server.courtesy = false,
        }
    }

    /// The client has seen that its session is lost, and sends for its manager.
    pub(super) fn session_is_lost(&self, s: &mut State) {
        s.client.need = true;
        s.client.draining |= self.rules.drain_at_session_error;
    }

    pub(super) fn grant_open(&self, s: &mut State, o: OpenId, claim: Claim) {
        self.note_grant(s, claim);
        s.server.open[o] = true;
    }

    pub(super) fn grant_lock(&self, s: &mut State, k: LockId, claim: Claim) {
        self.note_grant(s, claim);
        s.ghost.bad_grant |= s.rival.lock[k] == RivalLock::Holds;
        s.server.lock[k] = true;
    }

    fn note_grant(&self, s: &mut State, claim: Claim) {
        let server = &s.server;
        s.ghost.bad_grant |= match claim {
            Claim::New => server.grace,
            Claim::Delegation => server.grace || server.deleg != Grant::Held,
            Claim::Reclaim => !server.grace || server.reclaim_done,
        };
    }

    /// The delegation is no longer there, and so is its recall.
    pub(super) fn end_delegation(&self, s: &mut State) {
        s.server.deleg = Grant::None;
        s.server.deleg_id = DelegId::default();
        s.server.recall = Recall::None;
        s.server.retried = false;
    }

    /// All that the client had at the server is gone.
    pub(super) fn forget_client(&self, s: &mut State) {
        self.end_delegation(s);
        let server = &mut s.server;
        server.session = false;
        server.reclaim_done = false;
        server.courtesy = false;
        server.open = Table::filled(false);
        server.lock = Table::filled(false);
    }

    /// The lease of the client has run out, and its state goes.
    pub(super) fn expire_client(&self, s: &mut State) {
        self.forget_client(s);
        s.server.epoch += 1;
        if self.rules.expired_is_struck_off {
            self.record(s, false);
        }
        s.ghost.taken = true;
    }

    /// Writes down in stable storage whether the client may reclaim after a reboot.
    pub(super) fn record(&self, s: &mut State, may_reclaim: bool) {
        if !core::mem::take(&mut s.server.loses_write) {
            s.server.on_record = may_reclaim;
        }
    }
}

// The `cb` lane.
impl DelegationReturn {
    pub(super) fn cb_send(&self, s: &mut Next<State>) -> Fired {
        when(s.server.recall == Recall::Queued && s.cb == Callback::default())?;
        when(s.server.session || self.variants.cb_one_step)?;
        s.server.recall = Recall::Sent;
        s.cb.stateid = Stateid::of(s.server.epoch);
        s.cb.deleg_id = s.server.deleg_id;
        if self.variants.cb_one_step {
            self.receive_recall(s);
        } else {
            s.cb.in_flight = true;
        }
        FIRED
    }

    pub(super) fn cb_receive(&self, s: &mut Next<State>) -> Fired {
        when(s.cb.in_flight)?;
        s.cb.in_flight = false;
        self.receive_recall(s);
        FIRED
    }

    fn receive_recall(&self, s: &mut State) {
        let deleg = &mut s.deleg;
        let known = deleg.stateid == s.cb.stateid && deleg.id == s.cb.deleg_id;
        s.cb.reply = if !deleg.attached || deleg.revoked {
            Status::BADHANDLE
        } else if known && (!deleg.returning || self.rules.recall_marks_even_if_returning) {
            deleg.to_return = true;
            Status::OK
        } else {
            Status::BAD_STATEID
        };
    }

    pub(super) fn cb_reply(&self, s: &mut Next<State>) -> Fired {
        when(s.cb.reply != Status::None)?;
        let current = s.cb.stateid == Stateid::of(s.server.epoch);
        if s.cb.reply != Status::OK && current && s.server.recall == Recall::Sent {
            // The call may have crossed the answer that grants the delegation: it is made once more.
            s.server.recall = if s.server.retried { Recall::Refused } else { Recall::Queued };
            s.server.retried = true;
        }
        s.cb = Callback::default();
        FIRED
    }
}

// The `srv` and `rival` lanes.
impl DelegationReturn {
    pub(super) fn srv_end_grace(&self, s: &mut Next<State>) -> Fired {
        // The other client comes in time, unless it is kept out by a delegation.
        let kept_out = s.server.deleg == Grant::Held;
        when(s.server.grace && s.server.reclaim_done && (!s.rival.to_reclaim || kept_out))?;
        self.end_grace(s);
        FIRED
    }

    /// Grace ends. If the other client has not reclaimed, it is told that it has lost everything.
    pub(super) fn end_grace(&self, s: &mut State) {
        s.server.grace = false;
        if s.rival.to_reclaim {
            s.rival = Rival { lock: s.rival.lock, ..Rival::default() };
            for k in self.locks() {
                if s.rival.lock[k] == RivalLock::Holds {
                    s.rival.lock[k] = RivalLock::Done;
                }
            }
        }
    }

    pub(super) fn srv_revoke(&self, s: &mut Next<State>) -> Fired {
        when(s.server.recall == Recall::Refused && s.server.deleg == Grant::Held)?;
        // A lease time is long: whoever is about to return it has done so.
        let returns = s.ret.at != RetAt::Idle || (s.deleg.attached && s.deleg.to_return);
        when(!returns && s.client.mgr == MgrAt::Idle && !s.client.need && !s.client.restarted)?;
        self.revoke(s);
        FIRED
    }

    /// The server does not wait any longer for the delegation to be returned.
    pub(super) fn revoke(&self, s: &mut State) {
        s.server.deleg = Grant::Revoked;
        s.server.recall = Recall::None;
        s.server.retried = false;
        if self.rules.revoked_is_struck_off {
            self.record(s, false);
        }
        s.ghost.taken = true;
    }

    /// Somebody else asks for what a delegation excludes: false if the delegation has to be recalled
    /// first, or is being recalled.
    fn lets_in(&self, s: &mut State) -> Result<bool, crate::kit::Refused> {
        if s.server.deleg != Grant::Held {
            return Ok(true);
        }
        if s.server.courtesy {
            self.expire_client(s);
            return Ok(true);
        }
        when(s.server.recall == Recall::None)?;
        s.server.recall = Recall::Queued;
        Ok(false)
    }

    pub(super) fn rival_open(&self, s: &mut Next<State>) -> Fired {
        when(!s.rival.open && !s.server.grace)?;
        if self.lets_in(s)? {
            s.rival.open = true;
            s.rival.delegated = self.rival_delegation;
            s.ghost.cache_stale = self.reads();
        }
        FIRED
    }

    pub(super) fn rival_lock(&self, s: &mut Next<State>, k: LockId) -> Fired {
        when(s.rival.open && !s.rival.to_reclaim && !s.server.grace)?;
        when(s.rival.lock[k] == RivalLock::Wants)?;
        if s.server.lock[k] {
            when(s.server.courtesy)?;
            self.expire_client(s);
        }
        s.rival.lock[k] = RivalLock::Holds;
        s.ghost.broken[k] = s.lock[k].believed && !s.lock[k].lost;
        FIRED
    }

    pub(super) fn rival_unlock(&self, s: &mut Next<State>, k: LockId) -> Fired {
        when(s.rival.lock[k] == RivalLock::Holds && !s.rival.to_reclaim)?;
        s.rival.lock[k] = RivalLock::Done;
        FIRED
    }

    pub(super) fn rival_reclaim(&self, s: &mut Next<State>) -> Fired {
        when(s.rival.to_reclaim && s.server.grace)?;
        if self.lets_in(s)? {
            s.rival.to_reclaim = false;
        }
        FIRED
    }

    pub(super) fn rival_return(&self, s: &mut Next<State>) -> Fired {
        when(s.rival.delegated && self.wants_to_change(s))?;
        s.rival.delegated = false;
        FIRED
    }

    /// Whether an application waits for the server to let it change the file.
    fn wants_to_change(&self, s: &State) -> bool {
        crate::kit::values::<AppId>(self).any(|a| {
            let changes = self.spec(a).program == super::config::Program::Setattr;
            changes && s.app[a] == AppAt::Start && !self.has_delegation(s)
        })
    }

    /// Whether an application reads: otherwise nobody can tell whether cached data are stale.
    fn reads(&self) -> bool {
        crate::kit::values::<AppId>(self)
            .any(|a| self.spec(a).program == super::config::Program::Read)
    }
}
