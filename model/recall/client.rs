//! The `client` lane: the holder of delegations.

use crate::kit::{FIRED, Fired, Next, Refused, values, when};

use super::Recall;
use super::state::{
    Callback, ClientId, Delegation, Grant, GrantAt, Held, Lease, ObjectId, OpAt, OpId, Owner, Ref,
    Stage, State,
};

impl Recall {
    /// Whether the client works at all: it is up, and it does what the protocol asks of it.
    fn is_well(&self, s: &State, c: ClientId) -> bool {
        !s.client[c].dead && !s.client[c].stubborn
    }

    /// Whether the client works and reaches the server. The first thing that it does when it is back is to
    /// renew its lease.
    fn is_well_connected(&self, s: &State, c: ClientId) -> bool {
        self.is_well(s, c) && self.is_reachable(s, c) && !s.client[c].back
    }

    pub(super) fn client_opened(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.grant[c].at == GrantAt::Answered)?;
        let Grant { object: x, kind, changed, .. } = core::mem::take(&mut s.grant[c]);
        s.held[c][x] = Held { belief: kind, stale: changed, ..Held::default() };
        FIRED
    }

    pub(super) fn client_recall(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(s.lease[c][x].callback == Callback::Sent && self.is_well_connected(s, c))?;
        let held = &s.held[c][x];
        when(held.belief != Delegation::None && held.stage == Stage::None)?;
        let held = &mut s.held[c][x];
        held.stage = Stage::Recalled;
        FIRED
    }

    pub(super) fn client_renew(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].back && self.is_well(s, c) && self.is_reachable(s, c))?;
        s.client[c].back = false;
        s.client[c].lease_expired = false;
        for x in values::<ObjectId>(self) {
            let leased = s.lease[c][x].kind != Delegation::None;
            let believes = s.held[c][x].belief != Delegation::None;
            if believes && !leased && !s.grace && self.rules.back_checks_state {
                s.held[c][x] = Held::default();
            }
            let granting = s.grant[c].at != GrantAt::Idle && s.grant[c].object == x;
            // It may never have had the answer to its OPEN, or it has stopped trusting its lease.
            if leased && !believes && !granting {
                self.end_lease(s, c, x);
            }
        }
        FIRED
    }

    pub(super) fn client_rebind(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.rules.cb_down_is_told && s.client[c].cb_down)?;
        when(self.is_well_connected(s, c))?;
        s.client[c].cb_down = false;
        if self.rules.undelivered_is_sent_again {
            for x in values::<ObjectId>(self) {
                let lease = &mut s.lease[c][x];
                if lease.callback == Callback::Undelivered {
                    lease.callback = Callback::Queued;
                }
            }
        }
        FIRED
    }

    pub(super) fn client_getattr(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(self.is_well_connected(s, c) && !s.client[c].cb_down)?;
        when(s.lease[c][x].kind == Delegation::Write && s.held[c][x].belief == Delegation::Write)?;
        let asks = |o: &OpId| s.op[*o].at == OpAt::Ask && s.op[*o].wait_on == x.into();
        let o = values::<OpId>(self).find(asks).ok_or(Refused::Disabled)?;
        let op = &mut s.op[o];
        op.at = OpAt::Apply;
        op.wait_on = Ref::None;
        op.informed = true;
        FIRED
    }

    pub(super) fn client_flush_start(
        &self,
        s: &mut Next<State>,
        c: ClientId,
        x: ObjectId,
    ) -> Fired {
        when(s.held[c][x].stage == Stage::Recalled && self.is_well_connected(s, c))?;
        // The server refuses a write under a delegation that it has revoked.
        when(s.lease[c][x].kind != Delegation::None && self.rules.own_exempt)?;
        if s.held[c][x].dirty || !self.variants.clean_return {
            when(self.thread_free(s) && s.object[x].lock == Owner::None)?;
            s.object[x].lock = c.into();
        }
        s.held[c][x].stage = Stage::Flushing;
        FIRED
    }

    pub(super) fn client_flush_done(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(s.held[c][x].stage == Stage::Flushing && self.is_well(s, c))?;
        if s.object[x].lock == c.into() {
            s.object[x].lock = Owner::None;
        }
        s.held[c][x].stage = Stage::Ready;
        if core::mem::take(&mut s.held[c][x].dirty) {
            self.change(s, x, Some(c));
        }
        FIRED
    }

    pub(super) fn client_delegreturn(
        &self,
        s: &mut Next<State>,
        c: ClientId,
        x: ObjectId,
    ) -> Fired {
        when(s.held[c][x].stage == Stage::Ready && self.is_well_connected(s, c))?;
        when(self.thread_free(s))?;
        s.held[c][x] = Held::default();
        self.end_lease(s, c, x);
        FIRED
    }

    pub(super) fn client_lease_expires(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_well(s, c))?;
        let client = &s.client[c];
        when(client.partitioned && !client.lease_expired)?;
        let client = &mut s.client[c];
        client.lease_expired = true;
        FIRED
    }

    pub(super) fn client_drop_cache(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(s.client[c].lease_expired && self.is_well(s, c))?;
        when(s.held[c][x].belief != Delegation::None)?;
        s.held[c][x] = Held::default();
        FIRED
    }

    pub(super) fn client_learn_lost(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(self.is_reachable(s, c) && !s.grace && s.grant[c].at == GrantAt::Idle)?;
        let held = &s.held[c][x];
        when(held.belief != Delegation::None && held.stage != Stage::Flushing)?;
        when(s.lease[c][x].kind == Delegation::None)?;
        let held = &mut s.held[c][x];
        *held = Held::default();
        FIRED
    }

    pub(super) fn client_reclaim(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(s.grace && self.is_well_connected(s, c) && !s.client[c].lease_expired)?;
        let kind = s.held[c][x].belief;
        when(kind != Delegation::None && s.lease[c][x].kind == Delegation::None)?;
        let mut others = values::<ClientId>(self).filter(|other| *other != c);
        when(!others.any(|other| s.lease[other][x].kind.excludes(kind)))?;
        self.allocate(s, c, x);
        s.lease[c][x] = Lease { kind, hashed: true, ..Lease::default() };
        FIRED
    }
}
