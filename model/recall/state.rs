//! The state: objects with their locks and names, operations, leases, and what clients believe.
//!
//! Versions are kept relative: nothing counts how often an object has changed, but whoever
//! remembers an object (a client, a grant under way) is marked when it changes.

use crate::kit::{Refs, Table};

/// The most operations that a scenario can ask for.
pub const OPS: usize = 3;
/// The most clients.
pub const CLIENTS: usize = 2;
/// The most files, and the most directories.
pub const FILES: usize = 2;
/// The most objects: files first, then directories.
pub const OBJECTS: usize = 2 * FILES;

ids! {
    /// An operation.
    pub OpId o;
    /// A client that can hold delegations.
    pub ClientId c;
    /// A file or a directory: files first, in the order of their addresses.
    pub ObjectId x;
}

state! {
    /// An object, or none.
    pub enum Ref { None, X0, X1, X2, X3 }
}

impl Ref {
    /// The object, if there is one.
    #[inline]
    pub fn get(self) -> Option<ObjectId> {
        (self as u8).checked_sub(1).map(ObjectId)
    }
}

impl From<ObjectId> for Ref {
    fn from(x: ObjectId) -> Self {
        Self::ALL[usize::from(x.0) + 1]
    }
}

state! {
    /// Who holds a lock.
    pub enum Owner { None, Op0, Op1, Op2, Client0, Client1 }
}

impl From<OpId> for Owner {
    fn from(o: OpId) -> Self {
        Self::ALL[1 + usize::from(o.0)]
    }
}

impl From<ClientId> for Owner {
    fn from(c: ClientId) -> Self {
        Self::ALL[1 + OPS + usize::from(c.0)]
    }
}

state! {
    /// The type of a delegation that an OPEN may bring.
    pub enum Want { Read, Write }
}

state! {
    /// The type of a delegation, or none.
    pub enum Delegation { None, Read, Write }
}

impl From<Want> for Delegation {
    fn from(want: Want) -> Self {
        match want {
            Want::Read => Self::Read,
            Want::Write => Self::Write,
        }
    }
}

impl Delegation {
    /// Whether two clients cannot hold these at the same time.
    pub fn excludes(self, other: Self) -> bool {
        let both = self != Self::None && other != Self::None;
        both && (self == Self::Write || other == Self::Write)
    }
}

state! {
    /// A file or a directory.
    pub struct Object {
        /// Who holds its inode lock; that of a directory is the lock on its names.
        pub lock: Owner,
        /// Of a directory: what its name means.
        pub entry: Ref,
        /// Opens for writing.
        pub writers: u8,
        /// Opens for reading.
        pub readers: u8,
        /// A delegation was recalled since the last one was inserted (`fi_had_conflict`).
        pub had_conflict: bool,
        /// The last recall is so long ago that it keeps no new delegation away.
        pub bar_over: bool,
    }
}

state! {
    /// Where an operation is.
    pub enum OpAt {
        /// Not called yet.
        Idle,
        /// Holds the rename mutex and takes directory locks.
        LockDirs,
        /// Has looked the names up and takes inode locks.
        LockInodes,
        /// Tests its targets for delegations, one after the other.
        Check,
        /// Without `count_before_break`: tested, and the open is not counted yet.
        Count,
        /// All tests were clear: about to take effect.
        Apply,
        /// Has taken effect and holds its locks.
        Unlock,
        /// Waits for a recall.
        Wait,
        /// With `short_wait`: waits a moment, with its thread and the lock under which it tests.
        Short,
        /// Answered with DELAY.
        Delayed,
        /// About to start again.
        Again,
        /// Without `recheck_after_wait`: takes its locks again for what it looked up before.
        Kept,
        /// Without `break_before_visible`: has taken effect and waits for the recall.
        AppliedWait,
        /// Without `delay_retry`: the caller got an error.
        Failed,
        /// Returned.
        Done,
        /// Asks the holder of a write delegation for the attributes, with its thread.
        Ask,
    }
}

state! {
    /// What an operation has returned.
    pub enum Answer { None, Ok, Enoent, Eintr, Enomem }
}

state! {
    /// One operation.
    pub struct Op {
        /// Where it is.
        pub at: OpAt,
        /// The file that its name means.
        pub source: Ref,
        /// Of a rename: the file that the new name means.
        pub victim: Ref,
        /// How many locks of the present stage are taken.
        pub next: u8,
        /// How many targets were tested.
        pub target: u8,
        /// The object whose recall it waits for, or has waited for.
        pub wait_on: Ref,
        /// Woken from its wait.
        pub woken: bool,
        /// Its open is counted in the file.
        pub counted: bool,
        /// Holds one of the server's threads.
        pub thread: bool,
        /// How often it has taken effect.
        pub applied: u8,
        /// References to the inode that it waits for.
        pub refs: u8,
        /// What it has returned.
        pub answer: Answer,
        /// Ghost, of a GETATTR: when it looked, nobody had written what it could not see, or the writer
        /// has told it.
        pub informed: bool,
        /// Ghost: it took effect on a file that its name did not mean any more.
        pub wrong_name: bool,
        /// Ghost: it read while a client had data that nobody else could see.
        pub read_missed: bool,
        /// Ghost: it was answered with DELAY and tried again.
        pub retried: bool,
    }
}

state! {
    /// Where the server is with a client's OPEN.
    pub enum GrantAt {
        Idle,
        Open,
        Inserted,
        /// The server has answered, and the answer is on its way.
        Answered,
    }
}

state! {
    /// The OPEN of a client.
    pub struct Grant {
        /// Where it is.
        pub at: GrantAt,
        /// The object, as a lease on it is wanted.
        pub object: ObjectId,
        /// The type.
        pub kind: Delegation,
        /// The object has changed since the OPEN looked at it.
        pub changed: bool,
        /// The name by which it was opened means something else since then.
        pub renamed: bool,
    }
}

state! {
    /// The callback that recalls a delegation.
    pub enum Callback {
        None,
        Queued,
        /// It could not be queued.
        Failed,
        Sent,
        /// It was sent, and the path did not deliver it.
        Undelivered,
        /// The server had no path to the client, and has given it up.
        Dropped,
        /// The client did not know the delegation, and the server has given the recall up.
        Refused,
    }
}

state! {
    /// The lease on an inode that stands for a client's delegation.
    pub struct Lease {
        /// Its type; none if there is no lease.
        pub kind: Delegation,
        /// The delegation can be found: its OPEN is complete.
        pub hashed: bool,
        /// "Unlock pending": it was broken.
        pub breaking: bool,
        /// On the laundromat's list of recalls.
        pub listed: bool,
        /// The recall.
        pub callback: Callback,
        /// The client was cut off after its recall was sent, and may have renewed its lease until then.
        pub renewed: bool,
        /// The client did not know the delegation, and the recall was sent again.
        pub retried: bool,
    }
}

state! {
    /// The memory of a delegation, with the bound `references`. The server's lease is a reference to it.
    pub struct Stid {
        /// The references: that of the lease, and that of a recall.
        pub refs: Refs<3>,
        /// A recall points to it, from its queue to the end of its call.
        pub recalled: bool,
    }
}

state! {
    /// How far a client is with giving a delegation back.
    pub enum Stage { None, Recalled, Flushing, Ready }
}

state! {
    /// What a client knows of an object.
    pub struct Held {
        /// The delegation that it believes to have.
        pub belief: Delegation,
        /// Ghost: what it has in its cache is out of date.
        pub stale: bool,
        /// It has written to its cache only.
        pub dirty: bool,
        /// How far it is with giving it back.
        pub stage: Stage,
    }
}

state! {
    /// A client.
    pub struct Client {
        /// Cannot reach the server any more.
        pub partitioned: bool,
        /// By its own clock its lease has run out.
        pub lease_expired: bool,
        /// Has crashed.
        pub dead: bool,
        /// Renews its lease but does not answer recalls.
        pub stubborn: bool,
        /// It was cut off, and reaches the server again.
        pub back: bool,
        /// The server cannot call it, while it can call the server.
        pub cb_down: bool,
    }
}

state! {
    /// What is left of each fault.
    pub struct Budget {
        /// Of `environment_partition`.
        pub partition: u8,
        /// Of `environment_crash`.
        pub crash: u8,
        /// Of `environment_stubborn`.
        pub stubborn: u8,
        /// Of `environment_heal`.
        pub heal: u8,
        /// Of `environment_cb_down`.
        pub cb_down: u8,
        /// Of `environment_overtake`.
        pub overtaken: u8,
        /// Of `environment_cb_fail`.
        pub cb_fail: u8,
        /// Of `environment_enomem`.
        pub enomem: u8,
        /// Of `environment_signal`.
        pub signal: u8,
        /// Of `environment_reply_lost`.
        pub reply_lost: u8,
        /// Of `environment_restart`.
        pub restart: u8,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// `s_vfs_rename_mutex`.
        pub rename_mutex: Owner,
        /// The files and directories.
        pub object: Table<ObjectId, Object, OBJECTS>,
        /// The operations.
        pub op: Table<OpId, Op, OPS>,
        /// The OPEN of each client.
        pub grant: Table<ClientId, Grant, CLIENTS>,
        /// The leases of each client.
        pub lease: Table<ClientId, Table<ObjectId, Lease, OBJECTS>, CLIENTS>,
        /// The memory of the delegations.
        pub stid: Table<ClientId, Table<ObjectId, Stid, OBJECTS>, CLIENTS>,
        /// What each client believes.
        pub held: Table<ClientId, Table<ObjectId, Held, OBJECTS>, CLIENTS>,
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The server has come up again and lets clients reclaim.
        pub grace: bool,
        /// The unrelated operation has run.
        pub unrelated_done: bool,
        /// How many more delegations may be asked for.
        pub grants_left: u8,
        /// What is left of each fault.
        pub budget: Budget,
        /// Ghost: a delegation was freed that stands on the laundromat's list.
        pub use_after_free: bool,
    }
}
