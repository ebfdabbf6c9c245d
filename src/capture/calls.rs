//! Calls that wait for their replies, and retransmitted calls.

use std::net::IpAddr;

use super::event::{Event, Request, What, Window};
use super::link::End;
use super::names::{Client, ClientId, Session, Verifier};
use super::nfs::{self, Answer, Operation, Tables, Way};
use super::order::Place;
use super::recent::{Map, Recent, map};
use super::rpc::Wrap;
use super::status::Status;
use super::tcp::Stamp;

/// The key of a call: caller, callee, and its number.
pub type CallKey = (End, End, u32);

/// The minimum number of slots, and of calls without a slot, that are remembered.
const REMEMBERED: usize = 1 << 13;

/// The content of a call.
pub enum Kind {
    /// A compound of NFS.
    Compound {
        /// The direction of the call.
        way: Way,
        /// Its operations.
        operations: Vec<Operation>,
    },
    /// A procedure of NLM.
    Nlm {
        /// What an event reports of it.
        what: What,
        /// Its status, if it is known.
        status: Option<Status>,
        /// The version of the protocol.
        version: u32,
    },
}

/// A call that waits for its reply.
pub struct Calling {
    /// The keys of this call and of its retransmissions.
    pub keys: Vec<CallKey>,
    /// The content of the call.
    pub kind: Kind,
    /// The client.
    pub client: Option<Client>,
    /// The place of a compound in its session.
    pub request: Option<Request>,
    /// When it was made.
    pub at: Stamp,
    /// How often it was sent again.
    pub resend: u32,
    /// The frame of the first call, if this one was sent again after the reply.
    pub first: Option<u64>,
}

impl Calling {
    /// Creates a call that is sent for the first time.
    pub const fn new(
        kind: Kind,
        client: Option<Client>,
        request: Option<Request>,
        at: Stamp,
    ) -> Self {
        Self { keys: Vec::new(), kind, client, request, at, resend: 0, first: None }
    }

    /// Returns the verifier of EXCHANGE_ID.
    pub fn verifier(&self) -> Option<Verifier> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::ExchangeId(on)) => Some(on.ver),
            _ => None,
        })
    }

    /// Returns the client id of CREATE_SESSION.
    pub fn id(&self) -> Option<ClientId> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::CreateSession(on)) => Some(on.clientid),
            _ => None,
        })
    }

    /// Returns the session that an operation outside of sessions is about.
    pub fn session(&self) -> Option<Session> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::DestroySession(on)) => Some(on.old),
            Some(What::BindConnToSession(on)) => Some(on.to),
            _ => None,
        })
    }

    /// Returns a hash of the numbers of the operations, to tell different calls apart.
    fn shape(&self) -> u64 {
        let Kind::Compound { operations, .. } = &self.kind else { return 0 };
        operations.iter().fold(1, |shape: u64, operation| {
            shape.wrapping_mul(0x100_0000_01b3) ^ u64::from(operation.number)
        })
    }

    /// Returns the events of the call, with its reply if there is one.
    pub fn events(
        self,
        answer: Option<&Answer>,
        at: Option<Stamp>,
        tables: &mut Tables,
    ) -> Vec<Event> {
        let window = Window::between(Some(self.at), at);
        let flags = answer.map(Answer::flags).unwrap_or_default();
        let (c, request, resend, first) = (self.client, self.request, self.resend, self.first);
        let event = |what, st, at| Event {
            i: 0,
            c,
            what,
            st,
            at,
            request,
            flags: flags.clone(),
            resend,
            first,
            window,
        };
        match self.kind {
            Kind::Compound { way, operations } => {
                let told = nfs::together(operations, answer, way, tables).into_iter();
                told.map(|(what, fate)| {
                    let (st, at) = fate.map_or((None, None), |fate| (Some(fate.status), fate.at));
                    event(what, st, at)
                })
                .collect()
            }
            Kind::Nlm { what, status, .. } => vec![event(what, status, None)],
        }
    }

    /// Returns the events of a call that did not reach its program.
    pub fn refused(self, why: Status, at: Stamp, tables: &mut Tables) -> Vec<Event> {
        let mut events = self.events(None, Some(at), tables);
        for event in &mut events {
            (event.st, event.at) = (Some(why), Some("rpc".into()));
        }
        events
    }
}

/// The key that identifies a call that may be sent again.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Known {
    /// The session, whether it is a callback, and the slot.
    Slot(Session, bool, u32),
    /// The addresses, the program, and the number of the call.
    Number(IpAddr, IpAddr, u32, u32),
}

/// A call in the table of recent calls.
struct Made {
    seq: u32,
    shape: u64,
    place: Place,
    frame: u64,
}

/// An earlier call.
#[derive(Clone, Copy)]
pub struct Sent {
    /// The place of its events.
    pub place: Place,
    /// The frame of the first call.
    pub frame: u64,
}

/// How a new call relates to earlier ones.
pub struct Before {
    /// The earlier call that this one retransmits.
    pub same: Option<Sent>,
    /// The previous call in its slot, which will get no reply any more.
    pub over: Option<Place>,
}

/// The record of a call that is stored once its place is known.
pub struct Note {
    known: Known,
    seq: u32,
    shape: u64,
}

/// All waiting calls, and the last call of each slot.
pub struct Calls {
    waiting: Map<CallKey, (Place, Wrap)>,
    made: Recent<Known, Made>,
    ignored: Recent<CallKey, ()>,
}

impl Calls {
    /// Creates an empty table.
    pub const fn new() -> Self {
        Self { waiting: map(), made: Recent::new(REMEMBERED), ignored: Recent::new(1 << 10) }
    }

    fn known(calling: &Calling, key: CallKey, program: u32) -> (Known, u32) {
        match (&calling.kind, calling.request) {
            (Kind::Compound { way, .. }, Some(request)) => {
                (Known::Slot(request.ses, *way == Way::Back, request.slot), request.seq)
            }
            _ => (Known::Number(key.0.0, key.1.0, program, key.2), 0),
        }
    }

    /// Returns how a call relates to earlier ones.
    pub fn sent(&mut self, calling: &Calling, key: CallKey, program: u32) -> Before {
        let (known, seq) = Self::known(calling, key, program);
        let is_slot = matches!(known, Known::Slot(..));
        let Some(made) = self.made.get(&known) else { return Before { same: None, over: None } };
        if made.seq == seq {
            let same = made.shape == calling.shape();
            let sent = Sent { place: made.place, frame: made.frame };
            return Before { same: same.then_some(sent), over: None };
        }
        Before { same: None, over: is_slot.then_some(made.place) }
    }

    /// Returns the record to store for a call.
    pub fn note(&self, calling: &Calling, key: CallKey, program: u32) -> Note {
        let (known, seq) = Self::known(calling, key, program);
        Note { known, seq, shape: calling.shape() }
    }

    /// Stores the place of the events of a call.
    pub fn keep(&mut self, note: Note, place: Place, frame: u64) {
        let Note { known, seq, shape } = note;
        self.made.insert(known, Made { seq, shape, place, frame });
    }

    /// Records that a call waits for its reply.
    pub fn wait(&mut self, key: CallKey, place: Place, wrap: Wrap) {
        self.waiting.insert(key, (place, wrap));
    }

    /// Returns the call that a reply answers: the place of its events, and the protection of the
    /// results.
    pub fn of_reply(&mut self, key: &CallKey) -> Option<(Place, Wrap)> {
        self.waiting.swap_remove(key)
    }

    /// Records that a call is ignored, so that its reply is ignored too.
    pub fn ignored(&mut self, key: CallKey) {
        self.ignored.insert(key, ());
    }

    /// Returns whether a reply answers an ignored call.
    pub fn was_ignored(&mut self, key: &CallKey) -> bool {
        self.ignored.remove(key).is_some()
    }

    /// Removes calls that no longer wait.
    pub fn answered(&mut self, keys: &[CallKey]) {
        for key in keys {
            self.waiting.swap_remove(key);
        }
    }
}
