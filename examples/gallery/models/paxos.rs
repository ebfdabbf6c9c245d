//! Paxos: acceptors vote in ballots, and at most one value is chosen.
//!
//! Source: L. Lamport, "The part-time parliament", ACM TOCS 16(2), 1998, in the form of module Paxos of the
//! TLA+ examples (no leaders, no learners, every message that was sent stays), whose manifests have TLC's
//! counts for one acceptor and one value, and for three acceptors and two values.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, Table, claim, implies, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

ids! {
    /// An acceptor.
    pub Acceptor a;
    /// A ballot.
    pub Ballot b;
    /// A value.
    pub Value v;
}

state! {
    /// A ballot or none.
    pub struct Highest {
        /// One more than the ballot's number; 0 is none.
        pub ballot: u8,
    }
}

state! {
    /// A vote or none.
    pub struct Vote {
        /// The ballot.
        pub ballot: Highest,
        /// The value; 0 if there is no vote.
        pub value: Value,
    }
}

state! {
    /// A message that was sent or not.
    pub struct Promise {
        /// It was sent (1b).
        pub sent: bool,
        /// The sender's last vote.
        pub vote: Vote,
    }
}

state! {
    /// A proposal that was made or not.
    pub struct Proposal {
        /// It was made (2a).
        pub made: bool,
        /// The value.
        pub value: Value,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The highest ballot in which each acceptor has taken part (maxBal).
        pub highest: Table<Acceptor, Highest, 3>,
        /// The last vote of each acceptor (maxVBal, maxVal).
        pub vote: Table<Acceptor, Vote, 3>,
        /// The ballots that have begun (1a).
        pub begun: Set<Ballot>,
        /// The acceptors' promises in each ballot (1b).
        pub promise: Table<Ballot, Table<Acceptor, Promise, 3>, 2>,
        /// The proposals (2a).
        pub proposal: Table<Ballot, Proposal, 2>,
        /// The acceptors that have voted in each ballot, for its proposal (2b).
        pub voted: Table<Ballot, Set<Acceptor>, 2>,
    }
}

/// Paxos with two ballots.
pub struct Paxos {
    acceptors: u8,
    values: u8,
    /// How many acceptors are a quorum.
    quorum: u8,
}

actions! { Paxos, State;
    /// The leader of a ballot.
    fair leader {
        /// Begin a ballot.
        phase_1a(b: Ballot) => acceptor;
        /// Propose a value that is safe, after a quorum has answered.
        phase_2a(b: Ballot, v: Value) => acceptor;
    }
    /// An acceptor.
    fair acceptor {
        /// Promise to take part in no lower ballot.
        phase_1b(a: Acceptor, b: Ballot) => leader;
        /// Vote for the proposal.
        phase_2b(a: Acceptor, b: Ballot);
    }
}

impl Domain<Acceptor> for Paxos {
    fn size(&self) -> u8 {
        self.acceptors
    }
}

impl Domain<Ballot> for Paxos {
    fn size(&self) -> u8 {
        2
    }
}

impl Domain<Value> for Paxos {
    fn size(&self) -> u8 {
        self.values
    }
}

impl From<Ballot> for Highest {
    fn from(b: Ballot) -> Self {
        Self { ballot: b.0 + 1 }
    }
}

impl Paxos {
    fn phase_1a(&self, s: &mut State, b: Ballot) -> Fired {
        s.begun.insert(b);
        FIRED
    }

    fn phase_1b(&self, s: &mut State, a: Acceptor, b: Ballot) -> Fired {
        when(s.begun.contains(b) && Highest::from(b).ballot > s.highest[a].ballot)?;
        s.highest[a] = b.into();
        s.promise[b][a] = Promise { sent: true, vote: s.vote[a] };
        FIRED
    }

    fn phase_2a(&self, s: &mut State, b: Ballot, v: Value) -> Fired {
        when(!s.proposal[b].made && self.is_safe(s, b, v))?;
        s.proposal[b] = Proposal { made: true, value: v };
        FIRED
    }

    fn phase_2b(&self, s: &mut State, a: Acceptor, b: Ballot) -> Fired {
        when(s.proposal[b].made && Highest::from(b).ballot >= s.highest[a].ballot)?;
        s.highest[a] = b.into();
        s.vote[a] = Vote { ballot: b.into(), value: s.proposal[b].value };
        s.voted[b].insert(a);
        FIRED
    }

    /// Returns whether a quorum has answered, and its highest vote, if there is one, is for this value.
    fn is_safe(&self, s: &State, b: Ballot, v: Value) -> bool {
        let quorum = |members: u8| members.count_ones() == u32::from(self.quorum);
        (0..1u8 << self.acceptors).filter(|members| quorum(*members)).any(|members| {
            let promises = || {
                let acceptors = values::<Acceptor>(self).filter(|a| members >> a.0 & 1 == 1);
                acceptors.map(|a| s.promise[b][a])
            };
            let highest = promises().map(|promise| promise.vote.ballot.ballot).max();
            let highest = highest.unwrap_or(0);
            promises().all(|promise| promise.sent)
                && (highest == 0
                    || promises().any(|promise| {
                        promise.vote.ballot.ballot == highest && promise.vote.value == v
                    }))
        })
    }

    /// Returns whether a quorum has voted in a ballot.
    fn is_decided(&self, s: &State, b: Ballot) -> bool {
        s.voted[b].len() >= self.quorum
    }

    fn agreement(&self, s: &State) -> Claim {
        let [one, other] = [Ballot(0), Ballot(1)];
        implies(
            self.is_decided(s, one) && self.is_decided(s, other),
            s.proposal[one].value == s.proposal[other].value,
        )
    }

    fn votes_are_kept(&self, s: &State) -> Claim {
        claim(values::<Acceptor>(self).all(|a| s.highest[a].ballot >= s.vote[a].ballot.ballot))
    }

    fn a_value_is_chosen(&self, s: &State) -> Claim {
        implies(values::<Ballot>(self).any(|b| self.is_decided(s, b)), true)
    }
}

impl Model for Paxos {
    const PROPERTIES: &'static [Property<Self>] = properties! { Paxos;
        /// At most one value is chosen.
        invariant agreement;
        /// No acceptor has voted in a ballot that is higher than its highest one.
        invariant votes_are_kept;
        /// A value is chosen.
        reachable a_value_is_chosen;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<Ballot>(self).any(|b| self.is_decided(s, b))
    }
}

/// Shows the two sizes with published counts, and quorums without a common member.
///
/// A value is chosen after two steps of the leader and two of each member of a quorum.
pub fn show(visitor: &mut impl Visitor) {
    let one = Known {
        distinct: Some(25),
        generated: Some(82),
        depth: Some(8),
        found: &[("a_value_is_chosen", Some(4))],
        ..Known::of("paxos/1", "TLA+ examples, Paxos/manifest.json, MCPaxos.cfg")
    };
    visitor.visit(one, Paxos { acceptors: 1, values: 1, quorum: 1 });
    // No figure for `generated`: TLC counts a proposal once for each quorum and each vote that allows it.
    let three = Known {
        distinct: Some(3_921),
        depth: Some(16),
        found: &[("a_value_is_chosen", Some(6))],
        ..Known::of(
            "paxos",
            "TLA+ examples, PaxosHowToWinATuringAward/manifest.json, MCPaxosTiny.cfg",
        )
    };
    visitor.visit(three, Paxos { acceptors: 3, values: 2, quorum: 2 });
    // Two ballots of four steps each.
    let apart = Known {
        found: &[("agreement", Some(8)), ("a_value_is_chosen", Some(4))],
        ..Known::of(
            "paxos/quorums_apart",
            "Lamport 1998: B2, any two quorums have a member in common",
        )
    };
    visitor.visit(apart, Paxos { acceptors: 2, values: 2, quorum: 1 });
}
