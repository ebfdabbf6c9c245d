//! The `dc` lane: the downconvert thread of a node lowers a lock that is in the way.

use crate::kit::{FIRED, Fired, Next, when};

use super::Downconvert;
use super::lockres::Unblock;
use super::master::Answer;
use super::state::{Action, Bug, Cache, DcAt, Level, NodeId, State, UnlockAction, ValueBlock};

impl Downconvert {
    pub(super) fn dc_wake(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let node = &s.node[n];
        when(node.dc == DcAt::Idle && node.dc_wake)?;
        let node = &mut s.node[n];
        node.dc_wake = false;
        if node.on_list {
            node.on_list = false;
            node.dc = DcAt::Proc;
        }
        FIRED
    }

    pub(super) fn dc_unblock(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(s.node[n].dc == DcAt::Proc)?;
        let decision = self.unblock(&s.node[n]);
        if decision == Unblock::Finish && !self.rules.blocked_recheck {
            s.note_bug(Bug::UnblockNotBlocked);
        }
        if decision == Unblock::Cancel && matches!(s.node[n].action, Action::None | Action::Attach)
        {
            s.note_bug(Bug::CancelWithoutAction);
        }
        let node = &mut s.node[n];
        node.dc = match decision {
            Unblock::Finish => DcAt::Fin0,
            Unblock::Requeue => DcAt::Fin1,
            Unblock::Cancel => {
                node.unlock_action = UnlockAction::Cancel;
                DcAt::CallCancel
            }
            Unblock::AtNull => {
                node.blocking = Level::NL;
                node.blocked = false;
                DcAt::Fin0
            }
            Unblock::Lower => {
                node.saved_blocking = node.blocking;
                node.saved_level = node.level;
                DcAt::Worker
            }
        };
        if decision == Unblock::AtNull {
            self.complete(s, n);
        }
        FIRED
    }

    pub(super) fn dc_cancel(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(s.node[n].dc == DcAt::CallCancel)?;
        s.node[n].dc = DcAt::Fin1;
        self.cancel(s, n)
    }

    pub(super) fn dc_worker(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let node = &s.node[n];
        when(node.dc == DcAt::Worker)?;
        let node = &mut s.node[n];
        if self.rules.worker {
            node.dirty = false;
            if node.saved_blocking == Level::EX {
                node.cache = Cache::Invalid;
            }
        }
        node.dc = DcAt::Relock;
        FIRED
    }

    pub(super) fn dc_relock(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let node = &s.node[n];
        when(node.dc == DcAt::Relock)?;
        let node = &mut s.node[n];
        let level_changed = self.rules.level_recheck && node.saved_level != node.level;
        let changed = node.saved_blocking != node.blocking || level_changed;
        node.saved_blocking = Level::NL;
        node.saved_level = Level::NL;
        let lower = node.blocking.highest_compatible();
        let bug = match node.blocking {
            _ if changed => Bug::None,
            Level::NL => Bug::DownconvertUnblocked,
            _ if node.level <= lower => Bug::DownconvertNotLower,
            _ if node.busy => Bug::DownconvertBusy,
            _ => Bug::None,
        };
        if changed {
            node.dc = DcAt::Proc;
        } else if bug != Bug::None {
            node.dc = DcAt::Fin0;
            s.note_bug(bug);
        } else {
            node.action = Action::Downconvert;
            node.requested = lower;
            node.busy = true;
            node.pending = self.rules.pending_flag;
            node.dc_fresh = true;
            node.dc = DcAt::CallDown;
        }
        FIRED
    }

    pub(super) fn dc_dlm_lock(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(s.node[n].dc == DcAt::CallDown)?;
        let level = s.node[n].requested;
        self.write_value_block(s, n);
        s.node[n].dc = match self.submit(s, n, level, false)? {
            Answer::Taken => DcAt::RetDown,
            Answer::Busy | Answer::Refused => DcAt::RetDownErr,
        };
        FIRED
    }

    /// A lock that is lowered from EX takes the metadata with it into the value block, if the node
    /// has read them since it has the lock. (Where the call is refused, it is made again.)
    fn write_value_block(&self, s: &mut State, n: NodeId) {
        let node = &s.node[n];
        let writes = self.value_block && self.rules.value_block_written && node.level == Level::EX;
        if !writes || s.lkb[n].cancel_outstanding {
            return;
        }
        if node.needs_refresh && self.rules.value_block_only_if_fresh {
            return;
        }
        s.value_block = if node.metadata_old { ValueBlock::Old } else { ValueBlock::Current };
    }

    pub(super) fn dc_dlm_lock_ret(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let dc = s.node[n].dc;
        when(matches!(dc, DcAt::RetDown | DcAt::RetDownErr))?;
        let fresh = s.node[n].dc_fresh;
        self.clear_pending(s, n, fresh);
        s.node[n].dc_fresh = false;
        s.node[n].dc = DcAt::Fin0;
        if dc == DcAt::RetDownErr {
            self.abort_request(s, n);
            if self.rules.ebusy_requeue {
                s.node[n].dc = DcAt::Fin1;
            }
        }
        FIRED
    }

    pub(super) fn dc_finish(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let node = &s.node[n];
        when(matches!(node.dc, DcAt::Fin0 | DcAt::Fin1))?;
        let node = &mut s.node[n];
        // Back on the list without a wake: nobody looks at it until somebody says so. A lock that
        // is finished stays on the list if a blocking callback has put it back meanwhile.
        node.on_list |= node.dc == DcAt::Fin1;
        node.dc = DcAt::Idle;
        FIRED
    }
}
