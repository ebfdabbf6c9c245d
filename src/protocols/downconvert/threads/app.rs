//! The applications: processes on a node that take the lock and give it up.

use crate::protocols::downconvert::flaws::level;
use latchwork_model::downconvert::state::{Action, Level};

use super::super::rt::MutexGuard;
use super::dlm::highest_compatible;
use super::{Cluster, LockRes, Mask, Waiter};

impl Cluster {
    pub(super) fn application(&self, a: u8) {
        let spec = &self.model.apps[usize::from(a)];
        for entry in &spec.program[..usize::from(spec.entries)] {
            let want = level(*entry);
            self.cluster_lock(a, want);
            self.cluster_unlock(a, want);
        }
    }

    fn cluster_lock(&self, a: u8, want: Level) {
        let n = usize::from(self.model.apps[usize::from(a)].node.0);
        let mut res = self.lock(n);
        loop {
            let higher = want > res.level;
            if res.busy && higher {
                res = self.wait(a, n, res, Mask::NotBusy);
            } else if res.upconvert_finishing && !higher {
                break;
            } else if res.blocked && want > highest_compatible(res.blocking) {
                res = self.wait(a, n, res, Mask::NotBlocked);
            } else if !higher {
                break;
            } else {
                res = self.request(a, n, want, res);
                continue;
            }
            if !self.rules().waiter_recheck {
                self.take(n, &mut res, want);
                return self.did("app_wake", &[a], n, &res);
            }
            self.did("app_wake", &[a], n, &res);
        }
        self.take(n, &mut res, want);
        self.did("app_lock", &[a], n, &res);
    }

    /// Asks the lock manager for a higher level.
    fn request<'a>(
        &'a self,
        a: u8,
        n: usize,
        want: Level,
        mut res: MutexGuard<'a, LockRes>,
    ) -> MutexGuard<'a, LockRes> {
        if res.action != Action::None {
            self.log.violate("no_bug");
        }
        res.action = Action::Convert;
        res.requested = want;
        res.busy = true;
        res.pending = self.rules().pending_flag && !self.flaws.late_pending;
        let generation = res.pending_gen;
        self.did("app_lock", &[a], n, &res);
        drop(res);
        if self.flaws.late_pending {
            self.lock(n).pending = self.rules().pending_flag;
        }
        // The window: the lock is BUSY, and the lock manager has not been called.
        self.dlm_lock("app_dlm_lock", a, n, want);
        let mut res = self.lock(n);
        self.clear_pending(n, &mut res, generation);
        self.did("app_dlm_lock_ret", &[a], n, &res);
        res
    }

    /// Takes the lock at a level that the node has.
    fn take(&self, n: usize, res: &mut LockRes, want: Level) {
        if want == Level::EX {
            res.ex += 1;
        } else {
            res.ro += 1;
        }
        res.upconvert_finishing = false;
        self.leave(n, res);
    }

    fn leave(&self, n: usize, res: &mut LockRes) {
        if self.rules().upf_kick && res.blocked {
            self.kick(n, res);
        }
    }

    /// Waits until `mask` is completed.
    fn wait<'a>(
        &'a self,
        a: u8,
        n: usize,
        mut res: MutexGuard<'a, LockRes>,
        mask: Mask,
    ) -> MutexGuard<'a, LockRes> {
        if self.rules().upf_cleared_on_exit {
            res.upconvert_finishing = false;
        }
        self.leave(n, &mut res);
        res.waiters.push(Waiter { app: a, mask, woken: false });
        self.did("app_lock", &[a], n, &res);
        loop {
            let at = res.waiters.iter().position(|waiter| waiter.app == a && waiter.woken);
            if let Some(at) = at {
                res.waiters.remove(at);
                return res;
            }
            res = self.nodes[n].event.wait(res).unwrap();
        }
    }

    fn cluster_unlock(&self, a: u8, held: Level) {
        let n = usize::from(self.model.apps[usize::from(a)].node.0);
        let mut res = self.lock(n);
        if held == Level::EX {
            res.ex -= 1;
        } else {
            res.ro -= 1;
        }
        if self.rules().unlock_kick && res.blocked && !res.in_the_way() {
            self.kick(n, &mut res);
        }
        self.did("app_unlock", &[a], n, &res);
    }
}
