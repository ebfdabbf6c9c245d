//! The arguments of `check` that run a protocol's threads, and that command.

use std::io::Write;
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::engines::threads::Strategy;
use crate::files::scenario::Scenario;
use crate::jobs::threads::examine::{Engine, Examined, Plan, RUNS, examine};
use crate::report;
use crate::report::campaign::threads;
use crate::report::layout::{Detail, Layout};

use super::clock::Clock;
use super::files::{entry_named, read_folder, scenarios_folder, write_file};
use super::json::{Json, to_text};
use super::print::write_next;
use super::seed::parse_seed;
use super::{Exit, Failure, print};

/// Which threads to run, and how.
#[derive(Args)]
pub struct Threads {
    /// Run the protocol as threads instead, and check every run against the model
    #[arg(long, value_name = "ENGINE", conflicts_with_all = [
        "coverage", "junit", "sarif", "tap", "markdown", "html", "states", "memory",
    ])]
    engine: Option<Name>,
    /// With loom: the most preemptions of a run
    #[arg(long, value_name = "N", default_value_t = 2, requires = "engine",
        value_parser = clap::value_parser!(u8).range(1..=100))]
    preemptions: u8,
    /// With shuttle: how the next thread is chosen: random, pct:D, urw
    #[arg(long, value_name = "STRATEGY", default_value = "random", requires = "engine")]
    strategy: Strategy,
    /// With shuttle: a number, or hexadecimal digits
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed, requires = "engine")]
    seed: u64,
    /// The most runs of a scenario [default: all with loom, 10000 with the others]
    #[arg(long, value_name = "N", requires = "engine", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Switch on flaws of the code
    #[arg(long, value_name = "FLAW", value_delimiter = ',', requires = "engine")]
    flaw: Vec<String>,
}

/// An engine that runs threads.
#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// All schedules with few preemptions, and weak memory
    Loom,
    /// Random schedules
    Shuttle,
    /// Plain threads of this machine
    Std,
}

/// How results are shown, and where cases go.
pub struct Output<'a> {
    /// How much is printed.
    pub layout: Layout,
    /// Where the facts go.
    pub json: &'a Json,
    /// Where cases go.
    pub out: &'a Path,
}

impl Threads {
    /// What to do with the threads of a protocol; nothing if models are to be searched.
    pub fn plan(&self) -> Option<Plan> {
        let engine = match self.engine? {
            Name::Loom => Engine::Loom { preemptions: usize::from(self.preemptions) },
            Name::Shuttle => Engine::Shuttle { strategy: self.strategy, seed: self.seed },
            Name::Std => Engine::Std,
        };
        let runs = match engine {
            Engine::Loom { .. } => self.runs,
            Engine::Shuttle { .. } | Engine::Std => Some(self.runs.unwrap_or(RUNS)),
        };
        Some(Plan { engine, runs, flaws: self.flaw.clone() })
    }
}

/// The scenarios of a protocol whose threads are run.
pub fn protocol_scenarios(protocol: &str) -> Result<Vec<Scenario>, Failure> {
    let entry = entry_named(protocol)?;
    crate::protocols::form_of(entry.name).map_err(Failure::Usage)?;
    read_folder(&scenarios_folder()?.join(entry.name).join("threads"))
}

/// Those that have too many orders for loom in a matrix; there may be none.
pub fn large_scenarios(protocol: &str) -> Result<Vec<Scenario>, Failure> {
    let folder = scenarios_folder()?.join(protocol).join("threads/large");
    if folder.is_dir() { read_folder(&folder) } else { Ok(Vec::new()) }
}

/// Runs the threads of scenarios. A violation is exit code 1, whatever a scenario expects.
pub fn run(
    scenarios: Vec<Scenario>,
    plan: &Plan,
    clock: &Clock,
    output: &Output<'_>,
) -> Result<Exit, Failure> {
    let mut out = print::stdout();
    let mut all = Vec::new();
    for scenario in scenarios {
        let title = report::title(&scenario);
        clock.task(&title);
        let refused = |why| Failure::Usage(format!("{title}: {why}"));
        let examined = examine(scenario, plan, clock).map_err(refused)?;
        if !output.json.prints() {
            threads::write_line(&mut out, &examined, output.layout)?;
            out.flush()?;
        }
        all.push(examined);
    }
    clock.finish();
    let shown = write_cases(&all, output)?;
    let exit = all.iter().map(Exit::of_threads).max().unwrap_or(Exit::Expected);
    let facts: Vec<_> = all.iter().map(threads::to_json).collect();
    output.json.write(&to_text(&facts)?)?;
    if output.json.prints() {
        return Ok(exit);
    }
    if let Some((finding, path)) = shown {
        writeln!(out)?;
        threads::write_finding(&mut out, finding, output.layout)?;
        writeln!(out)?;
        write_next(&mut out, &path)?;
    } else if output.layout.detail != Detail::Quiet {
        threads::write_end(&mut out, plan.engine)?;
    }
    Ok(exit)
}

/// Writes the cases of what was found; the one with the fewest steps, and its file.
fn write_cases<'a>(
    all: &'a [Examined],
    output: &Output<'_>,
) -> Result<Option<(&'a crate::jobs::threads::examine::Finding, std::path::PathBuf)>, Failure> {
    let mut shown = None;
    for examined in all {
        let Some(finding) = &examined.finding else { continue };
        let scenario = &examined.scenario;
        let mut parts = vec![report::file_stem(scenario)];
        parts.extend(examined.plan.flaws.clone());
        parts.push(examined.plan.engine.name().to_string());
        parts.push(finding.case.verdict.property.clone());
        let folder = output.out.join(scenario.configuration.entry.name);
        let path = folder.join(format!("{}.json", parts.join("-")));
        write_file(&path, &finding.case.to_text())?;
        let steps = finding.case.verdict.steps;
        if shown.as_ref().is_none_or(|(_, _, least)| steps < *least) {
            shown = Some((finding, path, steps));
        }
    }
    Ok(shown.map(|(finding, path, _)| (finding, path)))
}
