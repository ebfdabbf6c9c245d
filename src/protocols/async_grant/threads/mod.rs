//! Asynchronous lock grant as threads: clients, the one thread of the lock manager, its timer, and
//! the filesystem, which asks the master of the cluster and calls back from a thread of its own.
//!
//! Two locks: that of the lock manager, for its blocks and what is on the network to and from it,
//! and that of the filesystem, for its operations and the table of the master. Who needs both takes
//! them in this order. No lock is held while the filesystem is called: between putting a block on
//! the list and putting it aside anything can happen.

use std::sync::Arc;

use latchwork_model::async_grant::rules::Rules;
use latchwork_model::async_grant::state::{Block, ClientAt, GrantRes, OpKind, Reply};
use latchwork_model::async_grant::{AsyncGrant, ClientSpec, Kind};

mod client;
mod environment;
mod fs;
mod give_up;
mod lm;

use super::rt::thread::{self, JoinHandle};
use super::rt::{AtomicBool, Condvar, Mutex, MutexGuard};
use crate::engines::threads::Body;
use crate::engines::threads::log::{Log, Seen, Value};
use crate::protocols::async_grant::flaws::Flaws;

/// The lock manager, by its number.
const LM: u8 = 0;

/// A client, and what is on the network for it.
#[derive(Default)]
struct Client {
    at: ClientAt,
    lock_n: u8,
    cancel_msg: bool,
    unlock_msg: bool,
    granted_msg: bool,
    reply: Reply,
    grant_res: GrantRes,
}

/// All that is under the lock of the lock manager.
struct Manager {
    client: Vec<Client>,
    /// The final answers that it remembers.
    answered: Vec<Reply>,
    block: Vec<Block>,
    /// The request for which it is in a call of the filesystem.
    in_call: Option<u8>,
    /// The first client has what it came for, and looks whether all is over.
    resting: bool,
    stop: bool,
}

/// Who has the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Client(u8),
    Remote,
}

/// All that is under the lock of the filesystem, with the table of the master.
struct Filesystem {
    ops: Vec<Vec<OpKind>>,
    /// By client: whether there is a local lock.
    mirror: Vec<bool>,
    holder: Option<Holder>,
    stop: bool,
}

/// All of it.
struct Node {
    model: AsyncGrant,
    flaws: Flaws,
    lm: Mutex<Manager>,
    /// The lock manager has work.
    lm_event: Condvar,
    /// The call has returned.
    call_over: Condvar,
    /// Something arrives at a client, or the first of them is to look whether all is over.
    client_event: Vec<Condvar>,
    fs: Mutex<Filesystem>,
    /// The filesystem has work.
    fs_event: Condvar,
    /// An operation has its answer.
    fs_answer: Condvar,
    /// The next allocation fails.
    memory_short: AtomicBool,
    /// The next operation is lost.
    lossy: AtomicBool,
    log: Arc<Log>,
}

/// The code for a configuration.
pub fn body(model: AsyncGrant, flaws: Flaws) -> Body {
    Arc::new(move |log| run(model, flaws, log))
}

fn run(model: AsyncGrant, flaws: Flaws, log: &Arc<Log>) {
    let node = Arc::new(Node::new(model, flaws, log.clone()));
    let others = (1..model.client_count).map(|c| spawn(&node, move |node| node.client(c)));
    let others: Vec<_> = others.collect();
    if model.budget.remote > 0 {
        node.remote_lock();
    }
    let remote = has_remote_thread(&model).then(|| spawn(&node, |node| node.remote_unlock()));
    node.send(0);
    // The others are there as soon as they are needed, and end one after the other: loom has fewer
    // orders to look at.
    let manager = spawn(&node, Node::lock_manager);
    node.let_faults_happen();
    node.go_on(0);
    if model.budget.remote > 0 && remote.is_none() {
        node.remote_unlock();
    }
    node.lm().stop = true;
    node.lm_event.notify_one();
    manager.join().unwrap();
    node.client_event.iter().for_each(Condvar::notify_one);
    others.into_iter().chain(remote).for_each(|thread| thread.join().unwrap());
}

fn spawn(node: &Arc<Node>, work: impl FnOnce(&Arc<Node>) + Send + 'static) -> JoinHandle<()> {
    let node = node.clone();
    thread::spawn(move || work(&node))
}

fn clients(model: &AsyncGrant) -> &[ClientSpec] {
    &model.clients[..usize::from(model.client_count)]
}

/// How many threads a run takes.
pub fn threads(model: &AsyncGrant) -> usize {
    // Beside the clients: the lock manager and the filesystem.
    2 + clients(model).len() + timers(model) + usize::from(has_remote_thread(model))
}

/// The requests that are put aside, and for a time only: each has a timer.
fn timers(model: &AsyncGrant) -> usize {
    let timed = model.rules.setlk_only && model.rules.lm_timeout;
    clients(model).iter().filter(|spec| timed && spec.kind != Kind::Wait).count()
}

/// Whether the owner on another node gives the lock up while somebody waits for it. Otherwise it
/// does that in the end.
fn has_remote_thread(model: &AsyncGrant) -> bool {
    model.budget.remote > 0 && clients(model).iter().any(|spec| spec.kind == Kind::Wait)
}

impl Node {
    fn new(model: AsyncGrant, flaws: Flaws, log: Arc<Log>) -> Self {
        let clients = usize::from(model.client_count);
        Self {
            model,
            flaws,
            lm: Mutex::new(Manager {
                client: (0..clients).map(|_| Client::default()).collect(),
                answered: vec![Reply::None; clients],
                block: vec![Block::default(); clients],
                in_call: None,
                resting: false,
                stop: false,
            }),
            lm_event: Condvar::new(),
            call_over: Condvar::new(),
            client_event: (0..clients).map(|_| Condvar::new()).collect(),
            fs: Mutex::new(Filesystem {
                ops: vec![Vec::new(); clients],
                mirror: vec![false; clients],
                holder: None,
                stop: false,
            }),
            fs_event: Condvar::new(),
            fs_answer: Condvar::new(),
            memory_short: AtomicBool::new(false),
            lossy: AtomicBool::new(false),
            log,
        }
    }

    fn rules(&self) -> &Rules {
        &self.model.rules
    }

    fn kind(&self, c: u8) -> Kind {
        self.model.clients[usize::from(c)].kind
    }

    fn clients(&self) -> std::ops::Range<u8> {
        0..self.model.client_count
    }

    fn lm(&self) -> MutexGuard<'_, Manager> {
        self.lm.lock().unwrap()
    }

    fn fs(&self) -> MutexGuard<'_, Filesystem> {
        self.fs.lock().unwrap()
    }

    /// Notes an action that is done under the lock of the lock manager.
    fn did(&self, action: &'static str, args: &[u8], c: u8, lm: &Manager) {
        self.log.step(action, args, lm.seen(c));
    }

    /// Something arrives at a client.
    fn tell_client(&self, c: u8) {
        self.client_event[usize::from(c)].notify_one();
    }

    /// That may have been the last thing that was to do: the first client looks after it.
    fn tell_if_resting(&self, lm: &Manager) {
        if lm.resting {
            self.tell_client(0);
        }
    }

    /// Whether nobody has anything left to do, but for the owner on the other node.
    fn is_calm(&self, lm: &Manager) -> bool {
        let settled = lm.client.iter().all(Client::is_settled);
        let blocks = lm.block.iter().any(|block| block.present);
        if !settled || blocks || lm.in_call.is_some() {
            return false;
        }
        let fs = self.fs();
        let idle = fs.ops.iter().flatten().all(|op| *op == OpKind::Lost);
        idle && !matches!(fs.holder, Some(Holder::Client(_)))
    }
}

impl Client {
    fn waits(&self) -> bool {
        matches!(self.at, ClientAt::Sent | ClientAt::Blocked)
    }

    /// Whether the client has its answer, and nothing that it would have to give up.
    fn is_over(&self) -> bool {
        matches!(self.at, ClientAt::Done | ClientAt::Fail | ClientAt::Free)
    }

    /// Whether something is on its way from the client to the lock manager.
    fn is_heard(&self) -> bool {
        let asks = self.lock_n > 0 || self.cancel_msg || self.unlock_msg;
        asks || self.grant_res != GrantRes::None
    }

    fn is_settled(&self) -> bool {
        let to_client = self.granted_msg || self.reply != Reply::None;
        self.is_over() && !self.is_heard() && !to_client
    }
}

impl Filesystem {
    fn holds(&self, c: u8) -> bool {
        self.holder == Some(Holder::Client(c))
    }

    /// Another owner is in the way of a request.
    fn conflict(&self, c: u8) -> bool {
        self.holder.is_some() && !self.holds(c)
    }

    /// Takes the first operation of this kind out.
    fn take_op(&mut self, c: u8, kind: OpKind) -> bool {
        let ops = &mut self.ops[usize::from(c)];
        let at = ops.iter().position(|op| *op == kind);
        at.map(|at| ops.remove(at)).is_some()
    }
}

impl Manager {
    fn seen(&self, c: u8) -> Vec<Seen> {
        let (client, block) = (&self.client[usize::from(c)], &self.block[usize::from(c)]);
        let of_client: [(&'static str, Value); 5] = [
            ("at", ClientAt::NAMES[client.at as usize].into()),
            ("lock_n", client.lock_n.into()),
            ("granted_msg", client.granted_msg.into()),
            ("reply", Reply::NAMES[client.reply as usize].into()),
            ("grant_res", GrantRes::NAMES[client.grant_res as usize].into()),
        ];
        let of_block: [(&'static str, Value); 8] = [
            ("present", block.present.into()),
            ("on_list", block.on_list.into()),
            ("queued", block.queued.into()),
            ("has_rpc", block.has_rpc.into()),
            ("got_cb", block.got_cb.into()),
            ("timed_out", block.timed_out.into()),
            ("granted", block.granted.into()),
            ("conf", block.conf.into()),
        ];
        let seen = |table, (field, value)| Seen { table, index: Some(c), field, value };
        let of_client = of_client.into_iter().map(|field| seen("client.c", field));
        of_client.chain(of_block.into_iter().map(|field| seen("block.c", field))).collect()
    }
}
