//! `latchwork replay`: takes the steps of a case again, on the model as it is now.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::switches::Switches;
use crate::cli::{Exit, Failure, print};
#[cfg(target_os = "linux")]
use crate::cli::{probing, storming};
use crate::files::case::{Case, CaseVerdict};
use crate::jobs::replay::{Divergence, Onward, Replayed, Why, replay};
use crate::report::layout::{Detail, Layout};
use crate::report::run::text::write_case;
use crate::report::words::{count, write_words};

/// Replay a case on the model as it is now
///
/// Ends with 1 if the violation of the case is still there, with 0 if the case is a witness that is
/// still there, and with 4 if the model no longer takes the same steps. With --profile, --without or
/// --with the steps are taken under these rules: does the violation need the rules of the case?
#[derive(Args)]
pub struct Replay {
    /// The case file
    case: PathBuf,
    /// Replay a case that was edited by hand: ignore its digest
    #[arg(long)]
    edited: bool,
    /// Replay a case of `probe` in this folder instead of its own
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The same folder through another mount
    #[arg(long, value_name = "DIR", requires = "dir")]
    second: Option<PathBuf>,
    /// The command that disturbs the storm of a case. The command in the file is not run
    #[arg(long, value_name = "COMMAND")]
    disturb: Option<String>,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    budget: Budget,
}

impl Replay {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        #[cfg(target_os = "linux")]
        if let Some(case) = probing::case_of_probe(&self.case)? {
            if self.disturb.is_some() {
                return Err(Failure::Usage("--disturb is for cases of storms".to_string()));
            }
            return probing::replay_case(&case, (self.dir.as_deref(), self.second.as_deref()));
        }
        #[cfg(target_os = "linux")]
        if let Some(case) = storming::case_of_storm(&self.case)? {
            let dirs = (self.dir.as_deref(), self.second.as_deref());
            let given = storming::Given { dirs, disturb: self.disturb.as_deref() };
            return storming::replay_case(&case, &given);
        }
        if self.disturb.is_some() {
            return Err(Failure::Usage("--disturb is for cases of storms".to_string()));
        }
        if self.dir.is_some() || self.second.is_some() {
            return Err(Failure::Usage("--dir is for cases of `probe`".to_string()));
        }
        let mut case = Case::open(&self.case, self.edited)?;
        self.switches.apply_to(&mut case.configuration)?;
        if case.configuration.instance().is_err() && !self.switches.is_empty() {
            let under = case.configuration.rule_set();
            return Err(Failure::Usage(format!("the sizes of the case do not go with {under}")));
        }
        let clock = Clock::start(self.budget.time, false);
        let replayed = replay(&case, self.budget.options().threads, &clock);
        clock.finish();
        let mut out = print::stdout();
        match replayed.map_err(Failure::Usage)? {
            Replayed::Same => {
                write_case(&mut out, &case, layout())?;
                if case.verdict.violated {
                    let CaseVerdict { property, .. } = &case.verdict;
                    writeln!(out, "\nsame:    {property} is still violated (exit code 1)")?;
                    let (program, path) = (print::program(), self.case.display());
                    writeln!(out, "help:    {program} report {path} --html page.html")?;
                }
                Ok(if case.verdict.violated { Exit::Violated } else { Exit::Expected })
            }
            Replayed::Diverged(divergence) => {
                write_divergence(&mut out, &case, &divergence)?;
                Ok(Exit::Diverged)
            }
        }
    }
}

/// Whoever asks for a case wants to see all of it.
fn layout() -> Layout {
    print::layout(Detail::Verbose)
}

/// Enabled actions that are listed at most.
const MOST_ENABLED: usize = 12;

fn write_divergence(out: &mut dyn Write, case: &Case, divergence: &Divergence) -> io::Result<()> {
    let Divergence { step, recorded, why, enabled, onward } = divergence;
    writeln!(out, "DIVERGED at step {step} of {}", case.steps.len())?;
    if let Some(recorded) = recorded {
        writeln!(out, "  recorded: {recorded}")?;
    }
    match why {
        Why::Initial(difference) | Why::Field(difference) => {
            let now = difference.now.as_ref().map_or("gone".to_string(), ToString::to_string);
            let what = if *step == 0 { "the initial state differs" } else { "it leads elsewhere" };
            writeln!(
                out,
                "  {what}: {} is {now}, recorded {}",
                difference.path, difference.recorded
            )?;
        }
        Why::NoSuchAction => writeln!(out, "  the model has no such action with these arguments")?,
        Why::NotEnabled => writeln!(out, "  it is not enabled")?,
        Why::Threads(why) => return writeln!(out, "  its threads: {why}"),
        Why::NotShown => {
            writeln!(out, "  every step is the same, but {} is not shown", case.verdict.property)?;
        }
    }
    let mut words: Vec<String> = enabled.iter().take(MOST_ENABLED).cloned().collect();
    if enabled.len() > MOST_ENABLED {
        words.push(format!("and {} more", enabled.len() - MOST_ENABLED));
    }
    if words.is_empty() {
        words.push("nothing".to_string());
    }
    write_words(out, layout(), "  enabled now: ", &words)?;
    let property = &case.verdict.property;
    match onward {
        Onward::After(0) => writeln!(out, "  {property} is violated at this state"),
        Onward::After(1) => writeln!(out, "  {property} can still be violated, one step later"),
        Onward::After(steps) => {
            writeln!(out, "  {property} can still be violated, {steps} steps later")
        }
        Onward::Never(states) => {
            writeln!(
                out,
                "  from there {property} holds ({} states searched): likely fixed",
                count(*states)
            )
        }
        Onward::NotWithin(states) => {
            writeln!(
                out,
                "  {property} is not violated within {} states from there",
                count(*states)
            )
        }
    }
}
