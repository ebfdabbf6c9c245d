//! The `callback` and `server` lanes: recalls are sent, watched and given up, and grace ends.

use crate::kit::{FIRED, Fired, Next, values, when};

use super::Recall;
use super::state::{
    Callback, ClientId, Delegation, GrantAt, Lease, ObjectId, OpAt, OpId, Stage, State,
};

// What all lanes do with leases.
impl Recall {
    /// Whether the client and the server can talk to one another.
    pub(super) fn is_reachable(&self, s: &State, c: ClientId) -> bool {
        !s.client[c].partitioned && !s.client[c].dead
    }

    /// Whether the lease of `c` on `x` is in the way of the operation.
    fn conflicts(&self, s: &State, o: OpId, c: ClientId, x: ObjectId) -> bool {
        let (spec, kind) = (self.spec(o), s.lease[c][x].kind);
        let own = spec.by == Some(c) && self.rules.own_exempt;
        let reads = spec.kind.reads();
        !own && kind != Delegation::None && !(reads && kind == Delegation::Read)
    }

    /// Whether any lease on `x` is in the way of the operation.
    pub(super) fn conflict(&self, s: &State, o: OpId, x: ObjectId) -> bool {
        values::<ClientId>(self).any(|c| self.conflicts(s, o, c, x))
    }

    /// Whether [`start_break`](Self::start_break) would mark a lease.
    pub(super) fn can_break(&self, s: &State, o: OpId, x: ObjectId) -> bool {
        values::<ClientId>(self).any(|c| !s.lease[c][x].breaking && self.conflicts(s, o, c, x))
    }

    /// Marks the leases on `x` that are in the way of the operation, and starts their recall. A
    /// lease that is marked already stays as it is: its timer is not started again.
    pub(super) fn start_break(&self, s: &mut State, o: OpId, x: ObjectId, callback: Callback) {
        for c in values::<ClientId>(self) {
            if self.conflicts(s, o, c, x) && !s.lease[c][x].breaking {
                s.lease[c][x].breaking = true;
                s.lease[c][x].callback = callback;
                self.refer_from_recall(s, c, x, callback == Callback::Queued);
                s.object[x].had_conflict = true;
            }
        }
    }

    /// Wakes the operations that wait for a recall on `x`.
    pub(super) fn wake(&self, s: &mut State, x: ObjectId) {
        for o in values::<OpId>(self) {
            let op = &mut s.op[o];
            op.woken |= op.at == OpAt::Wait && op.wait_on == x.into();
        }
    }

    /// Takes away a lease that was given back or revoked.
    pub(super) fn end_lease(&self, s: &mut State, c: ClientId, x: ObjectId) {
        s.lease[c][x] = Lease::default();
        self.drop_reference(s, c, x);
        if self.rules.wake_on_return {
            self.wake(s, x);
        }
    }
}

impl Recall {
    pub(super) fn callback_retry(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let lease = &s.lease[c][x];
        when(self.rules.cb_retry && lease.callback == Callback::Failed)?;
        let lease = &mut s.lease[c][x];
        lease.callback = Callback::Queued;
        self.refer_from_recall(s, c, x, true);
        FIRED
    }

    pub(super) fn callback_send(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let lease = &s.lease[c][x];
        when(lease.callback == Callback::Queued)?;
        let down = s.client[c].cb_down;
        let lease = &mut s.lease[c][x];
        lease.callback = if down { Callback::Undelivered } else { Callback::Sent };
        lease.listed = lease.hashed || !self.rules.hashed_check;
        s.object[x].bar_over = false;
        FIRED
    }

    pub(super) fn callback_drop(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let lease = &s.lease[c][x];
        when(s.client[c].cb_down && !self.rules.recall_outlives_path)?;
        when(matches!(lease.callback, Callback::Queued | Callback::Undelivered))?;
        let lease = &mut s.lease[c][x];
        lease.callback = Callback::Dropped;
        let lists = lease.hashed || !self.rules.hashed_check;
        lease.listed |= lists && self.rules.dropped_is_listed;
        FIRED
    }

    pub(super) fn callback_list(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let lease = &s.lease[c][x];
        let sent =
            matches!(lease.callback, Callback::Sent | Callback::Undelivered | Callback::Refused);
        when(sent && lease.hashed && !lease.listed)?;
        let lease = &mut s.lease[c][x];
        lease.listed = true;
        FIRED
    }

    pub(super) fn callback_revoke(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let (lease, held, client) = (&s.lease[c][x], &s.held[c][x], &s.client[c]);
        when(self.rules.revoke_on_timeout)?;
        when(lease.breaking && lease.hashed && lease.listed && held.stage != Stage::Flushing)?;
        let silent = !self.is_reachable(s, c) || client.stubborn;
        let trusts = held.belief != Delegation::None && !client.lease_expired && !client.stubborn;
        let since_recall = lease.renewed && !self.rules.revoke_counts_renewals;
        // A client that hears of a broken path makes a new one within a lease time.
        let lost = match lease.callback {
            Callback::Undelivered | Callback::Dropped => {
                !(client.cb_down && self.rules.cb_down_is_told)
            }
            // An answer is late by less than a lease time.
            Callback::Refused => s.grant[c].at != GrantAt::Answered,
            _ => false,
        };
        let in_time = silent && (!trusts || since_recall || !self.rules.client_expires_first)
            || lost && !self.rules.revoke_counts_renewals;
        when(in_time || self.variants.early_revoke)?;
        s.object[x].bar_over = !self.rules.bar_outlasts_revocation;
        self.end_lease(s, c, x);
        FIRED
    }

    pub(super) fn server_grace_ends(&self, s: &mut Next<State>) -> Fired {
        when(s.grace)?;
        let covered = values::<ClientId>(self).all(|c| {
            let client = &s.client[c];
            client.lease_expired || client.stubborn || self.has_all_leases(s, c)
        });
        when(covered || !self.rules.grace_covers_lease)?;
        s.grace = false;
        FIRED
    }

    fn has_all_leases(&self, s: &State, c: ClientId) -> bool {
        values::<ObjectId>(self).all(|x| {
            s.held[c][x].belief == Delegation::None || s.lease[c][x].kind != Delegation::None
        })
    }
}
