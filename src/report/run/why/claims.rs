//! Why a state, or what repeats forever, violates a property of the model.

use latchwork_model::kit::{Claim, Kind};

use crate::engines::instance::StateBytes;
use crate::engines::verdict::{PropertyId, PropertyInfo, PropertyKind};
use crate::protocols::trace::process_of;
use crate::report::run::on_model::Run;

use super::explanation::{Reason, Waiting};
use super::finish::Finisher;
use super::putting_back::{Variant, pairs, threes, together, variants};
use super::scene::Scene;

/// The maximum number of values that a field is given.
const MOST_VALUES: usize = 3;

/// Returns the values of the parameter for which a property is violated by a run, by position.
/// `begin` is the number of steps before what repeats forever; for a property of single states it
/// is that before the last state.
pub fn violated_parts(run: &Run<'_>, id: PropertyId, begin: usize) -> Vec<usize> {
    let properties = run.instance.properties();
    let kind = properties[usize::from(id.0)].kind;
    let claims: Vec<Vec<Option<Claim>>> =
        run.states.iter().map(|state| run.instance.claims(state, id)).collect();
    let parts = claims.iter().map(Vec::len).max().unwrap_or(0);
    let at = |state: usize, part: usize| claims[state].get(part).copied().flatten();
    let around = begin.min(claims.len() - 1)..claims.len();
    let is_violated = |part: &usize| {
        let answered = |state: &usize| at(*state, *part) == Some(Claim::Holds);
        match kind {
            PropertyKind::Model(Kind::NoFairCycle) => around.clone().all(|state| answered(&state)),
            PropertyKind::Model(Kind::Eventually) => !(0..claims.len()).any(|at| answered(&at)),
            PropertyKind::Model(Kind::LeadsTo) => {
                let after = (0..claims.len()).rev().find(answered).map_or(0, |at| at + 1);
                let mut waiting = after..(around.start + 1).max(after);
                after <= around.start
                    && waiting.any(|state| at(state, *part) == Some(Claim::Violated))
            }
            _ => at(claims.len() - 1, *part) == Some(Claim::Violated),
        }
    };
    (0..parts).filter(is_violated).collect()
}

/// Returns the values of a property's parameter by name; empty if it has none.
pub fn names(property: &PropertyInfo, parts: &[usize]) -> Vec<String> {
    let Some(parameter) = property.parameter else { return Vec::new() };
    let name = |part: &usize| {
        let mut name = String::new();
        // Writing to a string cannot fail.
        let _ = parameter.spell(u8::try_from(*part).unwrap_or(u8::MAX), &mut name);
        name
    };
    parts.iter().map(name).collect()
}

/// Returns the smallest sets of fields of the last state with which `is_bad` is false, as reasons:
/// all single fields, or else the first pair, or else the first three.
pub fn sets(
    scene: &Scene<'_>,
    donors: &[StateBytes],
    is_bad: &dyn Fn(&StateBytes) -> bool,
    who: Option<&Waiting>,
    finisher: &mut Finisher<'_>,
) -> Vec<Reason> {
    let (instance, last) = (scene.run.instance, scene.run.last());
    let mut all = variants(instance, last, donors, MOST_VALUES);
    all.sort_by_key(|variant| std::cmp::Reverse(scene.since(variant.field)));
    let mut helps = |set: &[&Variant]| {
        if !finisher.examine() {
            return false;
        }
        together(set, instance, last).is_some_and(|state| !is_bad(&state))
    };
    let reason = |set: &[&Variant]| Reason {
        who: who.cloned(),
        fields: set.iter().map(|variant| scene.blamed(variant.field, &variant.value)).collect(),
        writers: Vec::new(),
        culprit: true,
    };
    let mut single: Vec<&Variant> = Vec::new();
    for one in &all {
        if single.iter().all(|other| other.field != one.field) && helps(&[one]) {
            single.push(one);
        }
    }
    if !single.is_empty() {
        return single.into_iter().map(|one| reason(&[one])).collect();
    }
    let all: Vec<&Variant> = all.iter().collect();
    let two = pairs(&all).find(|set| helps(set)).map(|set| reason(&set));
    let found = two.or_else(|| threes(&all).find(|set| helps(set)).map(|set| reason(&set)));
    found.into_iter().collect()
}

/// Returns the first process that is identified by the value of a property's parameter and whose
/// location is known.
pub fn process_named(scene: &Scene<'_>, name: &str) -> Option<Waiting> {
    let entry = scene.run.entry;
    let steps = scene.run.instance.all_steps();
    let named = |process: &String| process.split_once('@').is_some_and(|(_, id)| id == name);
    scene.locations.iter().find_map(|(process, field)| {
        let step = steps.iter().find(|step| scene.process(**step) == *process)?;
        let spelled = Some(process_of(entry, &scene.run.spell(*step))).filter(named)?;
        let location = scene.blamed(*field, &scene.last()[*field].value);
        Some(Waiting { process: spelled, step: None, location: Some(location), queued: Vec::new() })
    })
}
