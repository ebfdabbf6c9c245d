//! The downconvert thread of a node lowers a lock that is in the way.

use latchwork_model::downconvert::state::{Action, Level, UnlockAction};

use super::super::rt::MutexGuard;
use super::dlm::highest_compatible;
use super::{Cluster, LockRes};

impl Cluster {
    pub(super) fn downconvert_thread(&self, n: usize) {
        let mut res = self.lock(n);
        loop {
            while !res.dc_wake && !res.stop {
                res = self.nodes[n].dc_event.wait(res).unwrap();
            }
            if res.stop {
                return;
            }
            res.dc_wake = false;
            let on_list = std::mem::take(&mut res.on_list);
            self.did("dc_wake", &[n as u8], n, &res);
            if on_list {
                let (left, requeue) = self.unblock(n, res);
                res = left;
                // Back on the list without a wake: nobody looks until somebody says so.
                res.on_list |= requeue;
                self.did("dc_finish", &[n as u8], n, &res);
            }
        }
    }

    /// Works on the blocked lock; whether it must be looked at again.
    fn unblock<'a>(
        &'a self,
        n: usize,
        mut res: MutexGuard<'a, LockRes>,
    ) -> (MutexGuard<'a, LockRes>, bool) {
        loop {
            let done = if !res.blocked {
                Some(false)
            } else if res.busy {
                let wait = res.pending || res.unlock_action == UnlockAction::Cancel;
                if !wait && self.rules().cancel_convert {
                    return (self.cancel(n, res), true);
                }
                Some(true)
            } else if res.upconvert_finishing {
                Some(true)
            } else if self.rules().nl_check && res.level == Level::NL {
                res.blocking = Level::NL;
                res.blocked = false;
                self.complete(n, &mut res);
                Some(false)
            } else if self.rules().holder_check && res.in_the_way() {
                Some(true)
            } else {
                None
            };
            self.did("dc_unblock", &[n as u8], n, &res);
            if let Some(requeue) = done {
                return (res, requeue);
            }
            let saved = (res.blocking, res.level);
            drop(res);
            // Dirty data would be written and the cache dropped here.
            self.log.step("dc_worker", &[n as u8], Vec::new());
            res = self.lock(n);
            let level_changed = self.rules().level_recheck && saved.1 != res.level;
            if saved.0 != res.blocking || level_changed {
                self.did("dc_relock", &[n as u8], n, &res);
                continue;
            }
            return (self.lower(n, res), false);
        }
    }

    fn cancel<'a>(&'a self, n: usize, mut res: MutexGuard<'a, LockRes>) -> MutexGuard<'a, LockRes> {
        res.unlock_action = UnlockAction::Cancel;
        self.did("dc_unblock", &[n as u8], n, &res);
        drop(res);
        self.dlm_cancel(n);
        self.lock(n)
    }

    fn lower<'a>(&'a self, n: usize, mut res: MutexGuard<'a, LockRes>) -> MutexGuard<'a, LockRes> {
        let lower = highest_compatible(res.blocking);
        if res.blocking == Level::NL || res.level <= lower || res.busy {
            self.log.violate("no_bug");
        }
        res.action = Action::Downconvert;
        res.requested = lower;
        res.busy = true;
        res.pending = self.rules().pending_flag;
        let generation = res.pending_gen;
        self.did("dc_relock", &[n as u8], n, &res);
        drop(res);
        self.dlm_lock("dc_dlm_lock", n as u8, n, lower);
        let mut res = self.lock(n);
        self.clear_pending(n, &mut res, generation);
        self.did("dc_dlm_lock_ret", &[n as u8], n, &res);
        res
    }
}
