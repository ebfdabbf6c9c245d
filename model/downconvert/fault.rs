//! The `fault`, `recovery` and `environment` lanes: what can go wrong, within budgets.

use crate::kit::{FIRED, Fired, Next, exceeded, when};

use super::Downconvert;
use super::state::{App, AppAt, AppId, Callback, DcAt, Node, NodeId, State};

fn head_is_bast(s: &State, n: NodeId) -> bool {
    s.node[n].cb.head().is_some_and(Callback::is_bast)
}

impl Downconvert {
    /// Whether the lock of a node begins as a new one.
    pub(super) fn is_new(&self, n: NodeId) -> bool {
        self.new >> n.0 & 1 == 1
    }

    pub(super) fn environment_other_lock_wakes_dc(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let node = &s.node[n];
        when(self.variants.other_traffic)?;
        when(node.dc == DcAt::Idle && node.on_list && !node.dc_wake)?;
        let node = &mut s.node[n];
        node.dc_wake = true;
        FIRED
    }

    pub(super) fn fault_late_bast(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let late = matches!(s.node[n].cb.items(), [a, b, ..] if a.is_bast() && !b.is_bast());
        when(late)?;
        s.spend(|s| &mut s.budget.late_bast)?;
        s.node[n].cb.items_mut().swap(0, 1);
        FIRED
    }

    pub(super) fn fault_dup_bast(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(head_is_bast(s, n))?;
        s.spend(|s| &mut s.budget.dup_bast)?;
        match s.node[n].cb.head() {
            Some(bast) => self.send(s, n, bast),
            None => exceeded("cb_capacity"),
        }
    }

    pub(super) fn fault_lost_bast(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(head_is_bast(s, n))?;
        s.spend(|s| &mut s.budget.lost_bast)?;
        s.node[n].cb.pop();
        FIRED
    }

    pub(super) fn fault_requester_dies(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(!s.node[n].dead && self.mortal >> n.0 & 1 == 1)?;
        s.spend(|s| &mut s.budget.requester_dies)?;
        // What it wrote is in its journal until that is replayed.
        s.node[n] = Node { dead: true, dirty: s.node[n].dirty, ..Node::default() };
        for a in crate::kit::values::<AppId>(self).filter(|a| self.node(*a) == n) {
            s.app[a] = App { at: AppAt::Done, ..App::default() };
        }
        self.expel(s, n)
    }

    pub(super) fn recovery_replay(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(s.node[n].dead && s.node[n].dirty)?;
        s.node[n].dirty = false;
        FIRED
    }

    pub(super) fn fault_dlm_error(&self, s: &mut Next<State>, a: AppId) -> Fired {
        when(s.app[a].at == AppAt::Call)?;
        s.spend(|s| &mut s.budget.dlm_error)?;
        s.app[a].at = AppAt::RetErr;
        FIRED
    }

    pub(super) fn fault_signal(&self, s: &mut Next<State>, a: AppId) -> Fired {
        let app = s.app[a];
        when(app.at == AppAt::Start && !app.called)?;
        s.spend(|s| &mut s.budget.signal)?;
        self.leave(s, self.node(a), false);
        self.fail(s, a);
        FIRED
    }
}
