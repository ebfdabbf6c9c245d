//! The model of docs/kit.md: leases that end, and tokens that are compared.

use latchwork_model::kit::{
    Claim, FIRED, Fired, Model, Property, Stamp, Table, Timer, claim, renumber, tick, values, when,
};
use latchwork_model::{actions, domains, ids, properties, state};

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// A client.
    pub struct Client {
        /// Its lease, at the server.
        pub lease: Timer,
        /// The token that came with its last lease.
        pub token: Stamp,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, 2>,
        /// The newest token that the storage has seen.
        pub newest: Stamp,
        /// The storage took an older write after a newer one.
        pub stale: bool,
    }
}

/// The model with leases of this many ticks.
pub struct Leases {
    /// How many ticks a lease lasts.
    pub ttl: u8,
    /// The storage compares tokens.
    pub compares: bool,
}

domains! { Leases, self; ClientId: 2 }

actions! { Leases, State;
    /// A client.
    optional client {
        /// Get a lease, if nobody has one.
        client_lease(c: ClientId);
        /// Write with the token of the last lease.
        client_write(c: ClientId);
    }
    /// The server.
    fair server {
        /// A lease ends.
        server_end(c: ClientId);
    }
    /// Time.
    fair clock {
        /// A unit of time passes.
        clock_tick();
    }
}

impl Leases {
    fn server_end(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].lease.is_expired())?;
        s.client[c].lease.stop();
        FIRED
    }

    fn clock_tick(&self, s: &mut State) -> Fired {
        tick(s, |s, each| {
            for c in values::<ClientId>(self) {
                each(&mut s.client[c].lease, true);
            }
        })
    }
}

fn every_stamp(s: &mut State, each: &mut dyn FnMut(&mut Stamp)) {
    each(&mut s.newest);
    each(&mut s.client[ClientId(0)].token);
    each(&mut s.client[ClientId(1)].token);
}

impl Leases {
    fn client_lease(&self, s: &mut State, c: ClientId) -> Fired {
        when(values::<ClientId>(self).all(|c| !s.client[c].lease.is_armed()))?;
        s.client[c].token = Stamp::fresh(s, every_stamp);
        s.client[c].lease.arm(self.ttl);
        renumber(s, every_stamp);
        FIRED
    }

    fn client_write(&self, s: &mut State, c: ClientId) -> Fired {
        let token = s.client[c].token;
        when(token != Stamp::NONE)?;
        if token >= s.newest || !self.compares {
            s.stale |= token < s.newest;
            s.newest = token;
            renumber(s, every_stamp);
        }
        FIRED
    }

    fn writes_are_in_order(&self, s: &State) -> Claim {
        claim(!s.stale)
    }
}

impl Model for Leases {
    const PROPERTIES: &'static [Property<Self>] = properties! { Leases;
        /// The storage takes writes in the order of their tokens.
        invariant writes_are_in_order;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| !s.client[c].lease.is_armed())
    }
}
