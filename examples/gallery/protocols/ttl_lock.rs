//! A lock that ends with the lease of its holder, as in etcd. A holder may be paused past its lease.
//!
//! A client queues a key under a lease; the oldest key owns the lock. The lease ends unless the
//! client keeps it alive, and the key goes with it. A paused client does not see that.
//!
//! Source: etcd issue 10811 (a lock held by two clients), and issue 11456, found by Jepsen (a lock is
//! answered although the lease has ended).
//! Known bug: without `fence` the storage takes the write of a holder that was paused.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup, Stamp,
    Table, Timer, VariantInfo, awaits, claim, renumber, tick, values, when,
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
    pub enum At { Start, Waits, Holds, Wrote, Done, Dead }
}

state! {
    /// A client, and what the server keeps of it.
    pub struct Client {
        /// What it believes.
        pub at: At,
        /// It is paused: it does nothing and sees nothing.
        pub paused: bool,
        /// Its lease, at the server.
        pub lease: Timer,
        /// Its key is in the queue of the lock, at the server.
        pub key: bool,
        /// The revision of its key.
        pub revision: Stamp,
        /// The server answered that it owns the lock, but its lease had ended. No process knows this.
        pub told_late: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The clients.
        pub client: Table<ClientId, Client, CLIENTS>,
        /// The newest revision that has written to the storage.
        pub last: Stamp,
        /// The storage took a write that is older than `last`. No process knows this.
        pub stale: bool,
        /// How many clients may still be paused.
        pub pauses: u8,
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
        /// After the wait the server answers only a client whose lease has not ended.
        check_lease "etcd issue 11456" [1];
        /// The storage refuses a write with an older revision than the last one.
        fence "etcd issue 10811" [1];
        /// The server deletes the key of a lease that has ended.
        expire "etcd issue 9921" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct TtlLock {
    clients: u8,
    ttl: u8,
    pauses: u8,
    crashes: u8,
    rules: Rules,
}

domains! { TtlLock, self; ClientId: self.clients }

actions! { TtlLock, State;
    /// A client that writes once, under the lock.
    fair each client {
        /// Get a lease, and queue a key under it.
        client_ask(c: ClientId) => server;
        /// Start the lease again.
        client_keep_alive(c: ClientId) => server;
        /// Write to the storage.
        client_write(c: ClientId);
        /// Delete the key, and end the lease.
        client_unlock(c: ClientId) => server;
        /// A pause ends.
        client_wake(c: ClientId);
    }
    /// The server, with a thread for each request.
    fair server {
        /// No older key is left: answer that the client owns the lock.
        server_answer(c: ClientId) => client;
        /// A lease ends.
        server_expire(c: ClientId);
    }
    /// Time.
    fair clock {
        /// A unit of time passes.
        clock_tick();
    }
    /// The environment.
    fault environment {
        /// A holder stops for a while: a garbage collection, a moved virtual machine.
        fault_pause(c: ClientId);
        /// A client that waits or holds crashes.
        fault_crash(c: ClientId);
    }
}

fn every_stamp(s: &mut State, each: &mut dyn FnMut(&mut Stamp)) {
    each(&mut s.last);
    for c in 0..CLIENTS as u8 {
        each(&mut s.client[ClientId(c)].revision);
    }
}

impl TtlLock {
    /// The server forgets a key, with its lease and its revision.
    fn forget(&self, s: &mut State, c: ClientId) {
        s.client[c].lease.stop();
        s.client[c].key = false;
    }

    fn end(&self, s: &mut State, c: ClientId) {
        s.client[c].at = At::Done;
        s.client[c].revision = Stamp::NONE;
        renumber(s, every_stamp);
    }

    fn client_ask(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Start)?;
        let revision = Stamp::fresh(s, every_stamp);
        let client = &mut s.client[c];
        (client.at, client.key, client.revision) = (At::Waits, true, revision);
        client.lease.arm(self.ttl);
        FIRED
    }

    fn client_keep_alive(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, paused, lease, .. } = s.client[c];
        when(matches!(at, At::Waits | At::Holds | At::Wrote) && !paused)?;
        when(lease.remaining().is_some_and(|ticks| ticks > 0 && ticks < self.ttl))?;
        s.client[c].lease.arm(self.ttl);
        FIRED
    }

    fn client_write(&self, s: &mut State, c: ClientId) -> Fired {
        let Client { at, paused, revision, .. } = s.client[c];
        when(at == At::Holds && !paused)?;
        s.client[c].at = At::Wrote;
        if revision >= s.last || !self.rules.fence {
            s.stale |= revision < s.last;
            s.last = revision;
            renumber(s, every_stamp);
        }
        FIRED
    }

    fn client_unlock(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].at == At::Wrote)?;
        self.forget(s, c);
        self.end(s, c);
        FIRED
    }

    fn client_wake(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.client[c].paused)?;
        s.client[c].paused = false;
        FIRED
    }

    fn server_answer(&self, s: &mut State, c: ClientId) -> Fired {
        let me = s.client[c];
        let older = |d| s.client[d].key && s.client[d].revision < me.revision;
        when(me.at == At::Waits && !values::<ClientId>(self).any(older))?;
        if me.key || !self.rules.check_lease {
            s.client[c].at = At::Holds;
            s.client[c].told_late = !me.key;
        } else {
            self.end(s, c);
        }
        FIRED
    }

    fn server_expire(&self, s: &mut State, c: ClientId) -> Fired {
        when(self.rules.expire && s.client[c].lease.is_expired())?;
        self.forget(s, c);
        let Client { at, paused, .. } = s.client[c];
        // A holder that runs knows that it did not keep its lease alive.
        if matches!(at, At::Holds | At::Wrote) && !paused {
            self.end(s, c);
        }
        FIRED
    }

    fn clock_tick(&self, s: &mut State) -> Fired {
        tick(s, |s, each| {
            for c in values::<ClientId>(self) {
                each(&mut s.client[c].lease, true);
            }
        })
    }

    fn fault_pause(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.pauses > 0 && s.client[c].at == At::Holds && !s.client[c].paused)?;
        s.pauses -= 1;
        s.client[c].paused = true;
        FIRED
    }

    fn fault_crash(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.crashes > 0 && matches!(s.client[c].at, At::Waits | At::Holds))?;
        s.crashes -= 1;
        s.client[c].at = At::Dead;
        s.client[c].paused = false;
        FIRED
    }

    fn writes_are_in_order(&self, s: &State) -> Claim {
        claim(!s.stale)
    }

    fn answer_means_owner(&self, s: &State, c: ClientId) -> Claim {
        claim(!s.client[c].told_late)
    }

    fn waiter_is_served(&self, s: &State, c: ClientId) -> Claim {
        let at = s.client[c].at;
        awaits(at == At::Waits, !matches!(at, At::Start | At::Waits))
    }
}

impl Model for TtlLock {
    const PROPERTIES: &'static [Property<Self>] = properties! { TtlLock;
        /// The storage takes writes in the order in which the lock was owned.
        invariant writes_are_in_order;
        /// A client that is told that it owns the lock has a lease.
        invariant answer_means_owner(c: ClientId);
        /// A client that waits owns the lock in the end, or learns that its lease has ended.
        leads_to waiter_is_served(c: ClientId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { pauses: self.pauses, crashes: self.crashes, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        values::<ClientId>(self).all(|c| matches!(s.client[c].at, At::Done | At::Dead))
    }
}

impl Protocol for TtlLock {
    const NAME: &'static str = "ttl_lock";
    const SUMMARY: &'static str = "a lock that ends with the lease of its holder, as in etcd";
    const BOUNDS: &'static [Field] = &[
        Field::number("clients", "How many clients there are.", 1, CLIENTS as u8, 2),
        Field::number("ttl", "How many ticks a lease lasts.", 1, 16, 2),
    ];
    const FAULTS: &'static [Field] = &[
        Field::number("pause", "How often a holder is paused.", 0, 2, 0),
        Field::number("crash", "How many clients crash.", 0, 2, 0),
    ];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            clients: setup.bounds.get("clients").number(),
            ttl: setup.bounds.get("ttl").number(),
            pauses: setup.faults.get("pause").number(),
            crashes: setup.faults.get("crash").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
