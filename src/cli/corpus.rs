//! `latchwork corpus`: the cases that are kept for ever.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::protocols;
use crate::replay::{Replayed, replay};
use crate::report;
use crate::report::layout::{Detail, Layout};
use crate::trace::case::Case;

use super::budget::Budget;
use super::clock::Clock;
use super::files::{entry_named, scenarios_folder, write_file};
use super::print::{Show, program};
use super::{Exit, Failure, print};

/// Replay the cases that are kept, or keep one more
#[derive(Args)]
pub struct Corpus {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Replay all cases below scenarios/PROTOCOL/cases; one that went stale is not as expected
    Run {
        /// Only those of this protocol
        protocol: Option<String>,
        #[command(flatten)]
        budget: Budget,
        #[command(flatten)]
        show: Show,
    },
    /// Keep a case: one a property and configuration, the shortest
    Add {
        /// The case file
        case: PathBuf,
        /// What to call it [default: by its configuration and property]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        budget: Budget,
    },
}

impl Corpus {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        match self.action {
            Action::Run { protocol, budget, show } => {
                run(protocol.as_deref(), &budget, show.layout())
            }
            Action::Add { case, name, budget } => add(&case, name, &budget),
        }
    }
}

fn run(protocol: Option<&str>, budget: &Budget, layout: Layout) -> Result<Exit, Failure> {
    let names: Vec<&str> = match protocol {
        Some(name) => vec![entry_named(name)?.name],
        None => protocols::all().iter().map(|entry| entry.name).collect(),
    };
    let clock = Clock::start(budget.time, false);
    let mut out = print::stdout();
    let (mut count, mut stale) = (0u64, 0u64);
    for name in names {
        for path in case_files(&cases_folder(name)?)? {
            let case = Case::open(&path, false)?;
            let replayed = replay(&case, budget.options().threads, &clock);
            let same = replayed.map_err(Failure::Usage)? == Replayed::Same;
            let word = if same { "same    " } else { "DIVERGED" };
            if layout.detail != Detail::Quiet || !same {
                writeln!(out, "{word}  {} replay {}", program(), path.display())?;
            }
            count += 1;
            stale += u64::from(!same);
        }
    }
    writeln!(out, "{count} cases, {stale} of them diverged")?;
    Ok(match (count, stale) {
        (0, _) => Exit::Vacuous,
        (_, 0) => Exit::Expected,
        _ => Exit::Diverged,
    })
}

fn add(file: &Path, name: Option<String>, budget: &Budget) -> Result<Exit, Failure> {
    let case = Case::open(file, false)?;
    let clock = Clock::start(budget.time, false);
    let replayed = replay(&case, budget.options().threads, &clock).map_err(Failure::Usage)?;
    let mut out = print::stdout();
    if replayed != Replayed::Same {
        writeln!(out, "it diverges: {} replay {} says where", program(), file.display())?;
        return Ok(Exit::Diverged);
    }
    let folder = cases_folder(case.configuration.entry.name)?;
    let mut replaced = None;
    for path in case_files(&folder)? {
        let known = Case::open(&path, false)?;
        if !known.is_about_the_same(&case) {
            continue;
        }
        if known.steps.len() <= case.steps.len() {
            writeln!(out, "kept already, and no longer: {}", path.display())?;
            return Ok(Exit::Expected);
        }
        replaced = Some(path);
    }
    let path = match (replaced, name) {
        (Some(path), _) => path,
        (None, Some(name)) => folder.join(format!("{name}.json")),
        (None, None) => folder.join(format!("{}.json", default_name(&case))),
    };
    let other = path.exists() && !Case::open(&path, false)?.is_about_the_same(&case);
    if other {
        let path = path.display();
        return Err(Failure::Usage(format!(
            "{path} is another case\nhint: --name says what to call this one"
        )));
    }
    write_file(&path, &case.to_text())?;
    writeln!(out, "kept: {} replay {}", program(), path.display())?;
    Ok(Exit::Expected)
}

fn default_name(case: &Case) -> String {
    let mut parts = report::switches(&case.configuration);
    parts.push(case.verdict.property.clone());
    parts.join("-").replace(", ", "-").replace(' ', "-")
}

fn cases_folder(protocol: &str) -> Result<PathBuf, Failure> {
    Ok(scenarios_folder()?.join(protocol).join("cases"))
}

/// The case files of a folder by name; a folder that is not there has none.
fn case_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
