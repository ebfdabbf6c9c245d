//! What the protocol promises.

use crate::kit::{Claim, Property, awaits, claim, every, implies, values};

use super::DelegationReturn;
use super::config::Program;
use super::state::{
    AppAt, AppId, Callback, FIRST_OPEN, Grant, LockId, MgrAt, OpenId, Recall, RetAt, RivalLock,
    SECOND_OPEN, State, Stateid,
};

pub(super) const PROPERTIES: &[Property<DelegationReturn>] = properties! { DelegationReturn;
    /// No application believes in a lock while the other client holds one that conflicts.
    invariant no_two_holders;
    /// Once the client is settled, the server knows each open, or at least the delegation.
    invariant opens_backed;
    /// Once the client is settled, the server knows each lock, or at least the delegation.
    invariant locks_backed;
    /// Once the client is settled, client and server agree on whether there is a delegation.
    invariant views_agree;
    /// Nobody detaches a delegation while another task is returning it.
    invariant one_return;
    /// Once the client is settled, no open and no lock has a stateid of an earlier epoch.
    invariant no_stale_stateid;
    /// Cached data are used only while a delegation vouches for them.
    invariant no_stale_cache;
    /// The server grants nothing new in grace, takes no reclaim outside of it, no claim under a
    /// revoked delegation, and no lock that conflicts.
    invariant server_order;
    /// The client does not rely forever on what was taken away without its knowledge.
    invariant loss_reported;
    /// A lock that the other client held meanwhile is not believed in once things have settled.
    invariant no_silent_gap;
    /// A delegation that is marked as being returned is being returned by somebody.
    invariant return_is_driven;
    /// A setattr ends with an error only because of a signal.
    invariant no_spurious_error;
    /// A recall that was sent is answered by a return, or given up by the server.
    leads_to recall_answered;
    /// A client whose delegation was revoked learns of it.
    leads_to revocation_learned;
};

impl DelegationReturn {
    /// Whether the client has recovered from all that it can know of.
    fn is_settled(&self, s: &State) -> bool {
        s.server.epoch == s.client.epoch
            && s.client.mgr == MgrAt::Idle
            && s.server.session
            && !s.client.need
    }

    /// Settled, and nothing was taken away that the client could not know of.
    fn is_accountable(&self, s: &State) -> bool {
        !s.ghost.taken && self.is_settled(s)
    }

    fn every_lock(&self, check: impl Fn(LockId) -> Claim) -> Claim {
        every(self.locks().map(check))
    }

    fn every_open(&self, check: impl Fn(OpenId) -> Claim) -> Claim {
        every([FIRST_OPEN, SECOND_OPEN].map(check))
    }

    fn trusts_lock(&self, s: &State, k: LockId) -> bool {
        s.lock[k].believed && !s.lock[k].lost
    }

    fn is_lock_backed(&self, s: &State, k: LockId) -> bool {
        s.server.lock[k] || s.server.deleg == Grant::Held
    }

    fn is_open_backed(&self, s: &State, o: OpenId) -> bool {
        s.server.open[o] || s.server.deleg == Grant::Held
    }

    fn no_two_holders(&self, s: &State) -> Claim {
        self.every_lock(|k| {
            let held = s.rival.lock[k] == RivalLock::Holds;
            implies(!s.ghost.taken && held, !self.trusts_lock(s, k))
        })
    }

    fn opens_backed(&self, s: &State) -> Claim {
        let speaks = self.is_accountable(s);
        self.every_open(|o| implies(speaks && s.open[o].held, self.is_open_backed(s, o)))
    }

    fn locks_backed(&self, s: &State) -> Claim {
        let speaks = self.is_accountable(s);
        self.every_lock(|k| implies(speaks && self.trusts_lock(s, k), self.is_lock_backed(s, k)))
    }

    fn views_agree(&self, s: &State) -> Claim {
        let (deleg, speaks) = (&s.deleg, self.is_accountable(s));
        let trusted = deleg.attached && !deleg.returning && !deleg.revoked && !deleg.need_reclaim;
        let held = s.server.deleg == Grant::Held && s.ret.at == RetAt::Idle;
        every([
            implies(speaks && trusted, s.server.deleg != Grant::None),
            implies(speaks && held, deleg.attached),
        ])
    }

    fn one_return(&self, s: &State) -> Claim {
        claim(!s.ghost.detached_under_return)
    }

    fn no_stale_stateid(&self, s: &State) -> Claim {
        let speaks = self.is_accountable(s) && s.ret.at == RetAt::Idle;
        let current = Stateid::of(s.server.epoch);
        let opens = self.every_open(|o| {
            let open = &s.open[o];
            implies(speaks && open.held && !open.delegated, open.stateid == current)
        });
        let locks = self.every_lock(|k| {
            let lock = &s.lock[k];
            let own = !s.open[FIRST_OPEN].delegated && !lock.lost && lock.stateid != Stateid::None;
            implies(speaks && own, lock.stateid == current)
        });
        every([opens, locks])
    }

    fn no_stale_cache(&self, s: &State) -> Claim {
        claim(!s.ghost.stale_read)
    }

    fn server_order(&self, s: &State) -> Claim {
        claim(!s.ghost.bad_grant)
    }

    /// Whether the client has learned all that it can: nothing is on its way to it.
    fn has_learned(&self, s: &State) -> bool {
        let still_to_learn = s.deleg.attached
            && (s.deleg.to_return || s.deleg.revoked || s.server.deleg == Grant::Revoked);
        let about_to_lock = values::<AppId>(self)
            .any(|a| self.spec(a).program == Program::Lock && s.app[a] == AppAt::Start);
        self.is_settled(s)
            && s.ret.at == RetAt::Idle
            && !still_to_learn
            && !about_to_lock
            && s.server.recall == Recall::None
            && s.cb == Callback::default()
    }

    fn no_silent_gap(&self, s: &State) -> Claim {
        let speaks = self.has_learned(s);
        self.every_lock(|k| implies(speaks && s.ghost.broken[k], !self.trusts_lock(s, k)))
    }

    fn return_is_driven(&self, s: &State) -> Claim {
        let returning = s.deleg.attached && s.deleg.returning;
        implies(returning, s.ret.at != RetAt::Idle)
    }

    fn loss_reported(&self, s: &State) -> Claim {
        let speaks = s.ghost.taken && self.has_learned(s);
        let locks = self
            .every_lock(|k| implies(speaks && self.trusts_lock(s, k), self.is_lock_backed(s, k)));
        let opens =
            self.every_open(|o| implies(speaks && s.open[o].held, self.is_open_backed(s, o)));
        every([locks, opens])
    }

    fn no_spurious_error(&self, s: &State) -> Claim {
        claim(!s.ghost.setattr_error)
    }

    fn revocation_learned(&self, s: &State) -> Claim {
        claim(s.server.deleg != Grant::Revoked || !self.has_delegation(s))
    }

    fn recall_answered(&self, s: &State) -> Claim {
        awaits(s.server.recall == Recall::Sent, s.server.recall == Recall::None)
    }
}
