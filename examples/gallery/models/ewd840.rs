//! Termination detection on a ring: a token goes round and finds out whether all nodes are passive.
//!
//! Source: E. W. Dijkstra, W. H. J. Feijen and A. J. M. van Gasteren, "Derivation of a termination
//! detection algorithm for distributed computations" (EWD 840), 1983, in the form of module EWD840 of the
//! TLA+ examples, whose manifest has TLC's counts for three and four nodes. TLC generates a successor once
//! for each disjunct of the guard that is true, and so does this model.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, awaits, claim, implies, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

ids! {
    /// A node. The token goes from the highest one down to the first.
    pub Node n;
}

state! {
    /// Why the token may go on.
    pub enum Why { NodePassive, NodeBlack, TokenBlack }
}

state! {
    /// The whole state.
    pub struct State {
        /// The nodes that are active.
        pub active: Set<Node>,
        /// The nodes that are black; all others are white.
        pub black: Set<Node>,
        /// The node that has the token.
        pub token: Node,
        /// The token is black.
        pub token_black: bool,
    }
}

/// A ring of nodes.
pub struct Ewd840 {
    nodes: u8,
    /// Whether a node that activates one with a higher number turns black.
    blackens: bool,
}

actions! { Ewd840, State;
    /// The detection algorithm.
    fair system {
        /// The first node sends a white token round.
        initiate_probe(n: Node, why: Why);
        /// A node passes the token on.
        pass_token(n: Node, why: Why);
    }
    /// The computation whose termination is detected.
    optional environment {
        /// An active node activates another one.
        send(n: Node, to: Node);
        /// A node becomes passive.
        deactivate(n: Node);
    }
}

impl Domain<Node> for Ewd840 {
    fn size(&self) -> u8 {
        self.nodes
    }
}

impl Domain<Why> for Ewd840 {
    fn size(&self) -> u8 {
        Why::ALL.len() as u8
    }
}

/// The node that detects.
const FIRST: Node = Node(0);

impl Ewd840 {
    /// Returns whether the reason applies to the node that has the token.
    fn is_reason(s: &State, n: Node, why: Why) -> bool {
        match why {
            Why::NodePassive => !s.active.contains(n),
            Why::NodeBlack => s.black.contains(n),
            Why::TokenBlack => s.token_black,
        }
    }

    fn initiate_probe(&self, s: &mut State, n: Node, why: Why) -> Fired {
        when(n == FIRST && s.token == n)?;
        when(why != Why::NodePassive && Self::is_reason(s, n, why))?;
        s.token = Node(self.nodes - 1);
        s.token_black = false;
        s.black.remove(n);
        FIRED
    }

    fn pass_token(&self, s: &mut State, n: Node, why: Why) -> Fired {
        when(n != FIRST && s.token == n && Self::is_reason(s, n, why))?;
        s.token = Node(n.0 - 1);
        s.token_black |= s.black.contains(n);
        s.black.remove(n);
        FIRED
    }

    fn send(&self, s: &mut State, n: Node, to: Node) -> Fired {
        when(n != to && s.active.contains(n))?;
        s.active.insert(to);
        if to > n && self.blackens {
            s.black.insert(n);
        }
        FIRED
    }

    fn deactivate(&self, s: &mut State, n: Node) -> Fired {
        when(s.active.contains(n))?;
        s.active.remove(n);
        FIRED
    }

    fn is_detected(s: &State) -> bool {
        let first_is_idle = !s.black.contains(FIRST) && !s.active.contains(FIRST);
        s.token == FIRST && !s.token_black && first_is_idle
    }

    fn detection_is_right(&self, s: &State) -> Claim {
        implies(Self::is_detected(s), s.active.is_empty())
    }

    fn dijkstras_invariant(&self, s: &State) -> Claim {
        let visited_are_passive =
            values::<Node>(self).all(|n| n <= s.token || !s.active.contains(n));
        let black_is_ahead = values::<Node>(self).any(|n| n <= s.token && s.black.contains(n));
        claim(visited_are_passive || black_is_ahead || s.token_black)
    }

    fn is_noticed(&self, s: &State) -> Claim {
        awaits(s.active.is_empty(), Self::is_detected(s))
    }
}

impl Model for Ewd840 {
    const PROPERTIES: &'static [Property<Self>] = properties! { Ewd840;
        /// If termination is detected, no node is active.
        invariant detection_is_right;
        /// P0, P1 or P2 of the derivation holds.
        invariant dijkstras_invariant;
        /// If no node is active, termination is detected in the end.
        leads_to is_noticed;
    };

    /// Any values with a black token.
    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let sets = 1u8 << self.nodes;
        let set = |bits: u8| {
            let mut set = Set::EMPTY;
            values::<Node>(self).filter(|n| bits >> n.0 & 1 == 1).for_each(|n| set.insert(n));
            set
        };
        for token in values::<Node>(self) {
            for (active, black) in (0..sets).flat_map(|a| (0..sets).map(move |b| (a, b))) {
                emit(&State { active: set(active), black: set(black), token, token_black: true });
            }
        }
    }

    fn done(&self, s: &State) -> bool {
        Self::is_detected(s)
    }
}

/// Shows three and four nodes, and what breaks if no node turns black.
pub fn show(visitor: &mut impl Visitor) {
    // Of three nodes the manifest has a depth of 10, one more than there is: with several workers TLC
    // does not search level by level.
    let three = Known {
        distinct: Some(302),
        generated: Some(2_001),
        ..Known::of("ewd840", "TLA+ examples, ewd840/manifest.json, EWD840.cfg")
    };
    visitor.visit(three, Ewd840 { nodes: 3, blackens: true });
    let four = Known {
        distinct: Some(1_566),
        generated: Some(15_986),
        depth: Some(11),
        ..Known::of("ewd840/4", "TLA+ examples, ewd840/manifest.json, EWD840_json.cfg")
    };
    visitor.visit(four, Ewd840 { nodes: 4, blackens: true });
    let white = Known {
        found: &[("detection_is_right", None), ("dijkstras_invariant", None)],
        ..Known::of(
            "ewd840/never_black",
            "EWD 840: a node that activates another one has to keep P1",
        )
    };
    visitor.visit(white, Ewd840 { nodes: 3, blackens: false });
}
