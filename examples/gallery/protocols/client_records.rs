//! The stable storage of an NFSv4 server: which clients may reclaim their locks after a restart.
//!
//! A client that was cut off may have lost its lock to another client before the server restarted.
//! The server has forgotten that. It has only the records on its disk to go by.
//!
//! Source: RFC 8881, section 8.4.3, "Network Partitions and Recovery", with its edge conditions;
//! Linux, fs/nfsd/nfs4recover.c: nfsd4_create_clid_dir, nfsd4_remove_clid_dir, nfsd4_recdir_purge_old.
//! Known bug: without `sync_removal` the removal of a record is lost in a crash, and a client reclaims
//! a lock that another client was granted after it.

use latchwork_model::kit::{
    Claim, Crash, Durable, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo,
    Set, Setup, Table, VariantInfo, awaits, claim, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// What a client believes.
    pub enum At { Start, Holds, Done, Lost }
}

state! {
    /// A client.
    pub struct Client {
        /// What it believes.
        pub at: At,
        /// It cannot reach the server.
        pub cut_off: bool,
        /// It was cut off since it got the lock. No process knows this.
        pub was_cut_off: bool,
    }
}

state! {
    /// The server. A crash leaves the records that have reached its disk.
    pub struct Server {
        /// Which clients may reclaim after a restart.
        pub record: Table<ClientId, Durable<bool>, CLIENTS>,
        /// The clients that it knows since it started.
        pub known: Set<ClientId>,
        /// Who has the lock.
        pub owner: Set<ClientId>,
        /// It takes reclaims only.
        pub grace: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The server.
        pub server: Server,
        /// Who got the lock last, other than by a reclaim. No process knows this.
        pub newest: Set<ClientId>,
        /// A client reclaimed the lock after another client got it. No process knows this.
        pub stale: bool,
        /// A client that was never cut off could not reclaim its lock. No process knows this.
        pub robbed: bool,
        /// How many clients may still be cut off.
        pub partitions: u8,
        /// How often the server may still crash.
        pub crashes: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The record of a client is on the disk before the client gets a lock.
        sync_record "nfsd4_create_clid_dir" [1];
        /// The removal of a record is on the disk before another client gets the lock.
        sync_removal "nfsd4_remove_clid_dir" [1];
        /// At the end of the grace period the server removes the records of clients that did not return.
        purge_records "nfsd4_recdir_purge_old" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct ClientRecords {
    clients: u8,
    partitions: u8,
    crashes: u8,
    rules: Rules,
}

domains! { ClientRecords, self; ClientId: self.clients }

actions! { ClientRecords, State;
    /// A client that takes the lock once.
    fair client {
        /// Get the lock.
        client_lock(c: ClientId) => server;
        /// Give the lock back, and leave.
        client_unlock(c: ClientId) => server;
        /// The server does not know the client: reclaim the lock.
        client_reclaim(c: ClientId) => server;
    }
    /// The server.
    fair each server {
        /// The lease of a client that is cut off ends.
        server_expire(c: ClientId);
        /// The grace period ends: every client that reaches the server has returned.
        server_end_grace();
        /// The disk writes what is pending.
        server_flush();
    }
    /// The network.
    fair network {
        /// A client reaches the server again.
        network_heal(c: ClientId);
    }
    /// The environment.
    fault environment {
        /// A client that holds the lock is cut off.
        fault_cut_off(c: ClientId);
        /// The server crashes and starts again.
        fault_crash();
    }
}

impl ClientRecords {
    /// Writes the record of a client, and waits for the disk if a rule says so.
    fn write(&self, s: &mut State, c: ClientId, may_reclaim: bool, sync: bool) {
        let record = &mut s.server.record[c];
        record.write(may_reclaim);
        if sync {
            record.sync();
        }
    }

    /// Returns whether a client reaches the server, and was forgotten by it in a restart.
    fn must_reclaim(&self, s: &State, c: ClientId) -> bool {
        let Client { at, cut_off, .. } = s.client[c];
        at == At::Holds && !cut_off && !s.server.known.contains(c)
    }

    fn client_lock(&self, s: &mut State, c: ClientId) -> Fired {
        let Server { owner, grace, .. } = s.server;
        when(s.client[c].at == At::Start && owner.is_empty() && !grace)?;
        self.write(s, c, true, self.rules.sync_record);
        s.server.known.insert(c);
        s.server.owner.insert(c);
        s.client[c].at = At::Holds;
        s.newest = s.server.owner;
        FIRED
    }

    fn client_unlock(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, cut_off, .. } = s.client[c];
        when(at == At::Holds && !cut_off && s.server.known.contains(c))?;
        // Nobody waits for the disk: the client has nothing to reclaim.
        self.write(s, c, false, false);
        s.server.known.remove(c);
        s.server.owner.remove(c);
        s.client[c] = Client { at: At::Done, ..Client::default() };
        FIRED
    }

    fn client_reclaim(&self, s: &mut State, c: ClientId) -> Fired {
        when(self.must_reclaim(s, c))?;
        if s.server.grace && *s.server.record[c] {
            s.server.known.insert(c);
            s.server.owner.insert(c);
            s.stale |= !s.newest.contains(c);
        } else {
            s.robbed |= !s.client[c].was_cut_off;
            s.client[c] = Client { at: At::Lost, ..Client::default() };
        }
        FIRED
    }

    fn server_expire(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].cut_off && s.server.known.contains(c))?;
        self.write(s, c, false, self.rules.sync_removal);
        s.server.known.remove(c);
        s.server.owner.remove(c);
        FIRED
    }

    fn server_end_grace(&self, s: &mut State) -> Fired {
        let returned = values::<ClientId>(self).all(|c| !self.must_reclaim(s, c));
        when(s.server.grace && returned)?;
        s.server.grace = false;
        for c in values::<ClientId>(self) {
            if self.rules.purge_records && !s.server.known.contains(c) {
                self.write(s, c, false, true);
            }
        }
        FIRED
    }

    fn server_flush(&self, s: &mut State) -> Fired {
        when(values::<ClientId>(self).any(|c| !s.server.record[c].is_synced()))?;
        values::<ClientId>(self).for_each(|c| s.server.record[c].sync());
        FIRED
    }

    fn network_heal(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].cut_off)?;
        s.client[c].cut_off = false;
        FIRED
    }

    fn fault_cut_off(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, cut_off, .. } = s.client[c];
        when(s.partitions > 0 && at == At::Holds && !cut_off)?;
        s.partitions -= 1;
        s.client[c] = Client { at, cut_off: true, was_cut_off: true };
        FIRED
    }

    fn fault_crash(&self, s: &mut State) -> Fired {
        when(s.crashes > 0)?;
        s.crashes -= 1;
        s.server.crash();
        s.server.grace = true;
        FIRED
    }

    fn reclaim_is_current(&self, s: &State) -> Claim {
        claim(!s.stale)
    }

    fn lock_survives_restart(&self, s: &State) -> Claim {
        claim(!s.robbed)
    }

    fn client_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Start, at != At::Start)
    }
}

impl Model for ClientRecords {
    const PROPERTIES: &'static [Property<Self>] = properties! { ClientRecords;
        /// A client reclaims the lock only if no other client got it since.
        invariant reclaim_is_current;
        /// A client that was never cut off keeps its lock when the server restarts.
        invariant lock_survives_restart;
        /// A client that wants the lock gets it in the end.
        leads_to client_is_served(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let (partitions, crashes) = (self.partitions, self.crashes);
        emit(&State { partitions, crashes, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| matches!(s.client[c].at, At::Done | At::Lost))
    }
}

impl Protocol for ClientRecords {
    const NAME: &'static str = "client_records";
    const SUMMARY: &'static str =
        "the records of an NFSv4 server: who may reclaim locks after a restart";
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] = &[
        Field::number("partition", "How many clients are cut off.", 0, 2, 0),
        Field::number("crash", "How often the server crashes.", 0, 2, 0),
    ];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            partitions: setup.faults.get("partition").number(),
            crashes: setup.faults.get("crash").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
