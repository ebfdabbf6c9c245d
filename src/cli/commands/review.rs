//! `latchwork review`: the page of a protocol for a design review.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::files::{
    entry_named, protocol_scenarios, read_folder, scenarios_folder, write_file,
};
use crate::cli::{Exit, Failure, print};
use crate::engines::explore::Watch;
use crate::jobs::check::check;
use crate::protocols::{self, Entry};
use crate::report;
use crate::report::review::{self, html};

/// Write the page of a protocol for a design review: rules, counterexamples, goals, bounds, counts
#[derive(Args)]
pub struct Review {
    /// A protocol, or all
    protocol: String,
    /// Write the committed page below this folder, which also has the ablation matrix; with `all`, the
    /// index as well [default: print it, with the matrix of ./reports]
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// Write the page as one HTML file that loads nothing
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    budget: Budget,
}

impl Review {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let entries: Vec<&'static Entry> = match self.protocol.as_str() {
            "all" => protocols::all().iter().collect(),
            name => vec![entry_named(name)?],
        };
        if self.html.is_some() && entries.len() > 1 {
            return Err(Failure::Usage(
                "--html writes the page of one protocol\nhint: name one".into(),
            ));
        }
        let folder = self.reports.as_deref().unwrap_or(Path::new("reports"));
        let clock = Clock::start(self.budget.time, false);
        let reviews: Vec<review::Review> = entries
            .into_iter()
            .map(|entry| self.review(entry, folder, &clock))
            .collect::<Result<_, _>>()?;
        clock.finish();
        if clock.interrupted() {
            return Err(Failure::Inconclusive(
                "the time ran out before all scenarios had run".into(),
            ));
        }
        let mut out = print::stdout();
        for review in &reviews {
            if let Some(path) = &self.html {
                write_file(path, &html::page(review))?;
                writeln!(out, "page:    {}", path.display())?;
            }
            let page = review.to_markdown();
            if self.reports.is_none() && self.html.is_some() {
                continue;
            }
            let Some(folder) = &self.reports else {
                out.write_all(page.as_bytes())?;
                continue;
            };
            let path = folder.join(review.entry.name).join("review.md");
            write_file(&path, &page)?;
            writeln!(out, "review:  {}", path.display())?;
        }
        if let Some(folder) = &self.reports
            && self.protocol == "all"
        {
            let path = folder.join("README.md");
            write_file(&path, &review::index(&reviews))?;
            writeln!(out, "index:   {}", path.display())?;
        }
        let checked = reviews.iter().flat_map(|review| &review.checked);
        let worst = checked.map(Exit::of).max().unwrap_or(Exit::Expected);
        let sound = reviews.iter().all(review::Review::is_sound);
        Ok(if sound { worst } else { worst.max(Exit::Vacuous) })
    }

    fn review(
        &self,
        entry: &'static Entry,
        folder: &Path,
        clock: &Clock,
    ) -> Result<review::Review, Failure> {
        let scenarios = protocol_scenarios(entry)?;
        clock.more(scenarios.len());
        let mut checked = Vec::new();
        for scenario in scenarios {
            clock.task(&report::title(&scenario));
            let one = check(scenario, &self.budget.options(), clock);
            checked.push(one.map_err(Failure::Usage)?);
        }
        Ok(review::Review::new(entry, folder, checked, others(entry)?)?)
    }
}

/// The scenarios of a protocol that stand in folders of their own: those that `check` does not run
/// without being asked.
fn others(entry: &'static Entry) -> Result<Vec<review::Other>, Failure> {
    let folder = scenarios_folder()?.join(entry.name);
    let mut others = Vec::new();
    let mut sets = folders(&folder)?;
    sets.retain(|path| path.file_name().is_some_and(|name| name != "cases"));
    while let Some(path) = sets.pop() {
        let set = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        for scenario in read_folder(&path)? {
            others.push(review::Other { set: set.clone(), scenario });
        }
        sets.extend(folders(&path)?);
    }
    Ok(others)
}

/// The folders in a folder.
fn folders(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let items = std::fs::read_dir(path)?.map(|item| item.map(|item| item.path()));
    let mut paths = items.collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}
