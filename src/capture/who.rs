//! The identities of clients: their sessions and client ids, and the addresses they call from.

use std::net::IpAddr;

use super::link::End;
use super::names::{Client, ClientId, Server, Session, Verifier};
use super::nfs::Tables;
use super::order::Place;
use super::recent::Recent;
use super::tcp::Stamp;

/// The minimum number of clients, and of sessions, that are remembered.
const REMEMBERED: usize = 1 << 11;

/// A connection, as seen from the client, and the frame since which it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection {
    /// The end of the client.
    pub client: End,
    /// The end of the server.
    pub server: End,
    /// The frame that opened it.
    pub since: u64,
}

/// A sign that a server no longer knows a client.
#[derive(Clone, Debug)]
pub struct Suspicion {
    /// The place of the future event.
    pub place: Place,
    /// The first sign.
    pub sign: Stamp,
    /// The connection over which it came.
    pub over: Connection,
    /// The session that the server does not know.
    pub session: Option<Session>,
    /// Between which frames that session was lost.
    pub lost: (Option<Stamp>, Stamp),
    /// The last good answer of the server before the sign.
    pub before: Option<Stamp>,
    /// Whether the server does not know the client id either.
    pub stale: bool,
}

/// What is known of a client.
#[derive(Default)]
pub struct Known {
    /// Whether its owner string, or the name of its host, is known.
    pub is_named: bool,
    /// The client id with which it made its last session.
    pub id: Option<ClientId>,
    /// The verifier of its last start.
    pub ver: Option<Verifier>,
    /// A sign that the server no longer knows it, for a reason that is not known yet.
    pub suspicion: Option<Suspicion>,
    /// Its last good answer, and the connection that it came over.
    pub good: Option<(Stamp, Connection)>,
}

/// What is known of a session.
pub struct Life {
    /// Its client.
    pub client: Client,
    /// The address of the server.
    pub server: IpAddr,
    /// When it was first seen.
    pub first: Option<Stamp>,
    /// Its last good answer.
    pub last: Option<Stamp>,
    /// When it was ended: the frames and times of call and reply.
    pub ended: Option<(Stamp, Stamp)>,
}

/// All clients.
pub struct Who {
    count: u32,
    named: Recent<Vec<u8>, Client>,
    known: Recent<Client, Known>,
    connections: Recent<(End, End), Client>,
    /// Clients without a name, by address. If there are several, only their number matters.
    nameless: Recent<IpAddr, Vec<Client>>,
    hosts: Recent<IpAddr, Client>,
    /// Sessions.
    pub sessions: Recent<Session, Life>,
    /// Servers, by their addresses.
    pub servers: Recent<IpAddr, Server>,
}

impl Who {
    /// Creates an empty set.
    pub const fn new() -> Self {
        Self {
            count: 0,
            named: Recent::new(REMEMBERED),
            known: Recent::new(REMEMBERED),
            connections: Recent::new(REMEMBERED),
            nameless: Recent::new(REMEMBERED),
            hosts: Recent::new(REMEMBERED),
            sessions: Recent::new(REMEMBERED),
            servers: Recent::new(REMEMBERED),
        }
    }

    /// Returns what is known of a client.
    pub fn known(&mut self, client: Client) -> &mut Known {
        if self.known.get(&client).is_none() {
            self.known.insert(client, Known::default());
        }
        self.known.get(&client).expect("it was inserted just now")
    }

    fn new_client(&mut self) -> Client {
        self.count = self.count.saturating_add(1);
        Client(self.count)
    }

    fn new_nameless(&mut self, address: IpAddr) -> Client {
        let client = self.new_client();
        match self.nameless.get(&address) {
            Some(others) if others.len() < 2 => others.push(client),
            Some(_) => {}
            None => self.nameless.insert(address, vec![client]),
        }
        client
    }

    fn calls_over(&mut self, client: Client, connection: &Connection) {
        self.connections.insert((connection.client, connection.server), client);
    }

    /// Returns the client that is known to call over a connection.
    pub fn of_connection(&mut self, connection: &Connection) -> Option<Client> {
        self.connections.get(&(connection.client, connection.server)).copied()
    }

    /// Returns a client without a name that is the only one at its address, and lost its session. A
    /// named call from there is attributed to it.
    fn forlorn(&mut self, address: IpAddr) -> Option<Client> {
        let [client] = self.nameless.get(&address)?[..] else { return None };
        let known = self.known(client);
        (!known.is_named && known.suspicion.is_some()).then_some(client)
    }

    /// Returns the client with an owner string.
    pub fn of_owner(&mut self, owner: &[u8], connection: &Connection) -> Client {
        let key = [b"o", owner].concat();
        let client = match self.named.get(&key) {
            Some(client) => *client,
            None => {
                let here = self.of_connection(connection);
                let here = here.filter(|client| !self.known(*client).is_named);
                let client = here.or_else(|| self.forlorn(connection.client.0));
                let client = client.unwrap_or_else(|| self.new_client());
                self.named.insert(key, client);
                self.known(client).is_named = true;
                self.nameless.remove(&connection.client.0);
                client
            }
        };
        self.calls_over(client, connection);
        client
    }

    /// Returns the client with a client id.
    pub fn of_id(&mut self, id: ClientId, tables: &mut Tables, connection: &Connection) -> Client {
        let known = tables.holders.get(&id).copied();
        let client = known
            .or_else(|| self.of_connection(connection))
            .or_else(|| self.forlorn(connection.client.0))
            .unwrap_or_else(|| self.new_nameless(connection.client.0));
        tables.holders.insert(id, client);
        self.calls_over(client, connection);
        client
    }

    /// Returns the client of a session.
    pub fn of_session(&mut self, session: Session, connection: &Connection) -> Client {
        if let Some(life) = self.sessions.get(&session) {
            let client = life.client;
            self.calls_over(client, connection);
            return client;
        }
        let client = self.of_connection(connection);
        let client = client.unwrap_or_else(|| self.new_nameless(connection.client.0));
        self.begin_session(session, client, connection, None);
        self.calls_over(client, connection);
        client
    }

    /// Records the beginning of a session, or that it is seen for the first time.
    pub fn begin_session(
        &mut self,
        session: Session,
        client: Client,
        connection: &Connection,
        first: Option<Stamp>,
    ) {
        let server = connection.server.0;
        self.sessions.insert(session, Life { client, server, first, last: first, ended: None });
    }

    /// Records a good answer in a session.
    pub fn answered(&mut self, session: Session, client: Client, at: Stamp, over: &Connection) {
        if let Some(life) = self.sessions.get(&session) {
            life.last = Some(at);
        }
        self.known(client).good = Some((at, *over));
    }

    /// Returns the client of NLM with this name, at this address.
    pub fn of_host(&mut self, host: &[u8], address: IpAddr) -> Client {
        let key = [b"h", host].concat();
        let client = match self.named.get(&key) {
            Some(client) => *client,
            None => {
                let here = self.hosts.get(&address).copied();
                let here = here.filter(|client| !self.known(*client).is_named);
                let client = here.unwrap_or_else(|| self.new_client());
                self.named.insert(key, client);
                self.known(client).is_named = true;
                client
            }
        };
        self.hosts.insert(address, client);
        client
    }

    /// Returns the client of NLM at this address.
    pub fn at_address(&mut self, address: IpAddr) -> Client {
        if let Some(client) = self.hosts.get(&address) {
            return *client;
        }
        let client = self.new_client();
        self.hosts.insert(address, client);
        client
    }

    /// Returns the first sign, without a known reason yet, that the server of a connection does not
    /// know a client.
    pub fn first_sign(&self, over: &Connection) -> Option<Stamp> {
        let mut earliest: Option<Stamp> = None;
        for suspicion in self.known.iter().filter_map(|(_, known)| known.suspicion.as_ref()) {
            let is_earlier = earliest.is_none_or(|earliest| suspicion.sign.frame < earliest.frame);
            if is_earlier && self.same_server(suspicion.over.server.0, over.server.0) {
                earliest = Some(suspicion.sign);
            }
        }
        earliest
    }

    /// Returns whether two addresses belong to the same server, as far as is known.
    pub fn same_server(&self, one: IpAddr, other: IpAddr) -> bool {
        let name = self.servers.peek(&one);
        one == other || name.is_some() && name == self.servers.peek(&other)
    }
}
