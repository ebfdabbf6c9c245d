//! o2dlm: which requests it grants, and whom it tells that one waits (`fs/ocfs2/dlm`).

use crate::kit::{FIRED, Fired};

use super::Downconvert;
use super::state::{Callback, Level, NodeId, State};

impl Downconvert {
    /// `__dlmconvert_master`, `dlm_can_grant_new_lock`: a new request waits also for the converts that
    /// are queued, if it is not compatible with what they ask for. Lowering a lock waits for nobody.
    pub(super) fn fits_o2dlm(&self, s: &State, n: NodeId, level: Level) -> bool {
        let mut queued = s.queue.items().iter();
        level <= s.lkb[n].granted || queued.all(|other| s.lkb[*other].request.compatible(level))
    }

    /// `dlm_shuffle_lists`: grants from the head of the queue what can be granted, and new locks
    /// while no convert waits. Then it tells every node that is in the way of the first convert or of
    /// the first new lock, whether or not it has a convert queued itself.
    pub(super) fn scan_o2dlm(&self, s: &mut State) -> Fired {
        while let Some(n) = s.queue.head().or(s.wait.head()) {
            let level = s.lkb[n].request;
            if !self.fits(s, n, level) {
                break;
            }
            self.withdraw(s, n)?;
            self.grant(s, n, level)?;
        }
        let heads = [s.queue.head(), s.wait.head()];
        for n in self.all_nodes() {
            let level = heads.into_iter().flatten().filter(|head| *head != n);
            let level = level.map(|head| s.lkb[head].request);
            let level = level.filter(|level| !s.lkb[n].granted.compatible(*level)).max();
            if let Some(level) = level {
                self.bast_o2dlm(s, n, level)?;
            }
        }
        FIRED
    }

    /// Sends a blocking callback. `dlm_flush_asts` forgets it as it sends it, so the next time that
    /// the queues are looked at it is sent again.
    fn bast_o2dlm(&self, s: &mut State, n: NodeId, level: Level) -> Fired {
        let lkb = &mut s.lkb[n];
        if lkb.highbast >= level {
            return FIRED;
        }
        if !self.rules.highbast_reset {
            lkb.highbast = level;
        }
        self.send(s, n, Callback::bast(level))
    }
}
