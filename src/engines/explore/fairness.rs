//! Weak and strong fairness: fair components of a part of the graph.
//!
//! Every state has an implicit step that changes nothing and that no process takes, so a run may
//! stay in a state forever. Staying is fair if no fair unit is enabled there.

use latchwork_model::kit::{Fairness, Model, Step, Unit};

use super::graph::{Graph, components};
use super::{paths, steps};

/// The maximum number of fair units for which properties of fair runs are decided.
const MAX_UNITS: usize = 64;

/// A set of fair units, by their positions in the list of units.
pub type Units = u64;

/// The fair units, in order: processes of fair lanes, or their actions where each action is fair on
/// its own.
pub struct Fair {
    units: Vec<Unit>,
    /// The strongly fair units: those that must act if they are enabled infinitely often.
    pub strong: Units,
    /// The weakly fair units: those that must act if they stay enabled.
    pub weak: Units,
}

impl Fair {
    /// Returns the fair units of a model that does not have too many.
    pub fn of<M: Model>(model: &M) -> Self {
        let units = units(model);
        let (mut strong, mut weak) = (0, 0);
        for (at, unit) in units.iter().enumerate() {
            let set = if fairness::<M>(unit) == Fairness::Strong { &mut strong } else { &mut weak };
            *set |= 1 << at;
        }
        Self { units, strong, weak }
    }

    /// A planted defect for tests: all units count as strongly fair.
    #[cfg(test)]
    fn all_strong(self) -> Self {
        Self { strong: self.strong | self.weak, weak: 0, ..self }
    }

    /// Returns the unit that takes a step as a set; empty if it need not be fair.
    pub fn set<M: Model>(&self, step: Step) -> Units {
        let unit = step.unit(M::LANES, M::ACTIONS);
        self.units.binary_search(&unit).map_or(0, |at| 1 << at)
    }
}

/// Returns whether a model has more fair units than a set can hold.
pub fn are_too_many<M: Model>(model: &M) -> bool {
    units(model).len() > MAX_UNITS
}

fn units<M: Model>(model: &M) -> Vec<Unit> {
    let steps = steps::all(model).into_iter();
    let mut units: Vec<Unit> = steps.map(|step| step.unit(M::LANES, M::ACTIONS)).collect();
    units.retain(|unit| fairness::<M>(unit).is_fair());
    units.sort_unstable();
    units.dedup();
    units
}

fn fairness<M: Model>(unit: &Unit) -> Fairness {
    M::LANES[usize::from(unit.process.lane)].fairness
}

/// Which units are enabled in which states, and which unit takes which edge.
pub struct Moves {
    /// The fair units.
    pub fair: Fair,
    /// By state: the units that are enabled.
    pub enabled: Vec<Units>,
    /// By edge: the unit that acts, or `NOBODY`.
    actor: Vec<u8>,
}

/// Marks an edge that no fair unit takes.
const NOBODY: u8 = u8::MAX;
/// Marks a state that is in no group.
const NO_GROUP: u32 = u32::MAX;

impl Moves {
    /// Evaluates every edge of a graph.
    pub fn of<M: Model>(model: &M, graph: &Graph<M::State>) -> Self {
        let fair = Fair::of(model);
        #[cfg(test)]
        let fair = match graph.planted {
            super::planted::Planted::WeakAsStrong => fair.all_strong(),
            _ => fair,
        };
        let (mut enabled, mut actor) = (Vec::new(), Vec::new());
        for id in 0..graph.expanded() {
            let mut here = 0;
            for (step, _) in paths::steps(model, graph, id) {
                let set = fair.set::<M>(step);
                here |= set;
                actor.push(if set == 0 { NOBODY } else { set.trailing_zeros() as u8 });
            }
            for step in paths::cut_off(model, graph, id) {
                here |= fair.set::<M>(step);
            }
            enabled.push(here);
            actor.resize(graph.edges(id).end, NOBODY);
        }
        enabled.resize(graph.states.len(), 0);
        Self { fair, enabled, actor }
    }

    /// Returns the states of a region in which a fair run can stay forever, grouped by the
    /// strongly connected set they belong to: all states of a group can be reached from one another
    /// within it.
    pub fn fair_groups<S>(&self, graph: &Graph<S>, region: &[bool]) -> Groups {
        let states = graph.states.len();
        let mut groups = Groups { group: vec![NO_GROUP; states], who: Vec::new() };
        let mut local = vec![NO_GROUP; states];
        let all = (0..states as u32).filter(|id| region[*id as usize]).collect();
        let mut work: Vec<Vec<u32>> = vec![all];
        while let Some(members) = work.pop() {
            for mut group in split(graph, &members, &mut local) {
                group.iter().for_each(|id| local[*id as usize] = 0);
                let who = self.who(graph, &group, &local);
                group.iter().for_each(|id| local[*id as usize] = NO_GROUP);
                if self.fair.weak & who.always_enabled & !who.acts != 0 {
                    // No part of this group is fair either: it has fewer edges, and the same units
                    // are enabled.
                    continue;
                }
                let starved = self.fair.strong & who.enabled & !who.acts;
                if starved == 0 {
                    let number = groups.who.len() as u32;
                    group.iter().for_each(|id| groups.group[*id as usize] = number);
                    groups.who.push(who);
                    continue;
                }
                // A run can stay here only in states where no unit is enabled that never acts here.
                group.retain(|id| self.enabled[*id as usize] & starved == 0);
                work.push(group);
            }
        }
        groups
    }

    /// Returns which units act and which are enabled in a group. Its states are marked in `member`.
    fn who<S>(&self, graph: &Graph<S>, group: &[u32], member: &[u32]) -> Who {
        let mut who = Who { acts: 0, enabled: 0, always_enabled: Units::MAX };
        for id in group {
            who.enabled |= self.enabled[*id as usize];
            who.always_enabled &= self.enabled[*id as usize];
            for (target, edge) in graph.successors(*id).iter().zip(graph.edges(*id)) {
                let actor = self.actor[edge];
                if actor != NOBODY && member[*target as usize] != NO_GROUP {
                    who.acts |= 1 << actor;
                }
            }
        }
        who
    }
}

/// The activity of units in a group.
struct Who {
    acts: Units,
    enabled: Units,
    always_enabled: Units,
}

/// Groups of states in which a fair run can stay forever.
pub struct Groups {
    /// By state: the number of its group.
    group: Vec<u32>,
    who: Vec<Who>,
}

impl Groups {
    /// Returns whether a state is in a group.
    pub fn contains(&self, id: u32) -> bool {
        self.group[id as usize] != NO_GROUP
    }

    /// Returns whether two states are in the same group. The first one must be in a group.
    pub fn same(&self, one: u32, other: u32) -> bool {
        self.group[one as usize] == self.group[other as usize]
    }

    /// Returns the units that are enabled somewhere in the group of a state.
    pub fn enabled(&self, id: u32) -> Units {
        self.who[self.group[id as usize] as usize].enabled
    }
}

/// Returns the strongly connected components of some states. `local` has no marks before and after.
fn split<S>(graph: &Graph<S>, members: &[u32], local: &mut [u32]) -> Vec<Vec<u32>> {
    for (at, id) in members.iter().enumerate() {
        local[*id as usize] = at as u32;
    }
    let component = components(members.len() as u32, |at, out| {
        let targets = graph.successors(members[at as usize]).iter();
        let inside = targets.map(|target| local[*target as usize]);
        out.extend(inside.filter(|target| *target != NO_GROUP));
    });
    members.iter().for_each(|id| local[*id as usize] = NO_GROUP);
    let count = component.iter().max().map_or(0, |last| *last as usize + 1);
    let mut parts = vec![Vec::new(); count];
    for (id, number) in members.iter().zip(component) {
        parts[number as usize].push(*id);
    }
    parts
}
