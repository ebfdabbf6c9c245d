//! The server: what it answers to each call, and the `cb`, `srv` and `rival` lanes.

use crate::kit::{FIRED, Fired, Table, when};

use super::DelegationReturn;
use super::state::{
    AppId, Callback, DelegId, FIRST_OPEN, Grant, LockId, OpenId, Recall, Rival, State, Stateid,
    Status,
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
        if !server.session {
            Status::BADSESSION
        } else if server.deleg == Grant::Revoked {
            Status::DELEG_REVOKED
        } else if !self.is_held(s, id, stateid) {
            Status::BAD_STATEID
        } else {
            self.answer_unless_delayed(s, self.answer_new_open(s))
        }
    }

    /// To a LOCK that reclaims nothing.
    pub(super) fn answer_new_lock(&self, s: &State) -> Status {
        let open = &s.open[FIRST_OPEN];
        let known = s.server.open[FIRST_OPEN] && open.stateid == Stateid::of(s.server.epoch);
        match self.answer_new_open(s) {
            Status::OK if !known => Status::BAD_STATEID,
            Status::OK if s.rival == Rival::Hold => Status::DENIED,
            answer => answer,
        }
    }

    /// To a LOCK that the returner sends.
    pub(super) fn answer_lock_claim(&self, s: &State) -> Status {
        match self.answer_new_lock(s) {
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
        if s.server.delay && answer != Status::GRACE { Status::DELAY } else { answer }
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
            Status::BADSESSION => s.client.need = true,
            Status::DELAY => {
                s.server.delay = false;
                s.server.courtesy = false;
            }
            // Any call renews the lease.
            _ => s.server.courtesy = false,
        }
    }

    pub(super) fn grant_open(&self, s: &mut State, o: OpenId, claim: Claim) {
        self.note_grant(s, claim);
        s.server.open[o] = true;
    }

    pub(super) fn grant_lock(&self, s: &mut State, k: LockId, claim: Claim) {
        self.note_grant(s, claim);
        s.ghost.bad_grant |= s.rival == Rival::Hold;
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
        s.server.on_record = false;
        s.ghost.taken = true;
    }
}

// The `cb` lane.
impl DelegationReturn {
    pub(super) fn cb_send(&self, s: &mut State) -> Fired {
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

    pub(super) fn cb_receive(&self, s: &mut State) -> Fired {
        when(s.cb.in_flight)?;
        s.cb.in_flight = false;
        self.receive_recall(s);
        FIRED
    }

    fn receive_recall(&self, s: &mut State) {
        let deleg = &mut s.deleg;
        let known = deleg.attached && deleg.stateid == s.cb.stateid && deleg.id == s.cb.deleg_id;
        s.cb.reply = if known {
            deleg.to_return |= !deleg.returning || self.rules.recall_marks_even_if_returning;
            Status::OK
        } else if s.open.entries().iter().any(|open| open.held) {
            Status::BAD_STATEID
        } else {
            Status::BADHANDLE
        };
    }

    pub(super) fn cb_reply(&self, s: &mut State) -> Fired {
        when(s.cb.reply != Status::None)?;
        let current = s.cb.stateid == Stateid::of(s.server.epoch);
        if s.cb.reply != Status::OK && current && s.server.recall == Recall::Sent {
            s.server.recall = Recall::Refused;
        }
        s.cb = Callback::default();
        FIRED
    }
}

// The `srv` and `rival` lanes.
impl DelegationReturn {
    pub(super) fn srv_end_grace(&self, s: &mut State) -> Fired {
        when(s.server.grace && s.server.reclaim_done)?;
        s.server.grace = false;
        FIRED
    }

    pub(super) fn rival_lock(&self, s: &mut State) -> Fired {
        when(s.rival == Rival::Wait && !s.server.grace)?;
        let delegated = s.server.deleg == Grant::Held;
        let locked = self.locks().any(|k| s.server.lock[k]);
        if s.server.courtesy && (delegated || locked) {
            self.expire_client(s);
        } else if delegated {
            when(s.server.recall == Recall::None)?;
            s.server.recall = Recall::Queued;
            return FIRED;
        } else {
            when(!locked)?;
        }
        s.rival = Rival::Hold;
        s.ghost.cache_stale = self.reads();
        FIRED
    }

    pub(super) fn rival_unlock(&self, s: &mut State) -> Fired {
        when(s.rival == Rival::Hold)?;
        s.rival = Rival::Done;
        FIRED
    }

    /// Whether an application reads: otherwise nobody can tell whether cached data are stale.
    fn reads(&self) -> bool {
        crate::kit::values::<AppId>(self)
            .any(|a| self.spec(a).program == super::config::Program::Read)
    }
}
