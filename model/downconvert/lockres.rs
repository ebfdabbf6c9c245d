//! What all lanes do with a lock resource under `l_lock`.

use crate::kit::values;

use super::Downconvert;
use super::state::{Action, AppAt, AppId, Level, Node, NodeId, State, UnlockAction};

/// What the downconvert thread decides about a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unblock {
    /// Nothing to do.
    Finish,
    /// Nothing to do now; put it back on the list.
    Requeue,
    /// Cancel the convert.
    Cancel,
    /// It is at NL already: nobody has to wait for it.
    AtNull,
    /// Lower it.
    Lower,
}

impl Downconvert {
    /// Decides what to do about a lock, without doing it.
    pub(super) fn unblock(&self, node: &Node) -> Unblock {
        if !node.blocked {
            return Unblock::Finish;
        }
        if node.busy {
            let wait = node.pending || node.unlock_action == UnlockAction::Cancel;
            return if wait || !self.rules.cancel_convert {
                Unblock::Requeue
            } else {
                Unblock::Cancel
            };
        }
        if node.upf {
            return Unblock::Requeue;
        }
        if self.rules.nl_check && node.level == Level::NL {
            return Unblock::AtNull;
        }
        let in_the_way = match node.blocking {
            Level::EX => node.ro > 0 || node.ex > 0,
            Level::PR => node.ex > 0,
            Level::NL => false,
        };
        if self.rules.holder_check && in_the_way { Unblock::Requeue } else { Unblock::Lower }
    }

    /// `__lockres_clear_pending`: only the caller whose generation is current clears PENDING.
    pub(super) fn clear_pending(&self, s: &mut State, n: NodeId, fresh: bool) {
        let node = &mut s.node[n];
        let stale = self.rules.pending_gen && !fresh;
        if !node.pending || stale {
            return;
        }
        node.pending = false;
        if self.rules.pending_wake && node.blocked {
            node.dc_wake = true;
        }
        self.next_generation(s, n);
    }

    /// Counts the pending generation up: every copy on the node is out of date.
    pub(super) fn next_generation(&self, s: &mut State, n: NodeId) {
        s.node[n].dc_fresh = false;
        for a in values::<AppId>(self).filter(|a| self.node(*a) == n) {
            s.app[a].fresh = false;
        }
    }

    /// Completes the mask waiters of a node whose condition holds now.
    pub(super) fn complete(&self, s: &mut State, n: NodeId) {
        let (busy, blocked) = (s.node[n].busy, s.node[n].blocked);
        for a in values::<AppId>(self).filter(|a| self.node(*a) == n) {
            let app = &mut s.app[a];
            app.woken |= match app.at {
                AppAt::WaitBusy => !busy,
                AppAt::WaitBlocked => !blocked,
                _ => false,
            };
        }
    }

    /// A DLM call failed: the lock is as if it had not been made.
    pub(super) fn abort_request(&self, s: &mut State, n: NodeId) {
        let node = &mut s.node[n];
        node.busy = false;
        node.upf &= !self.rules.upf_cleared_on_error;
        node.action = Action::None;
        node.requested = Level::NL;
        self.complete(s, n);
    }
}
