//! The dining philosophers, each of whom takes one fork after the other.
//!
//! Source: E. W. Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1, 1971.
//! The counts are those of the Model Checking Contest for its model "Philosophers" with five philosophers
//! (instance Philosophers-PT-000005, examination StateSpace: 243 markings, 945 edges), where a philosopher
//! may take either fork first.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Table, claim, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

/// The most philosophers.
const MOST: usize = 8;

ids! {
    /// A philosopher, and the fork to the left.
    pub Philosopher p;
}

state! {
    /// Where a fork is.
    pub enum Fork {
        /// On the table.
        Table,
        /// In the left hand of the philosopher with the same number.
        InLeft,
        /// In the right hand of that philosopher's neighbour.
        InRight,
    }
}

state! {
    /// The whole state. A philosopher who holds two forks eats.
    pub struct State {
        /// The forks.
        pub fork: Table<Philosopher, Fork, MOST>,
    }
}

/// Which fork is taken first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Either.
    Any,
    /// The left one.
    Left,
    /// The left one; one philosopher takes the right one first.
    LeftButOne,
}

/// Philosophers around a table.
pub struct Philosophers {
    count: u8,
    first: First,
}

actions! { Philosophers, State;
    /// A philosopher.
    fair philosopher {
        /// Take the left fork.
        take_left(p: Philosopher);
        /// Take the right fork.
        take_right(p: Philosopher);
        /// Put both forks back after the meal.
        put_back(p: Philosopher);
    }
}

impl Domain<Philosopher> for Philosophers {
    fn size(&self) -> u8 {
        self.count
    }
}

impl Philosophers {
    /// Returns the fork to the right, which is the neighbour's left one.
    fn right(&self, p: Philosopher) -> Philosopher {
        Philosopher((p.0 + 1) % self.count)
    }

    fn has_left(s: &State, p: Philosopher) -> bool {
        s.fork[p] == Fork::InLeft
    }

    fn has_right(&self, s: &State, p: Philosopher) -> bool {
        s.fork[self.right(p)] == Fork::InRight
    }

    fn begins_right(&self, p: Philosopher) -> bool {
        self.first == First::LeftButOne && p.0 == 0
    }

    fn take_left(&self, s: &mut State, p: Philosopher) -> Fired {
        when(s.fork[p] == Fork::Table)?;
        when(!self.begins_right(p) || self.has_right(s, p))?;
        s.fork[p] = Fork::InLeft;
        FIRED
    }

    fn take_right(&self, s: &mut State, p: Philosopher) -> Fired {
        when(s.fork[self.right(p)] == Fork::Table)?;
        when(self.first == First::Any || self.begins_right(p) || Self::has_left(s, p))?;
        s.fork[self.right(p)] = Fork::InRight;
        FIRED
    }

    fn put_back(&self, s: &mut State, p: Philosopher) -> Fired {
        when(Self::has_left(s, p) && self.has_right(s, p))?;
        s.fork[p] = Fork::Table;
        s.fork[self.right(p)] = Fork::Table;
        FIRED
    }

    fn neighbours_take_turns(&self, s: &State) -> Claim {
        let eats = |p| Self::has_left(s, p) && self.has_right(s, p);
        claim(!values::<Philosopher>(self).any(|p| eats(p) && eats(self.right(p))))
    }
}

impl Model for Philosophers {
    const PROPERTIES: &'static [Property<Self>] = properties! { Philosophers;
        /// Two neighbours never eat at the same time.
        invariant neighbours_take_turns;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<Philosopher>(self).all(|p| s.fork[p] == Fork::Table)
    }
}

/// Shows the deadlock, in which everybody has taken one fork, and its remedy.
pub fn show(visitor: &mut impl Visitor) {
    let contest = Known {
        distinct: Some(243),
        generated: Some(1 + 945),
        found: &[("deadlock", Some(5)), ("can_finish", Some(5))],
        ..Known::of("philosophers/5", "Model Checking Contest, Philosophers-PT-000005, StateSpace")
    };
    visitor.visit(contest, Philosophers { count: 5, first: First::Any });
    let dijkstra = "Dijkstra 1971: everybody has the left fork and waits for the right one";
    let left = Known {
        found: &[("deadlock", Some(3)), ("can_finish", Some(3))],
        ..Known::of("philosophers/left_3", dijkstra)
    };
    visitor.visit(left, Philosophers { count: 3, first: First::Left });
    let left = Known {
        found: &[("deadlock", Some(8)), ("can_finish", Some(8))],
        ..Known::of("philosophers/left_8", dijkstra)
    };
    visitor.visit(left, Philosophers { count: 8, first: First::Left });
    let order = "Dijkstra 1971: no deadlock if forks are taken in one global order";
    let but_one = Known::of("philosophers/left_but_one_8", order);
    visitor.visit(but_one, Philosophers { count: 8, first: First::LeftButOne });
}
