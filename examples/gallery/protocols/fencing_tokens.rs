//! A lock service that gives each holder a fencing token, and a storage that compares tokens.
//!
//! The service may take the lock back at any time, and the holder need not notice: its write may be
//! on its way for long. The storage cannot ask the service. It has only the tokens to go by.
//!
//! Source: M. Kleppmann, "How to do distributed locking", section "Protecting a resource with a lock".
//! Known bug: without `compare` the storage takes a write that was sent before the lock changed hands.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, Queue, RuleInfo, Set,
    Setup, Stamp, Table, VariantInfo, awaits, claim, exceeded, renumber, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// What a client is doing.
    pub enum At { Start, Waits, Holds, Sent, Answered, Done }
}

state! {
    /// A client.
    pub struct Client {
        /// What it is doing. While it is `Sent`, its write is on its way.
        pub at: At,
        /// The token that came with the lock.
        pub token: Stamp,
        /// Its place in the true order of the holders. No process knows this.
        pub turn: Stamp,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// Clients that wait at the service.
        pub waiting: Queue<ClientId, CLIENTS>,
        /// Who owns the lock, according to the service. Empty: nobody.
        pub owner: Set<ClientId>,
        /// The service has lost its counter, and counts from the beginning.
        pub forgot: bool,
        /// The largest token that the storage has seen.
        pub seen: Stamp,
        /// The turn of the last write that the storage took. No process knows this.
        pub wrote: Stamp,
        /// The storage took an older write after a newer one. No process knows this.
        pub stale: bool,
        /// The storage refused the write of the newest holder. No process knows this.
        pub refused: bool,
        /// How often the service may still take the lock back.
        pub expiries: u8,
        /// How often the service may still restart.
        pub restarts: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The storage refuses a write whose token is smaller than one that it has seen.
        compare "Kleppmann, Protecting a resource with a lock" [1];
        /// The counter of the tokens survives a restart of the service.
        durable_counter "Kleppmann, Protecting a resource with a lock" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct FencingTokens {
    clients: u8,
    expiries: u8,
    restarts: u8,
    rules: Rules,
}

domains! { FencingTokens, self; ClientId: self.clients }

actions! { FencingTokens, State;
    /// A client that writes once.
    fair client {
        /// Ask for the lock.
        client_ask(c: ClientId) => service;
        /// Send a write with the token.
        client_send(c: ClientId) => storage;
        /// Give the lock back.
        client_release(c: ClientId) => service;
    }
    /// The lock service.
    fair service {
        /// Give the lock to the client that has waited longest, with a new token.
        service_grant() => client;
    }
    /// The storage, with a thread for each client.
    fair storage {
        /// Receive a write.
        storage_receive(c: ClientId);
    }
    /// The environment.
    fault environment {
        /// The service takes the lock back: the lease of the holder has ended.
        fault_expire();
        /// The service restarts. Nobody owns the lock afterwards.
        fault_restart();
    }
}

fn every_stamp(s: &mut State, each: &mut dyn FnMut(&mut Stamp)) {
    each(&mut s.seen);
    each(&mut s.wrote);
    for c in 0..CLIENTS as u8 {
        each(&mut s.client[ClientId(c)].token);
        each(&mut s.client[ClientId(c)].turn);
    }
}

impl FencingTokens {
    fn client_ask(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Start)?;
        s.client[c].at = At::Waits;
        s.waiting.push(c).or(exceeded("waiting"))
    }

    fn client_send(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Holds)?;
        s.client[c].at = At::Sent;
        FIRED
    }

    fn client_release(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Answered)?;
        s.client[c].at = At::Done;
        s.owner.remove(c);
        FIRED
    }

    fn service_grant(&self, s: &mut State) -> Fired {
        when(s.owner.is_empty())?;
        let Some(c) = s.waiting.head() else { return when(false) };
        s.waiting.pop();
        let new = Stamp::fresh(s, every_stamp);
        // A counter from the beginning gives tokens that are smaller than all earlier ones.
        let token = if s.forgot { Stamp::NONE } else { new };
        s.client[c] = Client { at: At::Holds, token, turn: new };
        s.owner.insert(c);
        FIRED
    }

    fn storage_receive(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, token, turn } = s.client[c];
        when(at == At::Sent)?;
        if token >= s.seen || !self.rules.compare {
            s.stale |= turn < s.wrote;
            s.seen = s.seen.max(token);
            s.wrote = turn;
        } else {
            let newest = values::<ClientId>(self).all(|d| s.client[d].turn <= turn);
            s.refused |= newest && turn > s.wrote;
        }
        s.client[c] = Client { at: At::Answered, ..Client::default() };
        renumber(s, every_stamp);
        FIRED
    }

    fn fault_expire(&self, s: &mut State) -> Fired {
        when(s.expiries > 0 && !s.owner.is_empty())?;
        s.expiries -= 1;
        s.owner = Set::EMPTY;
        FIRED
    }

    fn fault_restart(&self, s: &mut State) -> Fired {
        when(s.restarts > 0)?;
        s.restarts -= 1;
        s.owner = Set::EMPTY;
        s.forgot = !self.rules.durable_counter;
        FIRED
    }

    fn writes_are_in_order(&self, s: &State) -> Claim {
        claim(!s.stale)
    }

    fn newest_holder_may_write(&self, s: &State) -> Claim {
        claim(!s.refused)
    }

    fn waiter_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Waits, !matches!(at, At::Start | At::Waits))
    }
}

impl Model for FencingTokens {
    const PROPERTIES: &'static [Property<Self>] = properties! { FencingTokens;
        /// The storage takes writes in the order in which the lock was given.
        invariant writes_are_in_order;
        /// The storage never refuses the write of the newest holder.
        invariant newest_holder_may_write;
        /// A client that waits gets the lock in the end.
        leads_to waiter_is_served(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { expiries: self.expiries, restarts: self.restarts, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].at == At::Done)
    }
}

impl Protocol for FencingTokens {
    const NAME: &'static str = "fencing_tokens";
    const SUMMARY: &'static str =
        "a lock service with fencing tokens, and a storage that compares them";
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] = &[
        Field::number("expire", "How often the service takes the lock back.", 0, 2, 0),
        Field::number("restart", "How often the service restarts.", 0, 2, 0),
    ];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            expiries: setup.faults.get("expire").number(),
            restarts: setup.faults.get("restart").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
