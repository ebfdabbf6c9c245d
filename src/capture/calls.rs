//! Calls that wait for their replies, and calls that are sent again.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::event::{Event, Request, What, Window};
use super::link::End;
use super::names::{Client, ClientId, Session, Verifier};
use super::nfs::{self, Answer, Operation, Tables, Way};
use super::order::Place;
use super::recent::Recent;
use super::rpc::Wrap;
use super::status::Status;
use super::tcp::Stamp;

/// A call, by who calls whom and its number.
pub type CallKey = (End, End, u32);

/// How many slots, and calls without one, are remembered at least.
const REMEMBERED: usize = 1 << 13;

/// What was called.
pub enum Kind {
    /// A compound of NFS.
    Compound {
        /// Who calls whom.
        way: Way,
        /// Its operations.
        operations: Vec<Operation>,
    },
    /// A procedure of NLM.
    Nlm {
        /// What an event says of it.
        what: What,
        /// What came of it, if it is known.
        status: Option<Status>,
        /// The version of the protocol.
        version: u32,
    },
}

/// A call that waits for its reply.
pub struct Calling {
    /// All calls that are this one: it, and those that were sent again.
    pub keys: Vec<CallKey>,
    /// What was called.
    pub kind: Kind,
    /// The client.
    pub client: Option<Client>,
    /// The place of a compound in a session.
    pub request: Option<Request>,
    /// When it was made.
    pub at: Stamp,
    /// How often it was sent again.
    pub resend: u32,
    /// The frame of the first call, if this one was sent again after the reply.
    pub first: Option<u64>,
}

impl Calling {
    /// A call that is made for the first time.
    pub const fn new(
        kind: Kind,
        client: Option<Client>,
        request: Option<Request>,
        at: Stamp,
    ) -> Self {
        Self { keys: Vec::new(), kind, client, request, at, resend: 0, first: None }
    }

    /// The verifier of EXCHANGE_ID.
    pub fn verifier(&self) -> Option<Verifier> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::ExchangeId(on)) => Some(on.ver),
            _ => None,
        })
    }

    /// The client id of CREATE_SESSION.
    pub fn id(&self) -> Option<ClientId> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::CreateSession(on)) => Some(on.clientid),
            _ => None,
        })
    }

    /// The session that an operation outside of sessions is about.
    pub fn session(&self) -> Option<Session> {
        let Kind::Compound { operations, .. } = &self.kind else { return None };
        operations.iter().find_map(|operation| match &operation.what {
            Some(What::DestroySession(on)) => Some(on.old),
            Some(What::BindConnToSession(on)) => Some(on.to),
            _ => None,
        })
    }

    /// A number that differs where calls do: made of those of the operations.
    fn shape(&self) -> u64 {
        let Kind::Compound { operations, .. } = &self.kind else { return 0 };
        operations.iter().fold(1, |shape: u64, operation| {
            shape.wrapping_mul(0x100_0000_01b3) ^ u64::from(operation.number)
        })
    }

    /// The events of the call, with its reply if there is one.
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

    /// The events of a call that did not come to its program.
    pub fn refused(self, why: Status, at: Stamp, tables: &mut Tables) -> Vec<Event> {
        let mut events = self.events(None, Some(at), tables);
        for event in &mut events {
            (event.st, event.at) = (Some(why), Some("rpc".into()));
        }
        events
    }
}

/// What a call that may be sent again is known by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// Session, whether a callback, slot.
    Slot(Session, bool, u32),
    /// The addresses, the program and the number.
    Number(IpAddr, IpAddr, u32, u32),
}

/// A call that was made.
struct Made {
    seq: u32,
    shape: u64,
    place: Place,
    frame: u64,
}

/// A call that was made before.
#[derive(Clone, Copy)]
pub struct Sent {
    /// Where its events stand.
    pub place: Place,
    /// The frame of the first call.
    pub frame: u64,
}

/// What the calls before say of a new one.
pub struct Before {
    /// It is this one, sent again.
    pub same: Option<Sent>,
    /// The call before it in its slot, which gets no reply any more.
    pub over: Option<Place>,
}

/// What is kept of a call once its place is known.
pub struct Note {
    known: Known,
    seq: u32,
    shape: u64,
}

/// All calls that wait, and the last ones of each slot.
pub struct Calls {
    waiting: BTreeMap<CallKey, (Place, Wrap)>,
    made: Recent<Known, Made>,
    ignored: Recent<CallKey, ()>,
}

impl Calls {
    /// Returns no calls.
    pub const fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            made: Recent::new(REMEMBERED),
            ignored: Recent::new(1 << 10),
        }
    }

    fn known(calling: &Calling, key: CallKey, program: u32) -> (Known, u32) {
        match (&calling.kind, calling.request) {
            (Kind::Compound { way, .. }, Some(request)) => {
                (Known::Slot(request.ses, *way == Way::Back, request.slot), request.seq)
            }
            _ => (Known::Number(key.0.0, key.1.0, program, key.2), 0),
        }
    }

    /// What the calls before say of this one.
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

    /// What is to be kept of a call.
    pub fn note(&self, calling: &Calling, key: CallKey, program: u32) -> Note {
        let (known, seq) = Self::known(calling, key, program);
        Note { known, seq, shape: calling.shape() }
    }

    /// Keeps where the events of a call will stand.
    pub fn keep(&mut self, note: Note, place: Place, frame: u64) {
        let Note { known, seq, shape } = note;
        self.made.insert(known, Made { seq, shape, place, frame });
    }

    /// A call waits for its reply.
    pub fn wait(&mut self, key: CallKey, place: Place, wrap: Wrap) {
        self.waiting.insert(key, (place, wrap));
    }

    /// The call that a reply answers: where its events stand, and what protects the results.
    pub fn of_reply(&mut self, key: &CallKey) -> Option<(Place, Wrap)> {
        self.waiting.remove(key)
    }

    /// A call is of no interest, and its reply is not either.
    pub fn ignored(&mut self, key: CallKey) {
        self.ignored.insert(key, ());
    }

    /// Whether a reply answers a call that is of no interest.
    pub fn was_ignored(&mut self, key: &CallKey) -> bool {
        self.ignored.remove(key).is_some()
    }

    /// These calls wait no more.
    pub fn answered(&mut self, keys: &[CallKey]) {
        for key in keys {
            self.waiting.remove(key);
        }
    }
}
