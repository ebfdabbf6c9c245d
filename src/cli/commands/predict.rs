//! `latchwork predict`: the ledger of what the models say of versions that people run.

use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::{Cells, Clock};
use crate::cli::files::{entry_named, read_folder, replace_files, scenarios_folder, write_file};
use crate::cli::json::{Json, to_text};
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::suggest;
use crate::engines::explore::Watch;
use crate::files::configuration;
use crate::files::outcomes::Outcomes;
use crate::jobs::predict::{Ledger, Plan, predict};
use crate::protocols::{self, Entry};
use crate::report::layout::Detail;
use crate::report::predictions::{self, Told};

/// List what profiles violate within widened bounds: predictions about the versions they describe
///
/// Searches each scenario of each protocol that has the profile: as it is, with each fault twice, and
/// with each size one larger. Each way in which a property is violated is one row, by its shortest
/// run. Ends with 0 whatever is predicted, and with 5 if nothing was searched.
#[derive(Args)]
pub struct Predict {
    /// The profiles, such as linux_6_12
    #[arg(required = true)]
    profiles: Vec<String>,
    /// Only this protocol
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// How often each fault may happen
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    faults: u8,
    /// The most states of a search; larger spaces are cut off there
    #[arg(long, value_name = "N", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..))]
    most_states: u64,
    /// How to cause faults, and the results of predictions that were played: a JSON file
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    json: Json,
    /// Write the committed page, its facts and its cases below this folder instead of printing them
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
}

impl Predict {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let outcomes = match &self.outcomes {
            Some(path) => Outcomes::open(path)?,
            None => Outcomes::default(),
        };
        let plans = self.plans()?;
        let clock = Clock::start(self.budget.time, self.json.prints());
        let ledgers: Vec<Ledger> =
            plans.iter().map(|plan| predict(plan, &Cells(&clock), &Cells(&clock))).collect();
        clock.finish();
        if clock.interrupted() {
            return Err(Failure::Inconclusive("the time ran out before all was searched".into()));
        }
        if let Some(problem) = predictions::stale(&outcomes, &ledgers) {
            return Err(Failure::Usage(problem));
        }
        let told: Vec<Told<'_>> =
            ledgers.iter().map(|ledger| Told::new(ledger, &outcomes)).collect();
        let facts = to_text(&predictions::to_json(&told))?;
        self.json.write(&facts)?;
        if let Some(folder) = &self.reports {
            let command = self.command();
            write_file(&folder.join("predictions.md"), &predictions::to_markdown(&told, &command))?;
            write_file(&folder.join("predictions.json"), &facts)?;
            for ledger in &ledgers {
                let cases = predictions::cases(ledger);
                replace_files(&folder.join("predictions"), &predictions::prefix(ledger), &cases)?;
            }
        } else if !self.json.prints() {
            let mut out = print::stdout();
            for told in &told {
                predictions::write_text(&mut out, told, print::layout(Detail::Normal))?;
            }
        }
        let searched: usize = ledgers.iter().map(|ledger| ledger.searched).sum();
        Ok(if searched == 0 { Exit::Vacuous } else { Exit::Expected })
    }

    /// The command that writes the reports again.
    fn command(&self) -> String {
        let mut command = format!("latchwork predict {}", self.profiles.join(" "));
        let protocol = self.protocol.iter().map(|name| format!(" --protocol {name}"));
        let bounds = format!(" --faults {} --most-states {}", self.faults, self.most_states);
        let outcomes = self.outcomes.iter().map(|path| format!(" --outcomes {}", path.display()));
        // The page is the same in every folder.
        let reports = " --reports FOLDER".to_string();
        command.extend(protocol.chain([bounds]).chain(outcomes).chain([reports]));
        command
    }

    /// What to search: each profile in each protocol that has it. A refinement may have no scenarios.
    fn plans(&self) -> Result<Vec<Plan>, Failure> {
        let only = self.protocol.as_deref().map(entry_named).transpose()?;
        let folder = scenarios_folder()?;
        let entries = protocols::all().iter().filter(|entry| match only {
            Some(only) => only.name == entry.name,
            None => folder.join(entry.name).is_dir(),
        });
        let entries: Vec<&'static Entry> = entries.collect();
        let mut plans = Vec::new();
        for name in &self.profiles {
            let before = plans.len();
            for entry in entries.iter().copied() {
                if let Ok(profile) = configuration::profile(entry, name) {
                    plans.push(self.plan(entry, profile)?);
                }
            }
            if plans.len() == before {
                let all = entries.iter().flat_map(|entry| entry.profiles);
                let hint = suggest(name, all.map(|profile| profile.name), "profiles");
                return Err(Failure::Usage(format!(
                    "no protocol has a profile `{name}`\nhint: {hint}"
                )));
            }
        }
        Ok(plans)
    }

    fn plan(&self, entry: &'static Entry, profile: usize) -> Result<Plan, Failure> {
        let mut scenarios = read_folder(&scenarios_folder()?.join(entry.name))?;
        scenarios.retain(|scenario| {
            let configuration = &scenario.configuration;
            let own = configuration.profile;
            configuration.without.is_empty()
                && (own == profile || entry.profiles[own].name == "full")
        });
        Ok(Plan {
            entry,
            profile,
            scenarios,
            faults: self.faults,
            states: self.most_states,
            threads: self.budget.options().threads,
        })
    }
}
