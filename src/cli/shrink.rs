//! `latchwork shrink`: a case made short.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::check;
use crate::report::text::write_case;
use crate::shrink::{path_of, shortest, shrink};
use crate::trace::case::{Case, Minimality};
use crate::verdict::{Discovery, End};

use super::budget::Budget;
use super::clock::Clock;
use super::files::write_file;
use super::print::{Show, program, write_next};
use super::{Exit, Failure, print};

/// Make the run of a case short: the same property, the same rules, fewer steps
#[derive(Args)]
pub struct Shrink {
    /// The case file
    case: PathBuf,
    #[command(flatten)]
    budget: Budget,
    #[command(flatten)]
    show: Show,
    /// Where to write the shorter case
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Shrink {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let case = Case::open(&self.case, false)?;
        let clock = Clock::start(self.budget.time, false);
        let shrunk = self.shrunk(&case, &clock)?;
        clock.finish();
        let mut out = print::stdout();
        let Some((found, minimality)) = shrunk else {
            writeln!(out, "the run of the case does not show {} any more", case.verdict.property)?;
            let (program, case) = (program(), self.case.display());
            writeln!(out, "hint: {program} replay {case} says where it parts")?;
            return Ok(Exit::Diverged);
        };
        let instance = case.configuration.instance().map_err(|why| Failure::Usage(why.into()))?;
        let engine = &case.provenance.engine;
        let mut short =
            check::case(&case.configuration, instance.as_ref(), &found, engine, minimality);
        short.provenance = case.provenance.clone();
        let stem = self.case.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}-short.json");
        let path = self.out.join(case.configuration.entry.name).join(name);
        write_file(&path, &short.to_text())?;
        write_case(&mut out, &short, self.show.layout())?;
        let (before, after) = (case.verdict.steps, short.verdict.steps);
        writeln!(out, "\n{before} steps before, {after} now ({})", minimality.name())?;
        write_next(&mut out, &path)?;
        Ok(Exit::Expected)
    }

    /// The shorter run; none if the case does not show its property any more.
    fn shrunk(
        &self,
        case: &Case,
        clock: &Clock,
    ) -> Result<Option<(Discovery, Minimality)>, Failure> {
        let configuration = &case.configuration;
        let instance = configuration.instance().map_err(|why| Failure::Usage(why.into()))?;
        let entry = configuration.entry;
        let Some((property, path)) =
            entry.property(&case.verdict.property).zip(path_of(case, instance.as_ref()))
        else {
            return Ok(None);
        };
        let threads = self.budget.options().threads;
        let steps = case.verdict.steps;
        let found = Discovery { property, steps, path, end: End::State };
        if let Some(shrunk) = shrink(entry, instance.as_ref(), &found, threads, clock) {
            return Ok(Some((shrunk.discovery, shrunk.minimality)));
        }
        // What only the whole space can show is left to the search.
        if case.verdict.property != "can_finish" && case.verdict.cycle.is_none() {
            return Ok(None);
        }
        match shortest(instance.as_ref(), property, threads, clock) {
            Some(found) => Ok(Some((found, Minimality::Proven))),
            None => Err(Failure::Inconclusive(format!(
                "only the whole space can show {}, and it is too large",
                case.verdict.property
            ))),
        }
    }
}
