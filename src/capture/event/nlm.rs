//! What the events of the Network Lock Manager say beyond what all events say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::declare::{choice, is_false, says};
use crate::capture::names::{Cookie, File, LockOwner};

choice! {
    /// A kind of lock of a range of bytes.
    Kind {
        /// Shared.
        Read = 0,
        /// Exclusive.
        Write = 1,
    }
}

says! {
    /// An operation on a lock.
    OnLock {
        /// The version of the protocol, if it is not 4.
        version?: u32,
        /// The cookie, which the asynchronous answer repeats.
        cookie?: Cookie,
        /// The host that the call names.
        host: String,
        /// The file.
        fh: File,
        /// The lock owner.
        owner: LockOwner,
        /// The number of the process at its host.
        svid: u32,
        /// The kind of lock, where the call says it.
        r#type?: Kind,
        /// The first byte.
        off: u64,
        /// How many bytes; 18446744073709551615: to the end of the file.
        len: u64,
        /// Whether the client waits for the lock, and is called back.
        block: bool,
        /// Whether it reclaims a lock from before the server started anew.
        reclaim: bool,
        /// The number of starts of the client's host, as its status monitor counts them.
        state?: u32,
        /// The lock that is in the way, of a test.
        denied?: Holder,
    }
    /// The lock that is in the way of a test.
    Holder {
        /// The kind of lock.
        r#type: Kind,
        /// The number of the process at its host.
        svid: u32,
        /// The first byte.
        off: u64,
        /// How many bytes.
        len: u64,
    }
    /// An asynchronous answer.
    Answer {
        /// The version of the protocol, if it is not 4.
        version?: u32,
        /// The cookie of the call that it answers.
        cookie?: Cookie,
        /// The lock that is in the way, of a test.
        denied?: Holder,
    }
    /// A share reservation of DOS.
    Share {
        /// The host that the call names.
        host: String,
        /// The file.
        fh: File,
        /// What is denied to others, by its number.
        mode: u32,
        /// What is to be done, by its number.
        access: u32,
        /// Whether it reclaims one from before the server started anew.
        reclaim: bool,
    }
    /// A host that started anew.
    FreeAll {
        /// The host.
        host: String,
        /// The number of starts of the host.
        state: u32,
    }
}
