//! The return of a delegation as threads: applications, the returner, the state manager, and a
//! server with another client that wants what is delegated.
//!
//! One lock stands for the spin locks of the client and for the server. What counts is what happens
//! between the critical sections: a call was executed and its answer is on its way, the RETURNING
//! bit is set and the opens are still being claimed.

use std::sync::Arc;

use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::delegation_return::rules::Rules;

mod app;
mod ret;
mod server;

use super::rt::{Condvar, Mutex, MutexGuard, thread};
use crate::threads::Body;
use crate::threads::forms::delegation_return::Flaws;
use crate::threads::log::{Log, Seen, Value};

/// The open that is there from the start; the lock is on it.
const FIRST: usize = 0;
/// The open that an application adds.
const SECOND: usize = 1;

/// An open, as the client and the server know it.
#[derive(Clone, Copy, Default)]
struct Open {
    held: bool,
    delegated: bool,
    at_server: bool,
}

/// The lock: believed in by the application, with a stateid, at the server.
#[derive(Clone, Copy, Default)]
struct FileLock {
    believed: bool,
    has_stateid: bool,
    at_server: bool,
}

/// How far the server is with the recall.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Recall {
    #[default]
    None,
    Queued,
    Sent,
    Refused,
}

/// All that is under the lock.
#[derive(Default)]
struct State {
    attached: bool,
    to_return: bool,
    returning: bool,
    open: [Open; 2],
    lock: FileLock,
    need_manager: bool,
    manager_works: bool,
    draining: bool,
    rwsem: bool,
    claiming: bool,
    return_under_way: bool,
    slot_in_use: bool,
    session: bool,
    granted: bool,
    recall: Recall,
    rival_holds: bool,
    rival_done: bool,
    stop: bool,
}

/// All of it.
struct Client {
    model: DelegationReturn,
    flaws: Flaws,
    state: Mutex<State>,
    moved: Condvar,
    log: Arc<Log>,
}

/// The code for a configuration.
pub fn body(model: DelegationReturn, flaws: Flaws) -> Body {
    Arc::new(move |log| run(model, flaws, log))
}

fn run(model: DelegationReturn, flaws: Flaws, log: &Arc<Log>) {
    let client = Client {
        model,
        flaws,
        state: Mutex::new(State::new()),
        moved: Condvar::new(),
        log: log.clone(),
    };
    let client = Arc::new(client);
    let spawn = |work: Box<dyn FnOnce(&Client) + Send>| {
        let client = client.clone();
        thread::spawn(move || work(&client))
    };
    let mut keepers = vec![
        spawn(Box::new(|client| client.returner())),
        spawn(Box::new(|client| client.other_client())),
    ];
    if model.faults.session > 0 {
        // Nobody else sends for the manager.
        keepers.push(spawn(Box::new(|client| client.manager())));
    }
    let apps: Vec<_> = (1..model.app_count)
        .map(|a| spawn(Box::new(move |client| client.application(a))))
        .collect();
    client.application(0);
    apps.into_iter().for_each(|app| app.join().unwrap());
    client.until(State::is_calm).stop = true;
    client.moved.notify_all();
    keepers.into_iter().for_each(|keeper| keeper.join().unwrap());
}

impl Client {
    fn rules(&self) -> &Rules {
        &self.model.rules
    }

    /// Waits until something is so.
    fn until(&self, ready: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        while !ready(&state) {
            state = self.moved.wait(state).unwrap();
        }
        state
    }

    /// Notes an action for which nobody can have waited.
    fn did(&self, action: &'static str, args: &[u8], state: &State) {
        self.log.step(action, args, state.seen());
    }

    /// Notes an action, and lets everybody look again.
    fn did_and_woke(&self, action: &'static str, args: &[u8], state: &State) {
        self.did(action, args, state);
        self.moved.notify_all();
    }

    /// Calls the server; false: it does not know the session, and the manager is sent for.
    fn call(&self, state: &mut State) -> bool {
        if !state.session {
            state.need_manager = true;
            self.moved.notify_all();
        }
        state.session
    }
}

impl State {
    fn new() -> Self {
        let first = Open { held: true, delegated: true, at_server: false };
        Self {
            attached: true,
            open: [first, Open::default()],
            session: true,
            granted: true,
            ..Self::default()
        }
    }

    /// Whether a call can be made: one that waits for the manager anyway is not.
    fn may_call(&self) -> bool {
        !self.draining && (self.session || !self.need_manager)
    }

    /// Whether nobody has anything left to do.
    fn is_calm(&self) -> bool {
        let waits = self.lock.believed && self.lock.at_server;
        let works = self.return_under_way || self.manager_works || self.need_manager;
        self.recall == Recall::None && !works && (self.rival_done || waits)
    }

    fn seen(&self) -> Vec<Seen> {
        let flag = |table, index, field, flag: bool| Seen {
            table,
            index,
            field,
            value: Value::from(flag),
        };
        let mut seen = vec![
            flag("deleg", None, "attached", self.attached),
            flag("deleg", None, "to_return", self.to_return),
            flag("deleg", None, "returning", self.returning),
            flag("lock.k", Some(0), "believed", self.lock.believed),
            flag("server", None, "session", self.session),
        ];
        for (o, open) in (0..).zip(&self.open) {
            seen.push(flag("open.o", Some(o), "held", open.held));
            seen.push(flag("open.o", Some(o), "delegated", open.delegated));
        }
        seen
    }
}
