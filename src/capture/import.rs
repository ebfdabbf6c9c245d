//! Converts messages to events: calls and replies are paired, and assigned to clients.

use super::calls::{CallKey, Calling, Calls, Kind};
use super::event::{End, Event, Request, What, Window};
use super::names::{Client, ClientId, Names, Session, Verifier};
use super::nfs::ops::op;
use super::nfs::{self, Outcome, Tables, Way};
use super::nlm;
use super::order::{Order, Place};
use super::restart::{Given, Starts, Verdict, last_good};
use super::rpc::{self, Message, Wrap};
use super::status::Status;
use super::tcp::{Piece, Stamp};
use super::who::{Connection, Suspicion, Who};

/// What an entry waits for.
pub enum Waiting {
    /// A reply.
    Reply(Box<Calling>),
    /// The reason why a server no longer knows a client.
    Reason,
}

/// The converter from messages to events.
pub struct Importer<'s> {
    tables: Tables,
    cookies: Names<Vec<u8>>,
    who: Who,
    starts: Starts,
    calls: Calls,
    order: Order<Waiting>,
    /// The counts of what was read, and of what produced no event.
    pub end: End,
    sink: &'s mut dyn FnMut(Event),
}

impl<'s> Importer<'s> {
    /// Returns an importer that passes events to `sink`.
    pub fn new(sink: &'s mut dyn FnMut(Event)) -> Self {
        Self {
            tables: Tables::default(),
            cookies: Names::new(1 << 12),
            who: Who::new(),
            starts: Starts::new(),
            calls: Calls::new(),
            order: Order::new(),
            end: End::default(),
            sink,
        }
    }

    /// Processes a message.
    pub fn take(&mut self, piece: &Piece<'_>) {
        if !piece.whole {
            self.end.messages_cut += 1;
        }
        match rpc::read(piece.bytes) {
            Some(Message::Call(call)) => self.call(piece, &call),
            Some(Message::Reply(reply)) => self.reply(piece, &reply),
            None => self.end.messages_not_understood += u64::from(piece.whole),
        }
        self.release();
    }

    /// Ends the import: calls without an answer remain unanswered.
    pub fn finish(mut self) -> End {
        while let Some(place) = self.order.first_waiting() {
            self.give_up(place);
        }
        self.order.release(self.sink);
        self.end.events = self.order.count;
        self.end
    }

    fn release(&mut self) {
        self.order.release(self.sink);
        while let Some(place) = self.order.overdue() {
            self.give_up(place);
            self.order.release(self.sink);
        }
    }

    fn ignore(&mut self, name: impl Into<String>) {
        *self.end.ignored.entry(name.into()).or_default() += 1;
    }

    fn not_understood(&mut self, piece: &Piece<'_>) {
        self.end.messages_not_understood += u64::from(piece.whole);
    }

    fn call(&mut self, piece: &Piece<'_>, call: &rpc::Call<'_>) {
        if call.control {
            self.calls.ignored((piece.from, piece.to, call.xid));
            return self.ignore("RPCSEC_GSS context");
        }
        match (call.program, call.version, call.procedure) {
            (nfs::PROGRAM, 4, 1) => self.compound(piece, call, Way::Fore),
            (program, _, 1) if nfs::is_program(program) => self.compound(piece, call, Way::Back),
            (nlm::PROGRAM, 1 | 3 | 4, 1..) => self.nlm(piece, call),
            (program, version, procedure) => {
                self.calls.ignored((piece.from, piece.to, call.xid));
                self.ignore(name_of(program, version, procedure));
            }
        }
    }

    fn compound(&mut self, piece: &Piece<'_>, call: &rpc::Call<'_>, way: Way) {
        let Some(arguments) = call.arguments() else {
            self.calls.ignored((piece.from, piece.to, call.xid));
            self.end.messages_encrypted += 1;
            return;
        };
        let Some(beginning) = nfs::begin(arguments, way) else { return self.not_understood(piece) };
        if !(1..=2).contains(&beginning.minor) {
            let what = if way == Way::Fore { "" } else { " callback" };
            self.calls.ignored((piece.from, piece.to, call.xid));
            return self.ignore(format!("NFSv4.{}{what}", beginning.minor));
        }
        let over = connection(piece, way);
        let session = beginning.place.map(|place| self.tables.session(&place.session));
        let client = match session {
            Some(session) => Some(self.who.of_session(session, &over)),
            None => self.who.of_connection(&over),
        };
        self.tables.client = client;
        let (mut operations, whole) = beginning.operations(way, &mut self.tables);
        if !whole {
            self.not_understood(piece);
        }
        let mut client = client;
        if let Some(what) = operations.first_mut().and_then(|first| first.what.as_mut()) {
            client = self.client_of(what, &over).or(client);
        }
        let request = beginning.place.zip(session).map(request);
        let kind = Kind::Compound { way, operations };
        self.begin(piece, call, Calling::new(kind, client, request, piece.at));
    }

    /// Returns the client of an operation outside of sessions.
    fn client_of(&mut self, what: &mut What, over: &Connection) -> Option<Client> {
        match what {
            What::ExchangeId(on) => Some(self.who.of_owner(on.owner.as_bytes(), over)),
            What::CreateSession(on) => Some(self.who.of_id(on.clientid, &mut self.tables, over)),
            What::DestroyClientid(on) => {
                let client = self.tables.holders.get(&on.clientid).copied()?;
                self.who.known(client).id = None;
                Some(client)
            }
            What::DestroySession(on) => {
                on.of = self.who.sessions.get(&on.old).map(|life| life.client);
                None
            }
            What::BindConnToSession(on) => Some(self.who.of_session(on.to, over)),
            _ => None,
        }
    }

    fn nlm(&mut self, piece: &Piece<'_>, call: &rpc::Call<'_>) {
        let Some(arguments) = call.arguments() else {
            self.calls.ignored((piece.from, piece.to, call.xid));
            self.end.messages_encrypted += 1;
            return;
        };
        let of_server = nlm::is_of_server(call.procedure);
        let over = connection(piece, if of_server { Way::Back } else { Way::Fore });
        let host = nlm::host(call.procedure, arguments).filter(|_| !of_server);
        let client = match host {
            Some(host) => self.who.of_host(host, over.client.0),
            None => self.who.at_address(over.client.0),
        };
        self.tables.client = Some(client);
        match self.nlm_reader(call.version).call(call.procedure, arguments) {
            Some((what, status)) => {
                let kind = Kind::Nlm { what, status, version: call.version };
                self.begin(piece, call, Calling::new(kind, Some(client), None, piece.at));
            }
            None => self.not_understood(piece),
        }
    }

    fn nlm_reader(&mut self, version: u32) -> nlm::Reader<'_> {
        nlm::Reader { version, tables: &mut self.tables, cookies: &mut self.cookies }
    }

    /// Processes a call, which may be a retransmission.
    fn begin(&mut self, piece: &Piece<'_>, call: &rpc::Call<'_>, mut calling: Calling) {
        let key: CallKey = (piece.from, piece.to, call.xid);
        let sent = self.calls.sent(&calling, key, call.program);
        if let Some(sent) = sent.same {
            if let Some(Waiting::Reply(first)) = self.order.waiting(sent.place) {
                first.resend += 1;
                first.keys.push(key);
                self.calls.wait(key, sent.place, call.wrap);
                return;
            }
            (calling.resend, calling.first) = (1, Some(sent.frame));
        }
        if let Some(place) = sent.over {
            self.give_up(place);
        }
        calling.keys.push(key);
        let frame = calling.first.unwrap_or(piece.at.frame);
        let note = self.calls.note(&calling, key, call.program);
        let place = self.order.wait(piece.at.frame, Waiting::Reply(Box::new(calling)));
        self.calls.keep(note, place, frame);
        self.calls.wait(key, place, call.wrap);
    }

    /// Gives up waiting for a reply or for a reason.
    fn give_up(&mut self, place: Place) {
        if let Some(Waiting::Reply(calling)) = self.order.waiting(place) {
            let keys = std::mem::take(&mut calling.keys);
            self.calls.answered(&keys);
        }
        let tables = &mut self.tables;
        self.order.decide(place, |waiting| match waiting {
            Waiting::Reply(calling) => calling.events(None, None, tables),
            Waiting::Reason => Vec::new(),
        });
    }

    fn reply(&mut self, piece: &Piece<'_>, reply: &rpc::Reply<'_>) {
        let key = (piece.to, piece.from, reply.xid);
        if self.calls.was_ignored(&key) {
            return;
        }
        let Some((place, wrap)) = self.calls.of_reply(&key) else {
            return self.reply_alone(piece, reply);
        };
        let Some(Waiting::Reply(calling)) = self.order.waiting(place) else { return };
        if piece.at.frame < calling.at.frame {
            // What is missing was given up at the end of the recording, and the call came to light
            // after a reply to another one.
            self.calls.wait(key, place, wrap);
            return self.reply_alone(piece, reply);
        }
        let keys = std::mem::take(&mut calling.keys);
        self.calls.answered(&keys);
        self.tables.client = calling.client;
        if let Some(refused) = reply.refused {
            let tables = &mut self.tables;
            self.order.decide(place, |waiting| match waiting {
                Waiting::Reply(calling) => calling.refused(refused, piece.at, tables),
                Waiting::Reason => Vec::new(),
            });
            return;
        }
        let Some(results) = reply.results(wrap) else {
            self.end.messages_encrypted += 1;
            return self.give_up(place);
        };
        match &mut calling.kind {
            Kind::Compound { way, .. } => {
                let (way, client) = (*way, calling.client);
                let (called, request) = (calling.at, calling.request);
                let (ver, id, subject) = (calling.verifier(), calling.id(), calling.session());
                let Some(answer) = nfs::answer(results, way, &mut self.tables) else {
                    self.not_understood(piece);
                    return self.give_up(place);
                };
                if !answer.whole {
                    self.not_understood(piece);
                }
                if way == Way::Fore {
                    let session = request.map(|request| request.ses).or(subject);
                    let over = connection(piece, Way::Back);
                    let told = Told { client, session, over, called, at: piece.at, ver, id };
                    self.heed(&told, &answer.results, place);
                }
                let tables = &mut self.tables;
                self.order.decide(place, |waiting| match waiting {
                    Waiting::Reply(calling) => {
                        calling.events(Some(&answer), Some(piece.at), tables)
                    }
                    Waiting::Reason => Vec::new(),
                });
            }
            Kind::Nlm { what, status, version } => {
                let reader = nlm::Reader {
                    version: *version,
                    tables: &mut self.tables,
                    cookies: &mut self.cookies,
                };
                match reader.result(what, results) {
                    Some(found) => *status = found.or(*status),
                    None => self.end.messages_not_understood += u64::from(piece.whole),
                }
                let tables = &mut self.tables;
                self.order.decide(place, |waiting| match waiting {
                    Waiting::Reply(calling) => calling.events(None, Some(piece.at), tables),
                    Waiting::Reason => Vec::new(),
                });
            }
        }
    }

    /// Processes a reply whose call was not seen.
    fn reply_alone(&mut self, piece: &Piece<'_>, reply: &rpc::Reply<'_>) {
        let results = reply.results(Wrap::None).filter(|_| reply.refused.is_none());
        let found = results.and_then(|results| Some((nfs::way_of(results)?, results)));
        let answer = found
            .and_then(|(way, results)| Some((way, nfs::answer(results, way, &mut self.tables)?)));
        let Some((way, answer)) = answer.filter(|(_, answer)| answer.whole) else {
            self.end.replies_to_nothing += 1;
            return;
        };
        // A reply travels in the opposite direction of its call.
        let over = connection(piece, if way == Way::Fore { Way::Back } else { Way::Fore });
        let session = answer.place.map(|place| self.tables.session(&place.session));
        let client = match session {
            Some(session) => Some(self.who.of_session(session, &over)),
            None => self.who.of_connection(&over),
        };
        if let (Way::Fore, Some(session), Some(client)) = (way, session, client) {
            self.who.answered(session, client, piece.at, &over);
        }
        let request = answer.place.zip(session).map(request);
        let flags = answer.flags();
        let told = nfs::alone(&answer, way).into_iter().map(|(what, status)| Event {
            i: 0,
            c: client,
            what,
            st: Some(status),
            at: None,
            request,
            flags: flags.clone(),
            resend: 0,
            first: None,
            window: Window::between(None, Some(piece.at)),
        });
        self.order.add(piece.at.frame, told.collect());
    }

    /// Updates what is known of clients, sessions and servers from an answer. `place` is that of
    /// its call.
    fn heed(&mut self, told: &Told, results: &[Outcome], place: Place) {
        for Outcome { number, status, results } in results {
            let done = *status == Status::OK;
            if status.is("BADSESSION") || status.is("DEADSESSION") || status.is("STALE_CLIENTID") {
                self.suspect(told, *status, place);
            }
            match *number {
                op::SEQUENCE if done => {
                    if let (Some(session), Some(client)) = (told.session, told.client) {
                        self.who.answered(session, client, told.at, &told.over);
                    }
                }
                op::EXCHANGE_ID if done => {
                    if let (Some(client), Some((id, confirmed))) = (told.client, results.clientid) {
                        let (ver, server) = (told.ver, results.server);
                        let (over, at) = (told.over, told.at);
                        self.tables.holders.insert(id, client);
                        if let Some(server) = server {
                            self.who.servers.insert(over.server.0, server);
                        }
                        let given = Given { client, id, ver, server, confirmed, over, at };
                        let verdict = self.starts.id_given(&mut self.who, given);
                        self.carry_out(verdict);
                    }
                }
                op::CREATE_SESSION if done => {
                    if let (Some(client), Some(session)) = (told.client, results.session) {
                        let made = told.id.and_then(|id| {
                            self.starts.session_made(&mut self.who, client, id, told.at)
                        });
                        self.carry_out(made);
                        self.who.begin_session(session, client, &told.over, Some(told.at));
                        self.who.answered(session, client, told.at, &told.over);
                    }
                }
                op::DESTROY_SESSION if done => {
                    let life = told.session.and_then(|session| self.who.sessions.get(&session));
                    if let Some(life) = life {
                        life.ended = Some((told.called, told.at));
                    }
                }
                _ => {}
            }
        }
    }

    /// Records that a server does not know a session or a client id.
    fn suspect(&mut self, told: &Told, status: Status, place: Place) {
        let Some(client) = told.client else { return };
        let stale = status.is("STALE_CLIENTID");
        if let Some(suspicion) = &mut self.who.known(client).suspicion {
            suspicion.stale |= stale;
            return;
        }
        let before = last_good(&mut self.who, client, &told.over);
        let life = told.session.and_then(|session| self.who.sessions.get(&session));
        let lost = match life {
            Some(life) => match life.ended {
                Some((call, reply)) => (Some(call), reply),
                None => (life.last, told.at),
            },
            None => (None, told.at),
        };
        let frame = before.map_or(place.0, |before| before.frame);
        let place = self.order.wait(frame, Waiting::Reason);
        let (sign, over, session) = (told.at, told.over, told.session);
        let suspicion = Suspicion { place, sign, over, session, lost, before, stale };
        self.who.known(client).suspicion = Some(suspicion);
    }

    fn carry_out(&mut self, verdict: Option<Verdict>) {
        let (place, event) = match verdict {
            None => return,
            Some(Verdict::Nothing(place)) => (place, None),
            Some(Verdict::Event(place, event)) => (place, Some(*event)),
        };
        self.order.settle(place, event);
    }
}

/// The call that an answer belongs to.
struct Told {
    client: Option<Client>,
    session: Option<Session>,
    over: Connection,
    called: Stamp,
    at: Stamp,
    ver: Option<Verifier>,
    id: Option<ClientId>,
}

fn request((place, ses): (nfs::Place, Session)) -> Request {
    Request { ses, slot: place.slot, seq: place.seq }
}

/// Returns the connection of a message from a client (fore) or a server (back).
fn connection(piece: &Piece<'_>, way: Way) -> Connection {
    let (client, server) = match way {
        Way::Fore => (piece.from, piece.to),
        Way::Back => (piece.to, piece.from),
    };
    Connection { client, server, since: piece.since }
}

/// Returns the name of a procedure that produces no event.
fn name_of(program: u32, version: u32, procedure: u32) -> String {
    let (name, counts): (&str, bool) = match program {
        100_000 => ("portmap", false),
        nfs::PROGRAM => ("NFS", true),
        100_005 => ("MOUNT", false),
        100_011 => ("RQUOTA", false),
        nlm::PROGRAM => ("NLM", true),
        100_024 => ("NSM", false),
        100_227 => ("NFS ACL", false),
        program if nfs::is_program(program) => ("NFS callback", false),
        _ => ("another program", false),
    };
    match (procedure, counts) {
        (0, _) => format!("{name} NULL"),
        (_, true) => format!("{name} version {version}"),
        (_, false) => name.to_string(),
    }
}
