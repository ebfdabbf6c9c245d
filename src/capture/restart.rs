//! Events without a message: servers that restart, and sessions that are lost.
//!
//! A server that no longer knows a session answers BADSESSION. The cause shows later: if the client
//! id still works, only the session was lost. If not, the server restarted, or it dropped the
//! client. It did not restart if something survived: a connection, or the session of another
//! client.

use super::event::{Event, ServerStart, SessionLost, Sign, What, Why, Window};
use super::names::{Client, ClientId, Server, Verifier};
use super::order::Place;
use super::recent::Recent;
use super::tcp::Stamp;
use super::who::{Connection, Known, Suspicion, Who};

/// The server restarts seen so far.
pub struct Starts {
    last: Recent<Server, Stamp>,
}

/// What to do with an entry that waits for a reason.
pub enum Verdict {
    /// It is no event.
    Nothing(Option<Place>),
    /// It is this event.
    Event(Option<Place>, Box<Event>),
}

impl Starts {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self { last: Recent::new(1 << 10) }
    }

    /// Processes a new session for a client id. If a session was missing before, only that session
    /// was lost.
    pub fn session_made(
        &self,
        who: &mut Who,
        client: Client,
        id: ClientId,
        at: Stamp,
    ) -> Option<Verdict> {
        let known = who.known(client);
        if is_outdated(known, at) {
            return None;
        }
        let before = known.id.replace(id);
        let same = before.is_none_or(|before| before == id);
        let Suspicion { place, session, lost, .. } =
            known.suspicion.take_if(|suspicion| same && !suspicion.stale)?;
        let Some(lost_session) = session else {
            return Some(Verdict::Nothing(Some(place)));
        };
        let what = What::SessionLost(SessionLost { lost: lost_session });
        let event = inferred(what, Some(client), lost.0, lost.1);
        Some(Verdict::Event(Some(place), Box::new(event)))
    }

    /// Processes a client id from a server. If it differs from the previous one, the server no
    /// longer knows the client.
    pub fn id_given(&mut self, who: &mut Who, given: Given) -> Option<Verdict> {
        let Given { client, id, ver, server, confirmed, .. } = given;
        let known = who.known(client);
        if is_outdated(known, given.at) {
            return None;
        }
        let (old_id, old_ver) = (known.id, known.ver);
        known.ver = ver.or(old_ver);
        let same_start = ver.is_none() || old_ver.is_none() || ver == old_ver;
        let suspicion = known.suspicion.clone();
        let another = match old_id {
            Some(old) => old != id,
            None => suspicion.is_some() && !confirmed,
        };
        let stale = suspicion.as_ref().is_some_and(|suspicion| suspicion.stale);
        if !another && !stale {
            return None;
        }
        (known.suspicion, known.id) = (None, None);
        let place = suspicion.as_ref().map(|suspicion| suspicion.place);
        if !same_start && !stale {
            return Some(Verdict::Nothing(place));
        }
        let why = if stale { Why::StaleClientid } else { Why::NewClientid };
        let good = who.known(client).good;
        // After a good answer, an earlier sign had another cause.
        let is_last = |sign: Stamp| good.is_none_or(|(good, _)| good.frame <= sign.frame);
        let (sign, over, before) = match suspicion.filter(|suspicion| is_last(suspicion.sign)) {
            Some(suspicion) => (suspicion.sign, suspicion.over, suspicion.before),
            None => (given.at, given.over, last_good(who, client, &given.over)),
        };
        let first = who.first_sign(&over).filter(|first| first.frame < sign.frame);
        let what = if lasted(who, client, &over, sign) {
            What::ClientExpired(Sign { why })
        } else {
            let seen = server.and_then(|server| self.last.get(&server).copied());
            if seen.is_some_and(|seen| good.is_none_or(|(good, _)| good.frame <= seen.frame)) {
                return Some(Verdict::Nothing(place));
            }
            // Another client may have seen the same restart earlier.
            let first = first.filter(|first| before.is_none_or(|good| good.frame < first.frame));
            let sign = first.unwrap_or(sign);
            if let Some(server) = server {
                self.last.insert(server, sign);
            }
            let start = What::ServerStart(ServerStart { why, server });
            return Some(Verdict::Event(place, Box::new(inferred(start, None, before, sign))));
        };
        let from = good.map(|(good, _)| good);
        Some(Verdict::Event(place, Box::new(inferred(what, Some(client), from, sign))))
    }
}

/// Returns whether a reply is older than the last good answer to its client. The importer sees such
/// a reply late, after a gap. It shows nothing about what happened since.
fn is_outdated(known: &Known, at: Stamp) -> bool {
    known.good.is_some_and(|(good, _)| at.frame < good.frame)
}

/// A client id that a server gave.
pub struct Given {
    /// The client.
    pub client: Client,
    /// The client id.
    pub id: ClientId,
    /// The verifier of the client.
    pub ver: Option<Verifier>,
    /// The server.
    pub server: Option<Server>,
    /// Whether the server already knew the client.
    pub confirmed: bool,
    /// The connection.
    pub over: Connection,
    /// The frame and the time.
    pub at: Stamp,
}

/// Returns whether something survived from before a client was dropped until after. Then the server
/// did not restart.
fn lasted(who: &mut Who, client: Client, over: &Connection, sign: Stamp) -> bool {
    let Some((good, connection)) = who.known(client).good else { return false };
    if connection == *over {
        return true;
    }
    let address = over.server.0;
    who.sessions.iter().any(|(_, life)| {
        life.client != client
            && life.first.is_none_or(|first| first.frame <= good.frame)
            && life.last.is_some_and(|last| last.frame >= sign.frame)
            && who.same_server(life.server, address)
    })
}

/// Returns the last good answer of the server instance that a client knew: in its own sessions, or
/// in those that existed before its own last good answer.
pub fn last_good(who: &mut Who, client: Client, over: &Connection) -> Option<Stamp> {
    let (good, _) = who.known(client).good?;
    let address = over.server.0;
    let mut newest = good;
    for (_, life) in who.sessions.iter() {
        // The cheapest question first: there may be thousands of sessions.
        if let Some(last) = life.last.filter(|last| last.frame > newest.frame)
            && life.first.is_none_or(|first| first.frame <= good.frame)
            && who.same_server(life.server, address)
        {
            newest = last;
        }
    }
    Some(newest)
}

fn inferred(what: What, c: Option<Client>, from: Option<Stamp>, to: Stamp) -> Event {
    Event {
        i: 0,
        c,
        what,
        st: None,
        at: None,
        request: None,
        flags: Vec::new(),
        resend: 0,
        first: None,
        window: Window::between(from, Some(to)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{Given, Starts, Verdict};
    use crate::capture::names::{Client, ClientId, Session};
    use crate::capture::tcp::Stamp;
    use crate::capture::who::{Connection, Suspicion, Who};

    fn stamp(frame: u64) -> Stamp {
        Stamp { frame, time: frame }
    }

    /// A client that was answered in frames 10 and 30, with a stale client id in frame 20 between
    /// them.
    fn answered_in_10_and_30() -> (Who, Client, Connection) {
        let end = |host| (IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), 700);
        let over = Connection { client: end(1), server: end(2), since: 1 };
        let mut who = Who::new();
        let client = who.of_owner(b"c1", &over);
        who.known(client).id = Some(ClientId(1));
        who.begin_session(Session(1), client, &over, None);
        let (place, sign, lost) = ((10, 1), stamp(20), (None, stamp(20)));
        let (session, before, stale) = (None, Some(stamp(10)), true);
        who.known(client).suspicion =
            Some(Suspicion { place, sign, over, session, lost, before, stale });
        who.answered(Session(1), client, stamp(30), &over);
        (who, client, over)
    }

    /// Returns the verdict on a new client id in a frame, and the state after it.
    fn new_id_in(frame: u64) -> (Option<Verdict>, Who, Client) {
        let (mut who, client, over) = answered_in_10_and_30();
        let (id, at) = (ClientId(2), stamp(frame));
        let given = Given { client, id, ver: None, server: None, confirmed: false, over, at };
        (Starts::new().id_given(&mut who, given), who, client)
    }

    /// Red if a client that was answered after a sign is said to be dropped before that answer.
    #[test]
    fn a_client_is_not_dropped_before_its_last_good_answer() {
        let (Some(Verdict::Event(_, event)), ..) = new_id_in(40) else {
            panic!("a client id that is not the previous one is an event")
        };
        assert_eq!((event.window.f, event.window.rf), (Some(30), Some(40)));
    }

    /// Red if a reply that came to light after a gap is taken for a sign of a later loss, or if it
    /// replaces what is known since.
    #[test]
    fn a_reply_older_than_the_last_good_answer_shows_nothing() {
        let (verdict, mut who, client) = new_id_in(11);
        assert!(verdict.is_none());
        assert_eq!(who.known(client).id, Some(ClientId(1)));
        assert!(who.known(client).suspicion.is_some());
        let made = Starts::new().session_made(&mut who, client, ClientId(2), stamp(11));
        assert!(made.is_none());
        assert_eq!(who.known(client).id, Some(ClientId(1)));
    }
}
