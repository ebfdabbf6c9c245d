//! Results in JSON: deterministic facts only, no time, no host, no thread count, no path.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use latchwork_model::kit::ActionInfo;

use crate::engines::verdict::{ActionCount, Discovery, PropertyId, Stopped, collision};
use crate::files::case::{Case, CaseStep, Changes};
use crate::files::configuration::Tree;
use crate::jobs::check::{Checked, Standing};
use crate::protocols::trace::{Change, process_of};
use crate::report::run::passed_over::{PassedOver, passed_over};
use crate::report::run::why::explain::of_case;
use crate::report::run::why::sentences;

/// The version of the report format.
pub const FORMAT: u64 = 1;

/// The report of a `check`.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckReport<'a> {
    format: u64,
    scenarios: Vec<ScenarioReport<'a>>,
}

/// The report of one scenario.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioReport<'a> {
    protocol: &'a str,
    scenario: &'a str,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    bounds: &'a Tree,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    faults: &'a Tree,
    profile: &'a str,
    without: Vec<&'a str>,
    with: Vec<&'a str>,
    verdict: &'a str,
    standing: &'a str,
    /// The goals that were not reached, if that is what is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    unmet: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'a str>,
    distinct: u64,
    generated: u64,
    depth: usize,
    levels: &'a [u64],
    #[serde(skip_serializing_if = "Option::is_none")]
    symmetry: Option<SymmetryReport<'a>>,
    /// An upper bound of the probability that two fingerprints that collide hid a state; not there
    /// if states were stored whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    collision: Option<f64>,
    properties: Vec<PropertyReport<'a>>,
    actions: Vec<ActionReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<RuleReport<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refinement: Option<RefinementReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterexample: Option<CounterexampleReport>,
}

/// What was made of symmetry, if that was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SymmetryReport<'a> {
    /// Sets of ids that are interchangeable; of states that differ by an exchange one is counted.
    interchangeable: &'a [Vec<String>],
    /// In how many states it was looked whether exchanges change nothing.
    examined: u64,
}

/// How many steps of an implementation are which steps of its specification.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefinementReport<'a> {
    /// The steps that change nothing in the specification.
    stutters: u64,
    /// The steps that are none of the specification.
    strays: u64,
    /// The steps that are steps of each action of the specification.
    actions: Vec<SpecActionReport<'a>>,
}

/// How many steps are steps of an action of the specification.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SpecActionReport<'a> {
    /// Its name.
    name: &'a str,
    /// How many steps are steps of it.
    steps: u64,
}

/// What is known of a property.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyReport<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// What was found of it.
    pub verdict: &'a str,
    /// The shortest way to it, in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// In how many states its antecedent was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub antecedent: Option<u64>,
    /// Why it cannot say what it is there to say, if that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// How often an action happened.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionReport<'a> {
    /// Its name.
    pub name: &'a str,
    /// In how many states it was enabled.
    pub enabled: u64,
    /// How many steps it made.
    pub fired: u64,
}

/// How much a rule that is on matters; only if that was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleReport<'a> {
    /// Its name.
    pub name: &'a str,
    /// In how many states something else could happen without it.
    pub decisive: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CounterexampleReport {
    property: String,
    steps: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<usize>,
    /// What processes that act in the cycle never do there, although they always could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    passed_over: Vec<PassedOverReport>,
    /// The values of the property's parameter for which it is violated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    instances: Vec<String>,
    /// The steps that the specification could have taken instead of the last one, if the run violates
    /// a refinement.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<Vec<String>>,
    /// Why the run is a violation, in sentences, the culprit first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    why: Vec<String>,
    trace: Vec<StepReport>,
}

#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PassedOverReport {
    process: String,
    actions: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepReport {
    process: String,
    action: String,
    #[serde(serialize_with = "changes")]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    changes: Vec<Change>,
}

fn changes<S: Serializer>(changes: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    Changes(changes).serialize(serializer)
}

/// Returns the report of a `check` as text.
pub fn check_text(all: &[Checked]) -> String {
    pretty(&CheckReport { format: FORMAT, scenarios: all.iter().map(scenario).collect() })
}

/// Returns the report of one scenario as text, as it is committed.
pub fn scenario_text(checked: &Checked) -> String {
    pretty(&scenario(checked))
}

fn pretty(report: &impl Serialize) -> String {
    // Serializing numbers, names and lists of these cannot fail.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// Returns the report of one scenario.
pub fn scenario(checked: &Checked) -> ScenarioReport<'_> {
    let configuration = &checked.scenario.configuration;
    let entry = configuration.entry;
    let exploration = &checked.exploration;
    let statistics = &exploration.statistics;
    ScenarioReport {
        protocol: entry.name,
        scenario: &checked.scenario.name,
        bounds: &configuration.bounds,
        faults: &configuration.faults,
        profile: entry.profiles[configuration.profile].name,
        without: configuration.rule_names(),
        with: configuration.variant_names(),
        verdict: checked.verdict.name(),
        standing: match checked.standing {
            Standing::Met => "met",
            Standing::Finding(_) => "finding",
            Standing::Unmet(_) => "unmet",
            Standing::Inconclusive(_) => "inconclusive",
            Standing::Vacuous(_) => "vacuous",
        },
        unmet: checked.unmet(),
        stopped: exploration.stopped.map(|stopped| stopped.name()),
        distinct: statistics.distinct,
        generated: statistics.generated,
        depth: statistics.depth(),
        levels: &statistics.levels,
        symmetry: exploration.symmetry.as_ref().map(|symmetry| SymmetryReport {
            interchangeable: &symmetry.interchangeable,
            examined: symmetry.examined,
        }),
        collision: (!exploration.exact).then(|| collision([statistics.distinct])),
        properties: properties(checked),
        actions: actions(checked),
        rules: (!checked.decisive.is_empty()).then(|| rules(checked)),
        refinement: refinement(checked),
        counterexample: checked.main_violation().map(|found| counterexample(checked, found)),
    }
}

/// Returns the reports of the properties.
pub fn properties(checked: &Checked) -> Vec<PropertyReport<'_>> {
    (0..checked.properties.len()).map(|id| property(checked, id)).collect()
}

/// Returns how often each action happened.
pub fn actions(checked: &Checked) -> Vec<ActionReport<'_>> {
    let actions = checked.scenario.configuration.entry.actions;
    let counts = actions.iter().zip(&checked.exploration.coverage.actions);
    let report = |(action, count): (&'static ActionInfo, &ActionCount)| ActionReport {
        name: action.name,
        enabled: count.enabled,
        fired: count.fired,
    };
    counts.map(report).collect()
}

/// Returns the number of states in which each rule is decisive.
fn rules(checked: &Checked) -> Vec<RuleReport<'_>> {
    let rules = checked.scenario.configuration.entry.rules;
    let report = |(rule, decisive): &(usize, u64)| RuleReport {
        name: rules[*rule].name,
        decisive: *decisive,
    };
    checked.decisive.iter().map(report).collect()
}

/// Returns what the steps are in the specification, if that was counted.
fn refinement(checked: &Checked) -> Option<RefinementReport<'_>> {
    let spec = checked.scenario.configuration.entry.spec.as_ref()?;
    let counts = checked.refined.as_ref()?;
    let actions = spec.actions.iter().zip(&counts.steps);
    let report = |(action, steps): (&'static ActionInfo, &u64)| SpecActionReport {
        name: action.name,
        steps: *steps,
    };
    let (stutters, strays) = (counts.stutters, counts.strays);
    Some(RefinementReport { stutters, strays, actions: actions.map(report).collect() })
}

/// Returns a value as JSON on one line.
pub fn compact(value: &impl Serialize) -> String {
    // Serializing numbers, names, lists and records of these cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

fn property(checked: &Checked, at: usize) -> PropertyReport<'_> {
    let id = PropertyId(at as u8);
    let info = &checked.properties[at];
    let found = checked.exploration.discoveries.iter().find(|found| found.property == id);
    let stopped = checked.exploration.stopped;
    let goal = info.kind.name() == "reachable";
    let verdict = match (found, goal) {
        _ if checked.scenario.ignore.contains(id) => "ignored",
        (Some(_), true) => "reached",
        (Some(_), false) => "violated",
        (None, _) if checked.exploration.undecided.contains(id) => "inconclusive",
        (None, true) => "unreachable",
        (None, false) if stopped.is_some_and(Stopped::is_border) => "holds_within",
        (None, false) => "holds",
    };
    PropertyReport {
        name: info.name,
        kind: info.kind.name(),
        verdict,
        steps: found.map(|found| found.steps),
        antecedent: checked.exploration.coverage.antecedents.get(at).copied(),
        warning: checked.warnings().into_iter().find(|(of, _)| *of == id).map(|(_, why)| why),
    }
}

fn counterexample(checked: &Checked, found: &Discovery) -> CounterexampleReport {
    let entry = checked.scenario.configuration.entry;
    let case = checked.case(found);
    let passed_over = passed_over(&case).into_iter();
    let passed_over = passed_over
        .map(|PassedOver { process, actions }| PassedOverReport { process, actions })
        .collect();
    let told = of_case(&case);
    let instead = told.as_ref().and_then(|(_, why)| why.instead.clone());
    let (instances, why) = told.map_or((Vec::new(), Vec::new()), |(_, why)| {
        let reasons = why.reasons.iter().map(|reason| sentences::reason(reason, &why.reasons));
        let rules = why.rules.iter().map(|acts| sentences::rule(&why, acts, entry));
        let also = sentences::also(&why, entry);
        (why.instances.clone(), reasons.chain(rules).chain(also).collect())
    });
    let Case { verdict, steps, .. } = case;
    let step = |step: CaseStep| StepReport {
        process: process_of(entry, &step.action),
        action: step.action,
        changes: step.changes,
    };
    CounterexampleReport {
        property: verdict.property,
        steps: verdict.steps,
        cycle: verdict.cycle,
        passed_over,
        instances,
        instead,
        why,
        trace: steps.into_iter().map(step).collect(),
    }
}
