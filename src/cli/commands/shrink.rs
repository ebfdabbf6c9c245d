//! `latchwork shrink`: minimizes the run of a case.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use latchwork_model::kit::Kind;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::files::write_file;
use crate::cli::print::{Show, program, write_next};
use crate::cli::{Exit, Failure, print};
use crate::engines::verdict::{Discovery, End, PropertyId, PropertyKind, PropertySet};
use crate::files::case::{Case, Minimality};
use crate::jobs::check;
use crate::jobs::shrink::{Shrunk, path_of, shrink};
use crate::protocols::Entry;
use crate::report::layout::Detail;
use crate::report::run::text::write_case;

/// Minimize the run of a case: the same property, the same rules, fewer steps
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

/// Whether a property is about what repeats forever.
fn is_temporal(entry: &Entry, property: PropertyId) -> bool {
    match (entry.properties)()[usize::from(property.0)].kind {
        PropertyKind::Model(kind) => kind.is_temporal() || kind == Kind::NoFairCycle,
        PropertyKind::BuiltIn(_) => false,
    }
}

/// The case of a run that was derived from the run of another case.
fn kept(of: &Case, found: &Discovery, minimality: Minimality) -> Result<Case, Failure> {
    let configuration = &of.configuration;
    let instance = configuration.instance().map_err(|why| Failure::Usage(why.into()))?;
    let engine = &of.provenance.engine;
    let mut case = check::case(configuration, instance.as_ref(), found, engine, minimality);
    case.provenance = of.provenance.clone();
    Ok(case)
}

impl Shrink {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let case = Case::open(&self.case, false)?;
        let clock = Clock::start(self.budget.time, false);
        let shrunk = self.shrunk(&case, &clock)?;
        clock.finish();
        let mut out = print::stdout();
        let Some(Shrunk { discovery: found, minimality, others, .. }) = shrunk else {
            writeln!(out, "the run of the case no longer shows {}", case.verdict.property)?;
            let (program, case) = (program(), self.case.display());
            writeln!(out, "help:    {program} replay {case}")?;
            return Ok(Exit::Diverged);
        };
        let short = kept(&case, &found, minimality)?;
        let path = self.file(&short, "short");
        write_file(&path, &short.to_text())?;
        let mut met = Vec::new();
        for other in &others {
            let other = kept(&case, other, Minimality::OneMinimal)?;
            let path = self.file(&other, &other.verdict.property);
            write_file(&path, &other.to_text())?;
            met.push((other.verdict.property, path));
        }
        let layout = self.show.layout();
        if layout.detail == Detail::Quiet {
            return Ok(Exit::Expected);
        }
        write_case(&mut out, &short, layout)?;
        let (before, after) = (case.verdict.steps, short.verdict.steps);
        writeln!(out, "\n{before} steps before, {after} now ({})", minimality.name())?;
        for (property, path) in met {
            writeln!(out, "also found: {property}, {}", path.display())?;
        }
        writeln!(out)?;
        write_next(&mut out, &path)?;
        Ok(Exit::Expected)
    }

    fn file(&self, short: &Case, what: &str) -> PathBuf {
        let stem = self.case.file_stem().unwrap_or_default().to_string_lossy();
        self.out.join(short.configuration.entry.name).join(format!("{stem}-{what}.json"))
    }

    /// The shorter run; none if the case no longer shows its property.
    fn shrunk(&self, case: &Case, clock: &Clock) -> Result<Option<Shrunk>, Failure> {
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
        // What no single state shows is left to the search of the whole space.
        let whole = case.verdict.property == "can_finish" || is_temporal(entry, property);
        let cycle = case.verdict.cycle;
        let end = match whole {
            true => End::Stuck { prefix: steps, cycle, proven: false },
            false => End::State,
        };
        let found = Discovery { property, steps, path, end };
        match shrink(instance.as_ref(), &found, PropertySet::ALL, threads, clock) {
            None if whole => Err(Failure::Inconclusive(format!(
                "only the whole space can show {}, and it is too large",
                case.verdict.property
            ))),
            shrunk => Ok(shrunk),
        }
    }
}
