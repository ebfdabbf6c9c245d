//! Downconvert as threads: applications, a downconvert thread a node, and a lock manager that is
//! called directly and calls back from within the calls.
//!
//! One critical section under `l_lock`, or one under the lock manager's lock, is one action of the
//! model.

use std::collections::VecDeque;
use std::sync::Arc;

use latchwork_model::downconvert::Downconvert;
use latchwork_model::downconvert::rules::Rules;
use latchwork_model::downconvert::state::{Action, Level, UnlockAction};

mod app;
mod dc;
mod dlm;

use super::rt::{Condvar, Mutex, MutexGuard, thread};
use crate::engines::threads::Body;
use crate::engines::threads::log::{Log, Seen, Value};
use crate::protocols::downconvert::flaws::Flaws;

use dlm::{Callback, Dlm, Lkb, compatible, highest_compatible};

/// What somebody in the lock path waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mask {
    NotBusy,
    NotBlocked,
}

/// Somebody who waits in the lock path.
struct Waiter {
    app: u8,
    mask: Mask,
    woken: bool,
}

/// The lock resource of a node: all that is under `l_lock`.
struct LockRes {
    busy: bool,
    blocked: bool,
    pending: bool,
    upconvert_finishing: bool,
    on_list: bool,
    level: Level,
    requested: Level,
    blocking: Level,
    action: Action,
    unlock_action: UnlockAction,
    pending_gen: u32,
    ro: u8,
    ex: u8,
    waiters: Vec<Waiter>,
    dc_wake: bool,
    /// The downconvert thread is to end.
    stop: bool,
}

/// A node of the cluster.
struct Node {
    res: Mutex<LockRes>,
    /// Completes mask waiters.
    event: Condvar,
    /// Wakes the downconvert thread.
    dc_event: Condvar,
}

/// All of it.
struct Cluster {
    model: Downconvert,
    flaws: Flaws,
    nodes: Vec<Node>,
    dlm: Mutex<Dlm>,
    log: Arc<Log>,
}

/// The code for a configuration.
pub fn body(model: Downconvert, flaws: Flaws) -> Body {
    Arc::new(move |log| run(model, flaws, log))
}

fn run(model: Downconvert, flaws: Flaws, log: &Arc<Log>) {
    let cluster = Arc::new(Cluster::new(model, flaws, log.clone()));
    let spawn = |work: Box<dyn FnOnce(&Cluster) + Send>| {
        let cluster = cluster.clone();
        thread::spawn(move || work(&cluster))
    };
    let keepers: Vec<_> = (0..usize::from(model.nodes))
        .map(|n| spawn(Box::new(move |cluster| cluster.downconvert_thread(n))))
        .collect();
    let apps: Vec<_> = (1..model.app_count)
        .map(|a| spawn(Box::new(move |cluster| cluster.application(a))))
        .collect();
    // The first application runs here: loom has few threads.
    cluster.application(0);
    apps.into_iter().for_each(|app| app.join().unwrap());
    for node in &cluster.nodes {
        node.res.lock().unwrap().stop = true;
        node.dc_event.notify_all();
    }
    keepers.into_iter().for_each(|keeper| keeper.join().unwrap());
}

impl Cluster {
    fn new(model: Downconvert, flaws: Flaws, log: Arc<Log>) -> Self {
        let nodes = usize::from(model.nodes);
        let lkb = || Lkb { granted: Level::NL, request: Level::NL, highbast: Level::NL };
        Self {
            model,
            flaws,
            nodes: (0..nodes).map(|_| Node::new()).collect(),
            dlm: Mutex::new(Dlm {
                lkb: (0..nodes).map(|_| lkb()).collect(),
                queue: VecDeque::new(),
                callbacks: vec![VecDeque::new(); nodes],
            }),
            log,
        }
    }

    fn rules(&self) -> &Rules {
        &self.model.rules
    }

    fn lock(&self, n: usize) -> MutexGuard<'_, LockRes> {
        self.nodes[n].res.lock().unwrap()
    }

    fn did(&self, action: &'static str, args: &[u8], n: usize, res: &LockRes) {
        self.log.step(action, args, res.seen(n as u8));
    }

    /// Wakes the downconvert thread.
    fn kick(&self, n: usize, res: &mut LockRes) {
        res.dc_wake = true;
        self.nodes[n].dc_event.notify_one();
    }

    /// Completes the mask waiters whose condition holds now.
    fn complete(&self, n: usize, res: &mut LockRes) {
        for waiter in &mut res.waiters {
            waiter.woken |= match waiter.mask {
                Mask::NotBusy => !res.busy,
                Mask::NotBlocked => !res.blocked,
            };
        }
        self.nodes[n].event.notify_all();
    }

    /// Only the caller whose generation is current clears PENDING.
    fn clear_pending(&self, n: usize, res: &mut LockRes, generation: u32) {
        let stale = self.rules().pending_gen && generation != res.pending_gen;
        if !res.pending || stale {
            return;
        }
        res.pending = false;
        res.pending_gen += 1;
        if self.rules().pending_wake && res.blocked {
            self.kick(n, res);
        }
    }
}

// Calls into the lock manager, which delivers what is due before it returns.
impl Cluster {
    fn dlm_lock(&self, action: &'static str, who: u8, n: usize, level: Level) {
        let mut dlm = self.dlm.lock().unwrap();
        let before = dlm.due();
        dlm.submit(n, level, self.rules());
        let due = dlm.due_since(&before);
        self.log.step(action, &[who], Vec::new());
        drop(dlm);
        due.into_iter().for_each(|n| self.deliver(n));
    }

    fn dlm_cancel(&self, n: usize) {
        let mut dlm = self.dlm.lock().unwrap();
        let before = dlm.due();
        dlm.cancel(n, self.rules());
        let due = dlm.due_since(&before);
        self.log.step("dc_cancel", &[n as u8], Vec::new());
        drop(dlm);
        due.into_iter().for_each(|n| self.deliver(n));
    }

    /// Delivers one callback.
    fn deliver(&self, n: usize) {
        let mut res = self.lock(n);
        let callback = self.dlm.lock().unwrap().callbacks[n].pop_front();
        match callback {
            Some(Callback::Ast) => self.locking_ast(n, &mut res),
            Some(Callback::Bast(level))
                if self.rules().bast_skip && compatible(res.level, level) => {}
            Some(Callback::Bast(level)) => self.blocking_ast(n, &mut res, level),
            Some(Callback::UnlockAst) => self.unlock_ast(n, &mut res),
            // Who makes a callback due delivers one, so there is one.
            None => self.log.violate("no_panic"),
        }
        self.did("cb_deliver", &[n as u8], n, &res);
    }

    fn locking_ast(&self, n: usize, res: &mut LockRes) {
        if res.action == Action::None {
            self.log.violate("no_bug");
        }
        res.busy = false;
        res.level = res.requested;
        if res.action == Action::Convert {
            res.upconvert_finishing |= self.rules().upf;
        } else if res.level <= highest_compatible(res.blocking) {
            res.blocking = Level::NL;
            res.blocked = false;
        }
        res.action = Action::None;
        res.requested = Level::NL;
        if self.rules().ast_clears_cancel {
            res.unlock_action = UnlockAction::None;
        }
        if self.rules().ast_clears_pending {
            self.clear_pending(n, res, res.pending_gen);
        }
        if !self.flaws.silent_ast {
            self.complete(n, res);
        }
    }

    fn blocking_ast(&self, n: usize, res: &mut LockRes, level: Level) {
        if level > res.blocking {
            let need = highest_compatible(level) < highest_compatible(res.blocking);
            res.blocking = level;
            res.blocked |= need;
            res.on_list |= need;
        }
        self.kick(n, res);
    }

    fn unlock_ast(&self, n: usize, res: &mut LockRes) {
        if res.unlock_action == UnlockAction::None {
            self.log.violate("no_bug");
        }
        res.action = Action::None;
        res.requested = Level::NL;
        res.busy = false;
        res.unlock_action = UnlockAction::None;
        if self.rules().cancel_kick && res.blocked {
            self.kick(n, res);
        }
        self.complete(n, res);
    }
}

impl Node {
    fn new() -> Self {
        Self { res: Mutex::new(LockRes::new()), event: Condvar::new(), dc_event: Condvar::new() }
    }
}

impl LockRes {
    fn new() -> Self {
        Self {
            busy: false,
            blocked: false,
            pending: false,
            upconvert_finishing: false,
            on_list: false,
            level: Level::NL,
            requested: Level::NL,
            blocking: Level::NL,
            action: Action::None,
            unlock_action: UnlockAction::None,
            pending_gen: 0,
            ro: 0,
            ex: 0,
            waiters: Vec::new(),
            dc_wake: false,
            stop: false,
        }
    }

    /// Whether a holder is in the way of who is blocked.
    fn in_the_way(&self) -> bool {
        match self.blocking {
            Level::EX => self.ro > 0 || self.ex > 0,
            Level::PR => self.ex > 0,
            Level::NL => false,
        }
    }

    fn seen(&self, n: u8) -> Vec<Seen> {
        let level = |level| match level {
            Level::NL => "NL",
            Level::PR => "PR",
            Level::EX => "EX",
        };
        let cancel = if self.unlock_action == UnlockAction::Cancel { "Cancel" } else { "None" };
        let fields: [(&'static str, Value); 12] = [
            ("busy", self.busy.into()),
            ("blocked", self.blocked.into()),
            ("pending", self.pending.into()),
            ("upf", self.upconvert_finishing.into()),
            ("on_list", self.on_list.into()),
            ("level", level(self.level).into()),
            ("requested", level(self.requested).into()),
            ("blocking", level(self.blocking).into()),
            ("unlock_action", cancel.into()),
            ("ro", self.ro.into()),
            ("ex", self.ex.into()),
            ("dc_wake", self.dc_wake.into()),
        ];
        let seen = |(field, value)| Seen { table: "node.n", index: Some(n), field, value };
        fields.into_iter().map(seen).collect()
    }
}
