//! The `caller` and `op` lanes: an operation that conflicts with delegations.

use crate::kit::{FIRED, Fired, Next, Refused, values, when};

use super::Recall;
use super::config::Kind;
use super::names::Lock;
use super::state::{Answer, Callback, ObjectId, Op, OpAt, OpId, Owner, Ref, State};

// Locks, threads and open counts.
impl Recall {
    /// Whether a thread of the server has nothing to do.
    pub(super) fn thread_free(&self, s: &State) -> bool {
        let busy = values::<OpId>(self).filter(|o| s.op[*o].thread).count();
        busy < usize::from(self.threads)
    }

    fn take(&self, s: &mut Next<State>, o: OpId, lock: Lock) -> Fired {
        let owner = match lock {
            Lock::Mutex => s.rename_mutex,
            Lock::Inode(x) => s.object[x].lock,
        };
        when(owner == Owner::None)?;
        match lock {
            Lock::Mutex => s.rename_mutex = o.into(),
            Lock::Inode(x) => s.object[x].lock = o.into(),
        }
        FIRED
    }

    /// Gives back the inode locks that `which` names.
    fn unlock(&self, s: &mut State, o: OpId, which: impl Fn(ObjectId) -> bool) {
        for x in values::<ObjectId>(self).filter(|x| which(*x)) {
            if s.object[x].lock == o.into() {
                s.object[x].lock = Owner::None;
            }
        }
    }

    /// Gives back the rename mutex and all inode locks.
    fn release(&self, s: &mut State, o: OpId) {
        if s.rename_mutex == o.into() {
            s.rename_mutex = Owner::None;
        }
        self.unlock(s, o, |_| true);
    }

    /// Gives back all locks, the thread and the open count.
    pub(super) fn release_all(&self, s: &mut State, o: OpId) {
        self.release(s, o);
        self.uncount(s, o);
        s.op[o].thread = false;
    }

    fn count(&self, s: &mut State, o: OpId) {
        let Some(x) = s.op[o].source.get() else { return };
        if !s.op[o].counted {
            s.op[o].counted = true;
            *self.counter(s, o, x) += 1;
        }
    }

    fn uncount(&self, s: &mut State, o: OpId) {
        let Some(x) = s.op[o].source.get() else { return };
        if s.op[o].counted {
            s.op[o].counted = false;
            *self.counter(s, o, x) -= 1;
        }
    }

    fn counter<'s>(&self, s: &'s mut State, o: OpId, x: ObjectId) -> &'s mut u8 {
        match self.spec(o).kind {
            Kind::OpenRead => &mut s.object[x].readers,
            _ => &mut s.object[x].writers,
        }
    }

    /// The operation returns: what stays are its answer and what it has done.
    pub(super) fn finish(&self, s: &mut State, o: OpId, answer: Answer) {
        self.release_all(s, o);
        let op = &mut s.op[o];
        *op = Op { at: OpAt::Done, answer, refs: op.refs, ..op.history() };
    }
}

impl Op {
    /// Nothing but what the operation has done so far.
    pub(super) fn history(&self) -> Self {
        Self {
            applied: self.applied,
            wrong_name: self.wrong_name,
            read_missed: self.read_missed,
            retried: self.retried,
            ..Self::default()
        }
    }
}

// The ways through the operation.
impl Recall {
    pub(super) fn caller_start(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Idle)?;
        self.begin(s, o)
    }

    pub(super) fn op_restart(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Again && !self.has_cached_reply(s, o))?;
        self.begin(s, o)
    }

    pub(super) fn op_cached_reply(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Again && self.has_cached_reply(s, o))?;
        self.finish(s, o, Answer::Ok);
        FIRED
    }

    fn has_cached_reply(&self, s: &State, o: OpId) -> bool {
        self.spec(o).nfs && s.op[o].applied > 0 && self.rules.exactly_once_apply
    }

    /// Takes the first lock. What it locks and tests it looks up anew, unless it acts on a file
    /// that it has found before.
    fn begin(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let spec = self.spec(o);
        if spec.nfs {
            when(s.op[o].thread || self.thread_free(s))?;
            let refuses = match spec.kind.is_tested_for_grace() {
                true => self.rules.grace_refuses,
                false => self.rules.grace_refuses_attributes,
            };
            when(!s.grace || !refuses)?;
        } else {
            when(!s.grace || self.variants.local_during_grace)?;
        }
        if self.tests_early(o) && self.found_early(s, o) {
            return FIRED;
        }
        let empty = Op::default();
        if let (false, Some(first)) = (spec.kind.resolves_once(), spec.lock(&empty, 0)) {
            self.take(s, o, first)?;
        }
        let op = &mut s.op[o];
        op.thread = spec.nfs;
        if !self.variants.bar_until_applied {
            op.wait_on = Ref::None;
        }
        if spec.crosses() {
            op.at = OpAt::LockDirs;
        } else if !spec.kind.resolves_once() || op.source == Ref::None {
            self.look_up_or_finish(s, o);
        } else {
            self.looked_up(s, o);
        }
        FIRED
    }

    fn look_up_or_finish(&self, s: &mut State, o: OpId) {
        match self.look_up(s, o) {
            Some((source, victim)) => {
                s.op[o].source = source;
                s.op[o].victim = victim;
                self.looked_up(s, o);
            }
            None => self.finish(s, o, Answer::Enoent),
        }
    }

    fn looked_up(&self, s: &mut State, o: OpId) {
        s.op[o].next = 0;
        s.op[o].at = OpAt::LockInodes;
        if self.spec(o).kind.takes_no_lock() {
            if self.rules.count_before_break && self.spec(o).kind.is_open() {
                self.count(s, o);
            }
            s.op[o].at = OpAt::Check;
        }
    }

    /// Tests before it takes a lock, and goes away if there is a conflict.
    fn found_early(&self, s: &mut State, o: OpId) -> bool {
        let Some((source, victim)) = self.look_up(s, o) else { return false };
        let op = Op { source, victim, ..Op::default() };
        let conflict = self.targets(o, &op).find(|(x, breaks)| *breaks && self.conflict(s, o, *x));
        let Some((x, _)) = conflict else { return false };
        s.op[o].source = source;
        s.op[o].victim = victim;
        self.found(s, o, x, Callback::Queued);
        true
    }

    /// Without `break_under_inode_lock`: whether it tests before it takes its only directory lock.
    fn tests_early(&self, o: OpId) -> bool {
        !self.rules.break_under_inode_lock && self.spec(o).locks_one_dir()
    }

    pub(super) fn op_lock_dir(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let next = s.op[o].next;
        when(s.op[o].at == OpAt::LockDirs)?;
        let dirs = self.spec(o).dir_locks();
        let dir = dirs[usize::from(next)].ok_or(Refused::Disabled)?;
        self.take(s, o, Lock::Inode(dir))?;
        s.op[o].next += 1;
        if usize::from(next) + 1 == dirs.len() {
            self.look_up_or_finish(s, o);
        }
        FIRED
    }

    pub(super) fn op_lock_inode(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let next = usize::from(s.op[o].next);
        when(s.op[o].at == OpAt::LockInodes)?;
        let files = self.spec(o).file_locks(&s.op[o]);
        if let Some(file) = files[next] {
            self.take(s, o, Lock::Inode(file))?;
        }
        s.op[o].next += 1;
        if files.get(next + 1).copied().flatten().is_none() {
            s.op[o].next = 0;
            let tested = self.tests_early(o);
            let nothing = self.targets(o, &s.op[o]).next().is_none();
            s.op[o].at = if tested || nothing { OpAt::Apply } else { OpAt::Check };
        }
        FIRED
    }

    /// The target that is tested next, and whether a delegation on it stops the operation.
    fn target(&self, s: &State, o: OpId) -> Option<(ObjectId, bool)> {
        let op = &s.op[o];
        if op.at != OpAt::Check {
            return None;
        }
        let (x, breaks) = self.targets(o, op).nth(usize::from(op.target))?;
        Some((x, breaks && self.conflict(s, o, x)))
    }

    pub(super) fn op_check(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let (_, stops) = self.target(s, o).ok_or(Refused::Disabled)?;
        when(!stops)?;
        self.look(s, o);
        s.op[o].target += 1;
        if self.targets(o, &s.op[o]).nth(usize::from(s.op[o].target)).is_none() {
            s.op[o].target = 0;
            s.op[o].at = self.tested(s, o);
        }
        FIRED
    }

    fn tested(&self, s: &State, o: OpId) -> OpAt {
        let counts = self.spec(o).kind.is_open() && !s.op[o].counted;
        if counts { OpAt::Count } else { OpAt::Apply }
    }

    pub(super) fn op_count(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Count)?;
        self.count(s, o);
        s.op[o].at = OpAt::Apply;
        FIRED
    }

    /// The object whose delegation stops an operation that tests now.
    pub(super) fn stopped_by(&self, s: &State, o: OpId) -> Option<ObjectId> {
        self.target(s, o).and_then(|(x, stops)| stops.then_some(x))
    }

    pub(super) fn op_found(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let x = self.stopped_by(s, o).ok_or(Refused::Disabled)?;
        if self.spec(o).kind == Kind::Getattr && self.spec(o).nfs {
            s.op[o].at = OpAt::Ask;
            s.op[o].target = 0;
            s.op[o].wait_on = x.into();
        } else {
            self.found(s, o, x, Callback::Queued);
        }
        FIRED
    }

    pub(super) fn op_no_answer(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Ask)?;
        let x = s.op[o].wait_on.get().ok_or(Refused::Disabled)?;
        // If the delegation is gone by now, it looks again.
        s.op[o].at = OpAt::Check;
        s.op[o].wait_on = Ref::None;
        if self.conflict(s, o, x) && self.rules.silent_holder_is_recalled {
            self.found(s, o, x, Callback::Queued);
        } else if self.conflict(s, o, x) {
            self.look(s, o);
            s.op[o].at = OpAt::Apply;
        }
        FIRED
    }

    /// A GETATTR looks: what is written afterwards it need not see.
    fn look(&self, s: &mut State, o: OpId) {
        s.op[o].informed = self.spec(o).kind == Kind::Getattr && !self.misses_a_write(s, o);
    }

    /// The operation has found a conflicting delegation on `x`.
    pub(super) fn found(&self, s: &mut State, o: OpId, x: ObjectId, callback: Callback) {
        let spec = self.spec(o);
        let waits = !spec.nfs || !self.rules.null_wouldblock;
        let visible = !self.rules.break_before_visible && s.op[o].at == OpAt::Check;
        if visible {
            self.take_effect(s, o);
        }
        if visible || waits || self.rules.recall_started_on_nonblock {
            self.start_break(s, o, x, callback);
        }
        s.op[o].next = 0;
        s.op[o].target = 0;
        s.op[o].wait_on = x.into();
        if visible {
            self.release_all(s, o);
            s.op[o] = Op { at: OpAt::AppliedWait, wait_on: x.into(), ..s.op[o].history() };
        } else if waits {
            if self.rules.drop_locks_before_wait {
                self.release(s, o);
                self.forget_names(s, o);
            }
            s.op[o].refs += 1;
            s.op[o].thread = spec.nfs;
            s.op[o].at = OpAt::Wait;
        } else if self.variants.short_wait
            && s.op[o].at == OpAt::Check
            && spec.kind.has_short_wait()
        {
            // Unlink and rename have given the lock of the file back by then; SETATTR waits with it.
            let keeps = spec.kind.resolves_once();
            self.unlock(s, o, |x| !self.is_dir(x) && !keeps);
            s.op[o].at = OpAt::Short;
        } else {
            self.delay(s, o);
        }
    }

    /// Forgets what it has looked up, if it will look it up again.
    fn forget_names(&self, s: &mut State, o: OpId) {
        if self.rules.recheck_after_wait && !self.spec(o).kind.resolves_once() {
            s.op[o].source = Ref::None;
            s.op[o].victim = Ref::None;
        }
    }

    fn delay(&self, s: &mut State, o: OpId) {
        self.release_all(s, o);
        let op = &mut s.op[o];
        *op = Op { at: OpAt::Delayed, wait_on: op.wait_on, ..op.history() };
    }

    pub(super) fn op_rebreak(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(self.rules.rebreak_in_loop && s.op[o].at == OpAt::Wait)?;
        let x = s.op[o].wait_on.get().ok_or(Refused::Disabled)?;
        when(self.can_break(s, o, x))?;
        self.start_break(s, o, x, Callback::Queued);
        FIRED
    }

    pub(super) fn op_wait_over(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Wait && s.op[o].woken)?;
        when(!self.waits_for_lease(s, o))?;
        s.op[o].woken = false;
        if self.rules.undo_on_retry {
            s.op[o].refs -= 1;
        }
        let keeps = if !self.rules.drop_locks_before_wait && !self.tests_early(o) {
            Some(OpAt::Apply)
        } else if !self.rules.drop_locks_before_wait {
            // It had no locks yet that it could have kept.
            Some(OpAt::Kept)
        } else if !self.rules.recheck_after_wait {
            Some(OpAt::Kept)
        } else {
            None
        };
        if keeps.is_some() && !self.variants.bar_until_applied {
            s.op[o].wait_on = Ref::None;
        }
        s.op[o].at = match keeps {
            Some(_) if self.spec(o).kind.takes_no_lock() => self.tested(s, o),
            Some(at) => at,
            None => OpAt::Again,
        };
        FIRED
    }

    fn waits_for_lease(&self, s: &State, o: OpId) -> bool {
        s.op[o].wait_on.get().is_some_and(|x| self.conflict(s, o, x))
    }

    pub(super) fn op_retake(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Kept)?;
        let spec = self.spec(o);
        let lock = spec.lock(&s.op[o], s.op[o].next).ok_or(Refused::Disabled)?;
        self.take(s, o, lock)?;
        s.op[o].next += 1;
        if spec.lock(&s.op[o], s.op[o].next).is_none() {
            s.op[o].next = 0;
            s.op[o].at = OpAt::Apply;
        }
        FIRED
    }

    pub(super) fn op_applied_over(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::AppliedWait && !self.waits_for_lease(s, o))?;
        self.finish(s, o, Answer::Ok);
        FIRED
    }

    pub(super) fn op_short_over(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Short && !self.waits_for_lease(s, o))?;
        if !self.variants.bar_until_applied {
            s.op[o].wait_on = Ref::None;
        }
        if self.spec(o).kind.resolves_once() {
            // It has its lock still.
            s.op[o].at = OpAt::Check;
        } else {
            self.looked_up(s, o);
        }
        FIRED
    }

    pub(super) fn op_short_timeout(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Short)?;
        self.delay(s, o);
        FIRED
    }

    pub(super) fn op_retry(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Delayed)?;
        let op = &mut s.op[o];
        op.at = OpAt::Again;
        op.retried = true;
        if !self.rules.delay_retry {
            *op = Op { at: OpAt::Failed, ..op.history() };
        }
        FIRED
    }

    pub(super) fn op_apply(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Apply)?;
        self.take_effect(s, o);
        s.op[o].at = OpAt::Unlock;
        FIRED
    }

    pub(super) fn op_unlock(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Unlock)?;
        self.finish(s, o, Answer::Ok);
        FIRED
    }
}
