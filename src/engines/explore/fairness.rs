//! Who must act: fair components of a part of the graph.
//!
//! Every state has a step that changes nothing and that nobody takes, so that a run may stay
//! somewhere for ever; it is fair to do so where nobody who must act can.

use latchwork_model::kit::{Fairness, Model, Step, Unit};

use super::graph::{Graph, components};
use super::{paths, steps};

/// The most units of fair lanes with which properties of fair runs are decided.
const MAX_UNITS: usize = 64;

/// A set of units of fair lanes, by their positions in the list of them.
pub type Units = u64;

/// Whoever must act, in order: processes of fair lanes, or their actions where each of them is fair.
pub struct Fair {
    units: Vec<Unit>,
    /// Those that must act if they are enabled again and again.
    pub strong: Units,
    /// The others: those that must act if they stay enabled.
    pub weak: Units,
}

impl Fair {
    /// The units of fair lanes of a model, of which there are not too many.
    pub fn of<M: Model>(model: &M) -> Self {
        let units = units(model);
        let (mut strong, mut weak) = (0, 0);
        for (at, unit) in units.iter().enumerate() {
            let set = if fairness::<M>(unit) == Fairness::Strong { &mut strong } else { &mut weak };
            *set |= 1 << at;
        }
        Self { units, strong, weak }
    }

    /// A defect for tests: everybody counts as strong.
    #[cfg(test)]
    fn all_strong(self) -> Self {
        Self { strong: self.strong | self.weak, weak: 0, ..self }
    }

    /// The set of who must take a step; nothing if nobody must.
    pub fn set<M: Model>(&self, step: Step) -> Units {
        let unit = step.unit(M::LANES, M::ACTIONS);
        self.units.binary_search(&unit).map_or(0, |at| 1 << at)
    }
}

/// Whether a model has more units of fair lanes than a set of them holds.
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

/// Who can act where, and who acts on which edge.
pub struct Moves {
    /// Who must act.
    pub fair: Fair,
    /// By state: who is enabled.
    pub enabled: Vec<Units>,
    /// By edge: who acts of them, or `NOBODY`.
    actor: Vec<u8>,
}

/// Marks an edge of somebody who need not act.
const NOBODY: u8 = u8::MAX;
/// Marks a state that is in no group.
const NO_GROUP: u32 = u32::MAX;

impl Moves {
    /// Looks at every edge of a graph.
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

    /// The states of a region that are in a set in which a fair run can stay for ever, by the
    /// number of such a set: all of its states can be reached from one another within it.
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
                    // Nor is any part of it fair: less happens there, and they are enabled there.
                    continue;
                }
                let starved = self.fair.strong & who.enabled & !who.acts;
                if starved == 0 {
                    let number = groups.who.len() as u32;
                    group.iter().for_each(|id| groups.group[*id as usize] = number);
                    groups.who.push(who);
                    continue;
                }
                // A run can stay here only where nobody is enabled who never acts here.
                group.retain(|id| self.enabled[*id as usize] & starved == 0);
                work.push(group);
            }
        }
        groups
    }

    /// Who acts and who is enabled in a group; its states are marked in `member`.
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

/// Who does what in a group.
struct Who {
    acts: Units,
    enabled: Units,
    always_enabled: Units,
}

/// Groups of states in which a fair run can stay.
pub struct Groups {
    /// By state: the number of its group.
    group: Vec<u32>,
    who: Vec<Who>,
}

impl Groups {
    /// Whether a state is in a group.
    pub fn contains(&self, id: u32) -> bool {
        self.group[id as usize] != NO_GROUP
    }

    /// Whether two states, the first of which is in a group, are in the same one.
    pub fn same(&self, one: u32, other: u32) -> bool {
        self.group[one as usize] == self.group[other as usize]
    }

    /// Who is enabled somewhere in the group of a state.
    pub fn enabled(&self, id: u32) -> Units {
        self.who[self.group[id as usize] as usize].enabled
    }
}

/// The strongly connected components of some states. `local` has no marks before and after.
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
