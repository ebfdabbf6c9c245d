//! Callbacks of AFS: a fileserver promises to tell a client when a file changes.
//!
//! The server breaks the promise by calling the client back. If the client cannot be reached, the
//! server keeps the break, and delivers it when the client calls next. A promise ends by itself, so a
//! client that never calls reads old data for a while only.
//!
//! Source: the OpenAFS wiki, "afs-cb-story", and the list openafs-info, September 2005, message 19223.
//! Known bug: without `delay_break` a client whose callback connection is broken goes on to read old
//! data after it has talked to the server.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Set, Setup,
    Table, Timer, VariantInfo, awaits, implies, tick, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;
/// How many ticks a promise lasts.
const PROMISE: u8 = 2;

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// A client.
    pub struct Client {
        /// It has a copy of the file.
        pub cached: bool,
        /// The promise for its copy, while it lasts.
        pub promise: Timer,
        /// Its copy is older than the file. No process knows this.
        pub stale: bool,
        /// The server cannot call it. It can still call the server.
        pub unreachable: bool,
        /// It has called the server since the file changed. No process knows this.
        pub called: bool,
        /// A break is on its way to it.
        pub call: bool,
        /// How often it still stores the file.
        pub stores: u8,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// Whom the server has promised a callback.
        pub promised: Set<ClientId>,
        /// Whom the server could not reach, and will tell when they call.
        pub delayed: Set<ClientId>,
        /// How many callback connections may still break.
        pub breaks: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The server keeps a break that it cannot deliver until the client calls.
        delay_break "openafs-info, September 2005, message 19223" [1];
        /// A promise ends after a while.
        end_promise "OpenAFS wiki, afs-cb-story" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct AfsCallbacks {
    clients: u8,
    stores: u8,
    breaks: u8,
    rules: Rules,
}

domains! { AfsCallbacks, self; ClientId: self.clients }

actions! { AfsCallbacks, State;
    /// A client reads and calls when it likes.
    optional user {
        /// Fetch the file, with a promise.
        user_fetch(c: ClientId);
        /// Call the server about something else.
        user_call(c: ClientId);
    }
    /// A client.
    fair client {
        /// Store a new version of the file.
        client_store(c: ClientId);
        /// Receive a break.
        client_take_break(c: ClientId);
        /// The promise has ended: ask before the next read.
        client_end_promise(c: ClientId);
    }
    /// Time.
    fair clock {
        /// A unit of time passes.
        clock_tick();
    }
    /// The environment.
    fault environment {
        /// The server can no longer call a client. What was on its way is lost.
        fault_break_connection(c: ClientId);
    }
}

impl AfsCallbacks {
    /// A client no longer trusts its copy.
    fn distrust(&self, s: &mut State, c: ClientId) {
        s.client[c].cached = false;
        s.client[c].stale = false;
        s.client[c].promise.stop();
    }

    /// A client calls the server, which delivers a break that it has kept. A break that is on its way
    /// comes before the answer of a later call.
    fn contact(&self, s: &mut State, c: ClientId) {
        if s.delayed.contains(c) {
            s.delayed.remove(c);
            self.distrust(s, c);
        }
        s.client[c].called = s.client[c].stale;
    }

    fn user_fetch(&self, s: &mut State, c: ClientId) -> Fired {
        when(!s.client[c].cached && !s.client[c].call)?;
        self.contact(s, c);
        s.client[c].cached = true;
        s.client[c].promise.arm(PROMISE);
        s.promised.insert(c);
        FIRED
    }

    fn user_call(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].cached && !s.client[c].call)?;
        self.contact(s, c);
        FIRED
    }

    fn client_store(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].stores > 0 && !s.client[c].call)?;
        s.client[c].stores -= 1;
        self.contact(s, c);
        for d in values::<ClientId>(self).filter(|d| *d != c) {
            s.client[d].stale |= s.client[d].cached;
            s.client[d].called = false;
            if s.promised.contains(d) {
                s.promised.remove(d);
                self.call_back(s, d);
            }
        }
        FIRED
    }

    fn call_back(&self, s: &mut State, d: ClientId) {
        if !s.client[d].unreachable {
            s.client[d].call = true;
        } else if self.rules.delay_break {
            s.delayed.insert(d);
        }
    }

    fn client_take_break(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].call)?;
        s.client[c].call = false;
        self.distrust(s, c);
        FIRED
    }

    fn client_end_promise(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].promise.is_expired())?;
        self.distrust(s, c);
        s.promised.remove(c);
        s.delayed.remove(c);
        FIRED
    }

    fn clock_tick(&self, s: &mut State) -> Fired {
        when(self.rules.end_promise)?;
        tick(s, |s, each| {
            for c in values::<ClientId>(self) {
                each(&mut s.client[c].promise, true);
            }
        })
    }

    fn fault_break_connection(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.breaks > 0 && !s.client[c].unreachable)?;
        s.breaks -= 1;
        s.client[c].unreachable = true;
        if s.client[c].call {
            s.client[c].call = false;
            self.call_back(s, c);
        }
        FIRED
    }

    fn call_clears_old_copy(&self, s: &State, c: ClientId) -> Claim {
        implies(s.client[c].called, !s.client[c].stale)
    }

    fn old_copy_goes(&self, s: &State, c: ClientId) -> Claim {
        awaits(s.client[c].stale, !s.client[c].stale)
    }
}

impl Model for AfsCallbacks {
    const PROPERTIES: &'static [Property<Self>] = properties! { AfsCallbacks;
        /// A client that has called the server since the file changed does not trust an old copy.
        invariant call_clears_old_copy(c: ClientId);
        /// A client stops trusting an old copy in the end.
        leads_to old_copy_goes(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { breaks: self.breaks, ..State::default() };
        for c in values::<ClientId>(self) {
            s.client[c].stores = self.stores;
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].stores == 0)
    }
}

impl Protocol for AfsCallbacks {
    const NAME: &'static str = "afs_callbacks";
    const SUMMARY: &'static str =
        "a promise to call a client back, and a client that is out of reach";
    const BOUNDS: &'static [Field] = &[
        Field::number("clients", "How many clients there are.", 2, CLIENTS as u8, 2),
        Field::number("stores", "How often each client stores the file.", 1, 2, 1),
    ];
    const FAULTS: &'static [Field] =
        &[Field::number("unreachable", "How many clients can no longer be called.", 0, 2, 0)];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            stores: setup.bounds.get("stores").number(),
            breaks: setup.faults.get("unreachable").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
