#![doc = include_str!("README.md")]

mod app;
mod config;
mod dc;
mod fault;
mod fsdlm;
mod lockres;
mod master;
mod o2dlm;
mod properties;
pub mod rules;
pub mod state;
mod symmetry;
mod view;

pub use config::{AppSpec, Downconvert, Entry};

use crate::kit::{FIRED, Fired, Model, Next, Permutation, Property, Refused, values, when};

use state::{AppAt, AppId, Bug, Callback, Level, NodeId, State, UnlockAction, ValueBlock};

actions! { Downconvert, State;
    /// A process on a node that runs its program of lock requests.
    fair app {
        /// Look at the lock: take it, wait for it, or mark it BUSY and PENDING to ask the DLM.
        app_lock(a: AppId);
        /// Call into the DLM, with no lock held.
        app_dlm_lock(a: AppId) => master;
        /// The call returned: clear PENDING if it is still ours, and look at the lock again.
        app_dlm_lock_ret(a: AppId);
        /// Woken: look at the lock again.
        app_wake(a: AppId);
        /// Do not wait any longer: the caller gets EAGAIN.
        app_give_up(a: AppId);
        /// Give up the hold.
        app_unlock(a: AppId) => dc;
        /// Ask for EX or PR while holding PR.
        app_lock_again(a: AppId);
    }
    /// The delivery of callbacks of the DLM to a node, in order.
    fair cb {
        /// The first callback on its way to the node arrives.
        cb_deliver(n: NodeId) => dc;
    }
    /// The downconvert thread of a node: it lowers the node's lock when another node is blocked.
    fair dc {
        /// Wake up; take the lock off the list if it is there.
        dc_wake(n: NodeId);
        /// Decide what to do about the blocked lock.
        dc_unblock(n: NodeId);
        /// Ask the DLM to cancel the convert, with no lock held.
        dc_cancel(n: NodeId) => master;
        /// Flush dirty data and drop the cache, with no lock held.
        dc_worker(n: NodeId);
        /// Look again, and mark the lock BUSY and PENDING to lower it.
        dc_relock(n: NodeId);
        /// Call into the DLM, with no lock held.
        dc_dlm_lock(n: NodeId) => master;
        /// The call returned: clear PENDING if it is still ours.
        dc_dlm_lock_ret(n: NodeId);
        /// Done with this lock, or put it back on the list.
        dc_finish(n: NodeId);
    }
    /// The lock master, where a message has to reach it; else it acts inside the calls.
    fair master {
        /// A cancel message arrives.
        master_cancel() => cb;
        /// Send a lost blocking callback again.
        master_resend_bast(n: NodeId) => cb;
    }
    /// The nodes that are left, which replay the journal of one that has died.
    fair recovery {
        /// The journal of the dead node is replayed.
        recovery_replay(n: NodeId);
    }
    /// Other locks on the node, for which the downconvert thread is woken too.
    optional environment {
        /// The downconvert thread is woken for another lock.
        environment_other_lock_wakes_dc(n: NodeId) => dc;
    }
    /// What goes wrong, as often as the budgets allow.
    fault fault {
        /// A blocking callback is overtaken by the callback behind it.
        fault_late_bast(n: NodeId) => cb;
        /// A blocking callback arrives twice.
        fault_dup_bast(n: NodeId) => cb;
        /// A blocking callback does not arrive.
        fault_lost_bast(n: NodeId) => cb;
        /// The node dies.
        fault_requester_dies(n: NodeId) => master;
        /// The DLM call fails.
        fault_dlm_error(a: AppId);
        /// A process that has not called the DLM finds a signal pending, and goes away.
        fault_signal(a: AppId);
    }
}

domains! { Downconvert, self;
    AppId: self.app_count,
    NodeId: self.nodes,
}

impl Model for Downconvert {
    const PROPERTIES: &'static [Property<Self>] = properties::PROPERTIES;

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { budget: self.faults, ..State::default() };
        if self.value_block {
            // After an earlier use, in which every node has read what the last writer wrote.
            s.value_block = ValueBlock::Current;
        }
        for n in values::<NodeId>(self) {
            s.node[n].new = self.is_new(n);
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        values::<AppId>(self).all(|a| s.app[a].at == AppAt::Done)
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        self.interchangeable(emit);
    }
}

protocol!(
    Downconvert,
    "downconvert",
    "a cluster lock that is being converted must be cancelled when another node is blocked"
);

// The `cb` lane: callbacks arrive.
impl Downconvert {
    fn cb_deliver(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        let callback = s.node[n].cb.head().ok_or(Refused::Disabled)?;
        s.node[n].cb.pop();
        match callback {
            Callback::BastPR | Callback::BastEX if self.skips(s, n, callback) => {}
            Callback::BastPR => self.blocking_ast(s, n, Level::PR),
            Callback::BastEX => self.blocking_ast(s, n, Level::EX),
            Callback::Ast => self.locking_ast(s, n, true),
            Callback::AstEagain => self.locking_ast(s, n, false),
            Callback::UnlockAst => self.unlock_ast(s, n),
            Callback::CancelGrant if self.variants.sees_cancelgrant => {
                s.node[n].unlock_action = UnlockAction::None;
            }
            Callback::CancelGrant if self.rules.ignore_cancelgrant => {}
            Callback::CancelGrant => self.unlock_ast(s, n),
            Callback::CancelReply => s.lkb[n].cancel_outstanding = false,
        }
        FIRED
    }

    /// Whether fs/dlm leaves a blocking callback out: the level of the AST that was delivered last,
    /// which is that of the node, is in nobody's way.
    fn skips(&self, s: &State, n: NodeId, bast: Callback) -> bool {
        let level = if bast == Callback::BastEX { Level::EX } else { Level::PR };
        !self.variants.o2dlm && self.rules.bast_skip && s.node[n].level.compatible(level)
    }

    fn blocking_ast(&self, s: &mut State, n: NodeId, level: Level) {
        let node = &mut s.node[n];
        node.dc_wake = true;
        node.blocked |= !self.rules.bast_filter;
        if level <= node.blocking {
            return;
        }
        let need = level.highest_compatible() < node.blocking.highest_compatible();
        node.blocking = level;
        node.blocked |= need;
        node.on_list |= need;
    }

    fn locking_ast(&self, s: &mut State, n: NodeId, granted: bool) {
        let node = &mut s.node[n];
        let action = node.action;
        if action == state::Action::None {
            return s.note_bug(Bug::AstWithoutAction);
        }
        node.busy = false;
        if granted && action != state::Action::Downconvert {
            node.needs_refresh |= self.rules.refresh && node.level == Level::NL;
            node.level = node.requested;
            node.grant_unused = true;
            if action == state::Action::Convert {
                node.upf |= self.rules.upf && !node.nbf;
                node.nbf = false;
            }
            node.new = false;
        } else if granted {
            let unused = core::mem::take(&mut node.grant_unused);
            node.level = node.requested;
            if node.level <= node.blocking.highest_compatible() {
                node.blocking = Level::NL;
                node.blocked = false;
            }
            s.wasted |= unused && self.someone_was_about_to_use(s, n);
        }
        let node = &mut s.node[n];
        node.action = state::Action::None;
        node.requested = Level::NL;
        if self.rules.ast_clears_cancel {
            node.unlock_action = UnlockAction::None;
        }
        if self.rules.ast_clears_pending {
            self.clear_pending(s, n, true);
        }
        self.complete(s, n);
    }

    fn unlock_ast(&self, s: &mut State, n: NodeId) {
        let node = &mut s.node[n];
        if node.unlock_action == UnlockAction::None {
            return s.note_bug(Bug::UnlockAstWithoutCancel);
        }
        node.action = state::Action::None;
        node.requested = Level::NL;
        node.busy = false;
        node.unlock_action = UnlockAction::None;
        node.dc_wake |= self.rules.cancel_kick && node.blocked;
        s.lkb[n].cancel_outstanding = false;
        self.complete(s, n);
    }

    /// Whether the only application of a node has asked for a level and not looked since.
    fn someone_was_about_to_use(&self, s: &State, n: NodeId) -> bool {
        let mut here = values::<AppId>(self).filter(|a| self.node(*a) == n);
        let (Some(a), None) = (here.next(), here.next()) else { return false };
        !self.spec(a).nonblock && matches!(s.app[a].at, AppAt::Start | AppAt::WaitBusy | AppAt::Ret)
    }
}

// The `master` lane: messages arrive.
impl Downconvert {
    fn master_cancel(&self, s: &mut Next<State>) -> Fired {
        let n = s.mq.head().ok_or(Refused::Disabled)?;
        s.mq.pop();
        self.receive_cancel(s, n)
    }

    fn master_resend_bast(&self, s: &mut Next<State>, n: NodeId) -> Fired {
        when(self.variants.bast_resend)?;
        when(s.budget.lost_bast < self.faults.lost_bast && s.node[n].cb.is_empty())?;
        let head = s.queue.head().ok_or(Refused::Disabled)?;
        let level = s.lkb[head].request;
        when(head != n && !s.lkb[n].granted.compatible(level))?;
        when(s.node[n].blocking < level)?;
        self.send(s, n, Callback::bast(level))
    }
}
