//! The filesystem: its daemon has the master decide, calls back, and gives back what nobody wants.

use latchwork_model::async_grant::Kind;
use latchwork_model::async_grant::state::{Block, OpKind};

use super::super::rt::MutexGuard;
use super::{Filesystem, Holder, Manager, Node};

/// What the daemon does next.
#[derive(Clone, Copy)]
enum Work {
    Undo,
    Callback(OpKind),
    Recover,
    Decide,
    Test,
    GrantWaiter,
}

impl Node {
    pub(super) fn daemon(&self) {
        let mut fs = self.fs();
        loop {
            if let Some((work, c)) = self.next_fs_work(&fs) {
                self.fs_work(work, c, fs);
                fs = self.fs();
            } else if fs.stop {
                return;
            } else {
                fs = self.fs_event.wait(fs).unwrap();
            }
        }
    }

    fn next_fs_work(&self, fs: &Filesystem) -> Option<(Work, u8)> {
        self.clients().find_map(|c| self.work_for(c, fs).map(|work| (work, c)))
    }

    fn work_for(&self, c: u8, fs: &Filesystem) -> Option<Work> {
        let ops = &fs.ops[usize::from(c)];
        let has = |kind| ops.contains(&kind);
        let undo = has(OpKind::Undo);
        if undo && self.rules().undo_before_next {
            return Some(Work::Undo);
        }
        let due = ops.iter().copied().find(|op| op.has_callback());
        if let Some(op) = due.filter(|_| self.rules().setlk_only) {
            return Some(Work::Callback(op));
        }
        if has(OpKind::Lost) && self.rules().fs_recovers_ops {
            return Some(Work::Recover);
        }
        if has(OpKind::New) {
            return Some(Work::Decide);
        }
        if has(OpKind::Test) {
            return Some(Work::Test);
        }
        if has(OpKind::Queued) && !fs.conflict(c) {
            return Some(Work::GrantWaiter);
        }
        undo.then_some(Work::Undo)
    }

    fn fs_work(&self, work: Work, c: u8, mut fs: MutexGuard<'_, Filesystem>) {
        match work {
            Work::Callback(op) => {
                drop(fs);
                return self.callback(c, op);
            }
            Work::Undo => {
                fs.take_op(c, OpKind::Undo);
                self.release(c, &mut fs);
                fs.mirror[usize::from(c)] = false;
                self.log.step("fs_undo", &[c], Vec::new());
            }
            Work::Recover => {
                self.becomes(c, OpKind::Lost, OpKind::Denied, &mut fs);
                self.log.step("fs_recover", &[c], Vec::new());
            }
            Work::Decide | Work::Test if self.is_lost() => {
                let op = if matches!(work, Work::Test) { OpKind::Test } else { OpKind::New };
                self.becomes(c, op, OpKind::Lost, &mut fs);
                self.log.step("fault_op_lost", &[c], Vec::new());
            }
            Work::Decide => self.decide(c, &mut fs),
            Work::Test => {
                let taken = fs.conflict(c);
                let answer = if taken { OpKind::TestConflict } else { OpKind::TestFree };
                self.becomes(c, OpKind::Test, answer, &mut fs);
                self.log.step("master_test", &[c], Vec::new());
            }
            Work::GrantWaiter => {
                self.grant(c, OpKind::Queued, &mut fs);
                self.log.step("master_grant_waiter", &[c], Vec::new());
            }
        }
        let answered = fs.ops[usize::from(c)].iter().any(|op| op.has_callback());
        drop(fs);
        if !answered {
            // No callback follows, and the lock manager may have waited for this.
            let lm = self.lm();
            if lm.client[usize::from(c)].is_heard() || lm.block[usize::from(c)].got_cb {
                self.lm_event.notify_one();
            }
            self.tell_if_resting(&lm);
        }
    }

    fn becomes(&self, c: u8, from: OpKind, to: OpKind, fs: &mut Filesystem) {
        fs.take_op(c, from);
        fs.ops[usize::from(c)].push(to);
        self.fs_answer.notify_one();
    }

    fn decide(&self, c: u8, fs: &mut Filesystem) {
        if !fs.conflict(c) {
            self.grant(c, OpKind::New, fs);
        } else if self.kind(c) == Kind::Wait {
            self.becomes(c, OpKind::New, OpKind::Queued, fs);
        } else {
            self.becomes(c, OpKind::New, OpKind::Denied, fs);
        }
        self.log.step("master_decide", &[c], Vec::new());
    }

    fn grant(&self, c: u8, op: OpKind, fs: &mut Filesystem) {
        let same = fs.holds(c) && self.rules().undo_restores;
        fs.holder = Some(Holder::Client(c));
        self.becomes(c, op, if same { OpKind::Regranted } else { OpKind::Granted }, fs);
    }

    pub(super) fn release(&self, c: u8, fs: &mut Filesystem) {
        if fs.holds(c) {
            fs.holder = None;
            self.fs_event.notify_one();
        }
    }

    /// `fl_grant`, with what the filesystem does before and after it.
    fn callback(&self, c: u8, op: OpKind) {
        let mut lm = self.lm();
        while self.rules().no_early_grant && lm.in_call == Some(c) {
            lm = self.call_over.wait(lm).unwrap();
        }
        let mut seen = None;
        if self.flaws.stale_block {
            // Flawed: what is decided under the lock here is done under the lock later.
            seen = Some(is_late(&lm.block[usize::from(c)]));
            drop(lm);
            lm = self.lm();
        }
        let oom = op.is_grant() && self.out_of_memory();
        let fails = oom && self.rules().mirror_oom_fails;
        let late = seen.unwrap_or(is_late(&lm.block[usize::from(c)]));
        if !late {
            self.report(c, if fails { OpKind::Denied } else { op }, &mut lm);
        }
        let refused = fails || (late && self.rules().late_error);
        let mut fs = self.fs();
        fs.take_op(c, op);
        fs.mirror[usize::from(c)] |= op.is_grant() && self.rules().mirror && !oom;
        if refused && op == OpKind::Granted && self.rules().fs_release {
            fs.ops[usize::from(c)].push(OpKind::Undo);
        }
        drop(fs);
        let action = if oom { "fault_mirror_oom" } else { "fs_callback" };
        self.did(action, &[c, op as u8], c, &lm);
        if !self.flaws.silent_callback {
            self.lm_event.notify_one();
        }
    }

    /// The lock manager writes the answer down.
    fn report(&self, c: u8, op: OpKind, lm: &mut Manager) {
        let block = &mut lm.block[usize::from(c)];
        if block.queued {
            block.got_cb = true;
            block.granted = op != OpKind::Denied;
            block.timed_out = op == OpKind::Denied;
            block.conf = op == OpKind::TestConflict && self.rules().test_lock_conflict;
        } else if op == OpKind::Denied {
            block.got_cb = true;
        } else {
            block.granted = true;
        }
    }
}

/// Whether nobody waits for the callback any longer.
fn is_late(block: &Block) -> bool {
    !block.on_list || (block.queued && block.timed_out)
}
