// A lease: a lock that ends by itself. docs/tutorial.md builds this file from top to bottom.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fifo, Fired, Model, ProfileInfo, Property, Protocol, Queue, RuleInfo, Set,
    Setup, Table, VariantInfo, awaits, claim, exceeded, implies, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;

ids! {
    /// A client: `c0`, `c1`, ...
    pub ClientId c;
}

state! {
    /// What a client is doing.
    pub enum At { Start, Waits, Holds, Done }
}

state! {
    /// What a message to the server says.
    pub enum Kind { Ask, Release }
}

state! {
    /// A message to the server.
    pub struct Message {
        /// What it says.
        pub kind: Kind,
        /// Who sent it.
        pub from: ClientId,
    }
}

state! {
    /// A client, and what is on its way to it.
    pub struct Client {
        /// What it is doing.
        pub at: At,
        /// A grant is on its way to it.
        pub granted: bool,
        /// The term of its lease has not ended.
        pub term: bool,
    }
}

state! {
    /// The whole state. It is all zero at the start.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// Messages on their way to the server.
        pub inbox: Fifo<Message, 6>,
        /// Clients whose requests wait at the server.
        pub waiting: Queue<ClientId, CLIENTS>,
        /// Who owns the lease, according to the server. Empty: nobody.
        pub owner: Set<ClientId>,
        /// How many messages may still be lost.
        pub losses: u8,
        /// How many grants may still be slow.
        pub slow: u8,
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
        /// A client asks again when its request or the answer is lost.
        retransmit "docs/tutorial.md" [1];
        /// A client ignores a grant that arrives after its term has ended.
        check_term "docs/tutorial.md" [1];
        /// The server takes a lease back only when its term has ended.
        server_waits "docs/tutorial.md" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct Lease {
    clients: u8,
    losses: u8,
    slow: u8,
    crashes: u8,
    rules: Rules,
}

domains! { Lease, self; ClientId: self.clients }

actions! { Lease, State;
    /// A client that needs the lease once.
    fair client {
        /// Ask for the lease.
        client_ask(c: ClientId) => server;
        /// Time out, and ask again.
        client_retransmit(c: ClientId) => server;
        /// Receive a grant.
        client_take_grant(c: ClientId);
        /// Give the lease back.
        client_release(c: ClientId) => server;
    }
    /// The only server.
    fair server {
        /// Receive a message.
        server_receive() => client;
        /// Grant the lease to the first client that waits.
        server_grant() => client;
        /// Take back a lease that has ended.
        server_expire();
    }
    /// Time.
    fair clock {
        /// The term of a lease ends.
        clock_term_ends(c: ClientId);
    }
    /// The environment. Budgets bound how often it does harm.
    fault environment {
        /// The next message to the server is lost.
        fault_lose_message();
        /// A grant is lost.
        fault_lose_grant(c: ClientId);
        /// The term ends while the grant is still on its way.
        fault_slow_grant(c: ClientId);
        /// A client crashes and starts again.
        fault_crash(c: ClientId);
    }
}

impl Lease {
    fn send(&self, s: &mut State, kind: Kind, from: ClientId) -> Fired {
        s.inbox.push(Message { kind, from }).or(exceeded("inbox"))
    }

    fn client_ask(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Start)?;
        s.client[c].at = At::Waits;
        self.send(s, Kind::Ask, c)
    }

    fn client_release(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Holds)?;
        s.client[c].at = At::Done;
        self.send(s, Kind::Release, c)
    }

    fn client_take_grant(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].granted)?;
        s.client[c].granted = false;
        let in_time = s.client[c].term || !self.rules.check_term;
        if s.client[c].at == At::Waits && in_time {
            s.client[c].at = At::Holds;
        }
        FIRED
    }
}

impl Lease {
    fn grant(&self, s: &mut State, c: ClientId) {
        s.owner.insert(c);
        s.client[c].granted = true;
        s.client[c].term = true;
    }

    fn server_receive(&self, s: &mut State) -> Fired {
        when(!s.inbox.is_empty())?;
        let Message { kind, from } = s.inbox.remove(0);
        match kind {
            Kind::Ask if s.owner.contains(from) => self.grant(s, from),
            Kind::Ask if s.waiting.contains(from) => {}
            Kind::Ask => s.waiting.push(from).or(exceeded("waiting"))?,
            Kind::Release => {
                s.owner.remove(from);
                s.client[from].term = false;
            }
        }
        FIRED
    }

    fn server_grant(&self, s: &mut State) -> Fired {
        when(s.owner.is_empty() && !s.waiting.is_empty())?;
        if let Some(next) = s.waiting.pop() {
            self.grant(s, next);
        }
        FIRED
    }
}

impl Lease {
    fn end_term(&self, s: &mut State, c: ClientId) {
        s.client[c].term = false;
        if s.client[c].at == At::Holds {
            s.client[c].at = At::Done;
        }
    }

    fn client_retransmit(&self, s: &mut State, c: ClientId) -> Fired {
        when(self.rules.retransmit && s.client[c].at == At::Waits)?;
        // The time-out is longer than any answer takes: it fires only if no answer will come.
        let ask = Message { kind: Kind::Ask, from: c };
        when(!s.client[c].granted && !s.inbox.contains(ask) && !s.waiting.contains(c))?;
        self.send(s, Kind::Ask, c)
    }

    fn clock_term_ends(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].term && !s.client[c].granted)?;
        self.end_term(s, c);
        FIRED
    }

    fn server_expire(&self, s: &mut State) -> Fired {
        when(!s.owner.is_empty())?;
        let running = s.owner.iter().any(|c| s.client[c].term);
        when(!running || !self.rules.server_waits)?;
        s.owner = Set::EMPTY;
        FIRED
    }
}

impl Lease {
    fn fault_lose_message(&self, s: &mut State) -> Fired {
        when(s.losses > 0 && !s.inbox.is_empty())?;
        s.losses -= 1;
        s.inbox.pop();
        FIRED
    }

    fn fault_lose_grant(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.losses > 0 && s.client[c].granted)?;
        s.losses -= 1;
        s.client[c].granted = false;
        FIRED
    }

    fn fault_slow_grant(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.slow > 0 && s.client[c].granted && s.client[c].term)?;
        s.slow -= 1;
        self.end_term(s, c);
        FIRED
    }

    fn fault_crash(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.crashes > 0 && matches!(s.client[c].at, At::Waits | At::Holds))?;
        s.crashes -= 1;
        s.client[c].at = At::Start;
        FIRED
    }
}

impl Lease {
    fn one_holder(&self, s: &State) -> Claim {
        let holding = values::<ClientId>(self).filter(|c| s.client[*c].at == At::Holds);
        claim(holding.count() <= 1)
    }

    fn holder_is_in_term(&self, s: &State, c: ClientId) -> Claim {
        implies(s.client[c].at == At::Holds, s.client[c].term)
    }

    fn nothing_is_left(&self, s: &State) -> Claim {
        claim(s.owner.is_empty() && s.waiting.is_empty())
    }

    fn waiter_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Waits, matches!(at, At::Holds | At::Done))
    }

    fn grant_comes_late(&self, s: &State) -> Claim {
        let late = |c: ClientId| s.client[c].granted && !s.client[c].term;
        implies(values::<ClientId>(self).any(late), true)
    }
}

impl Model for Lease {
    const PROPERTIES: &'static [Property<Self>] = properties! { Lease;
        /// At most one client holds the lease.
        invariant one_holder;
        /// A client that holds the lease is within its term.
        invariant holder_is_in_term(c: ClientId);
        /// When nothing happens any more, no lease and no request is left at the server.
        at_rest nothing_is_left;
        /// A client that waits is served in the end.
        leads_to waiter_is_served(c: ClientId);
        /// A grant arrives after its term.
        reachable grant_comes_late;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let (losses, slow, crashes) = (self.losses, self.slow, self.crashes);
        emit(&State { losses, slow, crashes, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].at == At::Done)
    }
}

impl Protocol for Lease {
    const NAME: &'static str = "lease";
    const SUMMARY: &'static str = "a lock that ends by itself; messages are lost, clients crash";
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] = &[
        Field::number("lose", "How many messages are lost.", 0, 2, 0),
        Field::number("slow", "How many grants are slow.", 0, 2, 0),
        Field::number("crash", "How often a client crashes.", 0, 2, 0),
    ];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            losses: setup.faults.get("lose").number(),
            slow: setup.faults.get("slow").number(),
            crashes: setup.faults.get("crash").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
