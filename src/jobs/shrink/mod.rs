//! Minimizes long runs: the same property, the same rules, fewer steps.
//!
//! Steps are left out, and those that are not enabled without them are skipped. Then bounded
//! searches look for shorter paths between the states of the run. In the result no single step can
//! be left out. `explore` decides whether another run is shorter still, if the space is small
//! enough.

mod lasso;

use crate::engines::explore::{Options, Watch};
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::shrink::Shortened;
use crate::engines::verdict::{Discovery, End, Path, PropertyId, PropertySet};
use crate::files::case::{Case, Minimality};

/// The maximum number of states searched for a shorter run.
const BUDGET: u64 = 2_000_000;

/// A minimized run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The run.
    pub discovery: Discovery,
    /// Whether a shorter run exists.
    pub minimality: Minimality,
    /// The result of leaving out steps, which `explore` may have improved on. `None` if only
    /// `explore` can minimize the run, because no single state shows the property.
    pub shortened: Option<Shortened>,
    /// Violations of other properties that were found on the way, also minimized.
    pub others: Vec<Discovery>,
}

/// Minimizes the run of a discovery. Returns `None` if it does not show its property, or if
/// minimizing it requires a search of the whole space, which is too large. Violations of
/// `properties` that are found on the way are returned too.
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
        (_, Some(proven)) => {
            let minimality = Minimality::explored(&proven.end);
            (proven, minimality)
        }
        (Some(ours), None) => (ours.clone(), Minimality::OneMinimal),
        // A cycle can be minimized without knowing the whole space.
        (None, None) => (lasso::shorten(instance, found)?, Minimality::OneMinimal),
    };
    let again = |other: &Discovery| Some(instance.shorten(other, properties)?.discovery);
    let others = shortened.iter().flat_map(|shortened| &shortened.others);
    let others = others.filter_map(again).collect();
    Some(Shrunk { discovery, minimality, shortened, others })
}

/// Returns the shortest run that shows a property, if it is found within the budget.
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

/// Returns the path of a case on the current model; `None` if a step is unknown or not enabled.
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
