//! Recall as threads: opens for writing against a server that delegates the file, and the client
//! that holds the delegation.
//!
//! An open counts itself and then looks for leases; a grant inserts its lease and then looks at the
//! counts. Neither takes a lock of the other for it. So one of them must see the other: between its
//! store and its load each needs a fence that orders the two.
//!
//! How an open is counted has no moment of its own: for the server it happens when the server sees
//! it. So the code does not log it, and the model fills it in. An open that looks for leases without
//! a lock does so at its fence, and a grant inserts its lease at its own.

use std::sync::Arc;

use latchwork_model::recall::Recall;
use latchwork_model::recall::rules::Rules;

use super::rt::{AtomicBool, AtomicU8, Condvar, Mutex, MutexGuard, Ordering, fence, thread};
use crate::engines::threads::Body;
use crate::engines::threads::log::{Log, Seen, Value};
use crate::protocols::recall::flaws::Flaws;

/// The file, its only object.
const FILE: u8 = 0;
/// The client, the only one.
const CLIENT: u8 = 0;

/// The lease that stands for the delegation: what is under `flc_lock`.
#[derive(Default)]
struct Lease {
    held: bool,
    breaking: bool,
    /// The operations that wait for it to end, each with whether it was woken.
    waiting: Vec<(u8, bool)>,
    /// The operations that keep new delegations away.
    barring: Vec<u8>,
    /// No operation is left.
    stop: bool,
}

/// What operations change and the client trusts.
#[derive(Default)]
struct Data {
    version: u32,
    /// The client trusts what it has in its cache.
    trusted: bool,
}

/// All of it.
struct Server {
    model: Recall,
    flaws: Flaws,
    /// Opens for writing.
    writers: AtomicU8,
    /// There has been a lease: whoever opens the file has to look at it.
    leased: AtomicBool,
    lease: Mutex<Lease>,
    /// The lease has ended, or must.
    event: Condvar,
    data: Mutex<Data>,
    log: Arc<Log>,
}

/// The code for a configuration.
pub fn body(model: Recall, flaws: Flaws) -> Body {
    Arc::new(move |log| run(model, flaws, log))
}

fn run(model: Recall, flaws: Flaws, log: &Arc<Log>) {
    let server = Arc::new(Server {
        model,
        flaws,
        writers: AtomicU8::new(0),
        leased: AtomicBool::new(false),
        lease: Mutex::default(),
        event: Condvar::new(),
        data: Mutex::default(),
        log: log.clone(),
    });
    let spawn = |work: Box<dyn FnOnce(&Server) + Send>| {
        let server = server.clone();
        thread::spawn(move || work(&server))
    };
    let grants = model.grants.unwrap_or(0);
    let client = spawn(Box::new(|server| server.client()));
    let opener = spawn(Box::new(move |server| (0..grants).for_each(|_| server.delegate())));
    let ops: Vec<_> = (1..model.op_count)
        .map(|o| spawn(Box::new(move |server| server.open_for_writing(o))))
        .collect();
    server.open_for_writing(0);
    ops.into_iter().for_each(|op| op.join().unwrap());
    opener.join().unwrap();
    server.lock().stop = true;
    server.event.notify_all();
    client.join().unwrap();
}

impl Server {
    fn rules(&self) -> &Rules {
        &self.model.rules
    }

    fn lock(&self) -> MutexGuard<'_, Lease> {
        self.lease.lock().unwrap()
    }

    /// Notes an action that is done under `flc_lock`.
    fn did(&self, action: &'static str, args: &[u8], lease: &Lease) {
        self.log.step(action, args, lease.seen());
    }
}

// The operations.
impl Server {
    fn open_for_writing(&self, o: u8) {
        if self.rules().count_before_break {
            self.writers.fetch_add(1, Ordering::Relaxed);
            if !self.flaws.no_fence_in_open {
                fence(Ordering::SeqCst);
            }
        }
        let here = self.log.mark();
        if self.rules().break_open_write && self.leased.load(Ordering::Acquire) {
            self.break_lease(o);
        } else {
            self.log.step_at(here, "op_check", &[o], Vec::new());
        }
        if !self.rules().count_before_break {
            self.writers.fetch_add(1, Ordering::Relaxed);
            fence(Ordering::SeqCst);
        }
        let mut data = self.data.lock().unwrap();
        data.version += 1;
        self.log.step("op_apply", &[o], Vec::new());
        if data.trusted {
            self.log.violate("no_stale_view");
        }
        drop(data);
        self.writers.fetch_sub(1, Ordering::Release);
    }

    /// Recalls the delegation, and waits until it is back.
    fn break_lease(&self, o: u8) {
        let mut lease = self.lock();
        while lease.held {
            lease.breaking = true;
            lease.waiting.push((o, false));
            lease.barring.push(o);
            self.event.notify_all();
            self.did("op_found", &[o], &lease);
            lease = self.wait(o, lease);
            self.did("op_wait_over", &[o], &lease);
            lease.barring.retain(|barring| *barring != o);
            self.did("op_restart", &[o], &lease);
        }
        self.did("op_check", &[o], &lease);
    }

    fn wait<'a>(&'a self, o: u8, mut lease: MutexGuard<'a, Lease>) -> MutexGuard<'a, Lease> {
        loop {
            let woken = |(op, woken): &(u8, bool)| *op == o && *woken;
            if !lease.held && lease.waiting.iter().any(woken) {
                lease.waiting.retain(|(op, _)| *op != o);
                return lease;
            }
            if lease.held && !lease.breaking && self.rules().rebreak_in_loop {
                lease.breaking = true;
                self.event.notify_all();
                self.did("op_rebreak", &[o], &lease);
            }
            lease = self.event.wait(lease).unwrap();
        }
    }
}

// The server answers an OPEN of the client.
impl Server {
    fn delegate(&self) {
        if self.lock().held {
            // The client has the delegation, and does not ask.
            return;
        }
        if self.writers.load(Ordering::Relaxed) > 0 {
            return;
        }
        let version = self.data.lock().unwrap().version;
        let mut lease = self.lock();
        if self.rules().block_regrant && !lease.barring.is_empty() {
            return self.did("grant_refuse", &[CLIENT], &lease);
        }
        let counted = self.flaws.insert_after_retest && self.is_counted();
        lease.held = true;
        self.leased.store(true, Ordering::Release);
        if self.flaws.weak_fence_in_grant {
            fence(Ordering::AcqRel);
        } else if !self.flaws.no_fence_in_grant {
            fence(Ordering::SeqCst);
        }
        self.did("grant_insert", &[CLIENT], &lease);
        let counted = counted || (!self.flaws.insert_after_retest && self.is_counted());
        // What was seen of the counts is as of here.
        let here = self.log.mark();
        let mut data = self.data.lock().unwrap();
        if counted || (self.rules().grant_verify_attributes && data.version != version) {
            lease.held = false;
            self.did("grant_abort", &[CLIENT], &lease);
        } else {
            data.trusted = true;
            self.log.step_at(here, "grant_reply", &[CLIENT], Vec::new());
        }
    }

    /// Looks at the counts again.
    fn is_counted(&self) -> bool {
        self.rules().grant_retest_counts && self.writers.load(Ordering::Relaxed) > 0
    }
}

// The client gives back what is recalled.
impl Server {
    fn client(&self) {
        let mut lease = self.lock();
        loop {
            while !lease.breaking && !lease.stop {
                lease = self.event.wait(lease).unwrap();
            }
            if !lease.breaking {
                return;
            }
            self.did("callback_send", &[CLIENT, FILE], &lease);
            drop(lease);
            self.log.step("client_recall", &[CLIENT, FILE], Vec::new());
            lease = self.lock();
            self.did("client_flush_start", &[CLIENT, FILE], &lease);
            drop(lease);
            self.log.step("client_flush_done", &[CLIENT, FILE], Vec::new());
            self.data.lock().unwrap().trusted = false;
            lease = self.lock();
            self.end(&mut lease);
            self.did("client_delegreturn", &[CLIENT, FILE], &lease);
        }
    }

    fn end(&self, lease: &mut Lease) {
        lease.held = false;
        lease.breaking = false;
        if self.rules().wake_on_return {
            lease.waiting.iter_mut().for_each(|(_, woken)| *woken = true);
            self.event.notify_all();
        }
    }
}

impl Lease {
    fn seen(&self) -> Vec<Seen> {
        let kind = if self.held { "Read" } else { "None" };
        let fields: [(&'static str, Value); 2] =
            [("kind", kind.into()), ("breaking", self.breaking.into())];
        let seen = |(field, value)| Seen { table: "lease.c0.x", index: Some(FILE), field, value };
        fields.into_iter().map(seen).collect()
    }
}
