//! The events of a recording: one line of JSON an operation, call and reply together.

pub mod nfs;
pub mod nlm;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{Client, Server, Session, Word};
use super::status::Status;
use super::tcp::Stamp;

/// The version of the format of event files.
pub const FORMAT: u32 = 1;

/// The first line of a file of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the format: 1.
    pub format: u32,
    /// What the file holds: `events`.
    pub holds: String,
}

impl Default for Head {
    fn default() -> Self {
        Self { format: FORMAT, holds: "events".to_string() }
    }
}

/// An operation, or something that happened without a message.
///
/// Lines are in the order of calls: a line comes before those of later calls, whenever its reply
/// came. What is not there was not recorded, is false, or has no meaning for this operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Event {
    /// The number of the event, from 0.
    pub i: u64,
    /// The client: who called, or who was called back. Missing where nothing tells who it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<Client>,
    /// What was done.
    #[serde(flatten)]
    pub what: What,
    /// What the reply says came of it. Where an earlier operation of the same compound failed,
    /// its status, and `at` names it: this operation was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub st: Option<Status>,
    /// The operation of the compound that failed, where it is another one; `rpc` if the call did
    /// not come to its program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Word>,
    /// The session, slot and sequence number of the compound.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Flags of the session that the reply shows, such as `cb_path_down`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Word>,
    /// How often the call was sent again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resend: u32,
    /// The frame of the first call, of which this is the same one sent again after its reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// When it happened: not before the call, and not after the reply.
    #[serde(flatten)]
    pub window: Window,
}

/// The place of a compound in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// The session.
    pub ses: Session,
    /// The slot.
    pub slot: u32,
    /// The sequence number in the slot.
    pub seq: u32,
}

/// Between which frames, and between which times, something happened. Times are seconds since the
/// epoch. A call whose reply was not seen has no end, a reply whose call was not seen no beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The frame that completes the call, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f: Option<u64>,
    /// The frame that completes the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rf: Option<u64>,
    /// The time of frame `f`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<f64>,
    /// The time of frame `rf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt: Option<f64>,
}

impl Window {
    /// From one stamp to another.
    pub fn between(from: Option<Stamp>, to: Option<Stamp>) -> Self {
        let seconds = |stamp: Stamp| {
            // Whole seconds and their fraction apart, so that microseconds come out as they are.
            let (whole, rest) = (stamp.time / 1_000_000_000, stamp.time % 1_000_000_000);
            whole as f64 + rest as f64 / 1e9
        };
        Self {
            f: from.map(|stamp| stamp.frame),
            rf: to.map(|stamp| stamp.frame),
            t: from.map(seconds),
            rt: to.map(seconds),
        }
    }
}

macro_rules! whats {
    ($($(#[$doc:meta])+ $name:ident($of:ty),)*) => {
        /// What was done.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "ev", rename_all = "snake_case")]
        #[allow(clippy::large_enum_variant)]
        pub enum What { $($(#[$doc])+ $name($of),)* }
    };
}

whats! {
    /// EXCHANGE_ID.
    ExchangeId(nfs::ExchangeId),
    /// CREATE_SESSION.
    CreateSession(nfs::CreateSession),
    /// DESTROY_SESSION.
    DestroySession(nfs::DestroySession),
    /// DESTROY_CLIENTID.
    DestroyClientid(nfs::DestroyClientid),
    /// BIND_CONN_TO_SESSION.
    BindConnToSession(nfs::BindConnToSession),
    /// RECLAIM_COMPLETE.
    ReclaimComplete(nfs::ReclaimComplete),
    /// A compound of SEQUENCE alone, which renews the lease.
    Sequence(nfs::Nothing),
    /// OPEN.
    Open(nfs::Open),
    /// OPEN_DOWNGRADE.
    OpenDowngrade(nfs::OpenDowngrade),
    /// CLOSE.
    Close(nfs::OnState),
    /// LOCK.
    Lock(nfs::Lock),
    /// LOCKT.
    Lockt(nfs::Lockt),
    /// LOCKU.
    Locku(nfs::Locku),
    /// DELEGRETURN.
    Delegreturn(nfs::OnState),
    /// FREE_STATEID.
    FreeStateid(nfs::OnState),
    /// TEST_STATEID.
    TestStateid(nfs::TestStateid),
    /// READ.
    Read(nfs::Read),
    /// WRITE.
    Write(nfs::Write),
    /// COMMIT.
    Commit(nfs::Commit),
    /// SETATTR.
    Setattr(nfs::Setattr),
    /// GETATTR, where it is not there to go along with another operation of its compound; so with
    /// ACCESS, which is told as another operation.
    Getattr(nfs::OnFile),
    /// LOOKUP.
    Lookup(nfs::OnName),
    /// CREATE.
    Create(nfs::Create),
    /// REMOVE.
    Remove(nfs::OnName),
    /// RENAME.
    Rename(nfs::Rename),
    /// LINK.
    Link(nfs::Link),
    /// Any other operation.
    Other(nfs::Other),
    /// A reply whose call was not seen: an operation of it.
    Reply(nfs::Reply),
    /// CB_RECALL, from the server to the client.
    CbRecall(nfs::CbRecall),
    /// CB_GETATTR.
    CbGetattr(nfs::OnFile),
    /// CB_NOTIFY_LOCK.
    CbNotifyLock(nfs::CbNotifyLock),
    /// CB_RECALL_ANY.
    CbRecallAny(nfs::CbRecallAny),
    /// A compound of CB_SEQUENCE alone.
    CbSequence(nfs::Nothing),
    /// Any other operation of the server on the client.
    CbOther(nfs::Other),
    /// A reply of a client whose call was not seen: an operation of it.
    CbReply(nfs::CbReply),
    /// NLM_TEST.
    NlmTest(nlm::OnLock),
    /// NLM_LOCK.
    NlmLock(nlm::OnLock),
    /// NLM_CANCEL.
    NlmCancel(nlm::OnLock),
    /// NLM_UNLOCK.
    NlmUnlock(nlm::OnLock),
    /// NLM_GRANTED, from the server to the client.
    NlmGranted(nlm::OnLock),
    /// NLM_TEST_MSG, which NLM_TEST_RES answers.
    NlmTestMsg(nlm::OnLock),
    /// NLM_LOCK_MSG.
    NlmLockMsg(nlm::OnLock),
    /// NLM_CANCEL_MSG.
    NlmCancelMsg(nlm::OnLock),
    /// NLM_UNLOCK_MSG.
    NlmUnlockMsg(nlm::OnLock),
    /// NLM_GRANTED_MSG, from the server to the client.
    NlmGrantedMsg(nlm::OnLock),
    /// NLM_TEST_RES: an answer, whose `st` is what it says.
    NlmTestRes(nlm::Answer),
    /// NLM_LOCK_RES.
    NlmLockRes(nlm::Answer),
    /// NLM_CANCEL_RES.
    NlmCancelRes(nlm::Answer),
    /// NLM_UNLOCK_RES.
    NlmUnlockRes(nlm::Answer),
    /// NLM_GRANTED_RES, from the client to the server.
    NlmGrantedRes(nlm::Answer),
    /// NLM_SHARE.
    NlmShare(nlm::Share),
    /// NLM_UNSHARE.
    NlmUnshare(nlm::Share),
    /// NLM_FREE_ALL: the host started anew and holds nothing.
    NlmFreeAll(nlm::FreeAll),
    /// A server started anew: its client ids and sessions are gone. From the last answer of the
    /// old instance to the first sign of the new one.
    ServerStart(ServerStart),
    /// A session was lost while its client id is still good. From the last answer in the session
    /// to the first one that says so, or the DESTROY_SESSION that did it.
    SessionLost(SessionLost),
    /// The server dropped a client, with its state, and did not start anew: the lease ran out, or
    /// an administrator did it.
    ClientExpired(Sign),
}

/// How it shows that a server does not know a client any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The server said STALE_CLIENTID.
    StaleClientid,
    /// The server gave the client another client id.
    NewClientid,
}

/// A sign that a server does not know a client any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sign {
    /// How it shows.
    pub why: Why,
}

/// A server that started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerStart {
    /// How it shows.
    pub why: Why,
    /// The server, where it said who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
}

/// A session that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionLost {
    /// The session.
    pub lost: Session,
}

/// What was read of a recording, and what of it is no event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many events there are.
    pub events: u64,
    /// How many frames the recording has.
    pub frames: u64,
    /// Frames that are neither TCP nor UDP, or not whole enough to tell.
    pub frames_of_no_interest: u64,
    /// Places where bytes of a TCP stream are missing: the recording lost a frame, or cut it.
    pub gaps: u64,
    /// RPC messages that are not whole because of such gaps.
    pub messages_cut: u64,
    /// Messages of NFSv4 or NLM that do not follow their specification from some place on.
    pub messages_not_understood: u64,
    /// Messages that RPCSEC_GSS encrypts.
    pub messages_encrypted: u64,
    /// Replies to calls of other programs, or to calls that were not seen.
    pub replies_to_nothing: u64,
    /// Calls of other programs and versions, by their names.
    pub ignored: std::collections::BTreeMap<String, u64>,
}

/// The last line of a file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// What was read.
    pub end: End,
}

/// A line of a file of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)]
pub enum Line {
    /// The first line.
    Head(Head),
    /// The last line.
    Last(Last),
    /// All others.
    Event(Event),
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
