//! The state: the server, the callback on its way, and the client with its returner and manager.

use crate::kit::Table;

/// The most applications that a scenario can ask for.
pub const APPS: usize = 6;
/// The opens of the file: the one that is there from the start, and its sibling.
pub const OPENS: usize = 2;
/// The most byte-range locks.
pub const LOCKS: usize = 3;

ids! {
    /// An application on the client that holds the delegation.
    pub AppId a;
    /// An open of the file by that client.
    pub OpenId o;
    /// A byte-range lock, on the first open.
    pub LockId k;
    /// A delegation of the file: the first one, or the one that replaced it.
    pub DelegId d;
}

/// The open that is there from the start; all locks are on it.
pub const FIRST_OPEN: OpenId = OpenId(0);
/// The open that an application adds.
pub const SECOND_OPEN: OpenId = OpenId(1);

state! {
    /// A stateid, which is as good as the server epoch in which it was given out.
    pub enum Stateid { None, E0, E1, E2, E3 }
}

impl Stateid {
    /// A stateid that is given out in `epoch`.
    pub fn of(epoch: u8) -> Self {
        Self::ALL[1 + usize::from(epoch)]
    }
}

state! {
    /// What a call is answered with: NFS4_OK, or the NFS4ERR code of that name.
    #[allow(non_camel_case_types, reason = "the codes are spelled as the protocol spells them")]
    pub enum Status {
        /// No answer yet.
        None,
        /// Done.
        OK,
        /// The server does not know the session.
        BADSESSION,
        /// Only reclaims are served now, or this client has not yet ended its own.
        GRACE,
        /// A reclaim, and it is too late for it (or the client is not on record).
        NO_GRACE,
        /// Ask again later.
        DELAY,
        /// The stateid means nothing to the server, or not this.
        BAD_STATEID,
        /// The delegation was revoked.
        DELEG_REVOKED,
        /// Somebody else holds a lock that conflicts.
        DENIED,
        /// The client has no such file in memory (answer to a callback).
        BADHANDLE,
    }
}

impl Status {
    /// The code that the client's functions return: zero, or a negative error.
    pub fn code(self) -> i16 {
        match self {
            Self::None | Self::OK => 0,
            Self::BADHANDLE => -10001,
            Self::DELAY => -10008,
            Self::DENIED => -10010,
            Self::GRACE => -10013,
            Self::BAD_STATEID => -10025,
            Self::NO_GRACE => -10033,
            Self::BADSESSION => -10052,
            Self::DELEG_REVOKED => -10087,
        }
    }
}

state! {
    /// The server's record of the delegation.
    pub enum Grant { None, Held, Revoked }
}

state! {
    /// How far the server is with recalling the delegation.
    pub enum Recall {
        None,
        /// To be sent as soon as there is a session.
        Queued,
        /// Sent, once; the server waits for the return.
        Sent,
        /// The client answered that it knows no such delegation.
        Refused,
    }
}

state! {
    /// The server, as far as it concerns the client with the delegation.
    pub struct Server {
        /// Counts how often the client's state vanished.
        pub epoch: u8,
        /// Only reclaims are served.
        pub grace: bool,
        /// The client's session works.
        pub session: bool,
        /// The client has sent RECLAIM_COMPLETE in this epoch.
        pub reclaim_done: bool,
        /// The client stands in stable storage: after a reboot it may reclaim.
        pub on_record: bool,
        /// What is next written to stable storage will be lost.
        pub loses_write: bool,
        /// The lease has run out and the state is kept until somebody needs it.
        pub courtesy: bool,
        /// The delegation.
        pub deleg: Grant,
        /// Which delegation that is.
        pub deleg_id: DelegId,
        /// Whether the server knows an open of the client.
        pub open: Table<OpenId, bool, OPENS>,
        /// Whether the client holds a lock at the server.
        pub lock: Table<LockId, bool, LOCKS>,
        /// The recall.
        pub recall: Recall,
        /// It was sent again, because the client knew no such delegation.
        pub retried: bool,
        /// The next call that claims or returns is answered DELAY.
        pub delay: bool,
    }
}

state! {
    /// The CB_RECALL on its way, or its answer.
    pub struct Callback {
        /// The call has not yet arrived.
        pub in_flight: bool,
        /// The answer on its way back.
        pub reply: Status,
        /// The stateid that is recalled.
        pub stateid: Stateid,
        /// The delegation that is recalled.
        pub deleg_id: DelegId,
    }
}

state! {
    /// The delegation that hangs on the client's inode.
    pub struct Delegation {
        /// It is there.
        pub attached: bool,
        /// Which one it is.
        pub id: DelegId,
        /// Its stateid.
        pub stateid: Stateid,
        /// RETURN: it is to be returned.
        pub to_return: bool,
        /// RETURNING: its return is under way.
        pub returning: bool,
        /// NEED_RECLAIM: the server has rebooted, and it is not yet re-granted.
        pub need_reclaim: bool,
        /// REVOKED: known to be dead.
        pub revoked: bool,
    }
}

state! {
    /// Whether and how the manager is to recover an open.
    pub enum Recover {
        No,
        /// By a reclaim: the server has rebooted.
        Reboot,
        /// Anew: it is too late for a reclaim.
        NoGrace,
    }
}

state! {
    /// An open, as the client knows it.
    pub struct Open {
        /// An application has it open.
        pub held: bool,
        /// It rests on the delegation (NFS_DELEGATED_STATE).
        pub delegated: bool,
        /// Its own stateid.
        pub stateid: Stateid,
        /// Whether the manager is to recover it.
        pub recover: Recover,
    }
}

state! {
    /// A lock, as the client knows it.
    pub struct Lock {
        /// The application believes that it holds it.
        pub believed: bool,
        /// Its stateid: LOCK_INITIALIZED unless none.
        pub stateid: Stateid,
        /// The client knows that it was lost, and I/O under it fails.
        pub lost: bool,
    }
}

state! {
    /// Where the state manager is.
    pub enum MgrAt {
        Idle,
        /// Drains the session, to make a new one.
        Drain,
        /// Looks for state to recover.
        NextState,
        /// Recovers an open.
        Open,
        /// Recovers the locks of that open.
        Lock,
        /// About to send RECLAIM_COMPLETE.
        Complete,
        /// About to let everybody else go on.
        EndDrain,
    }
}

state! {
    /// What the tasks of the client share.
    pub struct Client {
        /// The server epoch of its client id.
        pub epoch: u8,
        /// The manager has work.
        pub need: bool,
        /// Where the manager is.
        pub mgr: MgrAt,
        /// The open that the manager recovers.
        pub mgr_open: OpenId,
        /// The lock that the manager recovers.
        pub mgr_lock: LockId,
        /// It recovers that open anew, and does not reclaim it.
        pub mgr_nograce: bool,
        /// Nobody but the manager may call the server.
        pub draining: bool,
        /// The returner keeps the inode's `rwsem`.
        pub rwsem: bool,
        /// The manager recovered something since the claim began.
        pub changed: bool,
        /// The client has restarted, and has not yet told the server.
        pub restarted: bool,
    }
}

state! {
    /// Where the returner is.
    pub enum RetAt {
        Idle,
        /// Looks for an open that rests on the delegation.
        NextOpen,
        /// About to claim it.
        OpenSend,
        /// The claim was executed; its answer is on its way.
        OpenReply,
        /// Needs a slot, to claim a lock.
        LockSlot,
        /// Has one, and is about to claim the lock.
        LockSend,
        /// The claim was executed; its answer is on its way.
        LockReply,
        /// All of that open is claimed.
        SeqCheck,
        /// Waits for the manager.
        Wait,
        /// All opens are claimed.
        Detach,
        /// About to send DELEGRETURN.
        Delegreturn,
        /// It was executed; its answer is on its way.
        DelegreturnReply,
    }
}

state! {
    /// Who drives a return.
    pub enum Kind {
        /// The manager thread, because of a recall.
        Async,
        /// An application, in its own task.
        Sync,
    }
}

state! {
    /// The returner.
    pub struct Ret {
        /// Where it is.
        pub at: RetAt,
        /// Who drives it.
        pub kind: Kind,
        /// The delegation that it returns.
        pub id: DelegId,
        /// The open in work.
        pub open: OpenId,
        /// The lock in work.
        pub lock: LockId,
        /// What the call that was executed is answered with.
        pub reply: Status,
        /// The stateid in that answer; of DELEGRETURN, one of the epoch in which it was executed.
        pub reply_stateid: Stateid,
        /// Its copy of the delegation's stateid, from the moment of detaching.
        pub stateid: Stateid,
    }
}

impl Ret {
    /// Whether it keeps the delegreturn mutex.
    pub fn in_claim(&self) -> bool {
        matches!(
            self.at,
            RetAt::OpenSend
                | RetAt::OpenReply
                | RetAt::LockSlot
                | RetAt::LockSend
                | RetAt::LockReply
                | RetAt::SeqCheck
        )
    }

    /// Whether a call of it occupies a slot: until its answer was processed.
    pub fn in_slot(&self) -> bool {
        matches!(
            self.at,
            RetAt::OpenReply | RetAt::LockSend | RetAt::LockReply | RetAt::DelegreturnReply
        )
    }
}

state! {
    /// Where an application is.
    pub enum AppAt {
        /// Has not yet done what it is there for.
        Start,
        /// Is in a return that it drives itself.
        Busy,
        /// Has the lock or the open, and is to give it up.
        Undo,
        Done,
    }
}

state! {
    /// A call of an application that was executed, and whose answer is on its way.
    pub struct Call {
        /// The answer; none if there is no call.
        pub reply: Status,
        /// The stateid in it.
        pub stateid: Stateid,
    }
}

state! {
    /// How far the other client is with a lock that conflicts with one of the client's.
    pub enum RivalLock { Wants, Holds, Done }
}

state! {
    /// The other client.
    pub struct Rival {
        /// It has the file open, for more than the delegation allows.
        pub open: bool,
        /// It has a delegation of its own, which allows it to read.
        pub delegated: bool,
        /// The server has rebooted, and does not yet know again what it holds.
        pub to_reclaim: bool,
        /// What it does with each lock.
        pub lock: Table<LockId, RivalLock, LOCKS>,
    }
}

state! {
    /// What is left of each fault.
    pub struct Budget {
        /// Of `fault_reboot`.
        pub reboot: u8,
        /// Of `fault_session_lost`.
        pub session: u8,
        /// Of `fault_grace_end`.
        pub grace_end: u8,
        /// Of `fault_expire`.
        pub expire: u8,
        /// Of `fault_revoke`.
        pub revoke: u8,
        /// Of `fault_write_lost`.
        pub write_lost: u8,
        /// Of `fault_delay`.
        pub delay: u8,
        /// Of `fault_cb_lost`.
        pub cb_lost: u8,
        /// Of `fault_cb_dup`.
        pub cb_dup: u8,
        /// Of `fault_signal`.
        pub signal: u8,
        /// Of `fault_client_reboot`.
        pub client_reboot: u8,
        /// Of `fault_evict`.
        pub evict: u8,
        /// Of `fault_upgrade`.
        pub upgrade: u8,
    }
}

state! {
    /// What no party of the protocol knows; properties look at it.
    pub struct Ghost {
        /// The server took state away and the client could not know.
        pub taken: bool,
        /// The other client held a lock that conflicts while an application believed in this one.
        pub broken: Table<LockId, bool, LOCKS>,
        /// A setattr ended with an error, and nobody had sent a signal.
        pub setattr_error: bool,
        /// A delegation was detached while another task was returning it.
        pub detached_under_return: bool,
        /// The server granted something that it must refuse.
        pub bad_grant: bool,
        /// The cached data are older than the file.
        pub cache_stale: bool,
        /// An application read such data from the cache.
        pub stale_read: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The server.
        pub server: Server,
        /// The callback on its way.
        pub cb: Callback,
        /// The client's delegation.
        pub deleg: Delegation,
        /// The client's opens.
        pub open: Table<OpenId, Open, OPENS>,
        /// The client's locks.
        pub lock: Table<LockId, Lock, LOCKS>,
        /// What the tasks of the client share.
        pub client: Client,
        /// The returner.
        pub ret: Ret,
        /// The applications.
        pub app: Table<AppId, AppAt, APPS>,
        /// Their calls, with a slot table: without one a call is a single step.
        pub call: Table<AppId, Call, APPS>,
        /// The other client.
        pub rival: Rival,
        /// What is left of each fault.
        pub budget: Budget,
        /// What no party knows.
        pub ghost: Ghost,
    }
}
