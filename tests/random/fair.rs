//! Fair runs in the reference's space: where a run can stay, and whether a given run is fair.

use std::collections::BTreeSet;

use latchwork_model::kit::{Claim, Kind, Model, Step};

use super::model::Drawn;
use super::space::{Actor, Space, actor, is_strong, must_act};

/// The strongly connected components of some states, by Kosaraju's algorithm: depth first along
/// the edges, then against them in the opposite order of leaving.
pub fn components(members: &[usize], edges: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let most = members.iter().max().map_or(0, |last| last + 1);
    let mut inside = vec![false; most];
    members.iter().for_each(|id| inside[*id] = true);
    let mut back = vec![Vec::new(); most];
    for from in members {
        for to in edges(*from) {
            if to < most && inside[to] {
                back[to].push(*from);
            }
        }
    }
    let mut left = Vec::new();
    let mut seen = vec![false; most];
    for root in members {
        // What was entered, with the edges that are still to be followed.
        let mut entered = Vec::new();
        if !std::mem::replace(&mut seen[*root], true) {
            entered.push((*root, edges(*root)));
        }
        while let Some((id, onward)) = entered.last_mut() {
            match onward.pop() {
                Some(to) if to < most && inside[to] && !seen[to] => {
                    seen[to] = true;
                    entered.push((to, edges(to)));
                }
                Some(_) => {}
                None => {
                    left.push(*id);
                    entered.pop();
                }
            }
        }
    }
    let mut components = Vec::new();
    for root in left.into_iter().rev() {
        let mut component = Vec::new();
        let mut work = vec![root];
        while let Some(id) = work.pop() {
            if std::mem::replace(&mut inside[id], false) {
                component.push(id);
                work.extend(back[id].iter().filter(|from| inside[**from]));
            }
        }
        if !component.is_empty() {
            components.push(component);
        }
    }
    components
}

impl Space<'_> {
    /// The states of a region from which a fair run can cycle permanently within the region, or in
    /// which it can rest.
    pub fn fair_states(&self, region: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut fair = BTreeSet::new();
        let mut work = vec![region.clone()];
        while let Some(region) = work.pop() {
            let members: Vec<usize> = region.iter().copied().collect();
            let edges = |id: usize| self.successors(id).map(|(_, target)| target).collect();
            for component in components(&members, edges) {
                let component: BTreeSet<usize> = component.into_iter().collect();
                let acts: BTreeSet<Actor> = component
                    .iter()
                    .flat_map(|id| self.successors(*id))
                    .filter(|(_, target)| component.contains(target))
                    .map(|(step, _)| actor(step))
                    .collect();
                let enabled: Vec<_> = component.iter().map(|id| &self.enabled[*id]).collect();
                let starves = |who: &Actor| {
                    enabled.iter().all(|here| here.contains(who)) && !acts.contains(who)
                };
                if enabled[0].iter().any(starves) {
                    // Weak or strong: enabled everywhere, and never acting.
                    continue;
                }
                let starved: BTreeSet<Actor> = enabled
                    .iter()
                    .flat_map(|here| here.iter())
                    .filter(|who| is_strong(**who) && !acts.contains(who))
                    .copied()
                    .collect();
                if starved.is_empty() {
                    fair.extend(component);
                } else {
                    let keeps_off = |id: &usize| self.enabled[*id].is_disjoint(&starved);
                    work.push(component.into_iter().filter(keeps_off).collect());
                }
            }
        }
        fair
    }

    /// Whether a run that repeats a cycle permanently is fair. `around` are its states, the first
    /// one again at the end; a run that rests has one state.
    fn is_fair(&self, around: &[usize], taken: &[Step]) -> bool {
        let acts: BTreeSet<Actor> = taken.iter().map(|step| actor(*step)).collect();
        let enabled: Vec<_> = around.iter().map(|id| &self.enabled[*id]).collect();
        enabled.iter().flat_map(|here| here.iter()).all(|who| {
            acts.contains(who) || !is_strong(*who) && enabled.iter().any(|here| !here.contains(who))
        })
    }

    /// Whether a run violates a property that speaks of what goes on for ever. The run's states
    /// are one more than its steps; what is repeated begins after `cycle` steps, and without one the
    /// run rests in its last state.
    pub fn is_lasso(
        &self,
        property: usize,
        run: &[usize],
        steps: &[Step],
        cycle: Option<usize>,
    ) -> Result<(), String> {
        let begin = cycle.unwrap_or(steps.len());
        let (around, taken) = (&run[begin..], &steps[begin..]);
        if cycle.is_some() && taken.is_empty() {
            return Err("its cycle has no steps".into());
        }
        if around.first() != around.last() {
            return Err("its cycle does not close".into());
        }
        if Drawn::PROPERTIES[property].kind == Kind::NoFairCycle {
            let acts = |step: &Step| must_act(actor(*step));
            if cycle.is_none() || !taken.iter().all(acts) {
                return Err("it is no cycle of fair lanes".into());
            }
            return match self.counts_all_along(property, around) {
                true => Ok(()),
                false => Err("a state of the cycle does not count".into()),
            };
        }
        if !self.is_fair(around, taken) {
            return Err("what it repeats is not fair".into());
        }
        let parts = self.claims(property, run[0]).len();
        let waits = |part: usize| {
            let claims: Vec<_> = run.iter().map(|id| self.claims(property, *id)[part]).collect();
            let open =
                |claim: &Option<Claim>| matches!(claim, Some(claim) if *claim != Claim::Holds);
            match Drawn::PROPERTIES[property].kind {
                Kind::Eventually => claims.iter().all(open),
                _ => (0..=begin)
                    .any(|at| claims[at] == Some(Claim::Violated) && claims[at..].iter().all(open)),
            }
        };
        match (0..parts).any(waits) {
            true => Ok(()),
            false => Err("it does not wait for ever".into()),
        }
    }

    /// Whether all states of a cycle count for one and the same part of a property.
    fn counts_all_along(&self, property: usize, around: &[usize]) -> bool {
        let parts = self.claims(property, around[0]).len();
        (0..parts).any(|part| {
            around.iter().all(|id| self.claims(property, *id)[part] == Some(Claim::Holds))
        })
    }

    /// The fewest steps of the way of a fair run on which a part of a temporal property waits for
    /// ever.
    pub fn waits_after(&self, property: usize, part: usize) -> Option<usize> {
        let kind = Drawn::PROPERTIES[property].kind;
        let claim = |id: usize| self.claims(property, id)[part];
        let open = |id| claim(id).is_some_and(|claim| claim != Claim::Holds);
        // States, and whether something is waited for there: a search of its own, level by level.
        let mut level: BTreeSet<(usize, bool)> = BTreeSet::new();
        let enter = |level: &mut BTreeSet<(usize, bool)>, id: usize, begins: bool| {
            level.insert((id, false));
            if begins && open(id) {
                level.insert((id, true));
            }
        };
        let violated = |id| claim(id) == Some(Claim::Violated);
        for id in &self.initial {
            enter(&mut level, *id, kind == Kind::Eventually || violated(*id));
        }
        let mut steps = std::collections::BTreeMap::new();
        let mut distance = 0;
        while !level.is_empty() {
            level.iter().for_each(|place| {
                steps.insert(*place, distance);
            });
            let mut next = BTreeSet::new();
            for (id, waits) in level {
                for (_, target) in self.successors(id) {
                    if !waits {
                        enter(&mut next, target, kind == Kind::LeadsTo && violated(target));
                    } else if open(target) {
                        next.insert((target, true));
                    }
                }
            }
            next.retain(|place| !steps.contains_key(place));
            level = next;
            distance += 1;
        }
        let waiting: BTreeSet<usize> =
            steps.keys().filter(|(_, waits)| *waits).map(|(id, _)| *id).collect();
        self.fair_states(&waiting).iter().map(|id| steps[&(*id, true)]).min()
    }
}
