//! `latchwork review`: the page of a protocol for a design review.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::files::{entry_named, is_folder, other_scenarios, protocol_scenarios, write_file};
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
    /// Write the page as one HTML file that loads nothing. For a folder: an index, the page of each
    /// protocol, and beside it the pages of its stories
    #[arg(long, value_name = "FILE.html|FOLDER")]
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
        if self.html.as_ref().is_some_and(|path| !is_folder(path)) && entries.len() > 1 {
            return Err(Failure::Usage(
                "--html FILE is the page of one protocol\nhint: name one, or a folder".into(),
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
        if let Some(path) = &self.html {
            let page = write_html(path, &reviews)?;
            writeln!(out, "page:    {}", page.display())?;
        }
        for review in &reviews {
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
        let others = other_scenarios(entry)?.into_iter();
        let others = others.map(|(set, scenario)| review::Other { set, scenario }).collect();
        Ok(review::Review::new(entry, folder, checked, others)?)
    }
}

/// Writes the page of a review, or a folder with an index, the pages, and the pages of their stories;
/// the first page to look at.
fn write_html(path: &Path, reviews: &[review::Review]) -> Result<PathBuf, Failure> {
    if !is_folder(path) {
        for review in reviews {
            write_file(path, &html::page(review, html::Beside::Nothing))?;
        }
        return Ok(path.to_path_buf());
    }
    for review in reviews {
        let folder = path.join(review.entry.name);
        write_file(&folder.join("review.html"), &html::page(review, html::Beside::Stories))?;
        for (file, page) in html::stories(review) {
            write_file(&folder.join(file), &page)?;
        }
    }
    let index = path.join("index.html");
    write_file(&index, &html::index(reviews))?;
    Ok(index)
}
