//! Searches for a shorter fair cycle through a state.
//!
//! The search is breadth-first over pairs: a state, and what the cycle has shown of the fair units on
//! the way to it. It takes edges in the order of steps, so the result does not depend on the ids of
//! states.

use std::collections::BTreeMap;

use latchwork_model::kit::Step;

use super::fairness::Units;

/// The maximum number of pairs that a search keeps, of about 100 bytes each.
pub const BUDGET: usize = 1 << 17;
/// The maximum number of comparisons for each pair of the budget. With many fair units, thousands of
/// pairs can have the same state.
const COMPARISONS: usize = 1 << 8;

/// An edge of the set of states in which the cycle stays.
#[derive(Clone, Copy)]
pub struct Edge {
    /// The step.
    pub step: Step,
    /// The fair unit that takes it; empty if it need not be fair.
    pub unit: Units,
    /// The state that it leads to.
    pub target: u32,
}

/// What fairness asks of a cycle.
pub struct Fairness<'a> {
    /// The weakly fair units: each acts, or is not enabled in some state of the cycle.
    pub weak: Units,
    /// The strongly fair units: each acts, or is enabled in no state of the cycle.
    pub strong: Units,
    /// By state: the units that are enabled.
    pub enabled: &'a [Units],
    /// By state: the number of steps of the shortest way back to the start; `u32::MAX` if there is
    /// none.
    pub back: &'a [u32],
}

/// The result of a search.
#[derive(Debug, PartialEq, Eq)]
pub enum Shorter {
    /// A shorter cycle: no other is shorter than this one.
    Cycle(Vec<Step>),
    /// No shorter cycle exists.
    No,
    /// The budget was used up.
    Unknown,
}

/// What a way has shown of the fair units.
#[derive(Clone, Copy)]
struct Seen {
    /// The units of which nothing more is asked.
    met: Units,
    /// The strongly fair units that were enabled and have not acted yet.
    owed: Units,
}

impl Seen {
    /// Returns whether every continuation that closes a fair cycle after `other` does so after this.
    fn covers(self, other: Self) -> bool {
        other.met & !self.met == 0 && self.owed & !other.owed == 0
    }
}

/// A way from the start: its last step, and the way before it.
struct Way {
    at: u32,
    seen: Seen,
    before: Option<(usize, Step)>,
}

impl Fairness<'_> {
    /// Searches for a fair cycle through `start` with fewer than `length` steps, keeping at most
    /// `budget` pairs, and comparing each [`COMPARISONS`] times on average. Of equally short cycles, it finds the one whose actions come first.
    pub fn shorter(
        &self,
        start: u32,
        length: usize,
        budget: usize,
        mut edges: impl FnMut(u32) -> Vec<Edge>,
    ) -> Shorter {
        let mut known: BTreeMap<u32, Vec<Edge>> = BTreeMap::new();
        let mut reached: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
        let nothing = Seen { met: 0, owed: 0 };
        let mut ways = vec![Way { at: start, seen: self.then(nothing, 0, start), before: None }];
        let (mut level, mut comparisons) = (0..1, 0);
        for steps in 1..length {
            for from in level.clone() {
                let (at, seen) = (ways[from].at, ways[from].seen);
                for edge in known.entry(at).or_insert_with(|| edges(at)) {
                    let seen = self.then(seen, edge.unit, edge.target);
                    if edge.target == start && self.weak & !seen.met == 0 && seen.owed == 0 {
                        return Shorter::Cycle(steps_of(&ways, from, edge.step));
                    }
                    let back = self.back[edge.target as usize] as usize;
                    let there = reached.entry(edge.target).or_default();
                    comparisons += there.len();
                    if steps + back >= length || there.iter().any(|other| other.covers(seen)) {
                        continue;
                    }
                    if ways.len() >= budget || comparisons / COMPARISONS > budget {
                        return Shorter::Unknown;
                    }
                    there.push(seen);
                    ways.push(Way { at: edge.target, seen, before: Some((from, edge.step)) });
                }
            }
            level = level.end..ways.len();
        }
        Shorter::No
    }

    /// Returns what is shown after a step of `unit` to a state.
    fn then(&self, seen: Seen, unit: Units, target: u32) -> Seen {
        let enabled = self.enabled[target as usize];
        let met = seen.met | unit & (self.weak | self.strong) | self.weak & !enabled;
        Seen { met, owed: (seen.owed | self.strong & enabled) & !met }
    }
}

/// Returns the steps of a way, and one more.
fn steps_of(ways: &[Way], from: usize, last: Step) -> Vec<Step> {
    let mut steps = vec![last];
    let mut at = from;
    while let Some((before, step)) = ways[at].before {
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use latchwork_model::kit::Step;

    use super::{BUDGET, Edge, Fairness, Shorter, Units};

    const WEAK: Units = 0b00111;
    const STRONG: Units = 0b11000;
    const STATES: u32 = 7;

    /// A graph with drawn edges. Each unit is enabled where it has an edge, and in some more states.
    struct Drawn {
        edges: Vec<Vec<Edge>>,
        enabled: Vec<Units>,
    }

    impl Drawn {
        fn new(seed: u64) -> Self {
            let mut state = seed;
            let mut below = |most: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99_991);
                (state >> 33) % most
            };
            let (mut edges, mut enabled) = (Vec::new(), Vec::new());
            for _ in 0..STATES {
                let mut here: Vec<Edge> = (0..1 + below(3))
                    .map(|at| {
                        let step = Step { action: at as u8, args: [0; Step::MAX_ARGS] };
                        let unit = [0, 1, 2, 4, 8, 16][below(6) as usize];
                        Edge { step, unit, target: below(u64::from(STATES)) as u32 }
                    })
                    .collect();
                here.sort_by_key(|edge| edge.step);
                let more = [0, 0, 0, 1, 2, 4, 8][below(7) as usize];
                enabled.push(here.iter().fold(more, |all, edge| all | edge.unit));
                edges.push(here);
            }
            Self { edges, enabled }
        }

        /// The length of the shortest fair cycle through 0, from the definition: who acted, who was
        /// enabled somewhere, and who everywhere.
        fn shortest(&self) -> Option<usize> {
            let start = (0u32, 0, self.enabled[0], self.enabled[0]);
            let mut seen = BTreeSet::from([start]);
            let mut queue = VecDeque::from([(start, 0)]);
            while let Some(((at, acted, some, all), steps)) = queue.pop_front() {
                for edge in &self.edges[at as usize] {
                    let here = self.enabled[edge.target as usize];
                    let next = (edge.target, acted | edge.unit, some | here, all & here);
                    let (at, acted, some, all) = next;
                    let fair = WEAK & all & !acted == 0 && STRONG & some & !acted == 0;
                    if at == 0 && fair {
                        return Some(steps + 1);
                    }
                    if seen.insert(next) {
                        queue.push_back((next, steps + 1));
                    }
                }
            }
            None
        }

        fn back(&self) -> Vec<u32> {
            let mut back = vec![u32::MAX; STATES as usize];
            back[0] = 0;
            for _ in 0..STATES {
                for (from, edges) in self.edges.iter().enumerate() {
                    for edge in edges {
                        let way = back[edge.target as usize].saturating_add(1);
                        back[from] = back[from].min(way);
                    }
                }
            }
            back
        }

        fn search(&self, length: usize, budget: usize) -> Shorter {
            let (enabled, back) = (&self.enabled, &self.back());
            let asked = Fairness { weak: WEAK, strong: STRONG, enabled, back };
            asked.shorter(0, length, budget, |id| self.edges[id as usize].clone())
        }
    }

    /// Red if the search drops a way that is not worse than another, forgets what a unit still owes,
    /// or stops one step early or late.
    #[test]
    fn the_shortest_cycle_is_that_of_the_definition() {
        let (mut found, mut long) = (0, 0);
        for seed in 0..4_000 {
            let drawn = Drawn::new(seed);
            match drawn.shortest() {
                None => assert_eq!(drawn.search(60, BUDGET), Shorter::No, "seed {seed}"),
                Some(shortest) => {
                    found += 1;
                    long += usize::from(shortest > STATES as usize);
                    for length in [shortest + 1, shortest + 9] {
                        let Shorter::Cycle(cycle) = drawn.search(length, BUDGET) else {
                            panic!("seed {seed}: nothing with fewer than {length} steps")
                        };
                        assert_eq!(cycle.len(), shortest, "seed {seed}");
                    }
                    assert_eq!(drawn.search(shortest, BUDGET), Shorter::No, "seed {seed}");
                }
            }
        }
        assert!(found > 500 && long > 20, "{found} cycles, {long} long ones");
    }

    /// Red if comparisons are free. Ten units that act in one state give a thousand ways, which is less
    /// than the budget, and millions of comparisons.
    #[test]
    fn comparisons_use_up_the_budget_as_well() {
        let step = |action| Step { action, args: [0; Step::MAX_ARGS] };
        let edge = |unit: u8| Edge { step: step(unit), unit: 1 << unit, target: 1 };
        let edges = |at: u32| match at {
            0 => vec![Edge { step: step(10), unit: 0, target: 1 }],
            _ => (0..10).map(edge).chain([Edge { step: step(11), unit: 0, target: 0 }]).collect(),
        };
        let units = (1 << 10) - 1;
        let asked = Fairness { weak: units, strong: 0, enabled: &[units; 2], back: &[0, 1] };
        assert_eq!(asked.shorter(0, 13, 2_000, edges), Shorter::Unknown);
        let Shorter::Cycle(cycle) = asked.shorter(0, 13, BUDGET, edges) else {
            panic!("each unit acts once")
        };
        assert_eq!(cycle.len(), 12);
    }

    /// Red if a search that gives up claims that there is no shorter cycle.
    #[test]
    fn a_budget_that_is_used_up_proves_nothing() {
        let is_long = |seed: &u64| Drawn::new(*seed).shortest().is_some_and(|steps| steps > 5);
        let drawn = Drawn::new((0..).find(is_long).expect("a long cycle"));
        assert_eq!(drawn.search(60, 2), Shorter::Unknown);
    }
}
