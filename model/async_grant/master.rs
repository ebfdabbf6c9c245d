//! The `master` lane and the owner on another node: what the cluster decides.

use crate::kit::{FIRED, Fired, Next, exceeded, when};

use super::posix::{Range, Waiters};
use super::state::{CLIENTS, ClientId, Op, OpKind, OwnerId, State};
use super::{AsyncGrant, Kind};

impl AsyncGrant {
    pub(super) fn master_decide(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.has_op(c, OpKind::New) && self.may_decide(s, c))?;
        if !self.conflict(s, c) {
            return self.grant_op(s, c, OpKind::New);
        }
        if self.sleeps(c) {
            s.take_op(c, OpKind::New);
            s.ops[c].push(Op::new(OpKind::Queued)).or(exceeded("operations"))
        } else {
            self.answer_op(s, c, OpKind::New, Op::new(OpKind::Denied))
        }
    }

    pub(super) fn master_grant_waiter(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(!self.notifies(c) && self.may_go_on(s, c))?;
        self.grant_op(s, c, OpKind::Queued)
    }

    pub(super) fn master_notify(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.notifies(c) && self.may_go_on(s, c))?;
        s.take_op(c, OpKind::Queued);
        s.ops[c].push(Op::new(OpKind::Notified)).or(exceeded("operations"))
    }

    pub(super) fn master_test(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let at = s.op_at(c, OpKind::Test)?;
        s.ops[c].remove(at);
        let kind = if self.conflict(s, c) { OpKind::TestConflict } else { OpKind::TestFree };
        s.ops[c].push(Op::new(kind)).or(exceeded("operations"))
    }

    pub(super) fn master_deadlock(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.variants.deadlock_answer && s.has_op(c, OpKind::Queued))?;
        let mut waiters = Waiters::<u8, CLIENTS>::NONE;
        let mut place = None;
        for other in self.all_clients().filter(|other| s.has_op(*other, OpKind::Queued)) {
            let at = waiters.sleep(self.wants(other));
            place = if other == c { at } else { place };
        }
        when(place.is_some_and(|place| waiters.on_cycle(&s.table, place)))?;
        s.take_op(c, OpKind::Queued);
        s.ops[c].push(Op::new(OpKind::Denied)).or(exceeded("operations"))
    }

    /// Whether a request that cannot be granted waits at the master.
    fn sleeps(&self, c: ClientId) -> bool {
        match self.asks(c) {
            // A process that waits does so in the filesystem.
            Kind::Wait if self.is_local(c) => true,
            Kind::Wait if !self.rules.sleep_iff_blocking => false,
            // Without callbacks only a lock manager that sleeps itself lets anybody wait.
            Kind::Wait => !(self.variants.sync_call && self.rules.setlk_only),
            Kind::Try => self.variants.try_sleeps,
            Kind::Test => false,
        }
    }

    fn notifies(&self, c: ClientId) -> bool {
        self.variants.notify_fs && self.asks(c) == Kind::Wait && !self.is_local(c)
    }

    /// Nothing that the filesystem has still to undo comes before the next operation.
    fn may_decide(&self, s: &State, c: ClientId) -> bool {
        !(self.rules.undo_before_next && self.unsettled(s, c))
    }

    /// A request waits, and nobody is in its way any longer.
    fn may_go_on(&self, s: &State, c: ClientId) -> bool {
        s.has_op(c, OpKind::Queued) && !self.conflict(s, c) && self.may_decide(s, c)
    }

    /// Grants the operation of this kind.
    fn grant_op(&self, s: &mut State, c: ClientId, kind: OpKind) -> Fired {
        let answer = self.grant(s, c)?;
        self.answer_op(s, c, kind, answer)
    }

    /// Puts the answer to an operation in its place, or in that of another one of the same owner.
    fn answer_op(&self, s: &mut State, c: ClientId, kind: OpKind, answer: Op) -> Fired {
        let asks = |kind| matches!(kind, OpKind::New | OpKind::Queued);
        let (mut target, mut kind) = (c, kind);
        if !self.rules.reply_match {
            let mut same_owner = self.all_clients().filter(|other| self.own(*other) == self.own(c));
            let first = same_owner.find_map(|other| {
                let op = s.ops[other].items().iter().find(|op| asks(op.kind))?;
                Some((other, op.kind))
            });
            (target, kind) = first.unwrap_or((c, kind));
        }
        s.take_op(target, kind);
        s.ops[target].push(answer).or(exceeded("operations"))
    }
}

// The owner on another node.
impl AsyncGrant {
    pub(super) fn remote_lock(&self, s: &mut Next<State>) -> Fired {
        when(s.budget.remote > 0 && !Self::remote_holds(s, self.remote_range))?;
        when(!(s.grace && self.rules.grace) || self.variants.local_grace)?;
        let (owner, access) = (OwnerId::REMOTE.0, self.remote_access);
        when(s.table.conflict(owner, access, self.remote_range).is_none())?;
        s.budget.remote -= 1;
        s.table.lock(owner, access, self.remote_range).or(exceeded("locks"))?;
        self.look_at_reclaims(s);
        FIRED
    }

    pub(super) fn remote_unlock(&self, s: &mut Next<State>) -> Fired {
        when(Self::remote_holds(s, self.remote_range))?;
        self.unlock(s, OwnerId::REMOTE, self.remote_range)
    }

    pub(super) fn remote_holds(s: &State, range: Range<u8>) -> bool {
        s.table.held(OwnerId::REMOTE.0, range.first).is_some()
    }
}
