//! The state: what each node knows of its lock resource, each application, and the master.

use crate::kit::{Fifo, Queue, Table};

/// The most nodes that a scenario can ask for.
pub const NODES: usize = 3;
/// The most applications.
pub const APPS: usize = 4;
/// The most entries of an application's program.
pub const ENTRIES: usize = 4;
/// The most callbacks on their way to one node.
pub const CALLBACKS: usize = 8;

ids! {
    /// A node of the cluster.
    pub NodeId n;
    /// An application: a process that locks and unlocks on its node.
    pub AppId a;
}

state! {
    /// A lock level.
    pub enum Level {
        /// No access.
        NL,
        /// Protected read: shared.
        PR,
        /// Exclusive.
        EX,
    }
}

impl Level {
    /// Whether two nodes may hold these levels at the same time.
    pub fn compatible(self, other: Self) -> bool {
        self == Self::NL || other == Self::NL || (self == Self::PR && other == Self::PR)
    }

    /// The highest level that a node may keep when another one wants `self`.
    pub fn highest_compatible(self) -> Self {
        match self {
            Self::NL => Self::EX,
            Self::PR => Self::PR,
            Self::EX => Self::NL,
        }
    }
}

state! {
    /// `l_action`: what the AST that is awaited will complete.
    pub enum Action { None, Convert, Downconvert, Attach }
}

state! {
    /// `l_unlock_action`: whether an unlock AST is awaited.
    pub enum UnlockAction { None, Cancel }
}

state! {
    /// The data that the lock protects, as this node sees it: page cache and inode metadata.
    pub enum Cache { Invalid, Ok, Stale }
}

state! {
    /// The lock value block at the master: a copy of the metadata.
    pub enum ValueBlock {
        /// It is empty, or marked invalid.
        Invalid,
        /// It is what the last writer wrote.
        Current,
        /// The metadata were changed since it was written.
        Old,
    }
}

state! {
    /// A callback on its way from the DLM to a node.
    pub enum Callback {
        /// The request was granted.
        Ast,
        /// The request (no-queue) was refused.
        AstEagain,
        /// Another node wants PR.
        BastPR,
        /// Another node wants EX.
        BastEX,
        /// The convert was cancelled.
        UnlockAst,
        /// o2dlm: the cancel came too late.
        CancelGrant,
        /// fs/dlm, remote cancel: the cancel came too late.
        CancelReply,
    }
}

impl Callback {
    /// The blocking callback for a node that waits for `level`.
    pub fn bast(level: Level) -> Self {
        if level == Level::EX { Self::BastEX } else { Self::BastPR }
    }

    /// Whether it says that another node is blocked.
    pub fn is_bast(self) -> bool {
        matches!(self, Self::BastPR | Self::BastEX)
    }
}

state! {
    /// Where the downconvert thread of a node is.
    pub enum DcAt {
        /// Asleep.
        Idle,
        /// About to look at the lock.
        Proc,
        /// About to call the DLM to cancel.
        CallCancel,
        /// Flushing and dropping the cache.
        Worker,
        /// About to look again, after the worker.
        Relock,
        /// About to call the DLM to downconvert.
        CallDown,
        /// The call returned.
        RetDown,
        /// The call failed.
        RetDownErr,
        /// Done with this lock.
        Fin0,
        /// Not done: put it back on the list.
        Fin1,
    }
}

state! {
    /// The lock resource of one node; all of it is under `l_lock`.
    pub struct Node {
        /// Not `ATTACHED`: the node has no lock at the master yet.
        pub new: bool,
        /// `BUSY`: a request is with the DLM, or about to be.
        pub busy: bool,
        /// `BLOCKED`: another node waits for us.
        pub blocked: bool,
        /// `PENDING`: busy, but the DLM may not know of it yet.
        pub pending: bool,
        /// `UPCONVERT_FINISHING`: granted, and the one who asked has not yet looked.
        pub upf: bool,
        /// `NONBLOCK_FINISHED`: the one who asked has gone away.
        pub nbf: bool,
        /// `NEEDS_REFRESH`: read the data again before using it.
        pub needs_refresh: bool,
        /// On the list that the downconvert thread works through.
        pub on_list: bool,
        /// `l_level`.
        pub level: Level,
        /// `l_requested`; NL while nothing is requested.
        pub requested: Level,
        /// `l_blocking`: the highest level that another node waits for.
        pub blocking: Level,
        /// `l_action`.
        pub action: Action,
        /// `l_unlock_action`.
        pub unlock_action: UnlockAction,
        /// Holders at PR.
        pub ro: u8,
        /// Holders at EX.
        pub ex: u8,
        /// The downconvert thread has been woken (`dc_wake_sequence != dc_work_sequence`).
        pub dc_wake: bool,
        /// Where the downconvert thread is.
        pub dc: DcAt,
        /// The downconvert thread's copy of the pending generation is current.
        pub dc_fresh: bool,
        /// The downconvert thread's copy of `blocking`.
        pub saved_blocking: Level,
        /// The downconvert thread's copy of `level`.
        pub saved_level: Level,
        /// Ghost: what the cache holds.
        pub cache: Cache,
        /// A write has not been flushed: only this node has it, in its journal if the node is dead.
        pub dirty: bool,
        /// Ghost, with a value block: the metadata in memory are not the last ones.
        pub metadata_old: bool,
        /// Ghost: the last up-convert has had no holder yet.
        pub grant_unused: bool,
        /// The node has died.
        pub dead: bool,
        /// Callbacks on their way here.
        pub cb: Fifo<Callback, CALLBACKS>,
    }
}

state! {
    /// Where an application is.
    pub enum AppAt {
        /// At the top of the lock path.
        Start,
        /// About to call the DLM.
        Call,
        /// The call returned.
        Ret,
        /// The call failed.
        RetErr,
        /// Waits until the lock is not BUSY.
        WaitBusy,
        /// Waits until the lock is not BLOCKED.
        WaitBlocked,
        /// Holds the lock.
        Hold,
        /// Has run its program.
        Done,
    }
}

state! {
    /// One application.
    pub struct App {
        /// Where it is.
        pub at: AppAt,
        /// The entry of its program that it is at.
        pub entry: u8,
        /// Its copy of the pending generation is current.
        pub fresh: bool,
        /// Its mask waiter was completed.
        pub woken: bool,
        /// This entry has called the DLM.
        pub called: bool,
        /// The no-queue attempt was made.
        pub tried: bool,
        /// Of a nested entry: 0 before and 1 after the nested request, 2 when both are held.
        pub stage: u8,
    }
}

state! {
    /// The master's record of one node.
    pub struct Lkb {
        /// The level that it has granted.
        pub granted: Level,
        /// The level that is asked for; NL if none.
        pub request: Level,
        /// The highest level for which a blocking callback was sent and is not yet forgotten.
        pub highbast: Level,
        /// A remote cancel is on its way: requests are refused.
        pub cancel_outstanding: bool,
    }
}

state! {
    /// Which assertion of the glue or of the DLM failed first.
    pub enum Bug {
        None,
        /// An AST arrived and nothing had been asked.
        AstWithoutAction,
        /// An unlock AST arrived and no cancel had been made.
        UnlockAstWithoutCancel,
        /// A request is made while one is outstanding.
        RequestWhileActing,
        /// A cancel is made and no convert had been asked.
        CancelWithoutAction,
        /// The downconvert thread is about to lower a lock that nobody waits for.
        DownconvertUnblocked,
        /// The lock is low enough already.
        DownconvertNotLower,
        /// The lock is busy.
        DownconvertBusy,
        /// The DLM gets a request while one is queued.
        SubmitWhileQueued,
        /// The downconvert thread looks at a lock that is not blocked (only without the recheck).
        UnblockNotBlocked,
    }
}

state! {
    /// What is left of each fault.
    pub struct Budget {
        /// Of `fault_late_bast`.
        pub late_bast: u8,
        /// Of `fault_dup_bast`.
        pub dup_bast: u8,
        /// Of `fault_lost_bast`.
        pub lost_bast: u8,
        /// Of `fault_requester_dies`.
        pub requester_dies: u8,
        /// Of `fault_dlm_error`.
        pub dlm_error: u8,
        /// Of `fault_signal`.
        pub signal: u8,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The lock resource on each node.
        pub node: Table<NodeId, Node, NODES>,
        /// The applications.
        pub app: Table<AppId, App, APPS>,
        /// The master's record of each node.
        pub lkb: Table<NodeId, Lkb, NODES>,
        /// The new locks that wait at the master, first one first.
        pub wait: Queue<NodeId, NODES>,
        /// The converts that wait at the master, first one first.
        pub queue: Queue<NodeId, NODES>,
        /// Cancel messages on their way to the master.
        pub mq: Fifo<NodeId, NODES>,
        /// The lock value block.
        pub value_block: ValueBlock,
        /// What is left of each fault.
        pub budget: Budget,
        /// The first assertion that failed.
        pub bug: Bug,
        /// A read found the cache not ok.
        pub stale_read: bool,
        /// A grant was given back before the one who asked for it could use it.
        pub wasted: bool,
    }
}
