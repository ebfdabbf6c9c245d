//! fs/dlm: which requests it grants, and whom it tells that one waits (`fs/dlm/lock.c`).

use crate::kit::{FIRED, Fired};

use super::Downconvert;
use super::state::{Callback, Level, NodeId, State};

impl Downconvert {
    /// `grant_pending_locks`: grants from the head of the queue what can be granted, then tells the
    /// nodes whose lock is granted of the highest level that is still waited for.
    pub(super) fn scan_fsdlm(&self, s: &mut State) -> Fired {
        while let Some(n) = s.queue.head() {
            let level = s.lkb[n].request;
            if !self.fits(s, n, level) {
                break;
            }
            self.withdraw(s, n)?;
            self.grant(s, n, level)?;
        }
        let waiting = s.queue;
        let mut high = Level::NL;
        for (at, n) in waiting.items().iter().copied().enumerate() {
            let level = s.lkb[n].request;
            if !self.rules.deadlock_bast || !self.is_deadlocked(s, at) {
                high = high.max(level);
            } else if s.lkb[n].highbast < level {
                s.lkb[n].highbast = level;
                self.send(s, n, Callback::bast(level))?;
            }
        }
        while let Some(n) = s.wait.head() {
            let level = s.lkb[n].request;
            if !s.queue.is_empty() || !self.fits(s, n, level) {
                break;
            }
            self.withdraw(s, n)?;
            self.grant(s, n, level)?;
        }
        let high = s.wait.items().iter().fold(high, |high, n| high.max(s.lkb[*n].request));
        self.bast_grant_queue(s, high)
    }

    /// `conversion_deadlock_detect`: whether what a waiting convert holds is in the way of another
    /// one that is ahead of it, or of one behind it that is in its way as well.
    fn is_deadlocked(&self, s: &State, at: usize) -> bool {
        let queue = s.queue.items();
        let blocks =
            |one: NodeId, other: NodeId| !s.lkb[one].granted.compatible(s.lkb[other].request);
        queue.iter().enumerate().any(|(place, other)| {
            place != at && blocks(queue[at], *other) && (place < at || blocks(*other, queue[at]))
        })
    }

    /// `send_blocking_asts`: tells the nodes whose lock is granted, and of which no convert is
    /// queued, that `level` is waited for. A new lock that waits has been granted nothing.
    pub(super) fn bast_grant_queue(&self, s: &mut State, level: Level) -> Fired {
        let queue = s.queue;
        for n in self.all_nodes().filter(|n| !queue.contains(*n)) {
            let lkb = &mut s.lkb[n];
            if !lkb.granted.compatible(level) && lkb.highbast < level {
                lkb.highbast = level;
                self.send(s, n, Callback::bast(level))?;
            }
        }
        FIRED
    }
}
