//! The `environment` and `unrelated` lanes: what can go wrong, within budgets, and a bystander.

use crate::kit::{FIRED, Fired, Next, Refused, values, when};

use super::Recall;
use super::state::{
    Answer, Callback, ClientId, Grant, GrantAt, Held, Lease, Object, ObjectId, Op, OpAt, OpId,
    Owner, Stage, State, Stid,
};

impl Recall {
    pub(super) fn unrelated_dir_op(&self, s: &mut Next<State>) -> Fired {
        when(self.unrelated && !s.unrelated_done)?;
        when(s.object[ObjectId(self.files)].lock == Owner::None)?;
        s.unrelated_done = true;
        FIRED
    }

    /// The server finishes a request that it has: a client does not go away while it flushes.
    fn is_flushing(&self, s: &State, c: ClientId) -> bool {
        values::<ObjectId>(self).any(|x| s.held[c][x].stage == Stage::Flushing)
    }

    pub(super) fn environment_partition(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_reachable(s, c) && !self.is_flushing(s, c))?;
        s.spend(|s| &mut s.budget.partition)?;
        s.client[c].partitioned = true;
        for x in values::<ObjectId>(self) {
            let lease = &mut s.lease[c][x];
            let sent = matches!(
                lease.callback,
                Callback::Sent | Callback::Undelivered | Callback::Refused
            );
            lease.renewed = sent && !self.rules.revoke_counts_renewals;
        }
        Self::lose_answer(s, c);
        FIRED
    }

    pub(super) fn environment_heal(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(client.partitioned && !client.dead)?;
        s.spend(|s| &mut s.budget.heal)?;
        s.client[c].partitioned = false;
        s.client[c].back = true;
        FIRED
    }

    pub(super) fn environment_crash(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(!s.client[c].dead && !self.is_flushing(s, c))?;
        s.spend(|s| &mut s.budget.crash)?;
        s.client[c].dead = true;
        s.client[c].lease_expired = true;
        for x in values::<ObjectId>(self) {
            s.held[c][x] = Held::default();
        }
        Self::lose_answer(s, c);
        FIRED
    }

    /// An answer to an OPEN that is under way does not reach a client that is gone.
    fn lose_answer(s: &mut State, c: ClientId) {
        if s.grant[c].at == GrantAt::Answered {
            s.grant[c] = Grant::default();
        }
    }

    pub(super) fn environment_stubborn(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(!s.client[c].dead && !s.client[c].stubborn && !self.is_flushing(s, c))?;
        s.spend(|s| &mut s.budget.stubborn)?;
        s.client[c].stubborn = true;
        FIRED
    }

    pub(super) fn environment_cb_down(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(self.is_reachable(s, c) && !client.stubborn && !client.cb_down)?;
        s.spend(|s| &mut s.budget.cb_down)?;
        s.client[c].cb_down = true;
        for x in values::<ObjectId>(self) {
            // A recall that is under way does not arrive.
            if s.lease[c][x].callback == Callback::Sent && s.held[c][x].stage == Stage::None {
                s.lease[c][x].callback = Callback::Undelivered;
            }
        }
        FIRED
    }

    pub(super) fn environment_overtake(
        &self,
        s: &mut Next<State>,
        c: ClientId,
        x: ObjectId,
    ) -> Fired {
        let (grant, lease) = (&s.grant[c], &s.lease[c][x]);
        when(!self.rules.recall_names_open && !s.client[c].stubborn)?;
        when(grant.at == GrantAt::Answered && grant.object == x)?;
        when(lease.callback == Callback::Sent)?;
        s.spend(|s| &mut s.budget.overtaken)?;
        let lease = &mut s.lease[c][x];
        if self.rules.unknown_is_retried && !lease.retried {
            lease.retried = true;
        } else {
            lease.callback = Callback::Refused;
        }
        FIRED
    }

    pub(super) fn environment_cb_fail(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let x = self.stopped_by(s, o).ok_or(Refused::Disabled)?;
        when(self.can_break(s, o, x))?;
        when(!self.spec(o).nfs || self.rules.recall_started_on_nonblock)?;
        s.spend(|s| &mut s.budget.cb_fail)?;
        self.found(s, o, x, Callback::Failed);
        FIRED
    }

    pub(super) fn environment_enomem(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(self.stopped_by(s, o).is_some())?;
        s.spend(|s| &mut s.budget.enomem)?;
        self.finish(s, o, Answer::Enomem);
        FIRED
    }

    pub(super) fn environment_signal(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(!self.spec(o).nfs && s.op[o].at == OpAt::Wait)?;
        s.spend(|s| &mut s.budget.signal)?;
        if self.rules.undo_on_retry {
            s.op[o].refs -= 1;
        }
        self.finish(s, o, Answer::Eintr);
        FIRED
    }

    pub(super) fn environment_reply_lost(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(self.spec(o).nfs && s.op[o].at == OpAt::Unlock)?;
        s.spend(|s| &mut s.budget.reply_lost)?;
        self.release_all(s, o);
        s.op[o] = Op { at: OpAt::Again, ..s.op[o].history() };
        FIRED
    }

    pub(super) fn environment_restart(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget.restart)?;
        s.grace = true;
        s.rename_mutex = Owner::None;
        for x in values::<ObjectId>(self) {
            s.object[x] = Object { entry: s.object[x].entry, ..Object::default() };
        }
        for c in values::<ClientId>(self) {
            s.grant[c] = Grant::default();
            // A new session has a new callback path.
            s.client[c].cb_down = false;
            for x in values::<ObjectId>(self) {
                s.lease[c][x] = Lease::default();
                s.stid[c][x] = Stid::default();
                s.held[c][x].stage = Stage::None;
            }
        }
        for o in values::<OpId>(self) {
            let op = &mut s.op[o];
            *op = match op.at {
                OpAt::Idle | OpAt::Done | OpAt::Failed => *op,
                // The client sends it again.
                _ if self.spec(o).nfs => Op { at: OpAt::Again, ..op.history() },
                _ if op.applied > 0 => Op { at: OpAt::Done, answer: Answer::Ok, ..op.history() },
                _ => Op::default(),
            };
        }
        FIRED
    }
}
