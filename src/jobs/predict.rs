//! What a profile violates within widened bounds: predictions about the version that it describes.
//!
//! Each scenario is searched as it is, with each fault twice, and with each size one larger. What is
//! found is a prediction: each distinct way once, by its shortest run.

use latchwork_model::kit::{Fairness, Field, Shape};

use crate::engines::explore::{Options, Watch};
use crate::engines::instance::StateBytes;
use crate::engines::verdict::{BuiltIn, Discovery, End, PropertyKind};
use crate::files::case::Case;
use crate::files::configuration::{Configuration, Tree};
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, check};
use crate::jobs::finish::{Finish, finish};
use crate::jobs::parallel::{Progress, parallel};
use crate::protocols::Entry;
use crate::protocols::trace::states;

/// What to search, and how far.
pub struct Plan {
    /// The protocol.
    pub entry: &'static Entry,
    /// The profile.
    pub profile: usize,
    /// The scenarios to widen.
    pub scenarios: Vec<Scenario>,
    /// How often each fault may happen.
    pub faults: u8,
    /// The maximum number of states of a search.
    pub states: u64,
    /// The number of searches at a time.
    pub threads: usize,
}

/// The maximum number of states that are searched for a way on from a state of a run.
pub const MOST_AHEAD: usize = 5_000;

/// What a profile violates.
pub struct Ledger {
    /// The protocol.
    pub entry: &'static Entry,
    /// The profile.
    pub profile: usize,
    /// How often each fault may happen.
    pub faults: u8,
    /// The maximum number of states of a search.
    pub states: u64,
    /// The number of configurations that were searched.
    pub searched: usize,
    /// The number of those whose space is larger than the search. What is predicted there is true, but
    /// there may be more.
    pub cut: usize,
    /// The predictions, each way once.
    pub predictions: Vec<Prediction>,
}

/// A violation of one way.
pub struct Prediction {
    /// The way.
    pub way: Way,
    /// The number of steps after which the property is violated, or nothing finishes any more; `None`
    /// if that does not depend on one step.
    pub decided_after: Option<usize>,
    /// The scenario in which it was found.
    pub scenario: String,
    /// How the scenario was widened; `None` if it was not.
    pub widened: Option<Widening>,
    /// The faults in the run, by action, each with their number.
    pub faults: Vec<(&'static str, usize)>,
    /// The first known finding of this way: the scenario that keeps it, and its sentence.
    pub finding: Option<(String, String)>,
    /// The run.
    pub case: Case,
}

/// In which way a property is violated. Processes do not count, because they are interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The property. A standstill counts as `can_finish`.
    pub property: &'static str,
    /// The action that decides it: the last one before the violating state, or before the state from
    /// which nothing finishes. `None` if all of what repeats forever shows it.
    pub decided_by: Option<&'static str>,
}

/// One value of a scenario that was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widening {
    /// The key in `bounds` or `faults`.
    pub key: &'static str,
    /// The value.
    pub value: u8,
}

/// Searches what a profile violates.
pub fn predict(plan: &Plan, watch: &dyn Watch, progress: &dyn Progress) -> Ledger {
    let all = widened(plan);
    progress.more(all.len());
    let searched = parallel(plan.threads, &all, |(scenario, widening)| {
        progress.cell(&name(scenario, *widening));
        let options = Options { states: Some(plan.states), ..Options::default() };
        let checked = check(scenario.clone(), &options, watch).ok()?;
        let predicted: Vec<Prediction> =
            violations(&checked).map(|found| prediction(&checked, found, *widening)).collect();
        Some((checked.exploration.stopped.is_some(), predicted))
    });
    let searched: Vec<_> = searched.into_iter().flatten().collect();
    let (count, cut) = (searched.len(), searched.iter().filter(|(cut, _)| *cut).count());
    let mut predictions: Vec<Prediction> = searched.into_iter().flat_map(|(_, all)| all).collect();
    // A run to where nothing finishes is proven shortest, one to a standstill need not be. The order
    // of the scenarios decides between runs of the same length.
    predictions.sort_by_key(|prediction| {
        let verdict = &prediction.case.verdict;
        (prediction.way, verdict.property != prediction.way.property, verdict.steps)
    });
    predictions.dedup_by(|next, kept| {
        let same = next.way == kept.way;
        if same && kept.finding.is_none() {
            kept.finding = next.finding.take();
        }
        same
    });
    let Plan { entry, profile, faults, states, .. } = *plan;
    Ledger { entry, profile, faults, states, searched: count, cut, predictions }
}

/// Returns the name of a scenario with what was widened.
fn name(scenario: &Scenario, widening: Option<Widening>) -> String {
    match widening {
        Some(Widening { key, value }) => format!("{}, {key} {value}", scenario.name),
        None => scenario.name.clone(),
    }
}

/// Returns the configurations to search, each once: every scenario as it is, and with one value
/// raised.
fn widened(plan: &Plan) -> Vec<(Scenario, Option<Widening>)> {
    let mut all: Vec<(Scenario, Option<Widening>)> = Vec::new();
    for scenario in &plan.scenarios {
        let mut scenario = scenario.clone();
        scenario.configuration.profile = plan.profile;
        scenario.reach.clear();
        if scenario.finding.is_none() {
            scenario.expect = Expect::Holds;
        }
        let Configuration { bounds, faults, .. } = scenario.configuration.clone();
        all.push((scenario.clone(), None));
        scenario.finding = None;
        scenario.expect = Expect::Holds;
        for (widening, faults) in raised(&faults, plan.entry.faults, |_| plan.faults) {
            scenario.configuration.faults = faults;
            all.push((scenario.clone(), Some(widening)));
        }
        scenario.configuration.faults = faults;
        for (widening, bounds) in raised(&bounds, plan.entry.bounds, |value| value + 1) {
            scenario.configuration.bounds = bounds;
            all.push((scenario.clone(), Some(widening)));
        }
    }
    let mut seen: Vec<(Tree, Tree, Vec<usize>)> = Vec::new();
    all.retain(|(scenario, _)| {
        let Configuration { bounds, faults, with, .. } = &scenario.configuration;
        let key = (bounds.clone(), faults.clone(), with.clone());
        let is_new = !seen.contains(&key);
        seen.extend(is_new.then_some(key));
        is_new
    });
    all
}

/// Returns a record with each of its numbers raised to `to`, or to the most that its shape allows.
fn raised(record: &Tree, fields: &'static [Field], to: impl Fn(u8) -> u8) -> Vec<(Widening, Tree)> {
    let Tree::Record(values) = record else { return Vec::new() };
    let mut all = Vec::new();
    for (at, (key, value)) in values.iter().enumerate() {
        let field = fields.iter().find(|field| field.name == *key);
        let (Tree::Number(value), Some(Field { shape: Shape::Number { max, .. }, .. })) =
            (value, field)
        else {
            continue;
        };
        let raised = to(*value).min(*max);
        if raised > *value {
            let mut values = values.clone();
            values[at].1 = Tree::Number(raised);
            all.push((Widening { key, value: raised }, Tree::Record(values)));
        }
    }
    all
}

/// Returns the violations of the protocol, without those of the model's own bounds. A standstill is one
/// violation, of `deadlock` or of `can_finish`.
fn violations(checked: &Checked) -> impl Iterator<Item = &Discovery> {
    let kind = |found: &Discovery| checked.property(found.property).kind;
    let is = |found: &Discovery, built_in| kind(found) == PropertyKind::BuiltIn(built_in);
    let stuck = checked.violations().any(|found| is(found, BuiltIn::CanFinish));
    checked.violations().filter(move |found| match kind(found) {
        PropertyKind::Model(_) | PropertyKind::BuiltIn(BuiltIn::CanFinish) => true,
        PropertyKind::BuiltIn(built_in) => built_in == BuiltIn::Deadlock && !stuck,
    })
}

fn prediction(checked: &Checked, found: &Discovery, widened: Option<Widening>) -> Prediction {
    let entry = checked.scenario.configuration.entry;
    let name_of = |at: usize| entry.actions[usize::from(found.path.steps[at].action)].name;
    let decided_after = decided_after(checked, found);
    let mut faults: Vec<(&'static str, usize)> = Vec::new();
    for at in 0..found.steps.min(found.path.steps.len()) {
        let lane = entry.actions[usize::from(found.path.steps[at].action)].lane;
        if entry.lanes[usize::from(lane)].fairness != Fairness::Fault {
            continue;
        }
        match faults.iter_mut().find(|(name, _)| *name == name_of(at)) {
            Some((_, count)) => *count += 1,
            None => faults.push((name_of(at), 1)),
        }
    }
    let info = checked.property(found.property);
    let deadlock = info.kind == PropertyKind::BuiltIn(BuiltIn::Deadlock);
    let case = checked.case(found);
    Prediction {
        way: Way {
            property: if deadlock { BuiltIn::CanFinish.name() } else { info.name },
            decided_by: decided_after.and_then(|steps| steps.checked_sub(1)).map(name_of),
        },
        decided_after,
        scenario: checked.scenario.name.clone(),
        widened,
        faults,
        finding: case.finding.clone().map(|known| (checked.scenario.name.clone(), known)),
        case,
    }
}

/// Returns the number of steps after which a run has violated its property, or can no longer finish;
/// `None` if that does not depend on one step.
fn decided_after(checked: &Checked, found: &Discovery) -> Option<usize> {
    match (checked.property(found.property).kind, &found.end) {
        (PropertyKind::BuiltIn(BuiltIn::Deadlock), _) => {
            let entry = checked.scenario.configuration.entry;
            let instance = checked.instance.as_ref();
            let states = states(instance, &found.path);
            // Whatever comes after a state from which nothing finishes does not finish either.
            let goes_on = |state: &StateBytes| {
                !matches!(finish(entry, instance, state, MOST_AHEAD), Finish::Stuck(_))
            };
            Some(states.partition_point(goes_on).min(found.path.steps.len()))
        }
        (PropertyKind::Model(_), End::Stuck { .. }) => None,
        _ => Some(found.steps),
    }
}
