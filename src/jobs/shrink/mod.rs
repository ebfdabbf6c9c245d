//! A long run made short: the same property, the same rules, fewer steps.
//!
//! Steps are left out, and what is not enabled without them is skipped; then bounded searches look
//! for shorter ways between the states of the run. Nobody can leave out one more step at the end;
//! whether another run is shorter still, `explore` says where it can.

mod lasso;

use crate::engines::explore::{Options, Watch};
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::shrink::Shortened;
use crate::engines::verdict::{Discovery, End, Path, PropertyId, PropertySet};
use crate::files::case::{Case, Minimality};

/// States that are searched for a shorter run.
const BUDGET: u64 = 2_000_000;

/// A run that was made short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The run.
    pub discovery: Discovery,
    /// Whether there is a shorter one.
    pub minimality: Minimality,
    /// What making it short came to; `explore` may have found a shorter run. None if only `explore`
    /// can make it short, because no single state shows the property.
    pub shortened: Option<Shortened>,
    /// Violations of other properties that were met on the way, made short themselves.
    pub others: Vec<Discovery>,
}

/// Makes the run of a discovery short; none if it does not show its property, or only a search of
/// the whole space could make it short and that is too large. Violations of `properties` that are
/// met on the way are kept.
pub fn shrink(
    instance: &dyn Instance,
    found: &Discovery,
    properties: PropertySet,
    threads: usize,
    watch: &dyn Watch,
) -> Option<Shrunk> {
    let shortened = instance.shorten(found, properties);
    let ours = shortened.as_ref().map(|shortened| &shortened.discovery);
    if ours.is_none() && !matches!(found.end, End::Stuck { .. }) {
        return None;
    }
    let proven = shortest(instance, found.property, threads, watch);
    let (discovery, minimality) = match (ours, proven) {
        (Some(ours), Some(proven)) if ours.steps <= proven.steps => {
            (ours.clone(), Minimality::Proven)
        }
        (_, Some(proven)) => (proven, Minimality::Proven),
        (Some(ours), None) => (ours.clone(), Minimality::OneMinimal),
        // A cycle can be made short without the whole space.
        (None, None) => (lasso::shorten(instance, found)?, Minimality::OneMinimal),
    };
    let again = |other: &Discovery| Some(instance.shorten(other, properties)?.discovery);
    let others = shortened.iter().flat_map(|shortened| &shortened.others);
    let others = others.filter_map(again).collect();
    Some(Shrunk { discovery, minimality, shortened, others })
}

/// The shortest run that shows a property, if it is found within the budget.
pub fn shortest(
    instance: &dyn Instance,
    property: PropertyId,
    threads: usize,
    watch: &dyn Watch,
) -> Option<Discovery> {
    let properties = [property].into_iter().collect();
    let options = Options {
        threads,
        properties,
        until: properties,
        states: Some(BUDGET),
        ..Options::default()
    };
    let exploration = instance.explore(&options, watch);
    exploration.discoveries.into_iter().find(|found| found.property == property)
}

/// The path of a case on the model as it is now; none if a step is not known or not enabled.
pub fn path_of(case: &Case, instance: &dyn Instance) -> Option<Path> {
    let starts_so = |state: &StateBytes| instance.fields(state) == case.initial;
    let initial = instance.initial().iter().position(starts_so)?;
    let actions = case.configuration.entry.actions;
    let all = instance.all_steps();
    let step =
        |action: &str| all.iter().find(|step| step.spell(actions).to_string() == action).copied();
    let steps = case.steps.iter().map(|recorded| step(&recorded.action));
    Some(Path { initial, steps: steps.collect::<Option<_>>()? })
}
