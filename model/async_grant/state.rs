//! The state: requests of clients, what the lock manager keeps of them, the operations of the
//! filesystem, and the locks at the master of the cluster.

use crate::kit::zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};
use crate::kit::{Fifo, Items, Permute, Refused, Set, Table, Visit, Visitor};

use super::posix::{Access, LockTable};

/// The most requests that a scenario can ask for.
pub const CLIENTS: usize = 4;
/// The most bytes of the file.
pub const BYTES: usize = 3;
/// The most operations that the filesystem keeps for one request.
pub const OPS: usize = 2;
/// The most locks in the table of the master.
pub const LOCKS: usize = 8;

ids! {
    /// One request: one owner, one range of bytes.
    pub ClientId c;
    /// Whose a lock is. Several requests can have one owner.
    pub OwnerId o;
    /// The thread of the lock manager: there is one.
    pub LmId lm;
}

impl OwnerId {
    /// The owner on another node.
    pub const REMOTE: Self = Self(CLIENTS as u8);
}

state! {
    /// What an owner may do with a byte.
    pub enum Hold { None, Read, Write }
}

impl From<Option<Access>> for Hold {
    fn from(access: Option<Access>) -> Self {
        match access {
            None => Self::None,
            Some(Access::Read) => Self::Read,
            Some(Access::Write) => Self::Write,
        }
    }
}

impl Hold {
    /// The lock that gives this, if it takes one.
    pub fn access(self) -> Option<Access> {
        match self {
            Self::None => None,
            Self::Read => Some(Access::Read),
            Self::Write => Some(Access::Write),
        }
    }
}

/// What an owner may do with every byte.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(transparent)]
pub struct ByteMap([Hold; BYTES]);

impl ByteMap {
    /// Nothing.
    pub const EMPTY: Self = Self([Hold::None; BYTES]);

    /// What it says of a byte.
    #[inline]
    pub fn at(&self, byte: u8) -> Hold {
        self.0[usize::from(byte)]
    }

    /// Changes what it says of a byte.
    #[inline]
    pub fn set(&mut self, byte: u8, hold: Hold) {
        self.0[usize::from(byte)] = hold;
    }

    fn visit_bytes(&self, visitor: &mut dyn Visitor, mut item: impl FnMut(&mut dyn Visitor)) {
        for (byte, hold) in (0u8..).zip(self.0).filter(|(_, hold)| *hold != Hold::None) {
            item(visitor);
            visitor.id("b", byte);
            hold.visit(visitor);
        }
    }
}

impl Permute for ByteMap {}

impl Visit for ByteMap {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Set);
        self.visit_bytes(visitor, |visitor| visitor.item());
        visitor.end();
    }
}

state! {
    /// What a client believes of its request.
    pub enum ClientAt {
        /// Not sent.
        Idle,
        /// Sent, no answer.
        Sent,
        /// Told to wait for GRANTED.
        Blocked,
        /// Has the lock.
        Hold,
        /// Does not want it any longer.
        Cancelling,
        /// Has given it up, and says so.
        Unlocking,
        /// Answered: unlocked, or a test that found a conflict.
        Done,
        /// Answered: no lock.
        Fail,
        /// A test was answered: nobody is in the way.
        Free,
        /// Has crashed.
        Dead,
    }
}

impl ClientAt {
    /// The request is on its way, and may or may not have had its effect.
    pub fn is_asking(self) -> bool {
        matches!(self, Self::Sent | Self::Blocked | Self::Cancelling)
    }

    /// The client has asked for something and has no answer yet, not even to wait.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Sent | Self::Cancelling | Self::Unlocking)
    }
}

state! {
    /// An answer on its way to a client, or as the lock manager remembers it.
    pub enum Reply {
        /// There is none.
        None,
        /// The lock is the client's.
        Granted,
        /// No lock.
        Denied,
        /// Wait for GRANTED.
        Blocked,
        /// Cancelled.
        Cancelled,
        /// Unlocked.
        Unlocked,
        /// Of a test: nobody is in the way.
        Free,
        /// Of a test: somebody is.
        Conflict,
    }
}

state! {
    /// GRANTED_RES: what the client says to a GRANTED.
    pub enum GrantRes { None, Ok, Rejected }
}

state! {
    /// A client, and what is on the network for it.
    pub struct Client {
        /// What it believes.
        pub at: ClientAt,
        /// Copies of LOCK (or TEST) on their way to the lock manager.
        pub lock_n: u8,
        /// CANCEL is on its way.
        pub cancel_msg: bool,
        /// UNLOCK is on its way.
        pub unlock_msg: bool,
        /// GRANTED is on its way to the client.
        pub granted_msg: bool,
        /// The answer on its way to the client.
        pub reply: Reply,
        /// GRANTED_RES on its way to the lock manager.
        pub grant_res: GrantRes,
        /// A reply was lost: the client has to send again.
        pub lost: bool,
        /// Held a lock when the server went down, and has not reclaimed it.
        pub must_reclaim: bool,
        /// Retransmissions left.
        pub retx: u8,
        /// Cancels left.
        pub can: u8,
        /// Has crashed, and the lock manager has not cleaned up after it.
        pub to_clean: bool,
        /// No GRANTED reaches it any more.
        pub deaf: bool,
        /// The server has restarted, and the message that tells it so was lost.
        pub untold: bool,
        /// It had not reclaimed when a grace period ended.
        pub late: bool,
        /// The descriptor was closed while the process waits.
        pub closed: bool,
        /// The process gives a lock back because its descriptor was closed.
        pub undoes: bool,
        /// Ghost: somebody else had its bytes after it lost them in a restart.
        pub overtaken: bool,
        /// Ghost: final answers that changed what the client believes.
        pub answers: u8,
        /// Ghost, of a test: since it was sent another owner has always been in the way.
        pub conflict_throughout: bool,
    }
}

state! {
    /// What the lock manager keeps of a request that is not settled: `nlm_block`.
    pub struct Block {
        /// There is one.
        pub present: bool,
        /// On the list of blocks, where a callback can find it.
        pub on_list: bool,
        /// `B_QUEUED`: put aside with a timer, without an answer.
        pub queued: bool,
        /// `b_deferred_req`: the saved RPC with which it can be looked at again.
        pub has_rpc: bool,
        /// `B_GOT_CALLBACK`.
        pub got_cb: bool,
        /// `B_TIMED_OUT`.
        pub timed_out: bool,
        /// `b_granted`.
        pub granted: bool,
        /// `b_fl` is the conflicting lock that the callback has brought.
        pub conf: bool,
    }
}

state! {
    /// How far an operation of the filesystem is. Those for which a callback is due come first.
    pub enum OpKind {
        /// The master has granted it: callback due.
        Granted,
        /// Granted, and the owner had just that before: callback due, nothing to undo.
        Regranted,
        /// Denied: callback due.
        Denied,
        /// Worth another try: callback due.
        Notified,
        /// A test, nobody is in the way: callback due.
        TestFree,
        /// A test, somebody is in the way: callback due.
        TestConflict,
        /// Sent to the master.
        New,
        /// Waits at the master.
        Queued,
        /// A test, sent to the master.
        Test,
        /// Lost on the way.
        Lost,
        /// A grant that nobody wanted: release due.
        Undo,
        /// The unlock of a process that was killed while it waited, behind its request.
        Close,
    }
}

impl OpKind {
    /// For how many kinds, from the first on, a callback is due.
    pub const CALLBACKS: u8 = Self::New as u8;

    /// Whether a callback is due.
    pub fn has_callback(self) -> bool {
        (self as u8) < Self::CALLBACKS
    }

    /// Whether the master has given the lock and the callback is due.
    pub fn is_grant(self) -> bool {
        matches!(self, Self::Granted | Self::Regranted)
    }

    /// Whether the lock manager has to wait for it before it takes the lock away.
    pub fn is_busy(self) -> bool {
        self.is_grant() || matches!(self, Self::New | Self::Lost)
    }
}

/// An operation that the filesystem keeps for a request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Op {
    /// How far it is.
    pub kind: OpKind,
    /// Of a grant or its undo: what the owner had in the range before.
    pub before: ByteMap,
}

impl Op {
    /// An operation before which there was nothing.
    pub const fn new(kind: OpKind) -> Self {
        Self { kind, before: ByteMap::EMPTY }
    }
}

impl Default for Op {
    fn default() -> Self {
        Self::new(OpKind::ALL[0])
    }
}

impl Permute for Op {}

impl Visit for Op {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.kind.visit(visitor);
        self.before.visit_bytes(visitor, |_| {});
    }
}

state! {
    /// What is left of each budget that all requests share.
    pub struct Budget {
        /// Allocations that can fail.
        pub oom: u8,
        /// Operations that can be lost.
        pub drop: u8,
        /// Clients that can crash.
        pub crash: u8,
        /// Messages to and from the lock manager that can be lost.
        pub loss: u8,
        /// Restarts of lock manager and filesystem.
        pub reboot: u8,
        /// Failures of the node.
        pub node: u8,
        /// Clients whose callback path can fail for good.
        pub deaf: u8,
        /// Clients that can miss the message of a restart.
        pub untold: u8,
        /// Signals to processes that wait.
        pub signal: u8,
        /// Descriptors that can be closed while a process waits.
        pub close: u8,
        /// Locks that the owner on another node can take.
        pub remote: u8,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The final answers that the lock manager remembers.
        pub answered: Table<ClientId, Reply, CLIENTS>,
        /// The blocks of the lock manager.
        pub block: Table<ClientId, Block, CLIENTS>,
        /// The request for which the lock manager is in a call of the filesystem, if it is.
        pub in_call: Set<ClientId>,
        /// The lock manager has restarted and takes only reclaims.
        pub grace: bool,
        /// The operations of the filesystem.
        pub ops: Table<ClientId, Fifo<Op, OPS>, CLIENTS>,
        /// The local locks of the filesystem.
        pub mirror: Table<OwnerId, ByteMap, CLIENTS>,
        /// The locks at the master of the cluster.
        pub table: LockTable<u8, LOCKS>,
        /// Ghost: what the owners believe that they hold, from the answers that they received.
        pub believed: Table<OwnerId, ByteMap, CLIENTS>,
        /// What is left of each budget.
        pub budget: Budget,
        /// Ghost: a lock was reclaimed that somebody else had had meanwhile.
        pub stale_reclaim: bool,
    }
}

impl State {
    /// The lock manager is not in a call.
    #[inline]
    pub fn lm_idle(&self) -> bool {
        self.in_call.is_empty()
    }

    /// Whether the filesystem keeps an operation of this kind for a request.
    #[inline]
    pub fn has_op(&self, c: ClientId, kind: OpKind) -> bool {
        self.ops[c].items().iter().any(|op| op.kind == kind)
    }

    /// Where the first operation of this kind is. Without one, an action is disabled.
    pub fn op_at(&self, c: ClientId, kind: OpKind) -> Result<usize, Refused> {
        let at = self.ops[c].items().iter().position(|op| op.kind == kind);
        at.ok_or(Refused::Disabled)
    }

    /// Takes the first operation of this kind out, if there is one.
    pub fn take_op(&mut self, c: ClientId, kind: OpKind) {
        if let Ok(at) = self.op_at(c, kind) {
            self.ops[c].remove(at);
        }
    }
}

const _: () = assert!(OpKind::CALLBACKS == 6, "the kinds with a callback come first");
