//! `latchwork check`: runs scenarios and holds them against what they expect.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::budget::{Budget, parse_time};
use crate::cli::checkpoint::{Checkpoints, Keeper, command_to_go_on};
use crate::cli::clock::Clock;
use crate::cli::disk::{OnDisk, OpenFolder};
use crate::cli::files::{
    ablated, entry_named, find_scenarios, is_base, is_folder, is_path, protocol_scenarios,
    refinement, write_file,
};
use crate::cli::outputs::Outputs;
use crate::cli::print::{program, write_next};
use crate::cli::ranks::{Ranks, Team};
use crate::cli::switches::Switches;
use crate::cli::threads::{self, Threads};
use crate::cli::{Exit, Failure, forecast, print, usage};
use crate::engines::explore::{Options, Watch};
use crate::engines::verdict::{PropertySet, Stopped};
use crate::files::configuration::ignorable;
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, Standing, check, check_as_rank, check_on_disk, conclude};
use crate::jobs::coverage::{self, Covered, covered};
use crate::jobs::refined::refined;
use crate::protocols::{self, forms};
use crate::report::check::html;
use crate::report::{self, Results};

/// Check scenarios, and compare the results with what they expect
///
/// With --profile, --without or --with, the base scenarios of a protocol (or the scenario files that
/// are named) run with these rules, and are expected to hold. With --without, so do the
/// configurations of `ablations` that are known to break without these rules. With --profile the
/// search of a scenario ends at the first violation; -v goes on and lists all of them.
#[derive(Args)]
pub struct Check {
    /// Protocols, scenario files, or folders of them [default: all of ./scenarios]
    #[arg(value_name = "PROTOCOL|PATH")]
    what: Vec<PathBuf>,
    #[command(flatten)]
    switches: Switches,
    /// Check that every step is a step of this specification, or none. The base scenarios of the
    /// protocol run (or the files that are named), and only the property `refines` is about them
    #[arg(long, value_name = "SPEC")]
    refines: Option<String>,
    #[command(flatten)]
    budget: Budget,
    /// Search one scenario for this time, and estimate from its levels what a whole search takes
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "time")]
    forecast: Option<Duration>,
    /// Check only the states that can be reached in this many steps. What holds there holds within
    /// this depth; can_finish and properties of fair runs are undecided
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    /// Store whole states instead of fingerprints, so that no collision can hide one; slower
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    checkpoints: Checkpoints,
    #[command(flatten)]
    on_disk: OnDisk,
    #[command(flatten)]
    ranks: Ranks,
    #[command(flatten)]
    threads: Threads,
    /// Explore one representative of states that differ only by swapping interchangeable processes
    #[arg(long)]
    symmetry: bool,
    /// Ignore these properties; bound_exceeded, no_panic and guards_first cannot be ignored
    #[arg(long, value_name = "PROPERTY", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Also print how often each action fired, how often each property applied, and in how many
    /// states each rule was decisive
    #[arg(long)]
    coverage: bool,
    #[command(flatten)]
    outputs: Outputs,
    /// Write an HTML page: what is not as expected with its shortest runs, and charts of states per
    /// level, coverage and speed. For a folder: an index, and a page for each violation beside it
    #[arg(long, value_name = "FILE.html|FOLDER")]
    html: Option<PathBuf>,
    /// Where to write the cases of violations and witnesses
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Check {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        if let Some(plan) = self.threads.plan() {
            let of_searches = [
                self.symmetry,
                !self.ignore.is_empty(),
                self.exact,
                self.checkpoints.is_wanted(),
                self.depth.is_some(),
                self.on_disk.is_wanted(),
                self.ranks.is_wanted(),
                self.refines.is_some(),
                self.forecast.is_some(),
            ];
            if of_searches.contains(&true) {
                let message = "--depth, --refines, --symmetry, --ignore, --exact, --checkpoint, --resume, \
                               --disk, --ranks and --forecast apply to searches, not to threads";
                return Err(Failure::Usage(format!("{message}\nhint: leave --engine out")));
            }
            let scenarios = self.scenarios_of_threads()?;
            let (layout, json) = (self.outputs.layout(), &self.outputs.json);
            let clock = Clock::start(self.budget.time, json.prints());
            let output = threads::Output { layout, json, out: &self.out };
            return threads::run(scenarios, &plan, &clock, &output);
        }
        self.look_at_disk()?;
        self.look_at_ranks()?;
        if self.symmetry && self.checkpoints.is_wanted() {
            let message = "a search with symmetry cannot write checkpoints";
            let hint = "leave --symmetry out, or --checkpoint and --resume";
            return Err(Failure::Usage(format!("{message}\nhint: {hint}")));
        }
        let scenarios = self.leave_out(self.refine(self.scenarios()?)?)?;
        if self.forecast.is_some() && scenarios.len() != 1 {
            let message =
                format!("--forecast is for one scenario, and these are {}", scenarios.len());
            return Err(Failure::Usage(format!("{message}\nhint: name the file of one scenario")));
        }
        let (exact, symmetry) = (self.exact, self.symmetry);
        let first_violation = self.switches.names_profile() && !self.outputs.is_verbose();
        let depth = self.depth.map(|depth| depth as usize);
        let base = self.budget.options_of_one(self.ranks.of_machine());
        let options = Options { exact, symmetry, first_violation, depth, ..base };
        let how = [("coverage", self.coverage), ("exact", self.exact)];
        let how: Vec<&str> = how.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        let team = self.ranks.open(&scenarios, &options, self.checkpoints.folder())?;
        let by_ranks = team.is_some();
        let keeper = match &team {
            Some(_) => None,
            None => self.checkpoints.keeper(&scenarios, &how)?,
        };
        let folder = self.on_disk.open(&scenarios)?;
        let time = self.forecast.or(self.budget.time);
        let is_quiet = self.outputs.shows_no_progress() || self.ranks.is_child();
        let mut clock = Clock::start(time, is_quiet);
        if let Some(file) = self.ranks.figures(team.as_ref())? {
            clock.write_figures(file);
        }
        clock.heed_signals()?;
        clock.more(scenarios.len());
        let mut all = Vec::new();
        for (at, scenario) in scenarios.into_iter().enumerate() {
            clock.task(&report::title(&scenario));
            all.push(match (&folder, &team) {
                (_, Some(team)) => match one_by_ranks(scenario, &options, team, &clock)? {
                    Some(checked) => checked,
                    None => return Ok(Exit::Expected),
                },
                (Some(folder), None) => one_on_disk(scenario, &options, folder, &clock)?,
                (None, None) => self.one(at, scenario, &options, keeper.as_ref(), &clock)?,
            });
        }
        clock.finish();
        let shown = self.write_cases(&all)?;
        let covered = covered(&all);
        let inconclusive = all.iter().any(|one| matches!(one.standing, Standing::Inconclusive(_)));
        let whole: &[Covered] = if self.is_whole() && !inconclusive { &covered } else { &[] };
        let vacuous: Vec<String> = whole.iter().flat_map(Covered::vacuous).collect();
        // The facts say why each violation is one, which takes as long as some searches.
        if self.outputs.json.is_asked() {
            self.outputs.json.write(&report::check::json::check_text(&all))?;
        }
        self.outputs.write(Results { checked: &all, matrices: &[], covered: whole })?;
        if let Some(path) = &self.html {
            let paces = clock.take_paces();
            let linked = is_folder(path);
            let index = if linked { path.join("index.html") } else { path.clone() };
            write_file(&index, &html::page(&all, &covered, &paces, linked))?;
            for (file, page) in linked.then(|| html::case_pages(&all)).into_iter().flatten() {
                write_file(&path.join(file), &page)?;
            }
        }
        let mut out = print::stdout();
        if !self.outputs.json.prints() {
            let seconds = print::is_on_terminal().then(|| clock.total());
            report::check::text::write_check(&mut out, &all, seconds, self.outputs.layout())?;
            for covered in covered.iter().filter(|_| self.coverage) {
                writeln!(out)?;
                report::check::coverage::write(&mut out, covered)?;
            }
            if let Some(path) = shown {
                write_next(&mut out, &path)?;
            }
        }
        if let ([checked], Some(_)) = (&all[..], self.forecast) {
            forecast::write(&mut print::stderr(), checked, &clock)?;
        }
        for sentence in &vacuous {
            writeln!(print::stderr(), "vacuous: {sentence}")?;
        }
        if let Some(keeper) = keeper.filter(|_| inconclusive) {
            writeln!(print::stderr(), "resume:  {}", command_to_go_on(keeper.folder()))?;
        }
        drop(team);
        if (folder.is_some() || by_ranks && self.checkpoints.is_wanted())
            && all.iter().any(is_unfinished)
        {
            writeln!(print::stderr(), "resume:  the same command goes on")?;
        }
        let worst = all.iter().map(Exit::of).max().unwrap_or(Exit::Expected);
        Ok(if vacuous.is_empty() { worst } else { worst.max(Exit::Vacuous) })
    }

    /// What a search on disk cannot do.
    fn look_at_disk(&self) -> Result<(), Failure> {
        let others = [
            (self.exact, "--exact", "whole states are stored in memory"),
            (self.symmetry, "--symmetry", "symmetry is verified in memory"),
            (
                self.coverage,
                "--coverage",
                "the states in which a rule is decisive are counted in memory",
            ),
            (self.checkpoints.is_wanted(), "--checkpoint", "a search on disk goes on without it"),
        ];
        match others.into_iter().find(|(asked, ..)| *asked && self.on_disk.is_wanted()) {
            Some((_, name, why)) => {
                let message = format!("--disk does not go with {name}: {why}");
                Err(Failure::Usage(format!("{message}\nhint: leave one of them out")))
            }
            None => Ok(()),
        }
    }

    /// What a search on several processes cannot do.
    fn look_at_ranks(&self) -> Result<(), Failure> {
        let others = [
            (self.exact, "--exact", "whole states are stored in one memory"),
            (self.symmetry, "--symmetry", "symmetry is verified in one memory"),
            (
                self.coverage,
                "--coverage",
                "the states in which a rule is decisive are counted in one process",
            ),
            (self.on_disk.is_wanted(), "--disk", "ranks keep their fingerprints in memory"),
        ];
        match others.into_iter().find(|(asked, ..)| *asked && self.ranks.is_wanted()) {
            Some((_, name, why)) => {
                let message = format!("--ranks does not go with {name}: {why}");
                Err(Failure::Usage(format!("{message}\nhint: leave one of them out")))
            }
            None => Ok(()),
        }
    }

    /// Turns scenarios of an implementation into scenarios of its refinement, if that is asked for.
    /// Rules may be off by the arguments, or in files that are named.
    fn refine(&self, mut scenarios: Vec<Scenario>) -> Result<Vec<Scenario>, Failure> {
        let Some(spec) = &self.refines else { return Ok(scenarios) };
        if self.switches.is_empty() && self.is_whole() {
            scenarios.retain(is_base);
        }
        for scenario in &mut scenarios {
            scenario.configuration.entry = refinement(scenario.configuration.entry, spec)?;
            scenario.expect = Expect::Holds;
            scenario.finding = None;
            scenario.ignore = PropertySet::EMPTY;
            scenario.reach.clear();
        }
        if scenarios.is_empty() {
            return Err(Failure::Usage("--refines needs a scenario that holds".to_string()));
        }
        Ok(scenarios)
    }

    /// Leaves the properties that the arguments name out of the scenarios, and the scenarios out
    /// that are about one of them.
    fn leave_out(&self, mut scenarios: Vec<Scenario>) -> Result<Vec<Scenario>, Failure> {
        for name in &self.ignore {
            let find = |scenario: &Scenario| ignorable(scenario.configuration.entry, name);
            let mut all = scenarios.iter().map(find);
            if let Some(Err(unknown)) = all.next()
                && all.all(|found| found.is_err())
            {
                return Err(usage(unknown));
            }
        }
        for name in &self.ignore {
            let find = |scenario: &Scenario| ignorable(scenario.configuration.entry, name);
            let mut left = Vec::new();
            for mut scenario in scenarios {
                let id = find(&scenario).ok();
                let about = |id| matches!(scenario.expect, Expect::Violates { property, .. } if property == id);
                if id.is_some_and(about) {
                    let title = report::title(&scenario);
                    writeln!(print::stderr(), "skipped: {title}: it is about `{name}`")?;
                    continue;
                }
                id.into_iter().for_each(|id| scenario.ignore.insert(id));
                left.push(scenario);
            }
            scenarios = left;
        }
        if scenarios.is_empty() {
            return Err(Failure::Usage("--ignore excludes every scenario".to_string()));
        }
        Ok(scenarios)
    }

    /// Runs a scenario, or takes what came of it before.
    fn one(
        &self,
        at: usize,
        scenario: Scenario,
        options: &Options,
        keeper: Option<&Keeper>,
        clock: &Clock,
    ) -> Result<Checked, Failure> {
        let usage = |why: &str| Failure::Usage(why.to_string());
        if let Some(outcome) = keeper.map(|keeper| keeper.outcome(at)).transpose()?.flatten() {
            let instance = scenario.configuration.instance().map_err(usage)?;
            let checked = conclude(scenario, instance, outcome.exploration);
            let refined = refined(&checked, options, clock);
            return Ok(Checked { decisive: outcome.decisive, refined, ..checked });
        }
        let checkpoint = keeper.map(|keeper| keeper.checkpoint(at));
        let mut checked = check(scenario, &Options { checkpoint, ..options.clone() }, clock)
            .map_err(Failure::Usage)?;
        if self.coverage {
            checked.decisive = coverage::decisive(&checked, options, clock);
        }
        if let Some(keeper) = keeper {
            keeper.finish(at, &checked, clock);
        }
        checked.refined = refined(&checked, options, clock);
        Ok(checked)
    }

    /// Whether all small scenarios of some protocols are run, as they are.
    fn is_whole(&self) -> bool {
        self.switches.is_empty() && !self.what.iter().any(|what| is_path(what))
    }

    /// Writes a case for every scenario that is violated, and for every goal that is reached; the
    /// file of the violation that is printed.
    fn write_cases(&self, all: &[Checked]) -> Result<Option<PathBuf>, Failure> {
        let printed =
            report::check::text::printed(all).map(|checked| report::title(&checked.scenario));
        let mut shown = None;
        for checked in all {
            let folder = self.out.join(checked.scenario.configuration.entry.name);
            let stem = report::file_stem(&checked.scenario);
            for case in checked.witnesses() {
                let path = folder.join(format!("{stem}-{}.json", case.verdict.property));
                write_file(&path, &case.to_text())?;
            }
            let Some(found) = checked.main_violation() else { continue };
            let property = checked.property(found.property).name;
            let path = folder.join(format!("{stem}-{property}.json"));
            write_file(&path, &checked.case(found).to_text())?;
            if printed.as_ref() == Some(&report::title(&checked.scenario)) {
                shown = Some(path);
            }
        }
        Ok(shown)
    }

    /// The scenarios that the arguments ask for, their rules replaced where they say so.
    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        if self.switches.is_empty() {
            return find_scenarios(&self.what);
        }
        if !self.what.is_empty() && self.what.iter().all(|what| is_path(what)) {
            let mut scenarios = find_scenarios(&self.what)?;
            scenarios.iter_mut().try_for_each(|scenario| self.switch(scenario))?;
            return Ok(scenarios);
        }
        let [protocol] = self.what.as_slice() else {
            let message = "--profile, --without and --with need one protocol, or scenario files";
            let with_rules = protocols::all().iter().find(|entry| !entry.rules.is_empty());
            let example = with_rules.map_or(String::new(), |entry| {
                let (program, rule) = (program(), entry.rules[0].name);
                format!("\nhint: {program} check {} --without {rule}", entry.name)
            });
            return Err(Failure::Usage(format!("{message}{example}")));
        };
        let entry = entry_named(&protocol.to_string_lossy())?;
        let mut scenarios = protocol_scenarios(entry)?;
        scenarios.retain(is_base);
        let rules = self.switches.rules(entry)?;
        scenarios.extend(ablated(entry, &rules, &scenarios)?);
        for scenario in &mut scenarios {
            self.switch(scenario)?;
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

    /// The scenarios whose threads are run, their rules replaced where the arguments say so.
    fn scenarios_of_threads(&self) -> Result<Vec<Scenario>, Failure> {
        let mut scenarios = Vec::new();
        for what in &self.what {
            if is_path(what) {
                scenarios.extend(find_scenarios(std::slice::from_ref(what))?);
            } else {
                scenarios.extend(threads::protocol_scenarios(&what.to_string_lossy())?);
            }
        }
        if self.what.is_empty() {
            for form in forms() {
                scenarios.extend(threads::protocol_scenarios(form.protocol)?);
            }
        }
        for scenario in &mut scenarios {
            self.switch(scenario)?;
        }
        Ok(scenarios)
    }

    /// Switches rules and variants of a scenario, if there are any to switch, and expects that it
    /// holds; its goals are those of the rules that it was written for.
    fn switch(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        if self.switches.is_empty() {
            return Ok(());
        }
        self.switches.apply(scenario)?;
        scenario.expect = Expect::Holds;
        scenario.finding = None;
        scenario.reach.clear();
        Ok(())
    }
}

/// Runs a scenario on disk.
fn one_on_disk(
    scenario: Scenario,
    options: &Options,
    folder: &OpenFolder,
    clock: &Clock,
) -> Result<Checked, Failure> {
    clock.note(&folder.room);
    check_on_disk(scenario, options, &folder.disk, clock).map_err(Failure::Usage)
}

/// Runs a scenario as one of several ranks; the result at rank 0.
fn one_by_ranks(
    scenario: Scenario,
    options: &Options,
    team: &Team,
    clock: &Clock,
) -> Result<Option<Checked>, Failure> {
    check_as_rank(scenario, options, team.place(), clock).map_err(|why| team.failed(&why))
}

/// Whether a search on disk ended before its space was closed, and can go on.
fn is_unfinished(checked: &Checked) -> bool {
    let budgets = [Stopped::States, Stopped::Time, Stopped::Interrupted, Stopped::Disk];
    checked.exploration.stopped.is_some_and(|stopped| budgets.contains(&stopped))
}
