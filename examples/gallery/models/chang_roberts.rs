//! Chang and Roberts: leader election on a ring with messages in one direction.
//!
//! Source: E. Chang and R. Roberts, "An improved algorithm for decentralized extrema-finding in circular
//! configurations of processes", CACM 22(5), 1979, in the form of module ChangRoberts of the TLA+
//! examples, whose manifest has TLC's counts for three nodes.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, Table, awaits, every, implies, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

/// The most nodes.
const MOST: usize = 4;

ids! {
    /// A node, and its identity: the lowest one wins.
    pub Node n;
}

state! {
    /// How a node stands in the election.
    pub enum Standing { Candidate, Lost, Won }
}

state! {
    /// The whole state.
    pub struct State {
        /// The nodes that begin an election.
        pub initiator: Set<Node>,
        /// The nodes that have started.
        pub started: Set<Node>,
        /// How each node stands.
        pub standing: Table<Node, Standing, MOST>,
        /// The identities on their way to each node.
        pub inbox: Table<Node, Set<Node>, MOST>,
    }
}

/// A ring of nodes; any of them may be initiators.
pub struct ChangRoberts {
    nodes: u8,
}

actions! { ChangRoberts, State;
    /// A node.
    fair node {
        /// Start; an initiator sends its identity to the next node (n0).
        start(n: Node) => node;
        /// Receive an identity, and pass it on if it may win (n1).
        receive(n: Node, id: Node) => node;
    }
}

impl Domain<Node> for ChangRoberts {
    fn size(&self) -> u8 {
        self.nodes
    }
}

impl ChangRoberts {
    fn next(&self, n: Node) -> Node {
        Node((n.0 + 1) % self.nodes)
    }

    fn start(&self, s: &mut State, n: Node) -> Fired {
        when(!s.started.contains(n))?;
        s.started.insert(n);
        if s.initiator.contains(n) {
            s.inbox[self.next(n)].insert(n);
        }
        FIRED
    }

    fn receive(&self, s: &mut State, n: Node, id: Node) -> Fired {
        when(s.started.contains(n) && s.inbox[n].contains(id))?;
        s.inbox[n].remove(id);
        if s.standing[n] == Standing::Lost || id < n {
            s.standing[n] = Standing::Lost;
            s.inbox[self.next(n)].insert(id);
        } else if id == n {
            s.standing[n] = Standing::Won;
        }
        FIRED
    }

    /// Returns whether some node stands so.
    fn any(&self, s: &State, standing: Standing) -> bool {
        values::<Node>(self).any(|n| s.standing[n] == standing)
    }

    fn correctness(&self, s: &State) -> Claim {
        every(values::<Node>(self).map(|n| {
            let mut others = values::<Node>(self).filter(|m| *m != n);
            let all = others
                .all(|m| s.standing[m] == Standing::Lost && (!s.initiator.contains(m) || m > n));
            implies(s.standing[n] == Standing::Won, s.initiator.contains(n) && all)
        }))
    }

    fn is_elected(&self, s: &State) -> Claim {
        awaits(self.any(s, Standing::Candidate), self.any(s, Standing::Won))
    }
}

impl Model for ChangRoberts {
    const PROPERTIES: &'static [Property<Self>] = properties! { ChangRoberts;
        /// The winner is the initiator with the lowest identity, and all other nodes have lost.
        invariant correctness;
        /// If there is a candidate, some node wins in the end.
        leads_to is_elected;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        for initiators in 0..1u8 << self.nodes {
            let mut s = State::default();
            for n in values::<Node>(self) {
                if initiators >> n.0 & 1 == 1 {
                    s.initiator.insert(n);
                } else {
                    s.standing[n] = Standing::Lost;
                }
            }
            emit(&s);
        }
    }

    fn done(&self, s: &State) -> bool {
        s.initiator.is_empty() || self.any(s, Standing::Won)
    }
}

/// Shows three nodes.
pub fn show(visitor: &mut impl Visitor) {
    let three = Known {
        distinct: Some(137),
        generated: Some(227),
        depth: Some(9),
        ..Known::of(
            "chang_roberts",
            "TLA+ examples, chang_roberts/manifest.json, MCChangRoberts.cfg",
        )
    };
    visitor.visit(three, ChangRoberts { nodes: 3 });
}
