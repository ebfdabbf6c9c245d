//! What a search should find: which properties are violated or reached, after how many steps, by
//! which run, and what cannot be decided.

use std::collections::{BTreeMap, BTreeSet};

use latchwork::engines::verdict::{ActionCount, BuiltIn, Path, PropertyId, PropertySet};
use latchwork_model::kit::{Actions, Claim, Kind, Model, Process, Step};

use super::fair::components;
use super::model::Drawn;
use super::space::{Actor, Edge, Space, actor, all_steps, must_act};

/// What is expected of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is violated, or a goal is reached, after so many steps.
    Shown(usize),
    /// It is not, and nothing is left open.
    Not,
    /// It is not as far as can be seen.
    Open,
}

/// What is expected of a search of the whole space.
pub struct Expected {
    /// By property, built-in ones last.
    pub verdicts: Vec<Verdict>,
    /// By property: the steps of a shortest run that shows it, whether or not the engine promises to
    /// find one.
    pub shortest: Vec<Option<usize>>,
    /// By property that states show: the best of the shortest runs.
    pub best: BTreeMap<usize, Path>,
    /// The `leads_to` properties that wait somewhere and hold nowhere, if the whole space is known.
    pub unanswered: PropertySet,
    /// Whether more must act than the engine decides properties of fair runs with.
    pub too_many_fair: bool,
    /// States on each level.
    pub levels: Vec<u64>,
    /// Initial states and steps.
    pub generated: u64,
    /// By action.
    pub actions: Vec<ActionCount>,
    /// By property of the model: the states of which it says something.
    pub antecedents: Vec<u64>,
}

/// What ends a run that shows a property: nothing more, or a step that cannot be completed.
type Last = Option<Step>;

impl Expected {
    /// Of a whole space.
    pub fn of(space: &Space<'_>) -> Self {
        let mut expected = Self {
            verdicts: Vec::new(),
            shortest: Vec::new(),
            best: BTreeMap::new(),
            unanswered: PropertySet::EMPTY,
            too_many_fair: are_too_many(space),
            levels: Vec::new(),
            generated: space.initial.len() as u64,
            actions: vec![ActionCount::default(); Drawn::ACTIONS.len()],
            antecedents: vec![0; Drawn::PROPERTIES.len()],
        };
        for id in space.all() {
            let depth = space.depth[id];
            expected.levels.resize(expected.levels.len().max(depth + 1), 0);
            expected.levels[depth] += 1;
            let fired: Vec<u8> = space.successors(id).map(|(step, _)| step.action).collect();
            expected.generated += fired.len() as u64;
            fired.iter().for_each(|action| expected.actions[usize::from(*action)].fired += 1);
            let enabled: BTreeSet<u8> = fired.into_iter().collect();
            enabled.iter().for_each(|action| expected.actions[usize::from(*action)].enabled += 1);
        }
        // Whatever is not seen may lie behind what is cut off.
        let open = space.states.is_empty()
            || space.all().any(|id| space.is_cut(id) || space.claims_panic(id));
        let conclude = |expected: &mut Self, shown: Option<usize>, undecided: bool| {
            expected.shortest.push(shown);
            expected.verdicts.push(match shown {
                _ if undecided => Verdict::Open,
                Some(steps) => Verdict::Shown(steps),
                None if open => Verdict::Open,
                None => Verdict::Not,
            });
        };
        for (property, own) in Drawn::PROPERTIES.iter().enumerate() {
            let says = |id: &usize| {
                (own.kind != Kind::AtRest || !space.is_busy(*id))
                    && space.claim(property, *id).is_some_and(|claim| claim != Claim::Vacuous)
            };
            expected.antecedents[property] = space.all().filter(says).count() as u64;
            let shown = expected.of_property(space, property);
            let says =
                |claim| space.all().any(|id| space.claims(property, id).contains(&Some(claim)));
            let is_whole = !open && !expected.too_many_fair;
            if own.kind == Kind::LeadsTo && is_whole && says(Claim::Violated) && !says(Claim::Holds)
            {
                expected.unanswered.insert(PropertyId(property as u8));
            }
            let undecided = own.kind.is_temporal() && expected.too_many_fair;
            conclude(&mut expected, shown, undecided);
        }
        for built_in in BuiltIn::ALL {
            let property = usize::from(built_in.id::<Drawn>().0);
            let shown = expected.of_built_in(space, built_in, property);
            conclude(&mut expected, shown, false);
        }
        expected
    }

    /// The steps of a shortest run that shows a property, if there is one.
    pub fn shortest(&self, property: PropertyId) -> Option<usize> {
        self.shortest[usize::from(property.0)]
    }

    /// The steps after which a property of the model is shown.
    fn of_property(&mut self, space: &Space<'_>, property: usize) -> Option<usize> {
        let claims = |id: &usize, claim| space.claim(property, *id) == Some(claim);
        let kind = Drawn::PROPERTIES[property].kind;
        let goals: Vec<usize> = match kind {
            Kind::Invariant => space.all().filter(|id| claims(id, Claim::Violated)).collect(),
            Kind::AtRest => space
                .all()
                .filter(|id| !space.is_busy(*id) && claims(id, Claim::Violated))
                .collect(),
            Kind::Reachable => space.all().filter(|id| claims(id, Claim::Holds)).collect(),
            Kind::NoFairCycle => on_fair_cycles(space, property),
            Kind::Eventually | Kind::LeadsTo => {
                let parts = 0..space.claims(property, *space.initial.first()?).len();
                return parts.filter_map(|part| space.waits_after(property, part)).min();
            }
        };
        self.shown(space, property, goals.into_iter().map(|id| (id, None)).collect())
    }

    fn of_built_in(
        &mut self,
        space: &Space<'_>,
        built_in: BuiltIn,
        property: usize,
    ) -> Option<usize> {
        let cut_by = |is: fn(&Edge) -> bool| {
            let steps = |id: usize| {
                let cut = space.edges[id].iter().filter(move |(_, edge)| is(edge));
                cut.map(move |(step, _)| (id, Some(*step)))
            };
            space.all().flat_map(steps).collect::<Vec<(usize, Last)>>()
        };
        let goals = match built_in {
            BuiltIn::Deadlock => {
                let stands = |id: &usize| {
                    space.offers(*id).next().is_none() && space.is_done(*id) == Some(false)
                };
                space.all().filter(stands).map(|id| (id, None)).collect()
            }
            BuiltIn::CanFinish => space.stuck.iter().map(|id| (*id, None)).collect(),
            BuiltIn::BoundExceeded => cut_by(|edge| matches!(edge, Edge::Exceeds(_))),
            BuiltIn::GuardsFirst => cut_by(|edge| *edge == Edge::Slips),
            BuiltIn::NoPanic => {
                // On the first level on which the model panics, a claim needs no step more.
                let mut goals = cut_by(|edge| *edge == Edge::Panics);
                let panics = space.all().filter(|id| space.claims_panic(*id));
                goals.extend(panics.map(|id| (id, None)));
                let first = goals.iter().map(|(id, _)| space.depth[*id]).min();
                goals.retain(|(id, _)| Some(space.depth[*id]) == first);
                goals
            }
        };
        self.shown(space, property, goals)
    }

    /// The least steps to one of some goals; the best run is kept.
    fn shown(
        &mut self,
        space: &Space<'_>,
        property: usize,
        goals: Vec<(usize, Last)>,
    ) -> Option<usize> {
        let steps = |(id, last): &(usize, Last)| space.depth[*id] + usize::from(last.is_some());
        let least = goals.iter().map(steps).min()?;
        let goals = goals.into_iter().filter(|goal| steps(goal) == least).collect();
        self.best.insert(property, best(space, goals));
        Some(least)
    }
}

/// Whether more must act than the engine promises to follow.
fn are_too_many(space: &Space<'_>) -> bool {
    let actors = all_steps(space.model).into_iter().map(actor);
    actors.filter(|actor| must_act(*actor)).collect::<BTreeSet<Actor>>().len() > 64
}

/// The states on a cycle of steps of fair lanes, all of whose states count for one part of a
/// property.
fn on_fair_cycles(space: &Space<'_>, property: usize) -> Vec<usize> {
    let Some(first) = space.initial.first() else { return Vec::new() };
    let mut on_cycle = BTreeSet::new();
    for part in 0..space.claims(property, *first).len() {
        let counts = |id: &usize| space.claims(property, *id)[part] == Some(Claim::Holds);
        let members: Vec<usize> = space.all().filter(counts).collect();
        let edges = |id: usize| -> Vec<usize> {
            let acts = |(step, _): &(Step, usize)| must_act(actor(*step));
            space.successors(id).filter(acts).map(|(_, target)| target).collect()
        };
        for component in components(&members, edges) {
            if component.len() > 1 || edges(component[0]).contains(&component[0]) {
                on_cycle.extend(component);
            }
        }
    }
    on_cycle.into_iter().collect()
}

/// The best of the shortest runs that end with the first firing of an action.
pub fn witness(space: &Space<'_>, action: u8) -> Option<Path> {
    let fires = |id: usize| {
        let steps = space.successors(id).filter(move |(step, _)| step.action == action);
        steps.map(move |(step, _)| (id, Some(step)))
    };
    let goals: Vec<(usize, Last)> = space.all().flat_map(fires).collect();
    let least = goals.iter().map(|(id, _)| space.depth[*id]).min()?;
    Some(best(space, goals.into_iter().filter(|(id, _)| space.depth[*id] == least).collect()))
}

/// Of all shortest runs to one of some goals the one with the fewest switches between processes,
/// then the first initial state, then the first steps.
fn best(space: &Space<'_>, goals: Vec<(usize, Last)>) -> Path {
    // By state on a shortest run: its best ways on, one for each process that takes the first step.
    type Ways = BTreeMap<Option<Process>, (u32, Vec<Step>)>;
    let mut ways: BTreeMap<usize, Ways> = BTreeMap::new();
    let add = |ways: &mut BTreeMap<usize, Ways>, id, process, way: (u32, Vec<Step>)| {
        let known = ways.entry(id).or_default().entry(process).or_insert_with(|| way.clone());
        if way < *known {
            *known = way;
        }
    };
    let mut level = 0;
    for (id, last) in goals {
        level = level.max(space.depth[id]);
        let process = last.map(|step| step.process(Drawn::ACTIONS));
        add(&mut ways, id, process, (0, last.into_iter().collect()));
    }
    let mut by_depth: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    space.all().for_each(|id| by_depth.entry(space.depth[id]).or_default().push(id));
    while level > 0 {
        level -= 1;
        for id in &by_depth[&level] {
            for (step, target) in space.successors(*id) {
                if space.depth[target] != level + 1 {
                    continue;
                }
                let process = step.process(Drawn::ACTIONS);
                let onward: Vec<_> = ways.get(&target).into_iter().flatten().collect();
                let onward: Vec<(u32, Vec<Step>)> = onward
                    .into_iter()
                    .map(|(next, (switches, steps))| {
                        let switch = u32::from(next.is_some_and(|next| next != process));
                        let way = std::iter::once(step).chain(steps.iter().copied());
                        (switches + switch, way.collect())
                    })
                    .collect();
                onward.into_iter().for_each(|way| add(&mut ways, *id, Some(process), way));
            }
        }
    }
    let starts = space.initial.iter().enumerate().filter_map(|(initial, id)| {
        let way = ways.get(id)?.values().min()?;
        Some((way.0, initial, way.1.clone()))
    });
    let (_, initial, steps) = starts.min().expect("every state can be reached");
    Path { initial, steps }
}
