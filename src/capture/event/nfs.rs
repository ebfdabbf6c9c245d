//! What the events of NFSv4.1 and 4.2 say beyond what all events say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::declare::{choice, is_false, says};
use crate::capture::names::{
    Client, ClientId, File, LockOwner, OpenOwner, Server, Session, Stateid, Verifier, Word,
    WriteVerifier,
};
use crate::capture::status::Status;

choice! {
    /// What is shared, or denied to others: the two low bits of share access and share deny.
    Share {
        /// Nothing.
        None = 0,
        /// Reading.
        Read = 1,
        /// Writing.
        Write = 2,
        /// Both.
        Both = 3,
    }
    /// What an OPEN claims.
    Claim {
        /// A file by its name.
        Null = 0,
        /// What was open before the server started anew.
        Previous = 1,
        /// An open that the delegation of this client covers, by name.
        DelegCur = 2,
        /// An open under a delegation from before the client started anew, by name.
        DelegPrev = 3,
        /// A file by its handle.
        Fh = 4,
        /// An open that the delegation of this client covers, by handle.
        DelegCurFh = 5,
        /// An open under a delegation from before the client started anew, by handle.
        DelegPrevFh = 6,
    }
    /// A kind of delegation.
    Deleg {
        /// None.
        None = 0,
        /// For reading.
        Read = 1,
        /// For writing.
        Write = 2,
        /// None, and the server says why.
        NoneExt = 3,
        /// For reading, with timestamps (RFC 9754).
        ReadAttrs = 4,
        /// For writing, with timestamps (RFC 9754).
        WriteAttrs = 5,
    }
    /// What an OPEN says of the delegation that it would like.
    Want {
        /// Nothing.
        NoPreference = 0,
        /// One for reading.
        ReadDeleg = 1,
        /// One for writing.
        WriteDeleg = 2,
        /// Any.
        AnyDeleg = 3,
        /// None.
        NoDeleg = 4,
        /// No longer what was wanted before.
        Cancel = 5,
    }
    /// Why a server gave no delegation.
    WhyNone {
        /// The client did not want one.
        NotWanted = 0,
        /// Another client uses the file.
        Contention = 1,
        /// The server has no means for one more.
        Resource = 2,
        /// The kind of file or server has none.
        NotSuppFtype = 3,
        /// One for writing of this file is not supported.
        WriteDelegNotSuppFtype = 4,
        /// An upgrade of a delegation is not supported.
        NotSuppUpgrade = 5,
        /// A downgrade of a delegation is not supported.
        NotSuppDowngrade = 6,
        /// The want was cancelled.
        Cancelled = 7,
        /// The file is a directory.
        IsDir = 8,
    }
    /// How an OPEN creates a file.
    CreateMode {
        /// If it is missing.
        Unchecked = 0,
        /// It must be missing.
        Guarded = 1,
        /// It must be missing, or be of this very call.
        Exclusive = 2,
        /// The same, with attributes.
        Exclusive41 = 3,
    }
    /// A kind of lock of a range of bytes.
    LockType {
        /// Shared.
        Read = 1,
        /// Exclusive.
        Write = 2,
        /// Shared, and the client waits for it.
        Readw = 3,
        /// Exclusive, and the client waits for it.
        Writew = 4,
    }
}

says! {
    /// An operation of which there is nothing else to say.
    Nothing {}
    /// A client says who it is.
    ExchangeId {
        /// The owner string.
        owner: String,
        /// The verifier of this start of the client.
        ver: Verifier,
        /// The client id that the server gave.
        clientid?: ClientId,
        /// Whether the server knew the client already.
        confirmed: bool,
        /// The server, by what it says who it is.
        server?: Server,
    }
    /// A client makes a session.
    CreateSession {
        /// The minor version of the compound.
        minor: u32,
        /// The client id.
        clientid: ClientId,
        /// The new session.
        new?: Session,
        /// How many slots it has.
        slots?: u32,
        /// How many slots its back channel has.
        cb_slots?: u32,
    }
    /// Somebody ends a session.
    DestroySession {
        /// The session.
        old: Session,
        /// The client whose session it is.
        of?: Client,
    }
    /// A client ends itself.
    DestroyClientid {
        /// The client id.
        clientid: ClientId,
    }
    /// A connection is bound to a session.
    BindConnToSession {
        /// The session.
        to: Session,
    }
    /// A client has reclaimed all it had.
    ReclaimComplete {
        /// Only in the file system of the current file handle.
        one_fs: bool,
    }
    /// A file is opened.
    Open {
        /// What is claimed.
        claim: Claim,
        /// The directory, where the claim is by name.
        dir?: File,
        /// The name in the directory. Bytes that are no text in UTF-8 are replaced.
        name?: String,
        /// The file.
        fh?: File,
        /// What is to be done with it.
        access: Share,
        /// What is denied to others.
        deny: Share,
        /// The delegation that is wanted, if the call says so.
        want?: Want,
        /// The open owner.
        owner: OpenOwner,
        /// How it is created.
        create?: CreateMode,
        /// The delegation that the client had, of a claim `previous`.
        had?: Deleg,
        /// The stateid of the delegation that the claim rests on.
        via?: Stateid,
        /// The stateid of the open.
        sid?: Stateid,
        /// The delegation that the server gave.
        deleg?: Deleg,
        /// Its stateid.
        dsid?: Stateid,
        /// Whether the server wants it back at once.
        recall: bool,
        /// Why there is none.
        why?: WhyNone,
    }
    /// An open gets less access.
    OpenDowngrade {
        /// The file.
        fh?: File,
        /// The stateid of the open.
        sid: Stateid,
        /// What is left of the access.
        access: Share,
        /// What is left of what is denied to others.
        deny: Share,
    }
    /// An operation on a state.
    OnState {
        /// The file.
        fh?: File,
        /// The stateid.
        sid: Stateid,
    }
    /// A range is locked.
    Lock {
        /// The file.
        fh?: File,
        /// The kind of lock.
        r#type: LockType,
        /// The first byte.
        off: u64,
        /// How many bytes; 18446744073709551615: to the end of the file.
        len: u64,
        /// Whether it reclaims a lock from before the server started anew.
        reclaim: bool,
        /// Whether the lock owner is new for this open, so that `via` is the open.
        new: bool,
        /// The lock owner, where it is new.
        owner?: LockOwner,
        /// The stateid that is presented: of the open, or of the owner's locks.
        via: Stateid,
        /// The stateid of the owner's locks.
        sid?: Stateid,
        /// The lock that is in the way.
        denied?: Denied,
    }
    /// A lock that is in the way of another one.
    Denied {
        /// The kind of lock.
        r#type: LockType,
        /// The first byte.
        off: u64,
        /// How many bytes.
        len: u64,
        /// Its owner.
        owner: LockOwner,
    }
    /// Is there a lock in the way?
    Lockt {
        /// The file.
        fh?: File,
        /// The kind of lock.
        r#type: LockType,
        /// The first byte.
        off: u64,
        /// How many bytes.
        len: u64,
        /// The lock owner.
        owner: LockOwner,
        /// The lock that is in the way.
        denied?: Denied,
    }
    /// A range is unlocked.
    Locku {
        /// The file.
        fh?: File,
        /// The kind of lock that the call names.
        r#type: LockType,
        /// The first byte.
        off: u64,
        /// How many bytes; 18446744073709551615: to the end of the file.
        len: u64,
        /// The stateid of the owner's locks.
        sid: Stateid,
    }
    /// Are these stateids good?
    TestStateid {
        /// The stateids.
        sids: Vec<Stateid>,
        /// What the server says of each.
        results?: Vec<Status>,
    }
    /// Data is read.
    Read {
        /// The file.
        fh?: File,
        /// The stateid.
        sid: Stateid,
        /// The first byte.
        off: u64,
        /// How many bytes are asked for.
        len: u64,
        /// How many came.
        got?: u32,
        /// Whether the file ends there.
        eof: bool,
    }
    /// Data is written.
    Write {
        /// The file.
        fh?: File,
        /// The stateid.
        sid: Stateid,
        /// The first byte.
        off: u64,
        /// How many bytes.
        len: u64,
        /// Whether they must be on the disk before the reply: `unstable`, `data_sync`, `file_sync`.
        stable: Word,
        /// How many were written.
        got?: u32,
        /// The verifier of writes.
        wver?: WriteVerifier,
    }
    /// Written data is to be on the disk.
    Commit {
        /// The file.
        fh?: File,
        /// The first byte.
        off: u64,
        /// How many bytes; 0: all.
        len: u64,
        /// The verifier of writes.
        wver?: WriteVerifier,
    }
    /// Attributes are set.
    Setattr {
        /// The file.
        fh?: File,
        /// The stateid.
        sid: Stateid,
        /// The attributes.
        attrs: Vec<Word>,
    }
    /// An operation on a file.
    OnFile {
        /// The file.
        fh?: File,
    }
    /// An operation on a name.
    OnName {
        /// The directory.
        dir?: File,
        /// The name in it.
        name: String,
        /// The file of this name, where the reply says it or the recording has shown it.
        fh?: File,
    }
    /// Something that is no file is created.
    Create {
        /// The directory.
        dir?: File,
        /// The name in it.
        name: String,
        /// What it is: `dir`, `link`, `block`, `char`, `socket`, `fifo`.
        kind: Word,
        /// What was created.
        fh?: File,
    }
    /// A name is changed.
    Rename {
        /// The directory of the old name.
        dir?: File,
        /// The old name.
        name: String,
        /// The directory of the new name.
        to_dir?: File,
        /// The new name.
        to_name: String,
        /// The file of the old name, where the recording has shown it.
        fh?: File,
        /// The file that had the new name, where the recording has shown it.
        over?: File,
    }
    /// A file gets one more name.
    Link {
        /// The file.
        fh?: File,
        /// The directory of the new name.
        dir?: File,
        /// The new name.
        name: String,
    }
    /// An operation of which only this is told.
    Other {
        /// Its name.
        op: Word,
        /// The file.
        fh?: File,
        /// The stateid.
        sid?: Stateid,
    }
    /// What is known of an operation from its reply alone.
    Reply {
        /// The operation.
        op: Word,
        /// The file.
        fh?: File,
        /// The stateid.
        sid?: Stateid,
        /// The delegation.
        deleg?: Deleg,
        /// The stateid of the delegation.
        dsid?: Stateid,
        /// The session that was made.
        new?: Session,
    }
    /// A delegation is recalled.
    CbRecall {
        /// The file.
        fh: File,
        /// The stateid of the delegation.
        sid: Stateid,
        /// Whether the file is to be truncated, so that what was written need not be flushed.
        truncate: bool,
    }
    /// A lock that was asked for may be free now.
    CbNotifyLock {
        /// The file.
        fh: File,
        /// The lock owner.
        owner: LockOwner,
    }
    /// The server wants some of the states back.
    CbRecallAny {
        /// How many the client may keep.
        keep: u32,
        /// Which kinds.
        kinds: Vec<Word>,
    }
    /// What is known of an operation of the server from the client's reply alone.
    CbReply {
        /// The operation.
        op: Word,
    }
}
