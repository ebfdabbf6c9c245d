//! The `process` and `process_rx` lanes: a process on the node of the filesystem, which makes the call
//! itself and waits in it. The lock manager has no part in that.

use crate::kit::{FIRED, Fired, Next, Refused, exceeded, when};

use super::state::{ClientAt, ClientId, Hold, Op, OpKind, State};
use super::{AsyncGrant, Kind};

// The `process` lane: what a process does, or does not do.
impl AsyncGrant {
    pub(super) fn process_lock(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_local(c) && s.client[c].at == ClientAt::Idle)?;
        let waits = self.spec(c).kind == Kind::Wait;
        s.client[c].at = if waits { ClientAt::Blocked } else { ClientAt::Sent };
        s.ops[c].push(Op::new(OpKind::New)).or(exceeded("operations"))
    }

    pub(super) fn process_unlock(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_local(c) && s.client[c].at == ClientAt::Hold)?;
        self.enter(s, c, ClientAt::Unlocking);
        self.believe(s, c, Hold::None);
        FIRED
    }
}

// The `process_rx` lane: what the filesystem does for it.
impl AsyncGrant {
    pub(super) fn process_return(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_local(c) && s.client[c].at != ClientAt::Cancelling)?;
        when(!s.has_op(c, OpKind::Close))?;
        let due = |op: &&Op| op.kind.is_grant() || op.kind == OpKind::Denied;
        let kind = s.ops[c].items().iter().find(due).ok_or(Refused::Disabled)?.kind;
        s.take_op(c, kind);
        if !s.client[c].at.is_asking() {
            // The process has gone, and nobody waits for the answer.
            return FIRED;
        }
        if kind == OpKind::Denied {
            self.enter(s, c, ClientAt::Fail);
            return FIRED;
        }
        self.mirror(s, c, self.hold(c));
        let closed = core::mem::take(&mut s.client[c].closed);
        let next = match closed {
            false => ClientAt::Hold,
            true if self.rules.close_race_is_undone => ClientAt::Unlocking,
            true => ClientAt::Fail,
        };
        s.client[c].undoes = next == ClientAt::Unlocking;
        self.enter(s, c, next);
        FIRED
    }

    pub(super) fn process_cancelled(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].at == ClientAt::Cancelling && self.is_local(c))?;
        when(!s.has_op(c, OpKind::New))?;
        if s.has_op(c, OpKind::Queued) {
            s.take_op(c, OpKind::Queued);
            s.client[c].closed = false;
            self.enter(s, c, ClientAt::Fail);
        } else {
            // The cancel came too late: the process takes the answer to its request.
            s.client[c].at = ClientAt::Blocked;
        }
        FIRED
    }

    pub(super) fn process_closed(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.has_op(c, OpKind::Close) && !s.has_op(c, OpKind::New))?;
        s.ops[c].clear();
        self.release(s, c)
    }

    pub(super) fn process_unlocked(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.is_local(c) && s.client[c].at == ClientAt::Unlocking)?;
        s.client[c].undoes = false;
        self.release(s, c)?;
        self.mirror(s, c, Hold::None);
        self.enter(s, c, ClientAt::Done);
        FIRED
    }
}

// What can go wrong.
impl AsyncGrant {
    pub(super) fn fault_signal(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.waits_in_call(s, c))?;
        s.spend(|s| &mut s.budget.signal)?;
        if self.rules.signal_withdraws && !self.variants.kill_closes {
            s.client[c].at = ClientAt::Cancelling;
            return FIRED;
        }
        self.leave(s, c);
        match self.rules.signal_withdraws {
            true => s.ops[c].push(Op::new(OpKind::Close)).or(exceeded("operations")),
            false => FIRED,
        }
    }

    pub(super) fn fault_signal_oom(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.waits_in_call(s, c) && self.rules.signal_withdraws)?;
        when(!self.rules.failed_cancel_waits && s.budget.signal > 0)?;
        s.spend(|s| &mut s.budget.oom)?;
        s.budget.signal -= 1;
        self.leave(s, c);
        FIRED
    }

    pub(super) fn fault_close(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(self.is_local(c) && client.at.is_asking() && !client.closed)?;
        s.spend(|s| &mut s.budget.close)?;
        s.client[c].closed = true;
        FIRED
    }

    pub(super) fn fault_undo_oom(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].undoes && !self.rules.close_undo_cannot_fail)?;
        s.spend(|s| &mut s.budget.oom)?;
        s.client[c].undoes = false;
        self.enter(s, c, ClientAt::Fail);
        FIRED
    }

    /// Whether a process waits in the filesystem, where a signal can reach it.
    fn waits_in_call(&self, s: &State, c: ClientId) -> bool {
        self.is_local(c) && s.client[c].at == ClientAt::Blocked
    }

    /// A process gives up its wait.
    fn leave(&self, s: &mut State, c: ClientId) {
        s.client[c].closed = false;
        self.enter(s, c, ClientAt::Fail);
    }
}
