//! The arguments for files that CI hosts read.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::Results;
use crate::report::hosts::{github, junit, sarif, summary, tap};
use crate::report::layout::{Detail, Layout};

use super::files::write_file;
use super::json::Json;
use super::print::Show;
use super::{Failure, print};

/// What to write beside what is printed; any of these in one run.
#[derive(Args)]
pub struct Outputs {
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a SARIF report for code scanning
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Write a TAP report
    #[arg(long, value_name = "FILE")]
    tap: Option<PathBuf>,
    /// Write a Markdown page
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Where the facts go.
    #[command(flatten)]
    pub json: Json,
    #[command(flatten)]
    show: Show,
}

/// A host refuses a summary of 1 MiB whole.
const MOST_SUMMARY: u64 = (1 << 20) - (1 << 12);

impl Outputs {
    /// Whether nothing is said of how far it is.
    pub fn shows_no_progress(&self) -> bool {
        self.json.prints() || self.layout().detail == Detail::Quiet
    }

    /// Whether everything is printed.
    pub fn is_verbose(&self) -> bool {
        self.layout().detail == Detail::Verbose
    }

    /// How much is printed, and how wide.
    pub fn layout(&self) -> Layout {
        self.show.layout()
    }

    /// Writes the files that are asked for, and what the host of a CI run wants to see.
    pub fn write(&self, results: Results<'_>) -> Result<(), Failure> {
        if let Some(path) = &self.junit {
            write_file(path, &junit::to_xml(results).map_err(Failure::Usage)?)?;
        }
        if let Some(path) = &self.sarif {
            let text = serde_json::to_string_pretty(&sarif::to_json(results, sarif::HOST));
            write_file(path, &(text.map_err(std::io::Error::from)? + "\n"))?;
        }
        if let Some(path) = &self.tap {
            write_file(path, &tap::to_text(results))?;
        }
        if let Some(path) = &self.markdown {
            write_file(path, &summary::to_markdown(results))?;
        }
        if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
            // The host reads both streams; stdout may be JSON.
            let mut stderr = print::stderr();
            for line in github::annotations(results) {
                writeln!(stderr, "{line}")?;
            }
        }
        match std::env::var_os("GITHUB_STEP_SUMMARY") {
            Some(path) if !path.is_empty() => append_summary(Path::new(&path), results),
            _ => Ok(()),
        }
    }
}

/// Adds the page to the summary of a step, which several commands may share.
fn append_summary(path: &Path, results: Results<'_>) -> Result<(), Failure> {
    let there = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let most = usize::try_from(MOST_SUMMARY.saturating_sub(there)).unwrap_or(0);
    let page = summary::to_markdown_within(results, most);
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.write_all(page.as_bytes())?)
}
