//! Results for machines: deterministic facts only, no time, no host, no thread count, no path.

use std::io::{self, Write};

use serde::Serialize;

use crate::check::{Checked, Standing};
use crate::scenario::Tree;
use crate::trace::fields::FieldValue;
use crate::trace::tell;
use crate::verdict::{Discovery, End, PropertyId};

/// The version of the format of reports.
pub const FORMAT: u64 = 1;

/// The report of a `check`.
#[derive(Serialize)]
pub struct CheckReport<'a> {
    format: u64,
    scenarios: Vec<ScenarioReport<'a>>,
}

/// The report of one scenario.
#[derive(Serialize)]
pub struct ScenarioReport<'a> {
    protocol: &'a str,
    scenario: &'a str,
    bounds: &'a Tree,
    faults: &'a Tree,
    profile: &'a str,
    without: Vec<&'a str>,
    with: Vec<&'a str>,
    verdict: &'a str,
    standing: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'a str>,
    distinct: u64,
    generated: u64,
    depth: usize,
    levels: &'a [u64],
    properties: Vec<PropertyReport<'a>>,
    actions: Vec<ActionReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterexample: Option<CounterexampleReport<'a>>,
}

#[derive(Serialize)]
struct PropertyReport<'a> {
    name: &'a str,
    kind: &'a str,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    antecedent: Option<u64>,
}

#[derive(Serialize)]
struct ActionReport<'a> {
    name: &'a str,
    enabled: u64,
    fired: u64,
}

#[derive(Serialize)]
struct CounterexampleReport<'a> {
    property: &'a str,
    steps: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<usize>,
    trace: Vec<StepReport>,
}

#[derive(Serialize)]
struct StepReport {
    process: String,
    action: String,
    changes: serde_json::Map<String, serde_json::Value>,
}

impl Serialize for Tree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Choice(_, name) => serializer.serialize_str(name),
            Self::List(items) => serializer.collect_seq(items),
            Self::Record(fields) => {
                serializer.collect_map(fields.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Writes the report of a `check`.
pub fn write_check(out: &mut dyn Write, all: &[Checked]) -> io::Result<()> {
    let report = CheckReport { format: FORMAT, scenarios: all.iter().map(scenario).collect() };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// The report of one scenario.
pub fn scenario(checked: &Checked) -> ScenarioReport<'_> {
    let configuration = &checked.scenario.configuration;
    let entry = configuration.entry;
    let exploration = &checked.exploration;
    let statistics = &exploration.statistics;
    let counts = entry.actions.iter().zip(&exploration.coverage.actions);
    ScenarioReport {
        protocol: entry.name,
        scenario: &checked.scenario.name,
        bounds: &configuration.bounds,
        faults: &configuration.faults,
        profile: entry.profiles[configuration.profile].name,
        without: configuration.without.iter().map(|at| entry.rules[*at].name).collect(),
        with: configuration.with.iter().map(|at| entry.variants[*at].name).collect(),
        verdict: checked.verdict.name(),
        standing: match checked.standing {
            Standing::Met => "met",
            Standing::Finding(_) => "finding",
            Standing::Unmet(_) => "unmet",
            Standing::Inconclusive(_) => "inconclusive",
            Standing::Vacuous(_) => "vacuous",
        },
        stopped: exploration.stopped.map(|stopped| stopped.name()),
        distinct: statistics.distinct,
        generated: statistics.generated,
        depth: statistics.depth(),
        levels: &statistics.levels,
        properties: (0..checked.properties.len()).map(|id| property(checked, id)).collect(),
        actions: counts
            .map(|(action, count)| ActionReport {
                name: action.name,
                enabled: count.enabled,
                fired: count.fired,
            })
            .collect(),
        counterexample: checked.main_violation().map(|found| counterexample(checked, found)),
    }
}

fn property(checked: &Checked, at: usize) -> PropertyReport<'_> {
    let id = PropertyId(at as u8);
    let info = &checked.properties[at];
    let found = checked.exploration.discoveries.iter().find(|found| found.property == id);
    let goal = info.kind.name() == "reachable";
    let verdict = match (found, goal) {
        _ if checked.scenario.ignore.contains(id) => "ignored",
        (Some(_), true) => "reached",
        (Some(_), false) => "violated",
        (None, _) if checked.exploration.undecided.contains(id) => "inconclusive",
        (None, true) => "unreachable",
        (None, false) => "holds",
    };
    PropertyReport {
        name: info.name,
        kind: info.kind.name(),
        verdict,
        steps: found.map(|found| found.steps),
        antecedent: checked.exploration.coverage.antecedents.get(at).copied(),
    }
}

fn counterexample<'a>(checked: &'a Checked, found: &Discovery) -> CounterexampleReport<'a> {
    let entry = checked.scenario.configuration.entry;
    let trace = tell(entry, checked.instance.as_ref(), &found.path);
    let step = |step: crate::trace::TraceStep| StepReport {
        process: step.process,
        action: step.action,
        changes: step
            .changes
            .into_iter()
            .map(|change| (change.path, serde_json::json!([change.old, change.new])))
            .collect(),
    };
    CounterexampleReport {
        property: checked.property(found.property).name,
        steps: found.steps,
        cycle: match found.end {
            End::Stuck { cycle, .. } => cycle,
            _ => None,
        },
        trace: trace.steps.into_iter().map(step).collect(),
    }
}
