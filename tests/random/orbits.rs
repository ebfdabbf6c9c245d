//! What the reference makes of a model that says that processes are interchangeable.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Actions, Model, Param, Step};

use super::model::{Drawn, Sorting};
use super::space::{Space, all_steps, attempt, key};
use super::table::{Arguments, Outcome, PROCESSES, Proc, State};

/// Where each process goes.
type Exchange = [u8; PROCESSES];

/// The exchanges that a model speaks of, and what they leave of its space.
pub struct Orbits {
    /// What is not the same after an exchange, if the model is wrong about itself.
    pub difference: Option<String>,
    /// If it is right: the sets of states that differ by an exchange, by the least number of steps
    /// to one of them.
    pub levels: Vec<u64>,
    /// Initial states, and the steps of one state of each set.
    pub generated: u64,
}

/// A state after processes have changed places, written by hand.
fn exchanged(model: &Drawn, s: &State, to: Exchange) -> State {
    let there = |p: Proc| Proc(to.get(usize::from(p.0)).copied().unwrap_or(p.0));
    let mut next = *s;
    next.queue.clear();
    for p in (0..PROCESSES as u8).map(Proc) {
        next.at[there(p)] = s.at[p];
        next.has[there(p)] = s.has[p];
        match s.marked.contains(p) {
            true => next.marked.insert(there(p)),
            false => next.marked.remove(there(p)),
        }
    }
    s.queue.items().iter().for_each(|p| next.queue.push(there(*p)).expect("as many as before"));
    if !model.symmetry.forgets_holder {
        next.holder = there(s.holder);
    }
    next
}

/// The step after the exchange.
fn exchanged_step(step: Step, to: Exchange) -> Step {
    let params = Drawn::ACTIONS[usize::from(step.action)].params;
    let mut next = step;
    for (arg, param) in next.args.iter_mut().zip(params) {
        if param.kind == Proc::KIND {
            *arg = to[usize::from(*arg)];
        }
    }
    next
}

/// All exchanges that can be composed of some.
fn closure(generators: &BTreeSet<Exchange>) -> BTreeSet<Exchange> {
    let mut group = BTreeSet::from([[0, 1, 2, 3]]);
    loop {
        let composed = group.iter().flat_map(|one| {
            generators.iter().map(move |other| one.map(|place| other[usize::from(place)]))
        });
        let more: BTreeSet<Exchange> = composed.filter(|both| !group.contains(both)).collect();
        if more.is_empty() {
            return group;
        }
        group.extend(more);
    }
}

impl Orbits {
    /// Looks at every state that can be reached, and at every one that differs from such a state by
    /// an exchange.
    pub fn of(space: &Space<'_>) -> Self {
        let model = space.model;
        let mut generators: BTreeSet<Exchange> =
            model.symmetry.generators.iter().copied().collect();
        let sorts = model.symmetry.sorting != Sorting::Not && !space.initial.is_empty();
        let sorting = |s: &State| model.symmetry.sorting.to(s, model.limits.processes);
        // Sorting exchanges processes as well: what it does must change nothing either.
        let (mut group, mut all) = (BTreeSet::new(), BTreeMap::new());
        while sorts || group.is_empty() {
            group = closure(&generators);
            all.clear();
            for state in &space.states {
                for to in &group {
                    let other = exchanged(model, state, *to);
                    all.insert(key(&other), other);
                }
            }
            let before = generators.len();
            if sorts {
                generators.extend(all.values().filter_map(sorting));
            }
            if generators.len() == before {
                break;
            }
        }
        let mut difference = None;
        for state in all.values() {
            let differs = generators.iter().find_map(|to| differs(model, state, *to));
            let sorted = |s: &State| sorting(s).map(|to| key(&exchanged(model, s, to)));
            let unsorted = || {
                let same = |to: &Exchange| sorted(state) == sorted(&exchanged(model, state, *to));
                (sorts && !group.iter().all(same)).then(|| "sorting".to_string())
            };
            difference = differs.or_else(unsorted);
            if difference.is_some() {
                break;
            }
        }
        let mut orbits = Self { difference, levels: Vec::new(), generated: 0 };
        if orbits.difference.is_none() {
            orbits.count(space, &group);
        }
        orbits
    }

    fn count(&mut self, space: &Space<'_>, group: &BTreeSet<Exchange>) {
        self.generated = space.initial.len() as u64;
        let mut met = BTreeSet::new();
        // States are numbered by their distance.
        for id in space.all() {
            let all = group.iter().map(|to| key(&exchanged(space.model, &space.states[id], *to)));
            if !met.insert(all.min()) {
                continue;
            }
            let depth = space.depth[id];
            self.levels.resize(self.levels.len().max(depth + 1), 0);
            self.levels[depth] += 1;
            self.generated += space.successors(id).count() as u64;
        }
    }
}

/// What is not the same in a state and the exchanged one.
fn differs(model: &Drawn, state: &State, to: Exchange) -> Option<String> {
    let other = exchanged(model, state, to);
    for step in all_steps(model) {
        let (one, next) = attempt(model, state, step);
        let (two, other_next) = attempt(model, &other, exchanged_step(step, to));
        let leads = one != Outcome::Fires || key(&exchanged(model, &next, to)) == key(&other_next);
        if one != two || !leads {
            return Some(step.spell(Drawn::ACTIONS).to_string());
        }
    }
    let claim = |s: &State, statement, processes| {
        model.limits.claim(s, statement, Arguments { processes: [processes, 0], other: 0 })
    };
    if claim(state, &model.done, 0) != claim(&other, &model.done, 0) {
        return Some("done".to_string());
    }
    let own = Drawn::PROPERTIES.iter().zip(&model.claims).enumerate();
    for (property, (own, statement)) in own.filter(|(_, (own, _))| !own.kind.is_temporal()) {
        let parts = if super::draw::has_parameter(property) { model.limits.processes } else { 1 };
        let says = |s: &State| -> Option<Vec<_>> {
            let claims = (0..parts).map(|part| claim(s, statement, part));
            let mut claims: Vec<_> = claims.collect::<Option<_>>()?;
            claims.sort_unstable();
            Some(claims)
        };
        if says(state) != says(&other) {
            return Some(own.name.to_string());
        }
    }
    None
}
