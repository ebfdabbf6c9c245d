//! Temporal properties: finds a fair run that waits forever.
//!
//! Such a run ends in a lasso, which is a path to a set of states and a cycle within the set, or it
//! stays in a state forever. The shortest path is reported. The cycle then contains a witness for
//! every fair unit: a step of the unit, or a state in which it is not enabled. A first cycle goes from
//! one witness to the nearest next one. [`super::rounds`] then looks for a shorter one, and proves
//! within a budget that there is none. If several states end a shortest path, those with the shortest
//! cycles are taken. Every result is checked again by [`super::lasso`], which uses
//! neither the graph nor this file.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::{Claim, Kind, Model, Property, Step};

use super::fairness::{Groups, Moves};
use super::graph::{Graph, Reversed};
use super::lasso::{self, Waiting};
use super::paths;
use super::rounds::{self, Edge, Shorter};
use super::shown::claims;

/// The maximum number of ends of shortest paths for which cycles are compared.
const MANY: usize = 16;

/// A fair cycle through a state.
struct Cycle {
    /// Its steps; empty if a run can stay in the state.
    steps: Vec<Step>,
    /// Whether no shorter one goes through the state.
    proven: bool,
}

/// Returns the shortest fair run on which a temporal property waits forever, if there is one; of
/// equally short ones, that of the first part.
pub fn find<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    moves: &Moves,
    property: &Property<M>,
) -> Option<Waiting> {
    let mut best: Option<(u32, Search<'_, M>)> = None;
    for claims in claims(model, property, &graph.states) {
        let is_eventual = property.kind == Kind::Eventually;
        let mut search = Search::of(model, graph, moves, claims, is_eventual);
        if let Some(length) = search.run()
            && best.as_ref().is_none_or(|(least, _)| length < *least)
        {
            best = Some((length, search));
        }
    }
    let waiting = best.map(|(length, search)| search.waiting(length))?;
    lasso::demand(model, property, &graph.states[waiting.path.initial], &waiting);
    Some(waiting)
}

/// The search for a run on which one part of a property waits forever.
struct Search<'a, M: Model> {
    model: &'a M,
    graph: &'a Graph<M::State>,
    moves: &'a Moves,
    /// By state: the claim.
    claims: Vec<Option<Claim>>,
    /// Whether waiting begins in the initial states, and not where the claim is violated.
    is_eventual: bool,
    /// By state: the number of steps of the shortest run to it that is waiting there; `u32::MAX` if
    /// there is none.
    waits: Vec<u32>,
    groups: Option<Groups>,
}

impl<'a, M: Model> Search<'a, M> {
    fn of(
        model: &'a M,
        graph: &'a Graph<M::State>,
        moves: &'a Moves,
        claims: Vec<Option<Claim>>,
        is_eventual: bool,
    ) -> Self {
        let waits = vec![u32::MAX; graph.states.len()];
        Self { model, graph, moves, claims, is_eventual, waits, groups: None }
    }

    /// Returns whether the claim that is waited for does not hold in a state.
    fn is_open(&self, id: u32) -> bool {
        self.claims[id as usize].is_some_and(|claim| claim != Claim::Holds)
    }

    /// Returns whether waiting begins in a state.
    fn is_trigger(&self, id: u32) -> bool {
        match self.is_eventual {
            true => self.is_open(id) && self.graph.level(0).contains(&id),
            false => self.claims[id as usize] == Some(Claim::Violated),
        }
    }

    /// Returns the number of steps of the shortest path to a set in which a fair run can wait
    /// forever.
    fn run(&mut self) -> Option<u32> {
        self.wait();
        let region: Vec<bool> = self.waits.iter().map(|steps| *steps != u32::MAX).collect();
        let groups = self.moves.fair_groups(self.graph, &region);
        let fair = (0..self.waits.len() as u32).filter(|id| groups.contains(*id));
        let length = fair.map(|id| self.waits[id as usize]).min();
        self.groups = Some(groups);
        length
    }

    /// Computes where a run can be waiting, and after how many steps. A trigger on level k is
    /// reached after k steps. From there the run continues through states in which the claim does
    /// not hold.
    fn wait(&mut self) {
        let graph = self.graph;
        let mut level: Vec<u32> = Vec::new();
        let last = graph.levels.len().saturating_sub(2);
        for steps in 0u32.. {
            if steps as usize <= last {
                for id in graph.level(steps as usize) {
                    if self.waits[id as usize] == u32::MAX && self.is_trigger(id) {
                        self.waits[id as usize] = steps;
                        level.push(id);
                    }
                }
            } else if level.is_empty() {
                break;
            }
            let mut next = Vec::new();
            for id in level {
                for target in graph.successors(id) {
                    if self.waits[*target as usize] == u32::MAX && self.is_open(*target) {
                        self.waits[*target as usize] = steps + 1;
                        next.push(*target);
                    }
                }
            }
            level = next;
        }
    }

    /// Returns the best of the shortest runs; of those, the one that begins to wait first.
    fn waiting(&self, length: u32) -> Waiting {
        let fair = |id: &u32| self.groups.as_ref().is_some_and(|groups| groups.contains(*id));
        let all = 0..self.waits.len() as u32;
        let mut goals: Vec<u32> =
            all.filter(|id| self.waits[*id as usize] == length && fair(id)).collect();
        let reversed = self.graph.reversed();
        let few = if goals.len() <= MANY { &goals[..] } else { &[] };
        let mut cycles: BTreeMap<u32, Cycle> =
            few.iter().map(|id| (*id, self.cycle(*id, &reversed))).collect();
        let compared = !cycles.is_empty() && cycles.values().all(|cycle| cycle.proven);
        if let Some(least) = cycles.values().map(|cycle| cycle.steps.len()).min() {
            cycles.retain(|_, cycle| cycle.steps.len() == least);
            goals.retain(|id| cycles.contains_key(id));
        }
        let begins = self.first_triggers(&goals, &reversed);
        let levels = paths::Depths::of_levels(self.graph);
        let mut begin = paths::best(self.model, self.graph, &levels, &begins, None);
        let before = begin.path.steps.last().copied();
        let open = |id: u32| self.is_open(id);
        let depths = paths::Depths::within(self.graph, vec![begin.end], open);
        let rest = length - begin.path.steps.len() as u32;
        let goals: Vec<u32> = goals.into_iter().filter(|id| depths.of(*id) == rest).collect();
        let way = paths::best(self.model, self.graph, &depths, &goals, before);
        begin.path.steps.extend(way.path.steps);
        let cycle = cycles.remove(&way.end).unwrap_or_else(|| self.cycle(way.end, &reversed));
        let has_cycle = !cycle.steps.is_empty();
        begin.path.steps.extend(cycle.steps);
        Waiting { path: begin.path, prefix: length as usize, cycle: has_cycle, proven: compared }
    }

    /// Returns the states on shortest paths to `goals` in which waiting begins first.
    fn first_triggers(&self, goals: &[u32], reversed: &Reversed) -> Vec<u32> {
        let mut layer = goals.to_vec();
        let mut first = Vec::new();
        while !layer.is_empty() {
            let begins = |id: &&u32| {
                let steps = self.waits[**id as usize] as usize;
                self.is_trigger(**id) && self.graph.depth(**id) == steps
            };
            let begins: Vec<u32> = layer.iter().filter(begins).copied().collect();
            if !begins.is_empty() {
                first = begins;
            }
            let mut earlier = Vec::new();
            for id in &layer {
                let steps = self.waits[*id as usize];
                let from = reversed.predecessors(*id).iter().copied();
                earlier.extend(from.filter(|from| {
                    self.is_open(*id)
                        && self.waits[*from as usize] != u32::MAX
                        && self.waits[*from as usize] + 1 == steps
                }));
            }
            earlier.sort_unstable();
            earlier.dedup();
            layer = earlier;
        }
        first
    }

    /// Returns a fair cycle through a state of a fair group.
    fn cycle(&self, start: u32, reversed: &Reversed) -> Cycle {
        let (fair, enabled) = (&self.moves.fair, &self.moves.enabled);
        let groups = self.groups.as_ref().filter(|_| enabled[start as usize] != 0);
        let Some(groups) = groups else { return Cycle { steps: Vec::new(), proven: true } };
        let edges = |id: u32| {
            let mut edges = paths::steps(self.model, self.graph, id);
            edges.retain(|(_, target)| groups.same(start, *target));
            edges
        };
        let steps = self.first_cycle(start, groups, edges);
        let back = self.back(start, groups, reversed);
        let (weak, strong) = (fair.weak, fair.strong);
        let asked = rounds::Fairness { weak, strong, enabled, back: &back };
        let edge = |(step, target)| Edge { step, unit: fair.set(step), target };
        let shorter = asked.shorter(start, steps.len(), rounds::BUDGET, |id| {
            edges(id).into_iter().map(edge).collect()
        });
        match shorter {
            Shorter::Cycle(steps) => Cycle { steps, proven: true },
            Shorter::No => Cycle { steps, proven: true },
            Shorter::Unknown => Cycle { steps, proven: false },
        }
    }

    /// Returns the cycle that goes from one witness of fairness to the nearest next one.
    fn first_cycle(
        &self,
        start: u32,
        groups: &Groups,
        edges: impl Fn(u32) -> Vec<(Step, u32)>,
    ) -> Vec<Step> {
        let (fair, enabled) = (&self.moves.fair, &self.moves.enabled);
        let shown = |step: Step, target: u32| {
            let cannot = fair.weak & !enabled[target as usize];
            cannot | fair.set(step)
        };
        let (mut cycle, mut at) = (Vec::new(), start);
        let mut missing = fair.weak & enabled[start as usize] | fair.strong & groups.enabled(start);
        while missing != 0 {
            let wanted = |step, target| shown(step, target) & missing != 0;
            let Some((way, end)) = paths::nearest(at, &edges, wanted) else { break };
            missing &= way.last().map_or(0, |step| !shown(*step, end));
            cycle.extend(way);
            at = end;
        }
        if at != start
            && let Some((way, _)) = paths::nearest(at, &edges, |_, target| target == start)
        {
            cycle.extend(way);
        }
        cycle
    }

    /// Returns, by state of the group, the number of steps of the shortest way to `start`.
    fn back(&self, start: u32, groups: &Groups, reversed: &Reversed) -> Vec<u32> {
        let mut back = vec![u32::MAX; self.graph.states.len()];
        back[start as usize] = 0;
        let mut queue = VecDeque::from([start]);
        while let Some(id) = queue.pop_front() {
            for from in reversed.predecessors(id) {
                if groups.same(start, *from) && back[*from as usize] == u32::MAX {
                    back[*from as usize] = back[id as usize] + 1;
                    queue.push_back(*from);
                }
            }
        }
        back
    }
}

#[cfg(test)]
mod tests {
    use latchwork_model::kit::{Claim, FIRED, Fired, Model, Property, claim, when};
    use latchwork_model::{actions, properties, state};

    use crate::engines::explore::Options;
    use crate::engines::explore::fairness::Moves;
    use crate::engines::explore::search::{self, Keep};

    use super::{Waiting, find};

    state! {
        /// A light that is on or off, or broken.
        pub struct Light {
            /// Off, on, broken.
            pub is: u8,
        }
    }

    struct Switch;

    actions! { Switch, Light;
        fair hand {
            /// On, or off.
            hand_switch();
        }
        fair hammer {
            /// Break it.
            hammer_break();
        }
    }

    impl Switch {
        fn hand_switch(&self, s: &mut Light) -> Fired {
            when(s.is < 2)?;
            s.is = 1 - s.is;
            FIRED
        }

        fn hammer_break(&self, s: &mut Light) -> Fired {
            when(s.is < 2)?;
            s.is = 2;
            FIRED
        }

        fn breaks(&self, s: &Light) -> Claim {
            claim(s.is == 2)
        }
    }

    impl Model for Switch {
        const PROPERTIES: &'static [Property<Self>] = properties! { Switch;
            /// The light breaks.
            eventually breaks;
        };

        fn initial(&self, emit: &mut dyn FnMut(&Light)) {
            emit(&Light::default());
        }

        fn done(&self, _: &Light) -> bool {
            true
        }
    }

    /// Returns what is found if the fairness of the processes in `left_out` is not known.
    fn found_without(left_out: u64) -> Option<Waiting> {
        let options = Options::default();
        let initial = [Light::default()];
        let (_, graph) = search::search(&Switch, &initial, &options, &(), Keep::Moves, None);
        let graph = graph.expect("it was asked for");
        let mut moves = Moves::of(&Switch, &graph);
        moves.fair.weak &= !left_out;
        find(&Switch, &graph, &moves, &Switch::PROPERTIES[0])
    }

    #[test]
    fn whoever_stays_enabled_breaks_it() {
        assert!(found_without(0).is_none());
    }

    /// A planted defect: the search forgets the hammer, so the hand can act forever. The result is
    /// checked again by code without the defect.
    #[test]
    #[should_panic(expected = "no counterexample")]
    fn a_process_that_is_left_out_is_noticed() {
        found_without(0b10);
    }
}
