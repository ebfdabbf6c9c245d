//! The jugs of Die Hard: measure four gallons with jugs of five and three.
//!
//! Source: L. Lamport, module DieHard of the TLA+ examples. Introductions to TLA+ print TLC's figures for
//! it: 97 states generated, 16 distinct, depth 8 (7 steps). Modules DieHardest and MCDieHardest state the
//! shortest solutions for other jugs. By Bézout's identity, also stated there, a goal can be measured if
//! and only if it fits into a jug and is a multiple of the capacities' greatest common divisor.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Table, implies, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

/// The most jugs.
const MOST: usize = 3;

ids! {
    /// A jug.
    pub Jug j;
}

state! {
    /// The whole state.
    pub struct State {
        /// The water in each jug, in gallons.
        pub water: Table<Jug, u8, MOST>,
    }
}

/// Jugs, and the amount to measure.
pub struct DieHard {
    capacity: &'static [u8],
    goal: u8,
}

actions! { DieHard, State;
    /// The person who handles the jugs.
    fair hero {
        /// Fill a jug at the faucet.
        fill(j: Jug);
        /// Empty a jug.
        empty(j: Jug);
        /// Pour until this jug is empty or the other one is full.
        pour(j: Jug, into: Jug);
    }
}

impl Domain<Jug> for DieHard {
    fn size(&self) -> u8 {
        self.capacity.len() as u8
    }
}

impl DieHard {
    fn capacity(&self, j: Jug) -> u8 {
        self.capacity[usize::from(j.0)]
    }

    fn fill(&self, s: &mut State, j: Jug) -> Fired {
        s.water[j] = self.capacity(j);
        FIRED
    }

    fn empty(&self, s: &mut State, j: Jug) -> Fired {
        s.water[j] = 0;
        FIRED
    }

    fn pour(&self, s: &mut State, j: Jug, into: Jug) -> Fired {
        when(j != into)?;
        let poured = s.water[j].min(self.capacity(into) - s.water[into]);
        s.water[j] -= poured;
        s.water[into] += poured;
        FIRED
    }

    fn is_measured(&self, s: &State) -> bool {
        values::<Jug>(self).any(|j| s.water[j] == self.goal)
    }

    fn measured(&self, s: &State) -> Claim {
        implies(self.is_measured(s), true)
    }
}

impl Model for DieHard {
    const PROPERTIES: &'static [Property<Self>] = properties! { DieHard;
        /// The amount is in one of the jugs.
        reachable measured;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        self.is_measured(s)
    }
}

/// Shows the jugs of the film, and others.
pub fn show(visitor: &mut impl Visitor) {
    let film = Known {
        distinct: Some(16),
        generated: Some(97),
        depth: Some(7),
        found: &[("measured", Some(6))],
        ..Known::of("die_hard", "TLC on module DieHard of the TLA+ examples")
    };
    visitor.visit(film, DieHard { capacity: &[5, 3], goal: 4 });
    let source = "TLA+ examples, comments of DieHardest.tla and MCDieHardest.tla";
    let one_more = Known { found: &[("measured", Some(5))], ..Known::of("die_hard/5_3_3", source) };
    visitor.visit(one_more, DieHard { capacity: &[5, 3, 3], goal: 4 });
    let nine_ten = Known { found: &[("measured", Some(6))], ..Known::of("die_hard/9_10", source) };
    visitor.visit(nine_ten, DieHard { capacity: &[9, 10], goal: 2 });
    let one_three = Known { found: &[("measured", Some(2))], ..Known::of("die_hard/1_3", source) };
    visitor.visit(one_three, DieHard { capacity: &[1, 3], goal: 2 });
    let threes = Known {
        found: &[("can_finish", Some(0))],
        ..Known::of("die_hard/6_3", "Bézout: four is no multiple of three")
    };
    visitor.visit(threes, DieHard { capacity: &[6, 3], goal: 4 });
}
