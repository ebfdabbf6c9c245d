//! The `app` lane: applications on the client that holds the delegation.

use crate::kit::{FIRED, Fired, Next, when};

use super::DelegationReturn;
use super::config::Program;
use super::server::Claim;
use super::state::{
    AppAt, AppId, Call, FIRST_OPEN, Kind, Lock, MgrAt, Open, OpenId, Recover, RetAt, RivalLock,
    SECOND_OPEN, State, Stateid, Status,
};

impl DelegationReturn {
    /// Whether an application is about to do what it is there for.
    fn is_at(&self, s: &State, a: AppId, program: Program, at: AppAt) -> bool {
        self.spec(a).program == program && s.app[a] == at && s.call[a] == Call::default()
    }

    /// Whether nobody keeps the applications from locking and unlocking.
    fn may_lock(&self, s: &State) -> bool {
        let claiming = self.rules.delegreturn_mutex && s.ret.in_claim();
        !s.client.rwsem && !claiming
    }

    /// Whether an application can call the server. Where the session is lost and the manager has
    /// been sent for, a call only waits.
    fn may_call(&self, s: &State) -> bool {
        !s.client.draining && (s.server.session || !s.client.need) && self.has_slot(s)
    }

    /// Whether the session can carry one more call.
    pub(super) fn has_slot(&self, s: &State) -> bool {
        self.slots == 0 || self.slots_in_use(s) < self.slots
    }

    /// How many calls were executed whose answers have not yet been processed.
    pub(super) fn slots_in_use(&self, s: &State) -> u8 {
        let calls = s.call.entries().iter().filter(|call| call.reply != Status::None).count();
        calls as u8 + u8::from(s.ret.in_slot())
    }

    /// The application has done what it is there for.
    fn achieved(&self, s: &mut State, a: AppId) {
        s.app[a] = if self.spec(a).undo { AppAt::Undo } else { AppAt::Done };
    }

    pub(super) fn app_lock_cached(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Lock, AppAt::Start))?;
        when(s.open[FIRST_OPEN].delegated && self.may_lock(s))?;
        let k = self.spec(a).lock;
        s.lock[k].believed = true;
        s.ghost.broken[k] = s.rival.lock[k] == RivalLock::Holds;
        self.achieved(s, a);
        FIRED
    }

    pub(super) fn app_lock(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Lock, AppAt::Start))?;
        let open = s.open[FIRST_OPEN];
        when(open.held && !open.delegated && self.may_lock(s) && self.may_call(s))?;
        let answer = self.answer_new_lock(s, self.spec(a).lock);
        // GRACE and DENIED: a blocking lock waits.
        when(!matches!(answer, Status::GRACE | Status::DENIED))?;
        self.called(s, answer);
        if answer == Status::OK {
            self.grant_lock(s, self.spec(a).lock, Claim::New);
        }
        self.executed(s, a, answer);
        FIRED
    }

    /// A call was executed, and its answer brings the current stateid: it is processed at once,
    /// or, with a slot table, later.
    fn executed(&self, s: &mut State, a: AppId, reply: Status) {
        let stateid = match reply {
            Status::OK => Stateid::of(s.server.epoch),
            // What was sent: the open may be recovered before the answer is processed.
            Status::BAD_STATEID => s.open[FIRST_OPEN].stateid,
            _ => Stateid::None,
        };
        if self.slots == 0 {
            self.take_answer(s, a, reply, stateid);
        } else {
            s.call[a] = Call { reply, stateid };
        }
    }

    pub(super) fn app_reply(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(s.call[a] != Call::default())?;
        let Call { reply, stateid } = core::mem::take(&mut s.call[a]);
        self.take_answer(s, a, reply, stateid);
        FIRED
    }

    /// The answer to the LOCK or the OPEN of an application is processed.
    fn take_answer(&self, s: &mut State, a: AppId, answer: Status, stateid: Stateid) {
        match (answer, self.spec(a).program) {
            (Status::OK, Program::Lock) => {
                s.lock[self.spec(a).lock] = Lock { believed: true, stateid, lost: false };
                self.achieved(s, a);
            }
            (Status::OK, _) => {
                let delegated = self.open_rests_on_delegation(s) && !s.deleg.need_reclaim;
                s.open[SECOND_OPEN] = Open { held: true, delegated, stateid, recover: Recover::No };
                self.achieved(s, a);
            }
            (Status::BAD_STATEID, _) if s.open[FIRST_OPEN].stateid == stateid => {
                self.mark_bad_stateid(s, FIRST_OPEN);
            }
            _ => {}
        }
    }

    pub(super) fn app_unlock_cached(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Lock, AppAt::Undo) && self.may_lock(s))?;
        let lock = &s.lock[self.spec(a).lock];
        when(lock.stateid == Stateid::None)?;
        let lock = &mut s.lock[self.spec(a).lock];
        *lock = Lock::default();
        s.ghost.broken[self.spec(a).lock] = false;
        s.app[a] = AppAt::Done;
        FIRED
    }

    pub(super) fn app_unlock(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Lock, AppAt::Undo) && self.may_lock(s))?;
        let k = self.spec(a).lock;
        when(s.lock[k].stateid != Stateid::None && self.may_call(s))?;
        if s.server.session {
            self.called(s, Status::OK);
            // One of an earlier epoch means nothing to the server.
            s.server.lock[k] &= s.lock[k].stateid != Stateid::of(s.server.epoch);
            s.lock[k] = Lock::default();
            s.ghost.broken[k] = false;
            s.app[a] = AppAt::Done;
        } else {
            self.called(s, Status::BADSESSION);
        }
        FIRED
    }

    /// Whether an open may be served from the delegation.
    fn can_open_delegated(&self, s: &State) -> bool {
        let deleg = &s.deleg;
        let blocked = (deleg.revoked && self.rules.revoked_blocks_cached_open)
            || (deleg.need_reclaim && self.rules.need_reclaim_blocks_cached_open)
            || (deleg.returning && self.rules.returning_in_can_open);
        deleg.attached && !blocked
    }

    pub(super) fn app_open_cached(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Open, AppAt::Start) && self.can_open_delegated(s))?;
        s.open[SECOND_OPEN] = Open { held: true, delegated: true, ..Open::default() };
        self.achieved(s, a);
        FIRED
    }

    pub(super) fn app_open(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Open, AppAt::Start) && !self.can_open_delegated(s))?;
        when(self.may_call(s))?;
        let answer = self.answer_new_open(s);
        when(answer != Status::GRACE)?;
        self.called(s, answer);
        if answer == Status::OK {
            self.grant_open(s, SECOND_OPEN, Claim::New);
        }
        self.executed(s, a, answer);
        FIRED
    }

    pub(super) fn app_close_cached(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let o = self.closes(s, a);
        when(o.is_some_and(|o| s.open[o].stateid == Stateid::None))?;
        self.closed(s, a, o);
        FIRED
    }

    pub(super) fn app_close(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let o = self.closes(s, a);
        when(o.is_some_and(|o| s.open[o].stateid != Stateid::None) && self.may_call(s))?;
        if s.server.session {
            self.called(s, Status::OK);
            if let Some(o) = o {
                s.server.open[o] = false;
            }
            self.closed(s, a, o);
        } else {
            self.called(s, Status::BADSESSION);
        }
        FIRED
    }

    /// The open that an application is about to close, unless somebody works on it: a claim and a
    /// recovery keep a reference, and the close comes after them.
    fn closes(&self, s: &State, a: AppId) -> Option<OpenId> {
        let o = if self.is_at(s, a, Program::Open, AppAt::Undo) {
            SECOND_OPEN
        } else if self.is_at(s, a, Program::Close, AppAt::Start) && self.locks_given_up(s) {
            FIRST_OPEN
        } else {
            return None;
        };
        let claimed = s.ret.in_claim() && s.ret.open == o;
        let recovered = matches!(s.client.mgr, MgrAt::Open | MgrAt::Lock) && s.client.mgr_open == o;
        (!claimed && !recovered).then_some(o)
    }

    fn locks_given_up(&self, s: &State) -> bool {
        crate::kit::values::<AppId>(self)
            .all(|a| self.spec(a).program != Program::Lock || s.app[a] == AppAt::Done)
    }

    fn closed(&self, s: &mut State, a: AppId, o: Option<OpenId>) {
        if let Some(o) = o {
            s.open[o] = Open::default();
        }
        s.app[a] = AppAt::Done;
    }

    pub(super) fn app_setattr(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Setattr, AppAt::Start))?;
        when(self.has_delegation(s) && s.ret.at == RetAt::Idle)?;
        self.begin_return(s, Kind::Sync);
        s.app[a] = AppAt::Busy;
        FIRED
    }

    /// Whether there is a delegation that nobody returns yet.
    pub(super) fn has_delegation(&self, s: &State) -> bool {
        s.deleg.attached && !s.deleg.returning && !s.deleg.revoked
    }

    pub(super) fn app_setattr_plain(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Setattr, AppAt::Start))?;
        when(!self.has_delegation(s) && !s.rival.delegated)?;
        s.app[a] = AppAt::Done;
        FIRED
    }

    /// Whether cached data are used without asking the server.
    fn trusts_cache(&self, s: &State) -> bool {
        let deleg = &s.deleg;
        deleg.attached
            && !deleg.revoked
            && !(deleg.returning && self.rules.returning_in_have_delegation)
    }

    pub(super) fn app_read_cached(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Read, AppAt::Start) && self.trusts_cache(s))?;
        s.ghost.stale_read |= s.ghost.cache_stale && !s.ghost.taken;
        s.app[a] = AppAt::Done;
        FIRED
    }

    pub(super) fn app_read(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(self.is_at(s, a, Program::Read, AppAt::Start) && !self.trusts_cache(s))?;
        when(self.may_call(s))?;
        let answer = self.answer_new_open(s);
        when(answer != Status::GRACE)?;
        self.called(s, answer);
        if answer == Status::OK {
            s.app[a] = AppAt::Done;
        }
        FIRED
    }
}
