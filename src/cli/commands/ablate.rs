//! `latchwork ablate`: every rule switched off, alone and in sets.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::{Cells, Clock};
use crate::cli::files::{entry_named, is_base, read_folder, scenarios_folder, write_file};
use crate::cli::json::to_text;
use crate::cli::outputs::Outputs;
use crate::cli::thread_matrix;
use crate::cli::{Exit, Failure, print, usage};
use crate::engines::explore::Watch;
use crate::files::configuration;
use crate::jobs::ablate::{Matrix, Plan, ablate};
use crate::protocols::{self, Entry};
use crate::report::Results;
use crate::report::matrix::ablation;

/// Switch off every rule, alone and in sets, and report what breaks
#[derive(Args)]
pub struct Ablate {
    /// A protocol, or all
    protocol: String,
    /// Switch rules of this profile off
    #[arg(long, value_name = "PROFILE", default_value = "full")]
    profile: String,
    /// The most rules that are switched off together
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    sets: u8,
    /// Try sets of rules only in configurations with at most this many states
    #[arg(long, value_name = "N", default_value_t = 6_000)]
    set_states: u64,
    /// Use the protocols as threads instead: each rule and each flaw, under loom, shuttle and on
    /// plain threads
    #[arg(long, conflicts_with_all = ["profile", "sets", "set_states", "junit", "sarif", "tap", "markdown", "json"])]
    as_threads: bool,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    outputs: Outputs,
    /// Where to write the cases
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
    /// Write the committed pages and cases below this folder
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
}

impl Ablate {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        if self.as_threads {
            let clock = Clock::start(self.budget.time, false);
            return thread_matrix::run(&self.protocol, &clock, self.reports.as_deref());
        }
        let entries: Vec<&'static Entry> = match self.protocol.as_str() {
            "all" => protocols::all().iter().collect(),
            name => vec![entry_named(name)?],
        };
        let clock = Clock::start(self.budget.time, self.outputs.shows_no_progress());
        let mut matrices = Vec::new();
        for entry in entries {
            let plan = self.plan(entry)?;
            matrices.push(ablate(&plan, &Cells(&clock), &Cells(&clock)));
        }
        clock.finish();
        if clock.interrupted() {
            return Err(Failure::Inconclusive("the time ran out before all cells had run".into()));
        }
        for matrix in &matrices {
            self.write_files(matrix)?;
        }
        let facts: Vec<_> = matrices.iter().map(ablation::to_json).collect();
        self.outputs.json.write(&to_text(&facts)?)?;
        self.outputs.write(Results { checked: &[], matrices: &matrices, covered: &[] })?;
        if !self.outputs.json.prints() {
            let mut out = print::stdout();
            for matrix in &matrices {
                ablation::write_text(&mut out, matrix, self.outputs.layout())?;
            }
        }
        let sound =
            matrices.iter().flat_map(|matrix| &matrix.rows).all(|row| row.ruling.is_sound());
        Ok(if sound { Exit::Expected } else { Exit::Vacuous })
    }

    fn plan(&self, entry: &'static Entry) -> Result<Plan, Failure> {
        let folder = scenarios_folder()?.join(entry.name);
        let mut scenarios = Vec::new();
        for (set, folder) in [(0, folder.clone()), (1, folder.join("medium"))] {
            if folder.is_dir() {
                let base = read_folder(&folder)?.into_iter().filter(is_base);
                scenarios.extend(base.map(|scenario| (set, scenario)));
            }
        }
        Ok(Plan {
            entry,
            profile: configuration::profile(entry, &self.profile).map_err(usage)?,
            scenarios,
            most_rules: usize::from(self.sets),
            most_states: self.set_states,
            threads: self.budget.options().threads,
        })
    }

    fn write_files(&self, matrix: &Matrix) -> Result<(), Failure> {
        let name = matrix.entry.name;
        let cells = || matrix.rows.iter().flat_map(|row| row.ruling.cells());
        let write_cases = |folder: &Path| -> Result<(), Failure> {
            for cell in cells() {
                let path = folder.join(format!("{}.json", ablation::story(matrix, cell)));
                write_file(&path, &ablation::case(cell).to_text())?;
            }
            Ok(())
        };
        let Some(reports) = &self.reports else {
            return write_cases(&self.out.join(name).join("ablation"));
        };
        let (folder, suffix) = (reports.join(name), ablation::suffix(matrix));
        let stories = folder.join(format!("stories{suffix}"));
        write_cases(&stories)?;
        for cell in cells() {
            let path = stories.join(format!("{}.md", ablation::story(matrix, cell)));
            let story = ablation::story_page(matrix, cell);
            write_file(&path, &story.page)?;
            for (name, picture) in &story.pictures {
                write_file(&stories.join(name), picture)?;
            }
        }
        let page = folder.join(format!("ablation{suffix}.md"));
        write_file(&page, &ablation::to_markdown(matrix))?;
        let facts = serde_json::to_string_pretty(&ablation::to_json(matrix)).unwrap_or_default();
        write_file(&folder.join(format!("ablation{suffix}.json")), &(facts + "\n"))
    }
}
