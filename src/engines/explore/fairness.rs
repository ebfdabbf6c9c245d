//! Weak and strong fairness: fair components of a part of the graph.
//!
//! Every state has an implicit step that changes nothing and that no process takes, so a run may
//! stay in a state forever. Staying is fair if no fair unit is enabled there.

use latchwork_model::kit::{Fairness, Model, Step, Unit};

use super::graph::{Graph, components, next_of};
use super::{paths, steps};

/// The maximum number of fair units for which properties of fair runs are decided.
const MAX_UNITS: usize = 64;

/// A set of fair units, by their positions in the list of units.
pub type Units = u64;

/// The fair units, in order: processes of fair lanes, or their actions where each action is fair on
/// its own.
pub struct Fair {
    actors: Actors,
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
        Self { actors: Actors::of(model), strong, weak }
    }

    /// A planted defect for tests: all units count as strongly fair.
    #[cfg(test)]
    fn all_strong(self) -> Self {
        Self { strong: self.strong | self.weak, weak: 0, ..self }
    }

    /// Returns the unit that takes a step as a set; empty if it need not be fair.
    pub fn set(&self, step: Step) -> Units {
        as_set(self.actors.actor(step))
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

/// The actor of every step: the position of its fair unit, or [`NOBODY`]. If there are too many units, all
/// have the same position.
pub struct Actors {
    /// By action and first argument.
    by_step: Vec<u8>,
    /// The number of first arguments.
    arguments: usize,
}

/// The actor of a step that no fair unit takes.
pub const NOBODY: u8 = u8::MAX;

impl Actors {
    /// Returns the table of a model.
    pub fn of<M: Model>(model: &M) -> Self {
        let (units, steps) = (units(model), steps::all(model));
        let arguments = steps.iter().map(|step| usize::from(step.args[0]) + 1).max().unwrap_or(1);
        let mut by_step = vec![NOBODY; M::ACTIONS.len() * arguments];
        for step in steps {
            if let Ok(at) = units.binary_search(&step.unit(M::LANES, M::ACTIONS)) {
                by_step[place(step, arguments)] =
                    if units.len() > MAX_UNITS { 0 } else { at as u8 };
            }
        }
        Self { by_step, arguments }
    }

    /// Returns the actor of a step.
    #[inline]
    pub fn actor(&self, step: Step) -> u8 {
        self.by_step[place(step, self.arguments)]
    }
}

fn as_set(actor: u8) -> Units {
    if actor == NOBODY { 0 } else { 1 << actor }
}

fn place(step: Step, arguments: usize) -> usize {
    usize::from(step.action) * arguments + usize::from(step.args[0])
}

/// Which units are enabled in which states, and where a run can come back.
pub struct Moves {
    /// The fair units.
    pub fair: Fair,
    /// By state: the units that are enabled.
    pub enabled: Vec<Units>,
    /// By state: whether it is on a cycle with another state.
    cyclic: Vec<bool>,
}

/// Marks a state that is in no group.
const NO_GROUP: u32 = u32::MAX;

impl Moves {
    /// Evaluates every edge of a graph that has the actors of its edges.
    pub fn of<M: Model>(model: &M, graph: &Graph<M::State>) -> Self {
        let fair = Fair::of(model);
        #[cfg(test)]
        let fair = match graph.planted {
            super::planted::Planted::WeakAsStrong => fair.all_strong(),
            _ => fair,
        };
        let mut enabled = vec![0; graph.states.len()];
        for (enabled, id) in enabled.iter_mut().zip(0..) {
            *enabled = graph.actors(id).iter().fold(0, |set, actor| set | as_set(*actor));
        }
        for id in graph.cuts() {
            let steps = paths::cut_off(model, graph, *id).into_iter();
            enabled[*id as usize] |= steps.fold(0, |set, step| set | fair.set(step));
        }
        let states = graph.states.len() as u32;
        let components =
            components(states, |id, at| next_of(graph.successors(id), at, |_, _| true));
        let sizes = components.sizes();
        let cyclic = (0..states).map(|id| sizes[components.of(id) as usize] > 1).collect();
        Self { fair, enabled, cyclic }
    }

    /// Returns the states of a region in which a fair run can stay forever, grouped by the
    /// strongly connected set they belong to: all states of a group can be reached from one another
    /// within it.
    pub fn fair_groups<S>(&self, graph: &Graph<S>, region: &[bool]) -> Groups {
        let states = graph.states.len();
        let mut groups = Groups { group: vec![NO_GROUP; states], who: Vec::new() };
        let mut local = vec![NO_GROUP; states];
        let mut all = Vec::new();
        for id in (0..states as u32).filter(|id| region[*id as usize]) {
            match self.cyclic[id as usize] {
                true => all.push(id),
                // In most spaces, most states are not on a cycle.
                false => drop(self.judge(graph, &[id], &mut local, &mut groups)),
            }
        }
        let mut work: Vec<Vec<u32>> = vec![all];
        while let Some(members) = work.pop() {
            for group in split(graph, &members, &mut local).groups() {
                work.extend(self.judge(graph, group, &mut local, &mut groups));
            }
        }
        groups
    }

    /// Adds a strongly connected set to the groups if a fair run can stay in it. Otherwise, returns a part
    /// of it that may contain smaller groups, if there is one. `local` has no marks before and after.
    fn judge<S>(
        &self,
        graph: &Graph<S>,
        group: &[u32],
        local: &mut [u32],
        groups: &mut Groups,
    ) -> Option<Vec<u32>> {
        group.iter().for_each(|id| local[*id as usize] = 0);
        let who = self.who(graph, group, local);
        group.iter().for_each(|id| local[*id as usize] = NO_GROUP);
        if self.fair.weak & who.always_enabled & !who.acts != 0 {
            // No part of this group is fair either: it has fewer edges, and the same units are
            // enabled.
            return None;
        }
        let starved = self.fair.strong & who.enabled & !who.acts;
        if starved == 0 {
            let number = groups.who.len() as u32;
            group.iter().for_each(|id| groups.group[*id as usize] = number);
            groups.who.push(who);
            return None;
        }
        // A run can stay here only in states where no unit is enabled that never acts here.
        let rest = group.iter().filter(|id| self.enabled[**id as usize] & starved == 0);
        Some(rest.copied().collect())
    }

    /// Returns which units act and which are enabled in a group. Its states are marked in `member`.
    fn who<S>(&self, graph: &Graph<S>, group: &[u32], member: &[u32]) -> Who {
        let mut who = Who { acts: 0, enabled: 0, always_enabled: Units::MAX };
        for id in group {
            who.enabled |= self.enabled[*id as usize];
            who.always_enabled &= self.enabled[*id as usize];
            for (target, actor) in graph.successors(*id).iter().zip(graph.actors(*id)) {
                if member[*target as usize] != NO_GROUP {
                    who.acts |= as_set(*actor);
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

/// Some states, sorted by their strongly connected components.
struct Parts {
    sorted: Vec<u32>,
    /// Where each component ends.
    ends: Vec<u32>,
}

impl Parts {
    fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.sorted[start as usize..*end as usize])
    }
}

/// Returns the strongly connected components of some states. `local` has no marks before and after.
fn split<S>(graph: &Graph<S>, members: &[u32], local: &mut [u32]) -> Parts {
    for (at, id) in members.iter().enumerate() {
        local[*id as usize] = at as u32;
    }
    let components = components(members.len() as u32, |at, edge| {
        let targets = graph.successors(members[at as usize]);
        let inside = |_, target: u32| local[target as usize] != NO_GROUP;
        next_of(targets, edge, inside).map(|target| local[target as usize])
    });
    members.iter().for_each(|id| local[*id as usize] = NO_GROUP);
    let mut ends = components.sizes();
    // First where it starts; each member then moves its end on.
    let mut start = 0;
    for size in &mut ends {
        start += std::mem::replace(size, start);
    }
    let mut sorted = vec![0; members.len()];
    for (id, at) in members.iter().zip(0..) {
        let place = &mut ends[components.of(at) as usize];
        sorted[*place as usize] = *id;
        *place += 1;
    }
    Parts { sorted, ends }
}
