//! `latchwork simulate`: runs with drawn steps, for spaces that are too large to close.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::campaign::{Sampled, sample};
use crate::configuration;
use crate::report::layout::Detail;
use crate::report::{self, simulation};
use crate::scenario::Scenario;
use crate::simulate::{Plan, Strategy};
use crate::verdict::PropertySet;

use super::ablate::is_base;
use super::budget::Budget;
use super::clock::Clock;
use super::files::{entry_named, protocol_scenarios, write_file};
use super::print::{Show, program, write_next};
use super::{Exit, Failure, print, usage};

/// Do runs with drawn steps, and make short what fails
///
/// Run number I is a function of the scenario, the seed, I, the strategy and --steps. A run that
/// violates a property ends the campaign of its scenario with exit code 1, whatever the scenario
/// expects; it is made short and kept as a case. No violation is exit code 0, and no proof.
#[derive(Args)]
pub struct Simulate {
    /// A protocol (its small scenarios of the full rule set), or a scenario file
    #[arg(value_name = "PROTOCOL|SCENARIO")]
    what: PathBuf,
    /// A number, or hexadecimal digits such as those of a commit, of which the first 16 count
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed)]
    seed: u64,
    /// The numbers of the runs of each scenario, the last one excluded
    #[arg(long, value_name = "A..B", default_value = "0..1000", value_parser = parse_runs)]
    runs: Range<u64>,
    /// How steps are chosen: walk, pct:D, swarm
    #[arg(long, value_name = "STRATEGY", default_value = "walk")]
    strategy: Strategy,
    /// The most steps of a run
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    steps: u32,
    /// Switch these rules off
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    without: Vec<String>,
    /// Do every run twice and compare, and not only one in 64
    #[arg(long)]
    paranoid: bool,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    show: Show,
    /// Print the facts as JSON instead
    #[arg(long)]
    json: bool,
    /// Where to write the cases of violations
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Simulate {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let plan = Plan {
            seed: self.seed,
            runs: self.runs.clone(),
            strategy: self.strategy,
            steps: self.steps as usize,
            properties: PropertySet::ALL,
            paranoid: self.paranoid,
            threads: self.budget.options().threads,
        };
        let scenarios = self.scenarios()?;
        let layout = self.show.layout();
        let mut out = print::stdout();
        let quiet = self.json || layout.detail == Detail::Quiet;
        if !quiet {
            let Range { start, end } = plan.runs;
            let (seed, strategy, steps) = (plan.seed, plan.strategy, plan.steps);
            writeln!(out, "seed {seed}, runs {start}..{end}, {strategy}, up to {steps} steps\n")?;
            out.flush()?;
        }
        let clock = Clock::start(self.budget.time, self.json);
        let mut all = Vec::new();
        for scenario in scenarios {
            clock.task(&report::title(&scenario));
            let sampled =
                sample(scenario, &plan, &clock).map_err(|why| Failure::Usage(why.into()))?;
            if !self.json {
                simulation::write_line(&mut out, &sampled, layout)?;
            }
            if let Some(violation) = &sampled.violation {
                write_file(&self.case_file(&sampled), &violation.case.to_text())?;
            }
            all.push(sampled);
        }
        clock.finish();
        if self.json {
            let facts: Vec<_> = all.iter().map(simulation::to_json).collect();
            serde_json::to_writer_pretty(&mut out, &facts).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            self.write_shortest(&mut out, &all)?;
            if !quiet {
                writeln!(out)?;
                simulation::write_end(&mut out, &all)?;
            }
        }
        let exits = all.iter().map(|sampled| Exit::of_simulation(&sampled.simulation));
        Ok(exits.max().unwrap_or(Exit::Expected))
    }

    /// Prints the shortest violation, and how to see it again.
    fn write_shortest(&self, out: &mut dyn Write, all: &[Sampled]) -> Result<(), Failure> {
        let violated = all.iter().filter_map(|one| Some((one, one.violation.as_ref()?)));
        let Some((sampled, violation)) =
            violated.min_by_key(|(_, violation)| violation.case.verdict.steps)
        else {
            return Ok(());
        };
        writeln!(out)?;
        simulation::write_violation(out, sampled, violation, self.show.layout())?;
        let path = self.case_file(sampled);
        write_next(out, &path)?;
        let without = match self.without.join(",") {
            none if none.is_empty() => none,
            rules => format!(" --without {rules}"),
        };
        let Plan { seed, strategy, steps, .. } = &sampled.plan;
        let run = violation.failure.run;
        writeln!(
            out,
            "again:   {} simulate {}{without} --seed {seed} --runs {run}..{} --strategy \
             {strategy} --steps {steps}",
            program(),
            self.scenario_file(sampled).display(),
            run + 1
        )?;
        Ok(())
    }

    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        let mut scenarios = if self.is_file() {
            vec![Scenario::open(&self.what)?]
        } else {
            let mut scenarios = protocol_scenarios(entry_named(&self.what.to_string_lossy())?)?;
            scenarios.retain(is_base);
            scenarios
        };
        for scenario in &mut scenarios {
            let configuration = &mut scenario.configuration;
            for name in &self.without {
                let rule = configuration::rule(configuration.entry, name).map_err(usage)?;
                if !configuration.without.contains(&rule) {
                    configuration.without.push(rule);
                }
            }
        }
        Ok(scenarios)
    }

    fn is_file(&self) -> bool {
        self.what.exists() || self.what.extension().is_some()
    }

    fn scenario_file(&self, sampled: &Sampled) -> PathBuf {
        let name = || format!("scenarios/{}.json", report::name(&sampled.scenario));
        if self.is_file() { self.what.clone() } else { PathBuf::from(name()) }
    }

    fn case_file(&self, sampled: &Sampled) -> PathBuf {
        let scenario = &sampled.scenario;
        let property = sampled.violation.as_ref().map_or("", |found| &found.case.verdict.property);
        let stem = report::file_stem(scenario);
        let folder: &Path = &self.out;
        folder.join(scenario.configuration.entry.name).join(format!("{stem}-{property}.json"))
    }
}

/// A number, or hexadecimal digits of which the first 16 count.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("a seed is a number, or hexadecimal digits".to_string());
    }
    let first = &digits[..digits.len().min(16)];
    u64::from_str_radix(first, 16).map_err(|error| error.to_string())
}

fn parse_runs(text: &str) -> Result<Range<u64>, String> {
    let bounds = text.split_once("..").map(|(start, end)| (start.parse(), end.parse()));
    match bounds {
        Some((Ok(start), Ok(end))) if start < end => Ok(start..end),
        _ => Err("runs are two numbers, the smaller one first: 0..1000".to_string()),
    }
}
