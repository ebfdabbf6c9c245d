//! `latchwork corpus`: the cases that are kept for ever.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::files::{entry_named, scenarios_folder, write_file};
use crate::cli::print::{Show, program};
use crate::cli::{Exit, Failure, print};
use crate::files::case::Case;
use crate::jobs::replay::{Replayed, replay};
use crate::protocols;
use crate::report;
use crate::report::layout::{Detail, Layout};
use crate::report::words::counted;

/// The most cases that are kept of one property with one set of rules: the shortest.
const MOST: usize = 3;

/// Replay the kept cases, or add one
#[derive(Args)]
pub struct Corpus {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Replay all cases below scenarios/PROTOCOL/cases; a case that no longer replays fails
    Run {
        /// Only the cases of this protocol
        protocol: Option<String>,
        #[command(flatten)]
        budget: Budget,
        #[command(flatten)]
        show: Show,
    },
    /// Keep a case: one per property and configuration, and the three shortest per property and set of
    /// rules
    Add {
        /// The case file
        case: PathBuf,
        /// Its name [default: from its configuration and property]
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
            if layout.detail == Detail::Verbose || !same {
                writeln!(out, "{word}  {} replay {}", program(), path.display())?;
            }
            count += 1;
            stale += u64::from(!same);
        }
    }
    let exit = match (count, stale) {
        (0, _) => Exit::Vacuous,
        (_, 0) => Exit::Expected,
        _ => Exit::Diverged,
    };
    let cases = counted(count, "case");
    match (layout.detail, exit) {
        (Detail::Quiet, Exit::Expected) => {}
        (Detail::Normal, Exit::Expected) => writeln!(out, "{cases}, all the same (-v lists them)")?,
        _ => writeln!(out, "{cases}, {stale} of them diverged")?,
    }
    Ok(exit)
}

fn add(file: &Path, name: Option<String>, budget: &Budget) -> Result<Exit, Failure> {
    let case = Case::open(file, false)?;
    let clock = Clock::start(budget.time, false);
    let replayed = replay(&case, budget.options().threads, &clock).map_err(Failure::Usage)?;
    let mut out = print::stdout();
    if replayed != Replayed::Same {
        writeln!(out, "it diverges: {} replay {} shows where", program(), file.display())?;
        return Ok(Exit::Diverged);
    }
    let folder = cases_folder(case.configuration.entry.name)?;
    let mut rivals = Vec::new();
    for path in case_files(&folder)? {
        let known = Case::open(&path, false)?;
        if known.shows_the_same(&case) {
            rivals.push((path, known));
        }
    }
    let length = |(_, known): &&(PathBuf, Case)| known.steps.len();
    let same = rivals.iter().find(|(_, known)| known.is_about_the_same(&case));
    if let Some(known) = same.filter(|known| length(known) <= case.steps.len()) {
        writeln!(out, "already kept, and not longer: {}", known.0.display())?;
        return Ok(Exit::Expected);
    }
    let longest = rivals.iter().rev().max_by_key(length).filter(|_| rivals.len() >= MOST);
    let gives_way = if same.is_some() { None } else { longest };
    if gives_way.is_some_and(|longest| length(&longest) <= case.steps.len()) {
        writeln!(
            out,
            "not kept: {MOST} cases already show the same with these rules, none of them longer"
        )?;
        return Ok(Exit::Expected);
    }
    if let Some((path, _)) = gives_way {
        fs::remove_file(path)?;
        writeln!(out, "replaced by a shorter case: {}", path.display())?;
    }
    let path = match (same, name) {
        (Some((path, _)), _) => path.clone(),
        (None, Some(name)) => folder.join(format!("{name}.json")),
        (None, None) => free_name(&folder, &case),
    };
    let other = path.exists() && !Case::open(&path, false)?.is_about_the_same(&case);
    if other {
        let path = path.display();
        return Err(Failure::Usage(format!(
            "{path} is a different case\nhint: choose a name with --name"
        )));
    }
    write_file(&path, &case.to_text())?;
    writeln!(out, "kept: {} replay {}", program(), path.display())?;
    Ok(Exit::Expected)
}

/// The first default name that is free.
fn free_name(folder: &Path, case: &Case) -> PathBuf {
    let name = default_name(case);
    let numbered = (2..).map(|number| folder.join(format!("{name}-{number}.json")));
    let mut names = std::iter::once(folder.join(format!("{name}.json"))).chain(numbered);
    names.find(|path| !path.exists()).unwrap_or_default()
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
