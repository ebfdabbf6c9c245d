//! The results of a campaign, as a file from which shards can be merged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engines::simulate::Plan;
use crate::engines::simulate::sketch::{ERROR_PERCENT, Sketch};
use crate::engines::verdict::PropertyId;
use crate::jobs::campaign::{Sampled, Violation};
use crate::report::title;

use super::text::{never, unexercised};

/// The version of the format.
const FORMAT: u64 = 1;

/// The results of a campaign, or of a shard of it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Campaign {
    seed: String,
    strategy: String,
    most_steps: usize,
    fair_steps: usize,
    /// The most ways to fail that are reported. With 1, a campaign ends at the first run that fails.
    ways: usize,
}

/// The requested range of runs, excluding the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    first: u64,
    end: u64,
}

/// The results of a scenario: up to the first run that fails, or of all runs if more than one way to
/// fail is asked for.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
    /// The faults that never happened because their budget is 0.
    no_budget: Vec<String>,
    /// The properties that no visited state exercised, without goals.
    never_exercised: Vec<String>,
    /// By action: the number of steps in which it fired.
    fired: Vec<Counted>,
    /// By property of the model: the number of visits to a state that exercises it.
    exercised: Vec<Counted>,
    /// The number of distinct states that were visited.
    distinct: Distinct,
    /// Whether the time ran out.
    pub interrupted: bool,
    /// The first violation.
    pub violation: Option<ViolationFacts>,
    /// Other ways to fail, by the first run of each.
    more: Vec<ViolationFacts>,
    /// The first run whose repetition differed.
    pub nondeterminism: Option<NondeterminismFacts>,
}

/// A count of an action or a property.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    name: String,
    count: u64,
}

/// An estimate of a number of distinct states.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Distinct {
    estimate: u64,
    /// The standard error.
    error_percent: f64,
    /// What shards are merged from: a register a byte, in base64.
    sketch: String,
}

// The error is a constant, and no NaN.
impl Eq for Distinct {}

/// A run that still waits for something.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsettledFacts {
    run: u64,
    property: String,
}

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationFacts {
    property: String,
    /// The step with its arguments that decides it; none if the whole end of the run does.
    decided_by: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Met {
    property: String,
    steps: usize,
}

/// A run whose repetition differed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
                ways: plan.ways,
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
        let entry = sampled.scenario.configuration.entry;
        let properties = (entry.properties)();
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
            never_seen: names(never(sampled)),
            no_budget: names(sampled.no_budget.iter().map(|at| entry.actions[*at].name).collect()),
            never_exercised: names(unexercised(sampled)),
            fired: counts(entry.actions.iter().map(|action| action.name), &simulation.fired),
            exercised: counts(properties.iter().map(|info| info.name), &simulation.exercised),
            distinct: Distinct::of(&simulation.visited),
            interrupted: simulation.interrupted,
            violation: sampled.violation.as_ref().map(|found| ViolationFacts::of(sampled, found)),
            more: sampled.more.iter().map(|found| ViolationFacts::of(sampled, found)).collect(),
            nondeterminism: simulation
                .nondeterminism
                .map(|found| NondeterminismFacts { run: found.run, step: found.step }),
        }
    }

    /// Returns whether the campaign ends here, so that later runs are not done.
    fn ends(&self, ways: usize) -> bool {
        ways <= 1 && self.violation.is_some() || self.nondeterminism.is_some()
    }

    /// Adds the results of the runs that follow. The error explains what is wrong with them.
    fn add(&mut self, next: Self, ways: usize) -> Result<(), String> {
        self.distinct.add(&next.distinct)?;
        add_counts(&mut self.fired, &next.fired)?;
        add_counts(&mut self.exercised, &next.exercised)?;
        self.runs += next.runs;
        self.steps += next.steps;
        self.longest = self.longest.max(next.longest);
        self.cut += next.cut;
        self.unsettled += next.unsettled;
        self.first_unsettled = self.first_unsettled.take().or(next.first_unsettled);
        self.never_seen.retain(|name| next.never_seen.contains(name));
        self.no_budget.retain(|name| next.no_budget.contains(name));
        self.never_exercised.retain(|name| next.never_exercised.contains(name));
        self.interrupted |= next.interrupted;
        self.nondeterminism = next.nondeterminism;
        for found in next.violation.into_iter().chain(next.more) {
            let Some(first) = &self.violation else {
                self.violation = Some(found);
                continue;
            };
            let is_known = self.more.iter().chain([first]).any(|known| known.same_way(&found));
            if self.more.len() + 1 < ways && !is_known {
                self.more.push(found);
            }
        }
        Ok(())
    }
}

fn names(names: Vec<&'static str>) -> Vec<String> {
    names.into_iter().map(str::to_string).collect()
}

fn counts<'a>(names: impl Iterator<Item = &'a str>, counts: &[u64]) -> Vec<Counted> {
    let counted = |(name, count): (&str, &u64)| Counted { name: name.to_string(), count: *count };
    names.zip(counts).map(counted).collect()
}

fn add_counts(mine: &mut [Counted], next: &[Counted]) -> Result<(), String> {
    let same = |(one, other): (&Counted, &Counted)| one.name == other.name;
    if mine.len() != next.len() || !mine.iter().zip(next).all(same) {
        return Err("counts other actions or properties".to_string());
    }
    for (mine, next) in mine.iter_mut().zip(next) {
        mine.count += next.count;
    }
    Ok(())
}

impl Distinct {
    fn of(sketch: &Sketch) -> Self {
        Self {
            estimate: sketch.estimate(),
            error_percent: ERROR_PERCENT,
            sketch: STANDARD.encode(sketch.registers()),
        }
    }

    fn read(&self) -> Result<Sketch, String> {
        let registers = STANDARD.decode(&self.sketch).ok();
        let sketch = registers.and_then(|registers| Sketch::of_registers(&registers));
        sketch.ok_or_else(|| "has a `sketch` that is none".to_string())
    }

    fn add(&mut self, next: &Self) -> Result<(), String> {
        let mut sketch = self.read()?;
        sketch.add(&next.read()?);
        *self = Self::of(&sketch);
        Ok(())
    }
}

impl ViolationFacts {
    fn of(sampled: &Sampled, violation: &Violation) -> Self {
        let Violation { failure, shrunk, case, others } = violation;
        let actions = sampled.scenario.configuration.entry.actions;
        let off = failure.off.iter().map(|at| actions[usize::from(*at)].name.to_string());
        let properties = (sampled.scenario.configuration.entry.properties)();
        let decided_by = failure.way(&properties).decided_by;
        let shortened = shrunk.as_ref().and_then(|shrunk| shrunk.shortened.as_ref());
        let met = others.iter().map(|other| &other.verdict);
        Self {
            property: case.verdict.property.clone(),
            decided_by: decided_by.map(|step| step.spell(actions).to_string()),
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

impl ViolationFacts {
    fn same_way(&self, other: &Self) -> bool {
        (&self.property, &self.decided_by) == (&other.property, &other.decided_by)
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
        return Err((file, format!("unknown format {}", merged.format)));
    }
    for (file, next) in shards {
        if let Some(message) = misfit(&merged, &next) {
            return Err((file, message));
        }
        merged.runs.end = next.runs.end;
        for (scenario, next) in merged.scenarios.iter_mut().zip(next.scenarios) {
            if !scenario.ends(merged.campaign.ways) {
                scenario.add(next, merged.campaign.ways).map_err(|why| (file.clone(), why))?;
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
