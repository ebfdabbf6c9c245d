//! The dining philosophers of Chandy and Misra: they hand clean and dirty forks to one another.
//!
//! Source: K. M. Chandy and J. Misra, "The drinking philosophers problem", ACM TOPLAS 6(4), 1984, in
//! the form of module DiningPhilosophers of the TLA+ examples, whose manifest has TLC's counts for five
//! philosophers.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, Table, claim, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

/// The most philosophers.
const MOST: usize = 5;

ids! {
    /// A philosopher, and the fork to the left.
    pub Philosopher p;
}

state! {
    /// What a philosopher does next.
    pub enum At { Loop, Think, Eat }
}

state! {
    /// The whole state.
    pub struct State {
        /// The philosopher who holds each fork.
        pub holder: Table<Philosopher, Philosopher, MOST>,
        /// The forks that are clean.
        pub clean: Set<Philosopher>,
        /// The philosophers who are hungry.
        pub hungry: Set<Philosopher>,
        /// What each philosopher does next.
        pub at: Table<Philosopher, At, MOST>,
    }
}

/// Philosophers around a table.
pub struct ChandyMisra {
    count: u8,
}

actions! { ChandyMisra, State;
    /// A philosopher.
    fair philosopher {
        /// Clean a dirty fork and hand it to the neighbour, then decide what to do next.
        go_round(p: Philosopher);
        /// Think, and get hungry.
        think(p: Philosopher);
        /// Eat, which makes both forks dirty.
        eat(p: Philosopher);
    }
}

impl Domain<Philosopher> for ChandyMisra {
    fn size(&self) -> u8 {
        self.count
    }
}

impl ChandyMisra {
    /// Returns the neighbour to the right, whose number is that of the fork between them.
    fn right(&self, p: Philosopher) -> Philosopher {
        Philosopher((p.0 + 1) % self.count)
    }

    fn left(&self, p: Philosopher) -> Philosopher {
        Philosopher((p.0 + self.count - 1) % self.count)
    }

    fn go_round(&self, s: &mut State, p: Philosopher) -> Fired {
        when(s.at[p] == At::Loop)?;
        let dirty = |s: &State, fork| s.holder[fork] == p && !s.clean.contains(fork);
        let forks = [p, self.right(p)];
        // The decision is about the forks as they were before one is handed over.
        let can_eat = forks.iter().all(|fork| s.holder[*fork] == p && s.clean.contains(*fork));
        let neighbours = [self.left(p), self.right(p)];
        if let Some(at) = forks.iter().position(|fork| dirty(s, *fork)) {
            s.holder[forks[at]] = neighbours[at];
            s.clean.insert(forks[at]);
        }
        s.at[p] = match (s.hungry.contains(p), can_eat) {
            (true, true) => At::Eat,
            (true, false) => At::Loop,
            (false, _) => At::Think,
        };
        FIRED
    }

    fn think(&self, s: &mut State, p: Philosopher) -> Fired {
        when(s.at[p] == At::Think)?;
        s.hungry.insert(p);
        s.at[p] = At::Loop;
        FIRED
    }

    fn eat(&self, s: &mut State, p: Philosopher) -> Fired {
        when(s.at[p] == At::Eat)?;
        s.hungry.remove(p);
        s.clean.remove(p);
        s.clean.remove(self.right(p));
        s.at[p] = At::Loop;
        FIRED
    }

    fn exclusive_access(&self, s: &State) -> Claim {
        let eats = |p| s.at[p] == At::Eat;
        claim(!values::<Philosopher>(self).any(|p| eats(p) && eats(self.right(p))))
    }

    fn gets_to_eat(&self, s: &State, p: Philosopher) -> Claim {
        claim(!s.hungry.contains(p))
    }
}

impl Model for ChandyMisra {
    const PROPERTIES: &'static [Property<Self>] = properties! { ChandyMisra;
        /// Two neighbours never eat at the same time.
        invariant exclusive_access;
        /// Nobody starves.
        leads_to gets_to_eat(p: Philosopher);
    };

    /// Each fork is dirty, and with the neighbour that has the lower number.
    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State::default();
        for p in values::<Philosopher>(self) {
            s.holder[p] = if p.0 == 1 { Philosopher(0) } else { p };
            s.hungry.insert(p);
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        values::<Philosopher>(self).all(|p| s.at[p] != At::Eat)
    }
}

/// Shows five philosophers.
pub fn show(visitor: &mut impl Visitor) {
    let source = "TLA+ examples, DiningPhilosophers/manifest.json, DiningPhilosophers.cfg";
    let five = Known {
        distinct: Some(67),
        generated: Some(336),
        depth: Some(28),
        ..Known::of("chandy_misra", source)
    };
    visitor.visit(five, ChandyMisra { count: 5 });
}
