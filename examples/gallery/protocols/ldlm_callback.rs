//! A lock of Lustre's LDLM: clients cache it, a blocking callback asks for it, a cancel gives it back.
//!
//! A client that asks for an operation may pack the cancel of its own lock into the request: an early
//! lock cancel. The server evicts a client that does not answer a callback.
//!
//! Source: "Early Lock Cancellation" in the Lustre protocol documentation, and the Linux commit
//! 9b00e00b7d85 of staging/lustre, which lets the server send a lost callback again.
//! Known bug: without `resend_callback` one lost message evicts a client that is alive.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Set, Setup,
    Table, VariantInfo, awaits, implies, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// The read lock of a client: none, cached, in use, or in use and to be cancelled.
    pub enum Lock { None, Cached, Used, Wanted }
}

state! {
    /// The operation of a client that changes the resource.
    pub enum Change { Start, Sent, Served, Done }
}

state! {
    /// A client, and what is on its way from and to it.
    pub struct Client {
        /// Its lock.
        pub lock: Lock,
        /// Its operation.
        pub change: Change,
        /// Its request carries the cancel of its own lock.
        pub packed: bool,
        /// A blocking callback is on its way to it.
        pub callback: bool,
        /// Its cancel is on its way.
        pub cancel: bool,
        /// How often it still uses its lock.
        pub uses: u8,
        /// It has crashed.
        pub dead: bool,
        /// The server has evicted it.
        pub evicted: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// Who has a lock, according to the server.
        pub granted: Set<ClientId>,
        /// Whom the server has sent a callback for the operation that it serves.
        pub asked: Set<ClientId>,
        /// How many callbacks may still be lost.
        pub losses: u8,
        /// How many clients may still crash.
        pub crashes: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The server sends a callback again if no answer comes.
        resend_callback "Linux commit 9b00e00b7d85" [1];
        /// The server cancels what is packed into a request when the request comes, before it waits.
        packed_cancel_first "Lustre protocol, Early Lock Cancellation" [1];
        /// A client cancels a lock that it uses only when it no longer uses it.
        cancel_after_use "Lustre, ldlm_handle_bl_callback" [1];
        /// The server evicts a client that does not answer.
        evict "Linux commit 9b00e00b7d85" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct LdlmCallback {
    clients: u8,
    uses: u8,
    losses: u8,
    crashes: u8,
    rules: Rules,
}

domains! { LdlmCallback, self; ClientId: self.clients }

actions! { LdlmCallback, State;
    /// A client. Each starts with a cached read lock, and changes the resource once.
    fair client {
        /// Use the cached lock.
        client_use(c: ClientId);
        /// Stop using it, and cancel it if it is wanted.
        client_unuse(c: ClientId) => server;
        /// Ask for the operation, with the cancel of the own lock.
        client_change(c: ClientId) => server;
        /// Receive a blocking callback.
        client_take_callback(c: ClientId) => server;
    }
    /// The server, with a thread for each client.
    fair server {
        /// Take the cancel out of a request.
        server_take_packed(c: ClientId);
        /// Begin to serve an operation.
        server_serve(c: ClientId);
        /// Send a blocking callback to a client that has a lock.
        server_ask(c: ClientId) => client;
        /// Send it again, because no answer comes.
        server_resend(c: ClientId) => client;
        /// Receive a cancel.
        server_take_cancel(c: ClientId);
        /// Nobody has a lock any more: finish the operation.
        server_finish(c: ClientId) => client;
        /// Evict a client that does not answer.
        server_evict(c: ClientId);
    }
    /// The environment.
    fault environment {
        /// A callback is lost.
        fault_lose_callback(c: ClientId);
        /// A client crashes.
        fault_crash(c: ClientId);
    }
}

impl LdlmCallback {
    /// No answer of this client is on its way, and none will come.
    fn is_silent(&self, s: &State, c: ClientId) -> bool {
        let Client { lock, callback, cancel, packed, dead, .. } = s.client[c];
        let comes = cancel || packed && self.rules.packed_cancel_first;
        let lost = !callback && lock != Lock::Wanted;
        s.asked.contains(c) && s.granted.contains(c) && !comes && (dead || lost)
    }

    fn client_use(&self, s: &mut State, c: ClientId) -> Fired {
        let client = &mut s.client[c];
        when(client.lock == Lock::Cached && client.uses > 0 && !client.dead)?;
        client.uses -= 1;
        client.lock = Lock::Used;
        FIRED
    }

    fn client_unuse(&self, s: &mut State, c: ClientId) -> Fired {
        let client = &mut s.client[c];
        when(matches!(client.lock, Lock::Used | Lock::Wanted) && !client.dead)?;
        let wanted = client.lock == Lock::Wanted;
        client.cancel |= wanted;
        client.lock = if wanted { Lock::None } else { Lock::Cached };
        FIRED
    }

    fn client_change(&self, s: &mut State, c: ClientId) -> Fired {
        let client = &mut s.client[c];
        when(client.change == Change::Start && !client.dead && !client.evicted)?;
        when(matches!(client.lock, Lock::None | Lock::Cached))?;
        client.change = Change::Sent;
        client.packed = client.lock == Lock::Cached;
        client.lock = Lock::None;
        FIRED
    }

    fn client_take_callback(&self, s: &mut State, c: ClientId) -> Fired {
        let client = &mut s.client[c];
        when(client.callback && !client.dead)?;
        client.callback = false;
        match client.lock {
            Lock::Used if self.rules.cancel_after_use => client.lock = Lock::Wanted,
            Lock::Used | Lock::Cached => {
                client.cancel = true;
                if client.lock == Lock::Cached {
                    client.lock = Lock::None;
                }
            }
            // The cancel is on its way already.
            Lock::None | Lock::Wanted => {}
        }
        FIRED
    }

    fn server_serve(&self, s: &mut State, c: ClientId) -> Fired {
        let serves = |d| s.client[d].change == Change::Served;
        when(s.client[c].change == Change::Sent && !values::<ClientId>(self).any(serves))?;
        when(!s.client[c].packed || !self.rules.packed_cancel_first)?;
        s.client[c].change = Change::Served;
        FIRED
    }

    fn server_take_packed(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].packed && self.rules.packed_cancel_first)?;
        s.client[c].packed = false;
        s.granted.remove(c);
        FIRED
    }

    fn server_ask(&self, s: &mut State, c: ClientId) -> Fired {
        when(values::<ClientId>(self).any(|d| s.client[d].change == Change::Served))?;
        when(s.granted.contains(c) && !s.asked.contains(c))?;
        s.asked.insert(c);
        s.client[c].callback = true;
        FIRED
    }

    fn server_resend(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { lock, dead, .. } = s.client[c];
        when(self.rules.resend_callback && self.is_silent(s, c) && !dead && lock != Lock::None)?;
        s.client[c].callback = true;
        FIRED
    }

    fn server_take_cancel(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].cancel)?;
        s.client[c].cancel = false;
        s.granted.remove(c);
        FIRED
    }

    fn server_finish(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].change == Change::Served && s.granted.is_empty())?;
        s.client[c].change = Change::Done;
        s.client[c].packed = false;
        s.asked = Set::EMPTY;
        FIRED
    }

    /// The server waits longer than it takes to send a callback again and to answer it.
    fn server_evict(&self, s: &mut State, c: ClientId) -> Fired {
        when(self.rules.evict && self.is_silent(s, c))?;
        let Client { lock, dead, .. } = s.client[c];
        when(dead || lock == Lock::None || !self.rules.resend_callback)?;
        s.client[c].evicted = true;
        s.granted.remove(c);
        FIRED
    }

    fn fault_lose_callback(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.losses > 0 && s.client[c].callback)?;
        s.losses -= 1;
        s.client[c].callback = false;
        FIRED
    }

    fn fault_crash(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.crashes > 0 && !s.client[c].dead)?;
        s.crashes -= 1;
        s.client[c].dead = true;
        FIRED
    }

    fn only_the_dead_are_evicted(&self, s: &State, c: ClientId) -> Claim {
        implies(s.client[c].evicted, s.client[c].dead)
    }

    fn used_lock_is_granted(&self, s: &State, c: ClientId) -> Claim {
        let Client { lock, dead, evicted, .. } = s.client[c];
        let used = matches!(lock, Lock::Used | Lock::Wanted);
        implies(used && !dead && !evicted, s.granted.contains(c))
    }

    fn change_is_done(&self, s: &State, c: ClientId) -> Claim {
        let change = s.client[c].change;
        awaits(matches!(change, Change::Sent | Change::Served), change == Change::Done)
    }
}

impl Model for LdlmCallback {
    const PROPERTIES: &'static [Property<Self>] = properties! { LdlmCallback;
        /// The server evicts only clients that have crashed.
        invariant only_the_dead_are_evicted(c: ClientId);
        /// A client uses only a lock that it has, according to the server.
        invariant used_lock_is_granted(c: ClientId);
        /// An operation that a client asks for is done in the end.
        leads_to change_is_done(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { losses: self.losses, crashes: self.crashes, ..State::default() };
        for c in values::<ClientId>(self) {
            s.client[c] = Client { lock: Lock::Cached, uses: self.uses, ..Client::default() };
            s.granted.insert(c);
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        let over = |c: ClientId| s.client[c].change == Change::Done || s.client[c].dead;
        values::<ClientId>(self).all(|c| over(c) || s.client[c].evicted)
    }
}

impl Protocol for LdlmCallback {
    const NAME: &'static str = "ldlm_callback";
    const SUMMARY: &'static str =
        "a blocking callback, and a cancel that comes early with a request";
    const BOUNDS: &'static [Field] = &[
        Field::number("clients", "How many clients there are.", 2, CLIENTS as u8, 2),
        Field::number("uses", "How often each client uses its lock.", 0, 2, 1),
    ];
    const FAULTS: &'static [Field] = &[
        Field::number("lose", "How many callbacks are lost.", 0, 2, 0),
        Field::number("crash", "How many clients crash.", 0, 2, 0),
    ];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            uses: setup.bounds.get("uses").number(),
            losses: setup.faults.get("lose").number(),
            crashes: setup.faults.get("crash").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
