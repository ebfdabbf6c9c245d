//! A lock that is replicated on three bricks, as in Gluster: whoever has it on two of them holds it.
//!
//! A brick keeps its locks in memory, and loses them when it goes down. When it is back, the clients
//! that had a lock on it take the lock again.
//!
//! Source: Gluster issue 613 (a rolling upgrade loses the locks), issue 4042 (they are not taken again),
//! and the commit "protocol/client,server: fcntl lock self healing" (f764516c).
//! Known bug: without `heal` a second client gets the lock after the bricks have restarted in turn.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Set, Setup,
    Table, VariantInfo, awaits, claim, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most clients that a scenario may have.
const CLIENTS: usize = 3;
/// The number of bricks.
const BRICKS: u8 = 3;

ids! {
    /// A client.
    pub ClientId c;
    /// A brick: one replica of the file, and of its locks.
    pub BrickId b;
}

state! {
    /// What a client is doing.
    pub enum At { Start, Locks, Holds, Done }
}

state! {
    /// A client.
    pub struct Client {
        /// What it is doing.
        pub at: At,
        /// The brick that it asks next.
        pub next: u8,
        /// Where it has the lock, as it believes.
        pub believes: Set<BrickId>,
    }
}

state! {
    /// A brick.
    pub struct Brick {
        /// It is down, and all its locks are lost.
        pub down: bool,
        /// It waits for the clients that had a lock on it.
        pub recovers: bool,
        /// Who has the lock on it. Empty: nobody.
        pub owner: Set<ClientId>,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The bricks.
        pub brick: Table<BrickId, Brick, 3>,
        /// How often a brick may still go down.
        pub downs: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A client takes its locks again on a brick that is back.
        heal "Gluster issue 4042" [1];
        /// A brick that is back gives no lock to others before.
        grace "Gluster commit f764516c" [1];
        /// A client needs the lock on two bricks.
        majority "Gluster documentation, replica 3 and quorum" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct BrickLocks {
    clients: u8,
    downs: u8,
    rules: Rules,
}

domains! { BrickLocks, self; ClientId: self.clients, BrickId: BRICKS }

actions! { BrickLocks, State;
    /// A client that locks once.
    fair client {
        /// Begin to lock.
        client_lock(c: ClientId);
        /// Ask the next brick: wait if another client has the lock there, skip a brick that is down.
        client_ask(c: ClientId);
        /// All bricks were asked: hold the lock, or try again.
        client_count(c: ClientId);
        /// Take the lock again on a brick that is back.
        client_heal(c: ClientId);
        /// Unlock.
        client_unlock(c: ClientId);
    }
    /// A brick.
    fair brick {
        /// Start again.
        brick_start(b: BrickId);
        /// Stop waiting for clients, because none will come.
        brick_end_grace(b: BrickId);
    }
    /// The environment.
    fault environment {
        /// A brick goes down.
        fault_down(b: BrickId);
    }
}

impl BrickLocks {
    /// Some client believes to have the lock on this brick, and the brick does not know it.
    fn is_missed(&self, s: &State, b: BrickId) -> bool {
        values::<ClientId>(self)
            .any(|c| s.client[c].believes.contains(b) && !s.brick[b].owner.contains(c))
    }

    fn release(&self, s: &mut State, c: ClientId) {
        values::<BrickId>(self).for_each(|b| s.brick[b].owner.remove(c));
        s.client[c].believes = Set::EMPTY;
        s.client[c].next = 0;
    }

    fn client_lock(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Start)?;
        s.client[c].at = At::Locks;
        FIRED
    }

    fn client_ask(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, next, .. } = s.client[c];
        when(at == At::Locks && next < BRICKS)?;
        let b = BrickId(next);
        let Brick { down, recovers, owner } = s.brick[b];
        when(down || owner.is_empty() && !(recovers && self.rules.grace))?;
        s.client[c].next += 1;
        if !down {
            s.brick[b].owner.insert(c);
            s.client[c].believes.insert(b);
        }
        FIRED
    }

    fn client_count(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, next, believes } = s.client[c];
        when(at == At::Locks && next == BRICKS)?;
        let needed = if self.rules.majority { 2 } else { 1 };
        if believes.len() >= needed {
            s.client[c].at = At::Holds;
        } else {
            self.release(s, c);
        }
        FIRED
    }

    fn client_heal(&self, s: &mut State, c: ClientId) -> Fired {
        when(self.rules.heal)?;
        let mut lost = values::<BrickId>(self).filter(|b| {
            let Brick { down, owner, .. } = s.brick[*b];
            s.client[c].believes.contains(*b) && !down && owner.is_empty()
        });
        let Some(b) = lost.next() else { return when(false) };
        s.brick[b].owner.insert(c);
        s.brick[b].recovers = false;
        FIRED
    }

    fn client_unlock(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Holds)?;
        self.release(s, c);
        s.client[c].at = At::Done;
        FIRED
    }

    fn brick_start(&self, s: &mut State, b: BrickId) -> Fired {
        when(s.brick[b].down)?;
        s.brick[b].down = false;
        s.brick[b].recovers = self.is_missed(s, b);
        FIRED
    }

    /// The grace period is longer than a client needs to take its lock again.
    fn brick_end_grace(&self, s: &mut State, b: BrickId) -> Fired {
        when(s.brick[b].recovers && !(self.rules.heal && self.is_missed(s, b)))?;
        s.brick[b].recovers = false;
        FIRED
    }

    fn fault_down(&self, s: &mut State, b: BrickId) -> Fired {
        when(s.downs > 0 && !s.brick[b].down)?;
        s.downs -= 1;
        s.brick[b] = Brick { down: true, ..Brick::default() };
        FIRED
    }

    fn one_holder(&self, s: &State) -> Claim {
        let holding = values::<ClientId>(self).filter(|c| s.client[*c].at == At::Holds);
        claim(holding.count() <= 1)
    }

    fn locker_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Locks, matches!(at, At::Holds | At::Done))
    }
}

impl Model for BrickLocks {
    const PROPERTIES: &'static [Property<Self>] = properties! { BrickLocks;
        /// At most one client holds the lock.
        invariant one_holder;
        /// A client that locks holds the lock in the end.
        leads_to locker_is_served(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { downs: self.downs, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| s.client[c].at == At::Done)
    }
}

impl Protocol for BrickLocks {
    const NAME: &'static str = "brick_locks";
    const SUMMARY: &'static str = "a lock that is replicated on three bricks, which lose it";
    const BOUNDS: &'static [Field] =
        &[Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2)];
    const FAULTS: &'static [Field] =
        &[Field::number("down", "How often a brick goes down.", 0, 4, 0)];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            downs: setup.faults.get("down").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
