//! The `fs` lane: the cluster filesystem calls back, and cleans up when nobody wants its answer.

use crate::kit::{FIRED, Fired, Next, Refused, exceeded, when};

use super::AsyncGrant;
use super::state::{ClientId, Hold, Op, OpKind, State};

impl AsyncGrant {
    pub(super) fn fs_callback(&self, s: &mut Next<State>, c: ClientId, kind: OpKind) -> Fired {
        let op = self.take_due(s, c, kind)?;
        let taken = self.report(s, c, kind);
        if kind.is_grant() && self.rules.mirror {
            self.mirror(s, c, self.hold(c));
        }
        if !taken && kind == OpKind::Granted {
            self.leave_undo(s, c, op)?;
        }
        FIRED
    }

    /// A callback of a grant for which no local lock could be made.
    pub(super) fn callback_without_mirror(
        &self,
        s: &mut Next<State>,
        c: ClientId,
        kind: OpKind,
    ) -> Fired {
        let op = self.take_due(s, c, kind)?;
        let fails = self.rules.mirror_oom_fails;
        let taken = self.report(s, c, if fails { OpKind::Denied } else { kind });
        if kind == OpKind::Granted && (fails || !taken) {
            self.leave_undo(s, c, op)?;
        }
        FIRED
    }

    pub(super) fn fs_undo(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let at = s.op_at(c, OpKind::Undo)?;
        let op = s.ops[c].remove(at);
        self.restore(s, c, op.before)
    }

    pub(super) fn fs_recover(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.rules.fs_recovers_ops)?;
        let at = s.op_at(c, OpKind::Lost)?;
        s.ops[c].remove(at);
        s.ops[c].push(Op::new(OpKind::Denied)).or(exceeded("operations"))
    }

    /// Takes out an operation whose callback is due and may be made now.
    fn take_due(&self, s: &mut Next<State>, c: ClientId, kind: OpKind) -> Result<Op, Refused> {
        when(!self.is_local(c))?;
        let held_back = self.rules.no_early_grant || self.answers_in_call(c);
        when(!(held_back && s.in_call.contains(c)))?;
        let at = s.op_at(c, kind)?;
        Ok(s.ops[c].remove(at))
    }

    /// `fl_grant`: the lock manager looks for the block and writes the answer down. Whether it is
    /// wanted is what the filesystem is told.
    fn report(&self, s: &mut State, c: ClientId, kind: OpKind) -> bool {
        let renamed = kind.is_grant() && !self.rules.notify_original_range && self.merged(s, c);
        let block = &mut s.block[c];
        let late = if !block.on_list || renamed || (block.queued && block.timed_out) {
            true
        } else if block.queued {
            block.got_cb = true;
            block.granted = kind != OpKind::Denied;
            block.timed_out = kind == OpKind::Denied;
            block.conf = kind == OpKind::TestConflict && self.rules.test_lock_conflict;
            false
        } else {
            let hint = kind == OpKind::Notified && self.rules.notify_hint;
            if kind == OpKind::Denied || hint {
                block.got_cb = true;
            } else {
                block.granted = true;
            }
            false
        };
        !(late && self.rules.late_error)
    }

    /// The lock has become part of a larger one of the same owner.
    fn merged(&self, s: &State, c: ClientId) -> bool {
        let range = self.spec(c).range;
        let beside = [range.first.checked_sub(1), range.last.checked_add(1)];
        let hold: Hold = self.hold(c);
        beside.into_iter().flatten().any(|byte| self.held(s, c, byte) == hold)
    }

    /// A grant that nobody wanted is to be given back.
    fn leave_undo(&self, s: &mut State, c: ClientId, op: Op) -> Fired {
        if !self.rules.fs_release {
            return FIRED;
        }
        let undo = Op { kind: OpKind::Undo, ..op };
        s.ops[c].push(undo).or(exceeded("operations"))
    }
}
