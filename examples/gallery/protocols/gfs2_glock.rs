//! A glock of GFS2: a node caches a cluster lock, and demotes it when another node asks.
//!
//! The cluster's lock manager answers a request and asks for a demotion by callbacks. Both only set a
//! flag, and schedule the work function of the glock. It looks at the flags one after the other.
//!
//! Source: the Linux commit "GFS2: Processes waiting on inode glock that no processes are holding"
//! (f90e5b5b136e), with the race in its message.
//! Known bug: without `keep_pending_demote` the work function forgets a demote request that comes
//! together with the grant, and the other nodes wait for a lock that nobody uses.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, Queue, RuleInfo, Set,
    Setup, Table, VariantInfo, awaits, claim, exceeded, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most nodes that a scenario may have.
const NODES: usize = 3;

ids! {
    /// A node of the cluster.
    pub NodeId n;
}

state! {
    /// What a process of a node does with the glock.
    pub enum Holder { Idle, Waits, Holds }
}

state! {
    /// A node: a process that locks, and the flags of its glock.
    pub struct Node {
        /// The process.
        pub holder: Holder,
        /// How often the process still locks.
        pub rounds: u8,
        /// The glock is in exclusive mode (`gl_state`).
        pub exclusive: bool,
        /// The answer to a request is there (`GLF_REPLY_PENDING`).
        pub reply_pending: bool,
        /// A demote request is there, and the glock may not be granted yet (`GLF_PENDING_DEMOTE`).
        pub pending_demote: bool,
        /// The glock is to be demoted (`GLF_DEMOTE`).
        pub demote: bool,
        /// The work function is scheduled.
        pub queued: bool,
        /// The work function has looked for a reply, and not yet for a demote request.
        pub working: bool,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The nodes.
        pub node: Table<NodeId, Node, NODES>,
        /// Whom the lock manager has granted the lock. Empty: nobody.
        pub owner: Set<NodeId>,
        /// The owner was asked to demote.
        pub asked: bool,
        /// The nodes that wait at the lock manager.
        pub waiting: Queue<NodeId, NODES>,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A pending demote request is taken only when the glock is no longer unlocked.
        keep_pending_demote "GFS2, glock_work_func" [1];
        /// A glock is not demoted while a process holds it.
        wait_for_holder "GFS2, run_queue" [1];
        /// The last holder schedules the work function if the glock is to be demoted.
        schedule_on_unlock "GFS2, gfs2_glock_dq" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct Gfs2Glock {
    nodes: u8,
    rounds: u8,
    rules: Rules,
}

domains! { Gfs2Glock, self; NodeId: self.nodes }

actions! { Gfs2Glock, State;
    /// A process of a node.
    fair process {
        /// Lock: at once if the glock is cached, or after a request to the lock manager.
        process_lock(n: NodeId) => dlm;
        /// Unlock. The glock stays cached.
        process_unlock(n: NodeId);
    }
    /// The work function of a glock (`glock_work_func`).
    fair work {
        /// Take a reply, if there is one.
        work_take_reply(n: NodeId);
        /// Take a demote request, if there is one, and demote.
        work_take_demote(n: NodeId) => dlm;
    }
    /// The lock manager.
    fair dlm {
        /// Grant the lock to the node that has waited longest.
        dlm_grant() => work;
        /// Ask the owner to demote, because another node waits.
        dlm_ask() => work;
    }
}

impl Gfs2Glock {
    fn process_lock(&self, s: &mut State, n: NodeId) -> Fired {
        let node = &mut s.node[n];
        when(node.holder == Holder::Idle && node.rounds > 0 && !node.demote)?;
        node.rounds -= 1;
        if node.exclusive {
            node.holder = Holder::Holds;
            return FIRED;
        }
        node.holder = Holder::Waits;
        node.queued = true;
        s.waiting.push(n).or(exceeded("waiting"))
    }

    fn process_unlock(&self, s: &mut State, n: NodeId) -> Fired {
        let node = &mut s.node[n];
        when(node.holder == Holder::Holds)?;
        node.holder = Holder::Idle;
        node.queued |= node.demote && self.rules.schedule_on_unlock;
        FIRED
    }

    fn work_take_reply(&self, s: &mut State, n: NodeId) -> Fired {
        let node = &mut s.node[n];
        when(node.queued && !node.working)?;
        (node.queued, node.working) = (false, true);
        if node.reply_pending {
            node.reply_pending = false;
            node.exclusive = true;
            node.holder = Holder::Holds;
        }
        FIRED
    }

    fn work_take_demote(&self, s: &mut State, n: NodeId) -> Fired {
        let node = &mut s.node[n];
        when(node.working)?;
        node.working = false;
        if node.pending_demote && (node.exclusive || !self.rules.keep_pending_demote) {
            node.pending_demote = false;
            node.demote |= node.exclusive;
        }
        if node.demote && (node.holder != Holder::Holds || !self.rules.wait_for_holder) {
            (node.demote, node.exclusive) = (false, false);
            s.owner.remove(n);
            s.asked = false;
        }
        FIRED
    }

    fn dlm_grant(&self, s: &mut State) -> Fired {
        when(s.owner.is_empty())?;
        let Some(n) = s.waiting.head() else { return when(false) };
        s.waiting.pop();
        s.owner.insert(n);
        (s.node[n].reply_pending, s.node[n].queued) = (true, true);
        FIRED
    }

    fn dlm_ask(&self, s: &mut State) -> Fired {
        when(!s.waiting.is_empty() && !s.asked)?;
        let Some(n) = s.owner.iter().next() else { return when(false) };
        s.asked = true;
        (s.node[n].pending_demote, s.node[n].queued) = (true, true);
        FIRED
    }

    fn one_holder(&self, s: &State) -> Claim {
        let holding = values::<NodeId>(self).filter(|n| s.node[*n].holder == Holder::Holds);
        claim(holding.count() <= 1)
    }

    fn waiter_is_granted(&self, s: &State, n: NodeId) -> Claim {
        let holder = s.node[n].holder;
        awaits(holder == Holder::Waits, holder == Holder::Holds)
    }
}

impl Model for Gfs2Glock {
    const PROPERTIES: &'static [Property<Self>] = properties! { Gfs2Glock;
        /// At most one node holds the lock.
        invariant one_holder;
        /// A process that waits for the glock holds it in the end.
        leads_to waiter_is_granted(n: NodeId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State::default();
        for n in values::<NodeId>(self) {
            s.node[n].rounds = self.rounds;
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        let idle = |n: NodeId| s.node[n].holder == Holder::Idle && s.node[n].rounds == 0;
        values::<NodeId>(self).all(idle)
    }
}

impl Protocol for Gfs2Glock {
    const NAME: &'static str = "gfs2_glock";
    const SUMMARY: &'static str = "a cached cluster lock that is demoted when another node asks";
    const BOUNDS: &'static [Field] = &[
        Field::number("nodes", "How many nodes there are.", 1, NODES as u8, 2),
        Field::number("rounds", "How often each node locks.", 1, 3, 1),
    ];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            nodes: setup.bounds.get("nodes").number(),
            rounds: setup.bounds.get("rounds").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
