// The protocol: a lock server, and clients that may give up. README.md says it in words.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    Table, VariantInfo, claim, every, implies, values, when,
};
use latchwork_model::{actions, ids, properties, rules, state};

/// The most clients. A state has room for so many; a scenario says how many there are.
const CLIENTS: usize = 3;

ids! {
    /// A client: `c0`, `c1`, ...
    pub ClientId c;
}

state! {
    /// What a client is doing.
    pub enum At {
        /// It has not asked yet.
        Start,
        /// It waits for the lock.
        Waiting,
        /// It has the lock.
        Holding,
        /// It gave the lock back, or gave up.
        Done,
    }
}

state! {
    /// A client, and what the server and the wire know of it.
    pub struct Client {
        /// What it is doing.
        pub at: At,
        /// Its request is in the queue of the server.
        pub queued: bool,
        /// The server says that it owns the lock.
        pub owner: bool,
        /// A grant is on its way to it.
        pub granted: bool,
    }
}

state! {
    /// The whole state: flat bytes, all zero at the start.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// How many times a client may still give up.
        pub give_ups: u8,
    }
}

rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {
        /// A client that receives a grant it no longer waits for gives the lock back.
        return_late_grant "README.md" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct Lock {
    clients: u8,
    give_ups: u8,
    rules: Rules,
}

// All that can happen. A lane is a kind of thing that acts; `fair` means that it does not stop.
actions! { Lock, State;
    /// A client that wants the lock.
    fair client {
        /// Ask for the lock.
        client_ask(c: ClientId) => server;
        /// The grant arrives.
        client_take_grant(c: ClientId);
        /// Give the lock back.
        client_unlock(c: ClientId) => server;
    }
    /// The server.
    fair server {
        /// Grant the lock to a client in the queue.
        server_grant(c: ClientId) => client;
    }
    /// The environment. A budget bounds how often it does harm.
    fault environment {
        /// A client gives up while it waits, and takes its request out of the queue.
        fault_give_up(c: ClientId);
    }
}

// Guards first, each a line with `when`; then what changes.
impl Lock {
    fn client_ask(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Start)?;
        s.client[c].at = At::Waiting;
        s.client[c].queued = true;
        FIRED
    }

    fn client_take_grant(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].granted)?;
        s.client[c].granted = false;
        if s.client[c].at == At::Waiting {
            s.client[c].at = At::Holding;
        } else if self.rules.return_late_grant {
            s.client[c].owner = false;
        }
        FIRED
    }

    fn client_unlock(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Holding)?;
        s.client[c].at = At::Done;
        s.client[c].owner = false;
        FIRED
    }

    fn server_grant(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].queued)?;
        when(!values::<ClientId>(self).any(|other| s.client[other].owner))?;
        s.client[c].queued = false;
        s.client[c].owner = true;
        s.client[c].granted = true;
        FIRED
    }

    fn fault_give_up(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.give_ups > 0 && s.client[c].at == At::Waiting)?;
        s.give_ups -= 1;
        s.client[c].at = At::Done;
        s.client[c].queued = false;
        FIRED
    }
}

// What the protocol promises, and what must be possible, or the promises would be cheap.
impl Lock {
    fn one_holder(&self, s: &State) -> Claim {
        let holding = values::<ClientId>(self).filter(|c| s.client[*c].at == At::Holding);
        claim(holding.count() <= 1)
    }

    fn owner_knows(&self, s: &State) -> Claim {
        every(values::<ClientId>(self).map(|c| {
            let client = s.client[c];
            implies(client.owner, client.granted || client.at == At::Holding)
        }))
    }

    fn grant_comes_late(&self, s: &State) -> Claim {
        let late = |c: ClientId| s.client[c].granted && s.client[c].at == At::Done;
        implies(values::<ClientId>(self).any(late), true)
    }
}

impl Model for Lock {
    const PROPERTIES: &'static [Property<Self>] = properties! { Lock;
        /// At most one client holds the lock.
        invariant one_holder;
        /// The client that owns the lock according to the server holds it, or will learn of the grant.
        invariant owner_knows;
        /// A grant is on its way to a client that gave up.
        reachable grant_comes_late;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { give_ups: self.give_ups, ..State::default() });
    }

    // Where nothing can happen any more this must be so, or it is a deadlock.
    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].at == At::Done)
    }
}

impl Domain<ClientId> for Lock {
    fn size(&self) -> u8 {
        self.clients
    }
}

// What the command line tool and scenario files need to know.
impl Protocol for Lock {
    const NAME: &'static str = "lock";
    const SUMMARY: &'static str = "a lock is granted by a message, and a client may give up";
    const README: &'static str = include_str!("../README.md");
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] =
        &[Field::number("give_up", "How many times a client gives up.", 0, CLIENTS as u8, 0)];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            give_ups: setup.faults.get("give_up").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
