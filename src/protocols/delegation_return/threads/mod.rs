//! The return of a delegation as threads: applications, the returner, the state manager, and a
//! server that may reboot, with another client that wants what is delegated.
//!
//! One lock stands for the spin locks of the client and for the server. What counts is what happens
//! between the critical sections: a call was executed and its answer is on its way, the RETURNING
//! bit is set and the opens are still being claimed. Two things are read without the lock: the
//! counter by which the returner sees that the manager has recovered something since the claim
//! began, and the stateid of an open.

use std::sync::Arc;

use latchwork_model::delegation_return::rules::Rules;
use latchwork_model::delegation_return::state::{Recall, Recover, Stateid};
use latchwork_model::delegation_return::{DelegationReturn, Program};

mod app;
mod mgr;
mod ret;
mod seen;
mod server;
mod until;
mod waits;

use super::rt::thread::{self, JoinHandle};
use super::rt::{AtomicU8, Condvar, Mutex, Ordering};
use crate::engines::threads::Body;
use crate::engines::threads::log::Log;
use crate::protocols::delegation_return::flaws::Flaws;

use waits::{FIRST_APP, MANAGER, PARTIES, RETURNER, SERVER, Wait};

/// The open that is there from the start; the lock is on it.
const FIRST: usize = 0;
/// The open that an application adds.
const SECOND: usize = 1;

/// An open, as the client and the server know it; its stateid stands beside the lock.
#[derive(Clone, Copy, Default)]
struct Open {
    held: bool,
    delegated: bool,
    recover: Recover,
    at_server: bool,
}

/// The lock: believed in by the application, with a stateid, at the server.
#[derive(Clone, Copy, Default)]
struct FileLock {
    believed: bool,
    lost: bool,
    stateid: Stateid,
    at_server: bool,
}

/// The delegation as it hangs on the inode.
#[derive(Clone, Copy, Default)]
struct Delegation {
    attached: bool,
    stateid: Stateid,
    to_return: bool,
    returning: bool,
    need_reclaim: bool,
    revoked: bool,
}

/// The server, as far as it concerns this client.
#[derive(Clone, Copy, Default)]
struct Server {
    epoch: u8,
    grace: bool,
    session: bool,
    reclaim_done: bool,
    granted: bool,
    recall: Recall,
    /// The recall was made once more.
    retried: bool,
}

/// The other client.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Rival {
    #[default]
    Out,
    /// It has the file open.
    Wants,
    Holds,
    Done,
}

/// All that is under the lock.
#[derive(Default)]
struct State {
    deleg: Delegation,
    open: [Open; 2],
    lock: FileLock,
    server: Server,
    rival: Rival,
    /// It has to reclaim what it holds.
    rival_reclaims: bool,
    /// It has had its lock.
    rival_had_lock: bool,
    /// The server epoch of the client id.
    epoch: u8,
    need_manager: bool,
    manager_works: bool,
    draining: bool,
    rwsem: bool,
    claiming: bool,
    return_under_way: bool,
    slot_in_use: bool,
    apps_left: u8,
    /// Something will still go wrong.
    fault_to_come: bool,
    /// What everybody waits for.
    waits: [Option<Wait>; PARTIES],
    /// Who is to end.
    ended: [bool; PARTIES],
}

/// All of it.
struct Client {
    model: DelegationReturn,
    flaws: Flaws,
    state: Mutex<State>,
    /// By party: what it waits for has come.
    moved: Vec<Condvar>,
    /// Odd while the manager recovers an open, and another number after each: the reclaim counter.
    reclaims: AtomicU8,
    /// By open.
    stateid: [AtomicU8; 2],
    log: Arc<Log>,
}

/// The code for a configuration.
pub fn body(model: DelegationReturn, flaws: Flaws) -> Body {
    Arc::new(move |log| run(model, flaws, log))
}

fn run(model: DelegationReturn, flaws: Flaws, log: &Arc<Log>) {
    let client = Arc::new(Client::new(model, flaws, log.clone()));
    let apps: Vec<_> =
        (0..model.app_count).map(|a| spawn(&client, move |client| client.application(a))).collect();
    // The server and the other client run here, and the rest is there as soon as it is needed:
    // loom has few threads, and fewer orders to look at.
    let keepers = client.serve();
    apps.into_iter().for_each(|app| app.join().unwrap());
    drop(client.until(SERVER, Wait::Calm));
    for (party, keeper) in keepers {
        let mut state = client.state.lock().unwrap();
        state.ended[party] = true;
        client.wake(&mut state);
        drop(state);
        keeper.join().unwrap();
    }
}

fn spawn(client: &Arc<Client>, work: impl FnOnce(&Client) + Send + 'static) -> JoinHandle<()> {
    let client = client.clone();
    thread::spawn(move || work(&client))
}

impl Client {
    fn new(model: DelegationReturn, flaws: Flaws, log: Arc<Log>) -> Self {
        let parties = FIRST_APP + usize::from(model.app_count);
        Self {
            model,
            flaws,
            state: Mutex::new(State::new(model.app_count)),
            moved: (0..parties).map(|_| Condvar::new()).collect(),
            reclaims: AtomicU8::new(0),
            stateid: [AtomicU8::new(Stateid::None as u8), AtomicU8::new(Stateid::None as u8)],
            log,
        }
    }

    fn rules(&self) -> &Rules {
        &self.model.rules
    }

    /// Whether there is a lock.
    fn has_lock(&self) -> bool {
        self.model.lock_count > 0
    }

    /// Whether somebody takes the lock and keeps it.
    fn keeps_lock(&self) -> bool {
        let apps = &self.model.apps[..usize::from(self.model.app_count)];
        apps.iter().any(|app| app.program == Program::Lock && !app.undo)
    }

    /// Notes an action, and wakes those who have waited for it.
    fn did(&self, action: &'static str, args: &[u8], state: &mut State) {
        self.log.step(action, args, state.seen());
        self.wake(state);
    }

    fn set_stateid(&self, o: usize, stateid: Stateid) {
        self.stateid[o].store(stateid as u8, Ordering::Relaxed);
    }

    fn stateid(&self, o: usize) -> Stateid {
        Stateid::ALL[usize::from(self.stateid[o].load(Ordering::Relaxed))]
    }
}

impl State {
    fn new(apps: u8) -> Self {
        let first = Open { held: true, delegated: true, ..Open::default() };
        let server =
            Server { session: true, reclaim_done: true, granted: true, ..Server::default() };
        let stateid = Stateid::of(0);
        Self {
            deleg: Delegation { attached: true, stateid, ..Delegation::default() },
            open: [first, Open::default()],
            server,
            apps_left: apps,
            ..Self::default()
        }
    }

    /// A stateid as the server gives it out now.
    fn current(&self) -> Stateid {
        Stateid::of(self.server.epoch)
    }

    /// Whether a call can be made: one that waits for the manager anyway is not.
    fn may_call(&self) -> bool {
        !self.draining && (self.server.session || !self.need_manager)
    }

    /// Whether an open that is answered now rests on the delegation.
    fn rests_on_delegation(&self, rules: &Rules) -> bool {
        let returning = self.deleg.returning && rules.returning_in_update_open_stateid;
        self.deleg.attached && !self.deleg.revoked && !returning
    }

    /// A call was answered BADSESSION: nobody else can call until the manager has made a new one.
    fn session_is_lost(&mut self, rules: &Rules) {
        self.need_manager = true;
        self.draining |= rules.drain_at_session_error;
    }

    /// The server does not know what an open rests on: it is to be recovered anew.
    fn mark_bad_stateid(&mut self, o: usize) {
        self.open[o].recover = Recover::NoGrace;
        self.need_manager = true;
    }
}
