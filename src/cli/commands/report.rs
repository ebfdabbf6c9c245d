//! `latchwork report`: the page of a case, alone or beside another run.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::files::write_file;
use crate::cli::switches::Switches;
use crate::cli::told::told;
use crate::cli::{Exit, Failure, print, usage};
#[cfg(target_os = "linux")]
use crate::cli::{probing, storming};
use crate::files::case::Case;
use crate::files::configuration::{Configuration, rule_set};
#[cfg(target_os = "linux")]
use crate::report::probe;
use crate::report::run::beside::Beside;
use crate::report::run::html;
use crate::report::run::story::Story;

/// Write the HTML page of a case: one file that needs no network
#[derive(Args)]
pub struct Report {
    /// The case file
    case: PathBuf,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Show another case of the protocol beside it, up to where they diverge and beyond
    #[arg(long, value_name = "CASE", conflicts_with_all = ["under", "profile", "without", "with"])]
    beside: Option<PathBuf>,
    /// Show the same steps under other rules beside it, as far as they are possible, and from there a
    /// shortest way to the end: a profile, minus rules, plus variants (full-pending_flag+other_traffic).
    /// What the case itself switches off or on does not count. Or name what is switched with
    /// --profile, --without and --with
    #[arg(long, value_name = "RULES", conflicts_with_all = ["profile", "without", "with"])]
    under: Option<String>,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    budget: Budget,
}

impl Report {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        #[cfg(target_os = "linux")]
        if let Some(case) = probing::case_of_probe(&self.case)? {
            if self.beside.is_some() || self.under.is_some() {
                let why = "a case of `probe` has no protocol: --beside and --under are for others";
                return Err(Failure::Usage(why.to_string()));
            }
            let page = probe::html::page(&case, &self.case.display().to_string());
            write_file(&self.html, &page)?;
            writeln!(print::stdout(), "page:    {}", self.html.display())?;
            return Ok(Exit::Expected);
        }
        #[cfg(target_os = "linux")]
        if storming::case_of_storm(&self.case)?.is_some() {
            let hint = "`replay` storms again, and prints what goes wrong";
            return Err(Failure::Usage(format!("a case of a storm has no page\nhint: {hint}")));
        }
        let Some((case, story)) = told(&self.case, &self.budget)? else {
            return Ok(Exit::Diverged);
        };
        let name = self.case.display().to_string();
        let page = match (&self.beside, &self.under) {
            (Some(other), _) => {
                let Some((other_case, other_story)) = told(other, &self.budget)? else {
                    return Ok(Exit::Diverged);
                };
                same_protocol(&case, &other_case)?;
                let other = (other.display().to_string(), other_story);
                html::beside::page(&Beside::of_cases((name, story), other))
            }
            (None, Some(rules)) => {
                let configuration = rule_set(&case.configuration, rules).map_err(usage)?;
                html::beside::page(&under(&case, (name, story), rules, &configuration)?)
            }
            (None, None) if self.switches.is_empty() => html::case::page(&story, &name),
            (None, None) => {
                let mut configuration = case.configuration.clone();
                self.switches.apply_to(&mut configuration)?;
                let rules = configuration.rule_set();
                html::beside::page(&under(&case, (name, story), &rules, &configuration)?)
            }
        };
        write_file(&self.html, &page)?;
        writeln!(print::stdout(), "page:    {}", self.html.display())?;
        Ok(Exit::Expected)
    }
}

fn same_protocol(case: &Case, other: &Case) -> Result<(), Failure> {
    let (one, other) = (case.configuration.entry.name, other.configuration.entry.name);
    if one == other {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "one case is of {one}, the other one of {other}\nhint: --beside needs a case of the same \
         protocol"
    )))
}

/// The steps of a case under other rules.
fn under(
    case: &Case,
    named: (String, Story),
    rules: &str,
    configuration: &Configuration,
) -> Result<Beside, Failure> {
    let model = configuration.instance().map_err(|why| Failure::Usage(why.into()))?;
    let beside = Beside::under(named, case, (rules.to_string(), configuration), model.as_ref());
    beside.ok_or_else(|| {
        Failure::Usage(format!("under {rules} no run starts like the case\nhint: see `list`"))
    })
}
