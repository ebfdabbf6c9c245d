//! Missionaries and cannibals cross a river; cannibals must not outnumber missionaries anywhere.
//!
//! Sources: S. Amarel, "On representations of problems of reasoning about actions", Machine Intelligence
//! 3, 1968, for three of each and a boat for two (eleven crossings); I. Pressman and D. Singmaster, "The
//! jealous husbands and the missionaries and cannibals", The Mathematical Gazette 73, 1989, for other
//! numbers and boats. Neither counts states, so no counts are asserted.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Table, claim, implies, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

ids! {
    /// A number of missionaries.
    pub Missionaries m;
    /// A number of cannibals.
    pub Cannibals c;
    /// A bank.
    pub Bank bank;
}

state! {
    /// The people on a bank.
    pub struct People {
        /// Missionaries.
        pub missionaries: u8,
        /// Cannibals.
        pub cannibals: u8,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The people on each bank; all start on the first one.
        pub on: Table<Bank, People, 2>,
        /// The bank at which the boat is.
        pub boat: Bank,
    }
}

/// Equal numbers of missionaries and cannibals, and a boat with some seats.
pub struct River {
    each: u8,
    seats: u8,
}

actions! { River, State;
    /// The people in the boat.
    fair boat {
        /// Cross the river.
        cross(m: Missionaries, c: Cannibals);
    }
}

impl Domain<Missionaries> for River {
    fn size(&self) -> u8 {
        self.seats + 1
    }
}

impl Domain<Cannibals> for River {
    fn size(&self) -> u8 {
        self.seats + 1
    }
}

impl People {
    fn is_safe(self) -> bool {
        self.missionaries == 0 || self.cannibals <= self.missionaries
    }
}

impl River {
    fn cross(&self, s: &mut State, m: Missionaries, c: Cannibals) -> Fired {
        let boat = People { missionaries: m.0, cannibals: c.0 };
        let seated = m.0 + c.0;
        when(seated >= 1 && seated <= self.seats && boat.is_safe())?;
        let (here, there) = (s.boat, Bank(1 - s.boat.0));
        let (mut left, mut reached) = (s.on[here], s.on[there]);
        when(left.missionaries >= m.0 && left.cannibals >= c.0)?;
        left.missionaries -= m.0;
        left.cannibals -= c.0;
        reached.missionaries += m.0;
        reached.cannibals += c.0;
        when(left.is_safe() && reached.is_safe())?;
        s.on[here] = left;
        s.on[there] = reached;
        s.boat = there;
        FIRED
    }

    fn nobody_is_lost(&self, s: &State) -> Claim {
        let [here, there] = [s.on[Bank(0)], s.on[Bank(1)]];
        claim(
            here.missionaries + there.missionaries == self.each
                && here.cannibals + there.cannibals == self.each,
        )
    }

    fn all_across(&self, s: &State) -> Claim {
        implies(s.on[Bank(0)] == People::default(), true)
    }
}

impl Model for River {
    const PROPERTIES: &'static [Property<Self>] = properties! { River;
        /// The two banks together have all the people.
        invariant nobody_is_lost;
        /// Everybody has crossed.
        reachable all_across;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State::default();
        s.on[Bank(0)] = People { missionaries: self.each, cannibals: self.each };
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        s.on[Bank(0)] == People::default()
    }
}

/// Shows the classic problem, and other numbers.
pub fn show(visitor: &mut impl Visitor) {
    let classic = Known {
        found: &[("all_across", Some(11))],
        ..Known::of("missionaries", "Amarel 1968: eleven crossings")
    };
    visitor.visit(classic, River { each: 3, seats: 2 });
    let source = "Pressman and Singmaster 1989: two pairs need five trips";
    let two = Known { found: &[("all_across", Some(5))], ..Known::of("missionaries/2_2", source) };
    visitor.visit(two, River { each: 2, seats: 2 });
    let source = "Pressman and Singmaster 1989: four pairs cannot cross in a boat for two";
    let four = Known { found: &[("can_finish", Some(0))], ..Known::of("missionaries/4_2", source) };
    visitor.visit(four, River { each: 4, seats: 2 });
    let source = "Pressman and Singmaster 1989: a boat for three takes up to five pairs across";
    let five = Known { found: &[("all_across", None)], ..Known::of("missionaries/5_3", source) };
    visitor.visit(five, River { each: 5, seats: 3 });
    let six = Known { found: &[("can_finish", Some(0))], ..Known::of("missionaries/6_3", source) };
    visitor.visit(six, River { each: 6, seats: 3 });
    let source = "Pressman and Singmaster 1989: a boat for four takes any number across";
    let many = Known { found: &[("all_across", None)], ..Known::of("missionaries/20_4", source) };
    visitor.visit(many, River { each: 20, seats: 4 });
}
