//! An SMB2 lease: a server breaks it for another open, and waits for the acknowledgement, but not long.
//!
//! The holder of a write lease caches what it writes. Before another client can open the file, the
//! server sends a break, and the holder flushes and acknowledges. If the acknowledgement does not come
//! in time, the server takes the lease away and goes on. A durable handle survives a lost connection.
//!
//! Source: [MS-SMB2] 3.3.4.7 (a lease break), 3.2.5.19.2 (what the client does), 3.3.5.22.2 (the
//! acknowledgement) and 3.3.6.1 (its timer).
//! Known bug: without `refuse_late_ack` an acknowledgement after the time-out gives a read lease to a
//! client whose cache is out of date.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Set, Setup,
    Table, Timer, VariantInfo, awaits, implies, tick, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;
/// How many ticks the server waits for an acknowledgement.
const PATIENCE: u8 = 2;

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// The open of a client.
    pub enum At { Closed, Opening, Open }
}

state! {
    /// A lease: `Read` stands for RH, `Write` for RWH. A durable open survives a break without a
    /// connection only if the lease still has its H.
    pub enum Lease { None, Read, Write }
}

state! {
    /// A message to a client: its lease is broken to reading, or taken away.
    pub enum Notice { None, ToRead, Gone }
}

state! {
    /// A client, and what is on its way from and to it.
    pub struct Client {
        /// Its open.
        pub at: At,
        /// The lease that it believes to have.
        pub lease: Lease,
        /// It has written into its cache, and not to the server.
        pub dirty: bool,
        /// Its cache is out of date. No process knows this.
        pub stale: bool,
        /// It has written once, which is enough.
        pub wrote: bool,
        /// It has no connection. The open is durable.
        pub offline: bool,
        /// A message to it.
        pub notice: Notice,
        /// Its acknowledgement is on its way.
        pub ack: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The leases, according to the server.
        pub lease: Table<ClientId, Lease, CLIENTS>,
        /// Whose acknowledgement the server waits for.
        pub breaking: Set<ClientId>,
        /// How long it still waits.
        pub timer: Timer,
        /// How often a connection may still be lost.
        pub losses: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A client flushes its cache before it acknowledges.
        flush_first "[MS-SMB2] 3.2.5.19.2" [1];
        /// The server refuses an acknowledgement that it does not wait for.
        refuse_late_ack "[MS-SMB2] 3.3.5.22.2" [1];
        /// The server takes the lease away if the acknowledgement does not come in time.
        time_out "[MS-SMB2] 3.3.6.1" [1];
        /// The answer to a durable reconnect says which lease is left.
        reconnect_tells_lease "[MS-SMB2] 3.3.5.9.7, 2.2.14.2.10" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct Smb2Lease {
    clients: u8,
    losses: u8,
    rules: Rules,
}

domains! { Smb2Lease, self; ClientId: self.clients }

actions! { Smb2Lease, State;
    /// A client that opens the file and writes once.
    fair client {
        /// Ask to open the file.
        client_open(c: ClientId) => server;
        /// Write: into the cache with a write lease, to the server without.
        client_write(c: ClientId) => server;
        /// Receive a message about the lease.
        client_take_notice(c: ClientId) => server;
    }
    /// A client that has lost its connection may come back, but need not.
    optional network {
        /// Connect again, with the durable handle.
        network_reconnect(c: ClientId) => server;
    }
    /// The server, with a thread for each connection.
    fair server {
        /// Open the file for a client.
        server_open(c: ClientId) => client;
        /// Break the write lease of a client, because another one wants to open.
        server_break(c: ClientId) => client;
        /// Receive an acknowledgement.
        server_take_ack(c: ClientId) => client;
    }
    /// The timer of the server.
    fair timer {
        /// The acknowledgement did not come in time.
        timer_expire();
    }
    /// Time.
    fair clock {
        /// A unit of time passes.
        clock_tick();
    }
    /// The environment.
    fault environment {
        /// A client loses its connection, with what is on its way.
        fault_disconnect(c: ClientId);
    }
}

impl Smb2Lease {
    fn others(&self, c: ClientId) -> impl Iterator<Item = ClientId> {
        values::<ClientId>(self).filter(move |d| *d != c)
    }

    /// The server stores what a client has written, and takes the read leases of the others away.
    fn store(&self, s: &mut State, c: ClientId) {
        s.client[c].dirty = false;
        for d in self.others(c) {
            s.client[d].stale |= s.client[d].lease != Lease::None;
            if s.lease[d] == Lease::Read {
                s.lease[d] = Lease::None;
                if !s.client[d].offline {
                    s.client[d].notice = Notice::Gone;
                }
            }
        }
    }

    /// A client learns its lease from the server.
    fn learn(&self, s: &mut State, c: ClientId) {
        if s.client[c].dirty {
            self.store(s, c);
        }
        s.client[c].lease = s.lease[c];
        s.client[c].stale &= s.lease[c] != Lease::None;
    }

    fn client_open(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Closed)?;
        s.client[c].at = At::Opening;
        FIRED
    }

    fn client_write(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, wrote, offline, lease, .. } = s.client[c];
        when(at == At::Open && !wrote && !offline)?;
        s.client[c].wrote = true;
        if lease == Lease::Write {
            s.client[c].dirty = true;
        } else {
            self.store(s, c);
        }
        FIRED
    }

    fn client_take_notice(&self, s: &mut State, c: ClientId) -> Fired {
        let notice = s.client[c].notice;
        when(notice != Notice::None)?;
        s.client[c].notice = Notice::None;
        if notice == Notice::Gone {
            (s.client[c].lease, s.client[c].stale) = (Lease::None, false);
            return FIRED;
        }
        if s.client[c].dirty && self.rules.flush_first {
            self.store(s, c);
        }
        s.client[c].lease = Lease::Read;
        s.client[c].ack = true;
        FIRED
    }

    fn network_reconnect(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].offline)?;
        s.client[c].offline = false;
        if s.breaking.contains(c) {
            s.client[c].notice = Notice::ToRead;
        } else if self.rules.reconnect_tells_lease {
            self.learn(s, c);
        }
        FIRED
    }

    fn server_open(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Opening)?;
        when(self.others(c).all(|d| s.lease[d] != Lease::Write))?;
        s.client[c].at = At::Open;
        let alone = self.others(c).all(|d| s.client[d].at != At::Open);
        s.lease[c] = if alone { Lease::Write } else { Lease::Read };
        s.client[c].lease = s.lease[c];
        FIRED
    }

    fn server_break(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.lease[c] == Lease::Write && !s.breaking.contains(c))?;
        when(self.others(c).any(|d| s.client[d].at == At::Opening))?;
        s.breaking.insert(c);
        s.timer.arm(PATIENCE);
        if !s.client[c].offline {
            s.client[c].notice = Notice::ToRead;
        }
        FIRED
    }

    fn server_take_ack(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].ack)?;
        s.client[c].ack = false;
        if s.breaking.contains(c) {
            s.breaking.remove(c);
            s.timer.stop();
            s.lease[c] = Lease::Read;
        } else if self.rules.refuse_late_ack {
            self.learn(s, c);
        } else {
            s.lease[c] = Lease::Read;
        }
        FIRED
    }

    fn timer_expire(&self, s: &mut State) -> Fired {
        when(self.rules.time_out && s.timer.is_expired())?;
        s.timer.stop();
        let late = s.breaking;
        late.iter().for_each(|c| s.lease[c] = Lease::None);
        s.breaking = Set::EMPTY;
        FIRED
    }

    fn clock_tick(&self, s: &mut State) -> Fired {
        tick(s, |s, each| each(&mut s.timer, true))
    }

    fn fault_disconnect(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.losses > 0 && s.client[c].at == At::Open && !s.client[c].offline)?;
        s.losses -= 1;
        let client = &mut s.client[c];
        (client.offline, client.notice, client.ack) = (true, Notice::None, false);
        FIRED
    }

    fn written_in_cache_needs_lease(&self, s: &State, c: ClientId) -> Claim {
        implies(s.client[c].dirty, s.client[c].lease == Lease::Write)
    }

    fn leased_cache_is_current(&self, s: &State, c: ClientId) -> Claim {
        implies(s.lease[c] != Lease::None, !s.client[c].stale)
    }

    fn both_sides_agree(&self, s: &State, c: ClientId) -> Claim {
        implies(!s.client[c].offline, s.client[c].lease == s.lease[c])
    }

    fn open_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Opening, at == At::Open)
    }
}

impl Model for Smb2Lease {
    const PROPERTIES: &'static [Property<Self>] = properties! { Smb2Lease;
        /// A client with something in its cache that the server lacks has a write lease.
        invariant written_in_cache_needs_lease(c: ClientId);
        /// The cache of a client that has a lease, according to the server, is up to date.
        invariant leased_cache_is_current(c: ClientId);
        /// When nothing happens any more, a client with a connection agrees with the server on its lease.
        at_rest both_sides_agree(c: ClientId);
        /// A client that wants to open the file opens it in the end.
        leads_to open_is_served(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { losses: self.losses, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].wrote)
    }
}

impl Protocol for Smb2Lease {
    const NAME: &'static str = "smb2_lease";
    const SUMMARY: &'static str =
        "a lease break with acknowledgement and time-out, and durable handles";
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 2, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] =
        &[Field::number("disconnect", "How often a connection is lost.", 0, 2, 0)];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            losses: setup.faults.get("disconnect").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
