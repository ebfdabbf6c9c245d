//! `latchwork check`: runs scenarios and holds them against what they expect.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::{Checked, check};
use crate::configuration::{self, Unknown};
use crate::json::{Problem, suggest};
use crate::protocols::{self, Entry, PROTOCOLS};
use crate::report;
use crate::scenario::{Expect, Scenario};

use super::budget::Budget;
use super::clock::Clock;
use super::{Exit, Failure};

/// Run scenarios and hold them against what they expect
#[derive(Args)]
pub struct Check {
    /// Protocols, scenario files, or folders of them [default: all of ./scenarios]
    #[arg(value_name = "PROTOCOL|PATH")]
    what: Vec<PathBuf>,
    /// Run the base scenarios of the protocol with this profile, and expect that they hold
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Run the base scenarios of the protocol without these rules, and expect that they hold
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    without: Vec<String>,
    /// Run the base scenarios of the protocol with these variants, and expect that they hold
    #[arg(long, value_name = "VARIANT", value_delimiter = ',')]
    with: Vec<String>,
    #[command(flatten)]
    budget: Budget,
    /// Print the facts as JSON instead
    #[arg(long)]
    json: bool,
    /// Where to write the cases of violations and witnesses
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Check {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let scenarios = self.scenarios()?;
        let options = self.budget.options();
        let clock = Clock::start(self.budget.time, self.json);
        let mut all = Vec::new();
        for scenario in scenarios {
            clock.task(&report::title(&scenario));
            all.push(check(scenario, &options, &clock).map_err(|why| Failure::Usage(why.into()))?);
        }
        clock.finish();
        let shown = self.write_cases(&all)?;
        let mut stdout = std::io::stdout().lock();
        if self.json {
            report::json::write_check(&mut stdout, &all)?;
        } else {
            report::text::write_check(&mut stdout, &all)?;
            if let Some(path) = shown {
                writeln!(stdout)?;
                writeln!(stdout, "case:    {}", path.display())?;
                writeln!(stdout, "replay:  latchwork replay {}", path.display())?;
            }
        }
        stdout.flush()?;
        Ok(all.iter().map(Exit::of).max().unwrap_or(Exit::Expected))
    }

    /// Writes a case for every scenario that is violated, and for every goal that is reached; the
    /// file of the violation that is printed.
    fn write_cases(&self, all: &[Checked]) -> Result<Option<PathBuf>, Failure> {
        let printed = report::text::printed(all).map(|checked| report::title(&checked.scenario));
        let mut shown = None;
        for checked in all {
            let folder = self.out.join(checked.scenario.configuration.entry.name);
            let goals = checked.witnesses();
            for found in checked.main_violation().into_iter().chain(goals) {
                let property = checked.property(found.property).name;
                let stem = report::file_stem(&checked.scenario);
                let path = folder.join(format!("{stem}-{property}.json"));
                write_file(&path, &checked.case(found).to_text())?;
                let is_printed = printed.as_ref() == Some(&report::title(&checked.scenario));
                if is_printed && checked.main_violation() == Some(found) {
                    shown = Some(path);
                }
            }
        }
        Ok(shown)
    }

    /// The scenarios that the arguments ask for, their rules replaced where they say so.
    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        let replaces = self.profile.is_some() || !self.without.is_empty() || !self.with.is_empty();
        if !replaces {
            return find_scenarios(&self.what);
        }
        let [protocol] = self.what.as_slice() else {
            return Err(Failure::Usage(
                "--profile, --without and --with need one protocol\nhint: latchwork check \
                 downconvert --without pending_flag"
                    .to_string(),
            ));
        };
        let entry = entry_named(&protocol.to_string_lossy())?;
        let mut scenarios = protocol_scenarios(entry)?;
        scenarios.retain(|scenario| {
            let configuration = &scenario.configuration;
            scenario.expect == Expect::Holds
                && configuration.without.is_empty()
                && entry.profiles[configuration.profile].name == "full"
        });
        for scenario in &mut scenarios {
            self.replace_rules(entry, scenario)?;
        }
        scenarios.retain(|scenario| scenario.configuration.instance().is_ok());
        if scenarios.is_empty() {
            return Err(Failure::Usage(format!("no base scenario of {} allows that", entry.name)));
        }
        Ok(scenarios)
    }

    fn replace_rules(&self, entry: &'static Entry, scenario: &mut Scenario) -> Result<(), Failure> {
        let configuration = &mut scenario.configuration;
        if let Some(profile) = &self.profile {
            configuration.profile = configuration::profile(entry, profile).map_err(usage)?;
        }
        for rule in &self.without {
            configuration.without.push(configuration::rule(entry, rule).map_err(usage)?);
        }
        for variant in &self.with {
            let variant = configuration::variant(entry, variant).map_err(usage)?;
            if !configuration.with.contains(&variant) {
                configuration.with.push(variant);
            }
        }
        scenario.expect = Expect::Holds;
        scenario.finding = None;
        scenario.reach.clear();
        Ok(())
    }
}

/// Writes a file, and the folders above it.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    let failed =
        |error| Problem::of_file(path.display().to_string(), format!("cannot write: {error}"));
    Ok(written.map_err(failed).map_err(|problem| problem.hint("--out says where to write"))?)
}

fn usage((message, hint): Unknown) -> Failure {
    Failure::Usage(format!("{message}\nhint: {hint}"))
}

/// The protocol with this name.
pub fn entry_named(name: &str) -> Result<&'static Entry, Failure> {
    protocols::find(name).ok_or_else(|| {
        let hint = suggest(name, PROTOCOLS.iter().map(|entry| entry.name), "protocols");
        Failure::Usage(format!("`{name}` is no protocol and no file\nhint: {hint}"))
    })
}

/// The folder with the scenarios of a project.
fn scenarios_folder() -> Result<&'static Path, Failure> {
    let folder = Path::new("scenarios");
    if folder.is_dir() {
        return Ok(folder);
    }
    let problem = Problem::of_file("scenarios", "there is no such folder here");
    Err(problem.hint("run latchwork where the folder is, or name scenario files").into())
}

/// The small scenarios of a protocol.
pub fn protocol_scenarios(entry: &Entry) -> Result<Vec<Scenario>, Failure> {
    read_folder(&scenarios_folder()?.join(entry.name))
}

/// All scenarios that `what` names; nothing in it: the small ones of every protocol.
fn find_scenarios(what: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    if what.is_empty() {
        let folder = scenarios_folder()?;
        for entry in PROTOCOLS {
            let folder = folder.join(entry.name);
            if folder.is_dir() {
                scenarios.extend(read_folder(&folder)?);
            }
        }
        if scenarios.is_empty() {
            let problem = Problem::of_file("scenarios", "no scenario is in there");
            return Err(problem.hint("a scenario is scenarios/<protocol>/<name>.json").into());
        }
    }
    for path in what {
        if path.is_dir() {
            scenarios.extend(read_folder(path)?);
        } else if path.exists() || path.extension().is_some() {
            scenarios.push(Scenario::open(path)?);
        } else {
            scenarios.extend(protocol_scenarios(entry_named(&path.to_string_lossy())?)?);
        }
    }
    Ok(scenarios)
}

/// The scenarios that stand in a folder itself, by name.
fn read_folder(folder: &Path) -> Result<Vec<Scenario>, Failure> {
    let failed = |error: std::io::Error| {
        Problem::of_file(folder.display().to_string(), format!("cannot read: {error}"))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "json") && !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        let problem = Problem::of_file(folder.display().to_string(), "no scenario is in there");
        return Err(problem.hint("a scenario is a file whose name ends in .json").into());
    }
    paths.sort();
    Ok(paths.iter().map(|path| Scenario::open(path)).collect::<Result<_, _>>()?)
}
