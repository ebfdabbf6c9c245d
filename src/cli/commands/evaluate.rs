//! `latchwork evaluate`: how good sampling is at what `explore` can find.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::files::{entry_named, read_folder, scenarios_folder, write_file};
use crate::cli::{Exit, Failure, print};
use crate::engines::explore::Watch;
use crate::engines::simulate::Strategy;
use crate::files::configuration::Configuration;
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::evaluate::{Evaluated, Plan, evaluate};
use crate::protocols;
use crate::report;
use crate::report::campaign::evaluation::{Quality, to_markdown};

/// Count the runs that each sampling strategy needs, and measure how well failing runs are minimized
///
/// Switches off every rule that breaks something alone, in a scenario below
/// scenarios/PROTOCOL/ablations. Ends with 1 if fewer than nine of ten failing runs are minimized to
/// the proven shortest length, or if one of them then violates another property.
#[derive(Args)]
pub struct Evaluate {
    /// A protocol, or all
    #[arg(default_value = "all")]
    protocol: String,
    /// The seeds of each strategy
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    /// The most runs of a seed
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// The strategies; the first is the baseline
    #[arg(
        long,
        value_name = "STRATEGY",
        value_delimiter = ',',
        default_value = "walk,pct:2,pct:3,swarm"
    )]
    strategies: Vec<Strategy>,
    /// The most failing runs of each scenario to minimize
    #[arg(long, value_name = "N", default_value_t = 8)]
    shrinks: usize,
    #[command(flatten)]
    budget: Budget,
    /// Write the committed page below this folder instead of printing it
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
}

impl Evaluate {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let plan = Plan {
            strategies: self.strategies.clone(),
            seeds: self.seeds,
            runs: self.runs,
            steps: 200,
            fair: 300,
            shrinks: self.shrinks,
            threads: self.budget.options().threads,
        };
        let clock = Clock::start(self.budget.time, false);
        let mut all: Vec<Evaluated> = Vec::new();
        for scenario in self.scenarios()? {
            clock.task(&report::title(&scenario));
            let evaluated = evaluate(scenario, &plan, &clock);
            all.extend(evaluated.map_err(|why| Failure::Usage(why.into()))?);
            if clock.interrupted() {
                return Err(Failure::Inconclusive(
                    "the time ran out before all had been tried".into(),
                ));
            }
        }
        clock.finish();
        let page = to_markdown(&plan, &all);
        match &self.reports {
            Some(folder) => write_file(&folder.join("simulation.md"), &page)?,
            None => print::stdout().write_all(page.as_bytes())?,
        }
        let quality = Quality::of(&all);
        Ok(match quality.failing {
            0 => Exit::Vacuous,
            _ if quality.is_good() => Exit::Expected,
            _ => Exit::Violated,
        })
    }

    /// For every rule the first scenario in which it is the only one that is off.
    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        let entries = match self.protocol.as_str() {
            "all" => protocols::all().iter().collect(),
            name => vec![entry_named(name)?],
        };
        let mut found = Vec::new();
        for entry in entries {
            let folder = scenarios_folder()?.join(entry.name).join("ablations");
            if !folder.is_dir() {
                continue;
            }
            let mut scenarios = read_folder(&folder)?;
            scenarios.retain(|scenario| {
                let Configuration { entry, profile, without, .. } = &scenario.configuration;
                let full = entry.profiles[*profile].name == "full";
                full && without.len() == 1 && matches!(scenario.expect, Expect::Violates { .. })
            });
            // Files are in the order of their names; rules are listed as the protocol does.
            scenarios.sort_by_key(|scenario| scenario.configuration.without.clone());
            scenarios.dedup_by_key(|scenario| scenario.configuration.without.clone());
            found.extend(scenarios);
        }
        Ok(found)
    }
}
