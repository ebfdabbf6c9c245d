//! What the protocol promises. In the temporal properties the owner on another node gives its lock
//! up in the end.

use crate::kit::{Claim, Property, claim, every, if_then, implies};

use super::AsyncGrant;
use super::state::{ClientAt, ClientId, GrantRes, Hold, OpKind, OwnerId, State};

pub(super) const PROPERTIES: &[Property<AsyncGrant>] = properties! { AsyncGrant;
    /// No two owners believe that they hold the same byte, unless both only read.
    invariant mutual_exclusion;
    /// What a client was told to have, its owner has at the master; what it has lost with a
    /// restart, it can reclaim.
    invariant told_is_held;
    /// A request has at most one final answer that changes what the client believes.
    invariant answered_once;
    /// A test is not answered with "free" if somebody was in the way all the time.
    invariant test_truth;
    /// What a client reclaims after a restart nobody else had in between.
    invariant no_stale_reclaim;
    /// At rest no byte is held for a request that is over.
    at_rest no_orphan;
    /// At rest the local locks are what the clients have.
    at_rest mirror_agrees;
    /// At rest every request has its answer, or was told to wait.
    at_rest every_request_answered;
    /// At rest nobody waits who could have the lock.
    at_rest no_lost_wakeup;
    /// The system does not keep itself busy.
    no_fair_cycle no_retry_storm;
    /// A request that is under way comes to an end.
    leads_to request_settles(c: ClientId);
    /// A request that waits is granted once nothing conflicts with it.
    leads_to waiter_granted(c: ClientId);
    /// A lock that was granted too late is given back.
    leads_to late_grant_released(c: ClientId);
    /// Grace ends.
    leads_to grace_ends;
    /// A callback was refused because it came too late.
    reachable late_grant_refused;
    /// A client has refused a GRANTED, and the lock manager is about to hear of it.
    reachable grant_rejected;
    /// A client has its lock back after a restart.
    reachable reclaimed;
};

impl AsyncGrant {
    fn every_client(&self, check: impl Fn(ClientId) -> Claim) -> Claim {
        every(self.all_clients().map(check))
    }

    fn every_byte(&self, c: ClientId, check: impl Fn(u8) -> Claim) -> Claim {
        every(self.bytes(c).map(check))
    }

    /// What an owner counts on of a byte: what it was told, or less where it has asked for less
    /// itself and has no answer yet.
    fn counts_on(&self, s: &State, owner: OwnerId, byte: u8) -> Hold {
        let asked = self.all_clients().filter(|c| {
            let spec = self.spec(*c);
            spec.owner == owner && spec.range.contains(byte) && s.client[*c].at.is_asking()
        });
        asked.fold(s.believed[owner].at(byte), |least, c| least.min(self.hold(c)))
    }

    fn mutual_exclusion(&self, s: &State) -> Claim {
        self.every_client(|c| {
            self.every_byte(c, |byte| {
                let mine = self.counts_on(s, self.spec(c).owner, byte);
                let excludes = |theirs: Hold| {
                    theirs == Hold::Write || (mine == Hold::Write && theirs == Hold::Read)
                };
                if_then(mine != Hold::None, || {
                    let others = self.all_clients().map(|other| self.spec(other).owner);
                    let mut others = others.filter(|other| *other != self.spec(c).owner);
                    let remote = s.table.held(OwnerId::REMOTE.0, byte).into();
                    let excluded = others.any(|other| excludes(self.counts_on(s, other, byte)));
                    !excluded && !excludes(remote)
                })
            })
        })
    }

    fn told_is_held(&self, s: &State) -> Claim {
        self.every_client(|c| {
            let client = &s.client[c];
            let owner = self.spec(c).owner;
            let has = |byte| self.held(s, c, byte) >= self.counts_on(s, owner, byte);
            if_then(client.at == ClientAt::Hold, || {
                client.must_reclaim && s.grace || self.bytes(c).all(has)
            })
        })
    }

    fn answered_once(&self, s: &State) -> Claim {
        self.every_client(|c| implies(s.client[c].answers > 0, s.client[c].answers == 1))
    }

    fn test_truth(&self, s: &State) -> Claim {
        self.every_client(|c| {
            implies(s.client[c].at == ClientAt::Free, !s.client[c].conflict_throughout)
        })
    }

    fn no_stale_reclaim(&self, s: &State) -> Claim {
        claim(!s.stale_reclaim)
    }

    fn no_orphan(&self, s: &State) -> Claim {
        self.every_client(|c| {
            use ClientAt::{Dead, Done, Fail, Free};
            let over = matches!(s.client[c].at, Dead | Done | Fail | Free);
            self.every_byte(c, |byte| {
                let held = over && self.held(s, c, byte) != Hold::None;
                if_then(held, || self.another_holds(s, c, byte))
            })
        })
    }

    /// Another request of the same owner has the lock, and its range includes the byte.
    fn another_holds(&self, s: &State, c: ClientId, byte: u8) -> bool {
        let mut others = self.all_clients().filter(|other| *other != c);
        others.any(|other| {
            self.own(other) == self.own(c)
                && s.client[other].at == ClientAt::Hold
                && self.spec(other).range.contains(byte)
        })
    }

    fn mirror_agrees(&self, s: &State) -> Claim {
        self.every_client(|c| {
            self.every_byte(c, |byte| {
                let local = s.mirror[self.spec(c).owner].at(byte);
                let believed = self.counts_on(s, self.spec(c).owner, byte);
                let agrees = local >= believed && local <= self.held(s, c, byte);
                implies(local.max(believed) > Hold::None, agrees)
            })
        })
    }

    fn every_request_answered(&self, s: &State) -> Claim {
        self.every_client(|c| {
            let at = s.client[c].at;
            implies(at != ClientAt::Idle, !at.is_under_way())
        })
    }

    fn no_lost_wakeup(&self, s: &State) -> Claim {
        self.every_client(|c| if_then(s.client[c].at == ClientAt::Blocked, || self.conflict(s, c)))
    }

    fn no_retry_storm(&self, _: &State) -> Claim {
        claim(true)
    }

    fn request_settles(&self, s: &State, c: ClientId) -> Claim {
        claim(!s.client[c].at.is_under_way())
    }

    fn waiter_granted(&self, s: &State, c: ClientId) -> Claim {
        claim(s.client[c].at != ClientAt::Blocked || self.conflict(s, c))
    }

    fn late_grant_released(&self, s: &State, c: ClientId) -> Claim {
        claim(!s.has_op(c, OpKind::Undo))
    }

    fn grace_ends(&self, s: &State) -> Claim {
        claim(!s.grace)
    }

    fn late_grant_refused(&self, s: &State) -> Claim {
        // A restart leaves releases behind as well.
        let restarted = s.budget.reboot < self.budget.reboot || s.budget.node < self.budget.node;
        let any = self.all_clients().any(|c| {
            let block = &s.block[c];
            let timed_out = block.queued && block.timed_out && !block.got_cb;
            s.has_op(c, OpKind::Undo) && (!block.on_list || timed_out)
        });
        implies(any && !restarted, true)
    }

    fn grant_rejected(&self, s: &State) -> Claim {
        let rejected =
            |c: ClientId| s.client[c].grant_res == GrantRes::Rejected && s.block[c].present;
        implies(self.all_clients().any(rejected), true)
    }

    fn reclaimed(&self, s: &State) -> Claim {
        let has = |c: ClientId| s.client[c].at == ClientAt::Hold && !s.client[c].must_reclaim;
        implies(s.grace && self.all_clients().any(has), true)
    }
}
