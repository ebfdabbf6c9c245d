//! `latchwork simulate`: runs with drawn steps, for spaces that are too large to close.

use std::fmt::Display;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::diary::Diary;
use crate::cli::files::{
    entry_named, every_scenario, is_base, is_path, protocol_scenarios, write_file,
};
use crate::cli::json::Json;
use crate::cli::print::{Show, program, write_next};
use crate::cli::seed::parse_seed;
use crate::cli::shard::Shard;
use crate::cli::switches::Switches;
use crate::cli::{Exit, Failure, print};
use crate::engines::simulate::{Mix, Plan};
use crate::engines::verdict::{BuiltIn, PropertySet};
use crate::files::case::Case;
use crate::files::configuration::{Configuration, ignorable};
use crate::files::scenario::{Expect, Scenario, text_of};
use crate::jobs::campaign::{Sampled, Violation, sample};
use crate::jobs::generate::{Generated, generate};
use crate::report;
use crate::report::campaign::facts::Facts;
use crate::report::campaign::text as simulation;
use crate::report::layout::Detail;

/// How many ways to fail are reported if nothing is said.
const WAYS: u8 = 3;

/// Run random schedules, and minimize the runs that fail
///
/// Run number I is determined by the scenario, the seed, I, the strategy, --steps and --fair. Exit code
/// 1 means that a run violates a property, whatever the scenario expects. The first run of each way to
/// fail is minimized and kept as a case: two ways differ in the property, or in the step that decides.
/// Exit code 0 means that no run failed, which proves
/// nothing. Exit code 3 means that the time ran out, or that a run still waited when its fair phase ended.
#[derive(Args)]
pub struct Simulate {
    /// A protocol (its small scenarios with the full rule set), or a scenario file
    #[arg(value_name = "PROTOCOL|SCENARIO")]
    what: PathBuf,
    /// A number, or hexadecimal digits such as those of a commit, of which the first 16 count
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed)]
    seed: u64,
    /// The numbers of the runs of each scenario; the end is excluded
    #[arg(long, value_name = "A..B", default_value = "0..1000", value_parser = parse_runs)]
    runs: Range<u64>,
    /// Run only this shard: 2/8, slurm, kubernetes/8; `merge` combines shards
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// How steps are chosen: walk, pct:D, swarm; runs alternate between those of a list, or of `mixed`
    #[arg(long, value_name = "STRATEGY", default_value = "walk")]
    strategy: Mix,
    /// The most steps of a run
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    steps: u32,
    /// The most steps of the fair phase after them: faults stop, processes take turns, and `eventually`
    /// and `leads_to` must come true; 0 for none
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    fair: u32,
    #[command(flatten)]
    switches: Switches,
    /// Generate up to N random configurations (sizes, workloads, fault budgets), run each, and minimize
    /// the first that fails
    #[arg(long, value_name = "N", conflicts_with = "shard", value_parser = clap::value_parser!(u64).range(1..))]
    generate: Option<u64>,
    /// Report up to N ways to fail. With 1 the campaign of a scenario ends at the first run that fails
    #[arg(long, value_name = "N", default_value_t = WAYS, value_parser = clap::value_parser!(u8).range(1..=20))]
    ways: u8,
    /// Leave out known findings: the property that a scenario with a `finding` and the same rules
    /// expects to be violated. `deadlock` and `can_finish` are left out together
    #[arg(long)]
    ignore_findings: bool,
    /// Repeat every run and compare, instead of one in 64
    #[arg(long)]
    paranoid: bool,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    json: Json,
    /// Where to write the cases of violations, and a note of what is running
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Simulate {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let plan = self.plan();
        // What makes no sense is said before anything is printed.
        let mut scenarios = self.scenarios()?;
        for scenario in scenarios.iter_mut().filter(|_| self.generate.is_none()) {
            self.leave_out_findings(scenario)?;
        }
        let layout = self.show.layout();
        let mut out = print::stdout();
        let quiet = self.json.prints() || layout.detail == Detail::Quiet;
        if !quiet {
            let what = self.what.display().to_string();
            let generate =
                self.generate.map_or(String::new(), |count| format!(" --generate {count}"));
            let again = self.command(&what, &plan.strategy, &plan.runs);
            writeln!(out, "again:   {again}{generate}\n")?;
            out.flush()?;
        }
        let drawn = self.generate.map(|count| self.generated(count, &plan)).transpose()?;
        let scenarios = match &drawn {
            Some(drawn) => drawn.scenario.clone().into_iter().collect(),
            None => scenarios,
        };
        if let Some(drawn) = drawn.as_ref().filter(|_| !quiet) {
            writeln!(out, "{}\n", drawn.sentence)?;
        }
        let clock = Clock::start(self.budget.time, quiet);
        clock.more(scenarios.len());
        let mut all = Vec::new();
        for scenario in scenarios {
            clock.task(&report::title(&scenario));
            let what = self.scenario_file(&scenario).display().to_string();
            let again = |runs: &Range<u64>| self.command(&what, &plan.strategy, runs) + "\n";
            let diary = Diary::begin(&clock, &self.out, &plan.runs, again)?;
            let sampled =
                sample(scenario, &plan, &diary).map_err(|why| Failure::Usage(why.into()))?;
            if !self.json.prints() {
                clock.aside(|| simulation::write_line(&mut out, &sampled, layout))?;
            }
            for (path, case) in self.cases(&sampled) {
                write_file(&path, &case.to_text())?;
            }
            diary.end();
            all.push(sampled);
        }
        clock.finish();
        let facts = Facts::of(&plan, &all);
        self.json.write(&facts.to_text())?;
        if !self.json.prints() {
            self.write_shortest(&mut out, &all)?;
            if !quiet && !all.is_empty() {
                writeln!(out)?;
                simulation::write_end(&mut out, &all)?;
            }
        }
        let exit = Exit::of_facts(&facts);
        let interrupted = drawn.is_some_and(|drawn| drawn.interrupted);
        Ok(if interrupted { exit.max(Exit::Inconclusive) } else { exit })
    }

    /// Draws configurations.
    fn generated(&self, count: u64, plan: &Plan) -> Result<Drawn, Failure> {
        let entry = entry_named(&self.what.to_string_lossy())?;
        let mut scenarios = protocol_scenarios(entry)?;
        let Some(at) = scenarios.iter().position(is_base) else {
            return Err(Failure::Usage(format!("{} has no base scenario", entry.name)));
        };
        let mut scenario = scenarios.swap_remove(at);
        self.switches.apply(&mut scenario)?;
        scenario.ignore = PropertySet::EMPTY;
        self.leave_out_findings(&mut scenario)?;
        let properties = plan.properties.minus(scenario.ignore);
        let plan = &Plan { properties, ways: 1, ..plan.clone() };
        let clock = Clock::start(self.budget.time, self.json.prints());
        clock.task(entry.name);
        let fails = |configuration: &Configuration| {
            let found = configuration.instance().ok()?.simulate(plan, &clock);
            Some(found.failure?.discovery.property)
        };
        let generated = generate(&scenario.configuration, count, plan.seed, &fails, &clock);
        clock.finish();
        let Generated { tried, refused, attempts, smallest, interrupted } = generated;
        let runs = plan.runs.end - plan.runs.start;
        let mut sentence = format!(
            "{tried} configurations were generated and tried with up to {runs} runs each; {refused} \
             more had values that contradict each other."
        );
        let scenario = match smallest {
            None => {
                sentence += " None failed, which is no proof.";
                None
            }
            Some((configuration, _)) => {
                scenario.name = format!("generated-{}", plan.seed);
                scenario.configuration = configuration;
                let path = self.scenario_file(&scenario);
                write_file(&path, &text_of(&scenario.configuration))?;
                let path = path.display();
                sentence += &format!(" One failed, minimized in {attempts} attempts: {path}");
                Some(scenario)
            }
        };
        Ok(Drawn { scenario, sentence, interrupted })
    }

    fn plan(&self) -> Plan {
        let runs = &self.runs;
        Plan {
            seed: self.seed,
            runs: self.shard.map_or_else(|| runs.clone(), |shard| shard.part(runs)),
            strategy: self.strategy.clone(),
            steps: self.steps as usize,
            fair: self.fair as usize,
            properties: PropertySet::ALL,
            ways: usize::from(self.ways),
            paranoid: self.paranoid,
            threads: self.budget.options().threads,
        }
    }

    /// The command that does some runs again.
    fn command(&self, what: &str, strategy: &dyn Display, runs: &Range<u64>) -> String {
        let Self { seed, steps, fair, switches, .. } = self;
        let ways = if self.ways == WAYS { String::new() } else { format!(" --ways {}", self.ways) };
        let findings = if self.ignore_findings { " --ignore-findings" } else { "" };
        let (program, switches) = (program(), switches.spelled());
        let Range { start, end } = runs;
        format!(
            "{program} simulate {what}{switches} --seed {seed} --runs {start}..{end} --strategy \
             {strategy} --steps {steps} --fair {fair}{ways}{findings}"
        )
    }

    /// Prints the shortest violation, and how to see it again.
    fn write_shortest(&self, out: &mut dyn Write, all: &[Sampled]) -> Result<(), Failure> {
        let ways =
            |one| self.ways_to_fail(one).into_iter().map(move |(path, found)| (one, path, found));
        let violated = all.iter().flat_map(ways);
        let Some((sampled, path, violation)) =
            violated.min_by_key(|(.., violation)| violation.case.verdict.steps)
        else {
            return Ok(());
        };
        writeln!(out)?;
        simulation::write_violation(out, sampled, violation, self.show.layout())?;
        writeln!(out)?;
        write_next(out, &path)?;
        let run = violation.failure.run;
        let what = self.scenario_file(&sampled.scenario).display().to_string();
        let strategy = sampled.plan.strategy.of(run);
        writeln!(out, "again:   {}", self.command(&what, &strategy, &(run..run + 1)))?;
        let several = all.iter().filter(|sampled| sampled.violations().count() > 1);
        for sampled in several {
            writeln!(out, "\nways to fail in {}:", report::title(&sampled.scenario))?;
            for (path, violation) in self.ways_to_fail(sampled) {
                simulation::write_way(out, sampled, violation)?;
                writeln!(out, "    {}", path.display())?;
            }
        }
        Ok(())
    }

    /// The violations of a scenario, each with the file of its case.
    fn ways_to_fail<'a>(&self, sampled: &'a Sampled) -> Vec<(PathBuf, &'a Violation)> {
        let mut all: Vec<(PathBuf, &Violation)> = Vec::new();
        for violation in sampled.violations() {
            let property = &violation.case.verdict.property;
            let same = all.iter().filter(|(_, known)| known.case.verdict.property == *property);
            let path = self.case_file(sampled, &violation.case, same.count() + 1);
            all.push((path, violation));
        }
        all
    }

    /// The cases of a scenario with their files: of the ways to fail, and of other properties that were
    /// violated on the way to a minimized run.
    fn cases<'a>(&self, sampled: &'a Sampled) -> Vec<(PathBuf, &'a Case)> {
        let ways = self.ways_to_fail(sampled).into_iter();
        let mut cases: Vec<(PathBuf, &Case)> =
            ways.map(|(path, violation)| (path, &violation.case)).collect();
        for other in sampled.violations().flat_map(|violation| &violation.others) {
            let path = self.case_file(sampled, other, 1);
            if !cases.iter().any(|(known, _)| *known == path) {
                cases.push((path, other));
            }
        }
        cases
    }

    /// Leaves out what scenarios with a finding and the same rules expect to be violated. A deadlock
    /// is a state that cannot finish, so a finding about one of these two properties is about both.
    fn leave_out_findings(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        if !self.ignore_findings {
            return Ok(());
        }
        let own = scenario.configuration.clone();
        let same = |other: &Configuration| {
            (other.rules(), other.variants()) == (own.rules(), own.variants())
        };
        for known in every_scenario(own.entry)? {
            let Expect::Violates { property, .. } = known.expect else { continue };
            if known.finding.is_none() || !same(&known.configuration) {
                continue;
            }
            let properties = (own.entry.properties)();
            let expected = properties[usize::from(property.0)].name;
            let stuck = [BuiltIn::Deadlock.name(), BuiltIn::CanFinish.name()];
            let names = if stuck.contains(&expected) { &stuck[..] } else { &[expected][..] };
            for name in names {
                let Ok(property) = ignorable(own.entry, name) else { continue };
                if !scenario.ignore.contains(property) {
                    scenario.ignore.insert(property);
                    let (title, finding) = (report::title(scenario), report::title(&known));
                    writeln!(print::stderr(), "left out: {name} in {title}, known from {finding}")?;
                }
            }
        }
        Ok(())
    }

    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        if self.is_file() && self.generate.is_none() {
            let mut scenario = Scenario::open(&self.what)?;
            self.switches.apply(&mut scenario)?;
            return Ok(vec![scenario]);
        }
        let entry = entry_named(&self.what.to_string_lossy())?;
        let mut scenarios = protocol_scenarios(entry)?;
        scenarios.retain(is_base);
        for scenario in &mut scenarios {
            self.switches.apply(scenario)?;
        }
        scenarios.retain(|scenario| scenario.configuration.instance().is_ok());
        if scenarios.is_empty() {
            return Err(Failure::Usage(format!(
                "no base scenario of {} allows these switches",
                entry.name
            )));
        }
        Ok(scenarios)
    }

    fn is_file(&self) -> bool {
        is_path(&self.what)
    }

    fn scenario_file(&self, scenario: &Scenario) -> PathBuf {
        let name = || format!("scenarios/{}.json", report::name(scenario));
        match self.generate {
            Some(_) => {
                let folder = self.out.join(scenario.configuration.entry.name);
                folder.join(format!("{}.json", scenario.name))
            }
            None if self.is_file() => self.what.clone(),
            None => PathBuf::from(name()),
        }
    }

    /// The file of a case; `nth` counts the cases of its property from 1.
    fn case_file(&self, sampled: &Sampled, case: &Case, nth: usize) -> PathBuf {
        let stem = report::file_stem(&sampled.scenario);
        let folder = self.out.join(sampled.scenario.configuration.entry.name);
        let nth = if nth == 1 { String::new() } else { format!("-{nth}") };
        folder.join(format!("{stem}-{}{nth}.json", case.verdict.property))
    }
}

/// What came of drawing configurations.
struct Drawn {
    scenario: Option<Scenario>,
    sentence: String,
    interrupted: bool,
}

fn parse_runs(text: &str) -> Result<Range<u64>, String> {
    let bounds = text.split_once("..").map(|(start, end)| (start.parse(), end.parse()));
    match bounds {
        Some((Ok(start), Ok(end))) if start < end => Ok(start..end),
        _ => Err("runs are a range of two numbers, the smaller one first: 0..1000".to_string()),
    }
}
