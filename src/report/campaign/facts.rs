//! The results of a campaign, as a file from which shards can be merged.

use serde::{Deserialize, Serialize};

use crate::engines::simulate::Plan;
use crate::engines::verdict::PropertyId;
use crate::jobs::campaign::{Sampled, Violation};
use crate::report::title;

use super::text::never;

/// The version of the format.
const FORMAT: u64 = 1;

/// The results of a campaign, or of a shard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    format: u64,
    /// The version of the program: another version may take other steps.
    version: String,
    campaign: Campaign,
    runs: Asked,
    /// By scenario.
    pub scenarios: Vec<ScenarioFacts>,
    /// Always false: a sample is no proof.
    proof: bool,
}

/// What all shards of a campaign have in common. The seed is a string, because not every JSON
/// reader supports 64-bit numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Campaign {
    seed: String,
    strategy: String,
    most_steps: usize,
    fair_steps: usize,
}

/// The requested range of runs, excluding the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    first: u64,
    end: u64,
}

/// The results of a scenario, up to the first run that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFacts {
    scenario: String,
    runs: u64,
    steps: u64,
    longest: usize,
    cut: u64,
    unsettled: u64,
    /// The first run that still waits for something at the end of its fair phase.
    pub first_unsettled: Option<UnsettledFacts>,
    never_seen: Vec<String>,
    /// Whether the time ran out.
    pub interrupted: bool,
    /// The first violation.
    pub violation: Option<ViolationFacts>,
    /// The first run whose repetition differed.
    pub nondeterminism: Option<NondeterminismFacts>,
}

/// A run that still waits for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsettledFacts {
    run: u64,
    property: String,
}

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationFacts {
    property: String,
    run: u64,
    strategy: String,
    switched_off: Vec<String>,
    steps: usize,
    left: Option<usize>,
    case_steps: usize,
    minimality: String,
    met_on_the_way: Vec<Met>,
}

/// A violation of another property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Met {
    property: String,
    steps: usize,
}

/// A run whose repetition differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NondeterminismFacts {
    run: u64,
    step: usize,
}

impl Facts {
    /// Returns the facts about scenarios that were all sampled with the same plan.
    pub fn of(plan: &Plan, all: &[Sampled]) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            campaign: Campaign {
                seed: plan.seed.to_string(),
                strategy: plan.strategy.to_string(),
                most_steps: plan.steps,
                fair_steps: plan.fair,
            },
            runs: Asked { first: plan.runs.start, end: plan.runs.end },
            scenarios: all.iter().map(ScenarioFacts::of).collect(),
            proof: false,
        }
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        // Serializing numbers, strings and lists cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl ScenarioFacts {
    fn of(sampled: &Sampled) -> Self {
        let simulation = &sampled.simulation;
        let properties = (sampled.scenario.configuration.entry.properties)();
        let name = |id: PropertyId| properties[usize::from(id.0)].name.to_string();
        Self {
            scenario: title(&sampled.scenario),
            runs: simulation.runs,
            steps: simulation.steps,
            longest: simulation.longest,
            cut: simulation.cut,
            unsettled: simulation.unsettled,
            first_unsettled: simulation
                .first_unsettled
                .map(|first| UnsettledFacts { run: first.run, property: name(first.property) }),
            never_seen: never(sampled).into_iter().map(str::to_string).collect(),
            interrupted: simulation.interrupted,
            violation: sampled.violation.as_ref().map(|found| ViolationFacts::of(sampled, found)),
            nondeterminism: simulation
                .nondeterminism
                .map(|found| NondeterminismFacts { run: found.run, step: found.step }),
        }
    }

    /// Returns whether the campaign ends here, so that later runs are not done.
    fn ends(&self) -> bool {
        self.violation.is_some() || self.nondeterminism.is_some()
    }

    /// Adds the results of the runs that follow.
    fn add(&mut self, next: Self) {
        self.runs += next.runs;
        self.steps += next.steps;
        self.longest = self.longest.max(next.longest);
        self.cut += next.cut;
        self.unsettled += next.unsettled;
        self.first_unsettled = self.first_unsettled.take().or(next.first_unsettled);
        self.never_seen.retain(|name| next.never_seen.contains(name));
        self.interrupted |= next.interrupted;
        self.violation = next.violation;
        self.nondeterminism = next.nondeterminism;
    }
}

impl ViolationFacts {
    fn of(sampled: &Sampled, violation: &Violation) -> Self {
        let Violation { failure, shrunk, case, others } = violation;
        let actions = sampled.scenario.configuration.entry.actions;
        let off = failure.off.iter().map(|at| actions[usize::from(*at)].name.to_string());
        let shortened = shrunk.as_ref().and_then(|shrunk| shrunk.shortened.as_ref());
        let met = others.iter().map(|other| &other.verdict);
        Self {
            property: case.verdict.property.clone(),
            run: failure.run,
            strategy: sampled.plan.strategy.of(failure.run).to_string(),
            switched_off: off.collect(),
            steps: failure.discovery.steps,
            left: shortened.map(|shortened| shortened.discovery.steps),
            case_steps: case.verdict.steps,
            minimality: case.minimality.name().to_string(),
            met_on_the_way: met
                .map(|met| Met { property: met.property.clone(), steps: met.steps })
                .collect(),
        }
    }
}

/// Merges shards into the results that one machine would report for all runs. The error is a file,
/// and what is wrong with it.
pub fn merge(mut shards: Vec<(String, Facts)>) -> Result<Facts, (String, String)> {
    shards.sort_by_key(|(_, shard)| (shard.runs.first, shard.runs.end));
    let mut shards = shards.into_iter();
    let Some((file, mut merged)) = shards.next() else {
        return Err((String::new(), "there are no shards".to_string()));
    };
    if merged.format != FORMAT {
        return Err((file, format!("format {} is not known here", merged.format)));
    }
    for (file, next) in shards {
        if let Some(message) = misfit(&merged, &next) {
            return Err((file, message));
        }
        merged.runs.end = next.runs.end;
        for (scenario, next) in merged.scenarios.iter_mut().zip(next.scenarios) {
            if !scenario.ends() {
                scenario.add(next);
            }
        }
    }
    Ok(merged)
}

/// Returns why a shard is not the next one.
fn misfit(merged: &Facts, next: &Facts) -> Option<String> {
    let titles = |facts: &Facts| -> Vec<String> {
        facts.scenarios.iter().map(|scenario| scenario.scenario.clone()).collect()
    };
    let (end, first) = (merged.runs.end, next.runs.first);
    if merged.format != next.format || merged.version != next.version {
        return Some("was written by another version of latchwork".to_string());
    }
    if merged.campaign != next.campaign || titles(merged) != titles(next) {
        return Some(
            "is of another campaign: seed, strategy, steps or scenarios differ".to_string(),
        );
    }
    match end.cmp(&first) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some(format!("the runs {end}..{first} before it are missing")),
        std::cmp::Ordering::Greater => Some(format!("the runs {first}..{end} are there twice")),
    }
}
