//! What the protocol promises.

use crate::kit::{Claim, Property, awaits, claim, every, if_then, implies, values};

use super::Recall;
use super::state::{Answer, ClientId, Delegation, ObjectId, OpAt, OpId, Owner, State};

pub(super) const PROPERTIES: &[Property<Recall>] = properties! { Recall;
    /// What a client sees in a cache that it may trust is what the server has.
    invariant no_stale_view;
    /// A write delegation is the only delegation on its object.
    invariant write_excludes;
    /// Who waits for a recall holds no lock.
    invariant no_wait_with_locks;
    /// No thread of the server waits for a recall.
    invariant no_thread_waits;
    /// No caller gets an error because a delegation was in the way.
    invariant no_spurious_error;
    /// An operation takes effect once, and says so.
    invariant applied_once;
    /// An operation takes effect on what its name means.
    invariant applies_to_named;
    /// An operation that returns an error has had no effect.
    invariant no_effect_on_error;
    /// At rest, a live client knows of every delegation that the server believes it has.
    at_rest no_orphan_lease;
    /// No delegation is freed while it is on the laundromat's list, or used by a recall after that.
    invariant no_use_after_free;
    /// At rest, each reference to a delegation has its pointer.
    at_rest no_leaked_delegation;
    /// An operation that has returned holds no reference.
    invariant no_leaked_reference;
    /// Nobody reads while a client has written data that only that client can see.
    invariant no_missed_write;
    /// An operation is answered with DELAY, tries again and succeeds.
    reachable delayed_then_done;
    /// Somebody waits for a recall and keeps others out of a directory meanwhile. Its count says in
    /// how many states that is so: the steps under lock.
    reachable steps_under_lock;
    /// An operation that was called returns. (Claimed where grants are bounded, or where an
    /// operation can be stopped by one object only and `bar_until_applied` is on: that bars one
    /// object, and a rename of two files can be sent from one to the other again and again.)
    leads_to op_terminates(o: OpId);
    /// A client that renews its lease but never answers trusts a cache that is out of date.
    reachable stubborn_stale;
};

impl Recall {
    fn every_op(&self, check: impl Fn(OpId) -> Claim) -> Claim {
        every(values::<OpId>(self).map(check))
    }

    fn every_client_and_object(&self, check: impl Fn(ClientId, ObjectId) -> Claim) -> Claim {
        let check = &check;
        every(
            values::<ClientId>(self)
                .flat_map(move |c| values::<ObjectId>(self).map(move |x| check(c, x))),
        )
    }

    fn no_stale_view(&self, s: &State) -> Claim {
        self.every_client_and_object(|c, x| {
            let (held, client) = (&s.held[c][x], &s.client[c]);
            let trusts = held.belief != Delegation::None && !client.lease_expired;
            implies(trusts && !client.stubborn, !held.stale)
        })
    }

    fn write_excludes(&self, s: &State) -> Claim {
        self.every_client_and_object(|c, x| {
            let mut others = values::<ClientId>(self).filter(|other| *other != c);
            let write = s.lease[c][x].kind == Delegation::Write;
            if_then(write, || others.all(|other| s.lease[other][x].kind == Delegation::None))
        })
    }

    /// Whether an operation holds the lock of an object or the rename mutex.
    fn holds_locks(&self, s: &State, o: OpId) -> bool {
        let mut objects = values::<ObjectId>(self);
        s.rename_mutex == o.into() || objects.any(|x| s.object[x].lock == o.into())
    }

    fn no_wait_with_locks(&self, s: &State) -> Claim {
        self.every_op(|o| if_then(s.op[o].at == OpAt::Wait, || !self.holds_locks(s, o)))
    }

    fn no_thread_waits(&self, s: &State) -> Claim {
        self.every_op(|o| implies(s.op[o].at == OpAt::Wait, !self.spec(o).nfs))
    }

    fn no_spurious_error(&self, s: &State) -> Claim {
        self.every_op(|o| claim(s.op[o].at != OpAt::Failed))
    }

    fn applied_once(&self, s: &State) -> Claim {
        self.every_op(|o| {
            let op = &s.op[o];
            let says_so = op.at != OpAt::Done || (op.answer == Answer::Ok) == (op.applied == 1);
            implies(op.applied > 0 || op.at == OpAt::Done, op.applied <= 1 && says_so)
        })
    }

    fn applies_to_named(&self, s: &State) -> Claim {
        self.every_op(|o| implies(s.op[o].applied > 0, !s.op[o].wrong_name))
    }

    fn no_effect_on_error(&self, s: &State) -> Claim {
        self.every_op(|o| {
            let op = &s.op[o];
            let error = matches!(op.answer, Answer::Enoent | Answer::Eintr | Answer::Enomem);
            implies(error, op.applied == 0)
        })
    }

    fn no_orphan_lease(&self, s: &State) -> Claim {
        self.every_client_and_object(|c, x| {
            let leased = s.lease[c][x].kind != Delegation::None && self.is_reachable(s, c);
            implies(leased, s.held[c][x].belief != Delegation::None)
        })
    }

    fn no_use_after_free(&self, s: &State) -> Claim {
        let freed = |c: ClientId, x| s.stid[c][x].refs.no_use_after_free() == Claim::Violated;
        let used = |c| values::<ObjectId>(self).any(|x| freed(c, x));
        let by_recall = self.references && values::<ClientId>(self).any(used);
        claim(!s.use_after_free && !by_recall)
    }

    fn no_leaked_delegation(&self, s: &State) -> Claim {
        self.every_client_and_object(|c, x| {
            let stid = &s.stid[c][x];
            let leased = s.lease[c][x].kind != Delegation::None;
            stid.refs.no_leak(u8::from(leased) + u8::from(stid.recalled))
        })
    }

    fn no_leaked_reference(&self, s: &State) -> Claim {
        self.every_op(|o| implies(s.op[o].at == OpAt::Done, s.op[o].refs == 0))
    }

    fn no_missed_write(&self, s: &State) -> Claim {
        self.every_op(|o| implies(s.op[o].applied > 0, !s.op[o].read_missed))
    }

    fn delayed_then_done(&self, s: &State) -> Claim {
        let done = |o| s.op[o].retried && s.op[o].at == OpAt::Done && s.op[o].answer == Answer::Ok;
        claim(values::<OpId>(self).any(done))
    }

    fn stubborn_stale(&self, s: &State) -> Claim {
        let any = values::<ClientId>(self).any(|c| {
            let client = &s.client[c];
            let trusts = client.stubborn && self.is_reachable(s, c) && !client.lease_expired;
            trusts && values::<ObjectId>(self).any(|x| s.held[c][x].stale)
        });
        claim(any)
    }

    fn steps_under_lock(&self, s: &State) -> Claim {
        let waits = |owner: Owner| {
            values::<OpId>(self)
                .any(|o| owner == o.into() && matches!(s.op[o].at, OpAt::Wait | OpAt::Short))
        };
        let under_lock =
            values::<ObjectId>(self).any(|x| self.is_dir(x) && waits(s.object[x].lock));
        if under_lock { Claim::Holds } else { Claim::Vacuous }
    }

    fn op_terminates(&self, s: &State, o: OpId) -> Claim {
        let at = s.op[o].at;
        // It may have been called, and be gone with the machine of the server.
        let gone = at == OpAt::Idle && s.budget.restart < self.faults.restart;
        awaits(at != OpAt::Idle, gone || matches!(at, OpAt::Done | OpAt::Failed))
    }
}
