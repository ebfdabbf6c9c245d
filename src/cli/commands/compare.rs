//! `latchwork compare`: two rule sets on one scenario, side by side.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::{Exit, Failure, print, usage};
use crate::engines::explore::Options;
use crate::engines::verdict::{BuiltIn, Comparison, Discovery, PropertyKind};
use crate::files::configuration::{Configuration, rule_set};
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, check};
use crate::protocols::trace;
use crate::report::check::json;
use crate::report::layout::Layout;
use crate::report::run::text::grouped;
use crate::report::table;
use crate::report::words::write_words;

/// Compare two rule sets on one scenario
#[derive(Args)]
pub struct Compare {
    /// The scenario file
    scenario: PathBuf,
    /// A profile, minus rules, plus variants: full-pending_flag+other_traffic. What the scenario
    /// itself switches off or on does not count
    first: String,
    /// The other one
    second: String,
    #[command(flatten)]
    budget: Budget,
}

impl Compare {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let scenario = Scenario::open(&self.scenario)?;
        let sets = [&self.first, &self.second];
        let (first, second) = (
            rule_set(&scenario.configuration, sets[0]).map_err(usage)?,
            rule_set(&scenario.configuration, sets[1]).map_err(usage)?,
        );
        let own = &scenario.configuration;
        let switches = |of: &Configuration| (of.rules(), of.variants());
        if ![&first, &second].into_iter().any(|named| switches(named) == switches(own)) {
            writeln!(print::stderr(), "note: the scenario itself uses {}", own.rule_set())?;
        }
        let clock = Clock::start(self.budget.time, false);
        let options = self.budget.options();
        let run = |configuration: &Configuration| {
            let (configuration, expect) = (configuration.clone(), Expect::Holds);
            let reach = Vec::new();
            let scenario = Scenario { configuration, expect, reach, ..scenario.clone() };
            check(scenario, &options, &clock).map_err(Failure::Usage)
        };
        let (one, other) = (run(&first)?, run(&second)?);
        let comparison = compare(&first, &second, &options, &clock)?;
        clock.finish();
        let mut out = print::stdout();
        if one.exploration.stopped.or(other.exploration.stopped).is_some() {
            return Err(Failure::Inconclusive("a budget ran out".to_string()));
        }
        write_table(&mut out, &self, &one, &other, &comparison)?;
        write_parting(&mut out, &self, &one, &other, &comparison)?;
        for (name, checked) in [(&self.first, &one), (&self.second, &other)] {
            if let Some(cut) = cut_off(checked) {
                writeln!(
                    out,
                    "Nothing is known about {name} beyond a step that is cut off: {cut}."
                )?;
            }
        }
        Ok(Exit::Expected)
    }
}

fn compare(
    first: &Configuration,
    second: &Configuration,
    options: &Options,
    clock: &Clock,
) -> Result<Comparison, Failure> {
    (first.entry.compare)(&first.setup(), &second.setup(), options, clock)
        .map_err(|why| Failure::Usage(why.into()))
}

/// What cuts a search off, if anything does: then only what was reached has been compared.
fn cut_off(checked: &Checked) -> Option<&'static str> {
    let cuts = [BuiltIn::BoundExceeded, BuiltIn::NoPanic, BuiltIn::GuardsFirst];
    let kind = |found: &Discovery| checked.property(found.property).kind;
    let is_cut =
        |found: &&Discovery| cuts.iter().any(|cut| kind(found) == PropertyKind::BuiltIn(*cut));
    let found = checked.violations().find(is_cut)?;
    Some(checked.property(found.property).name)
}

fn write_table(
    out: &mut dyn Write,
    names: &Compare,
    one: &Checked,
    other: &Checked,
    comparison: &Comparison,
) -> io::Result<()> {
    let mut table = table::table(["", &names.first, &names.second], &[1, 2]);
    let figures = |checked: &Checked| checked.exploration.statistics.clone();
    let (a, b) = (figures(one), figures(other));
    table.add_row(["distinct", &a.distinct.to_string(), &b.distinct.to_string()]);
    table.add_row(["generated", &a.generated.to_string(), &b.generated.to_string()]);
    table.add_row(["depth", &a.depth().to_string(), &b.depth().to_string()]);
    let Comparison { only_first, only_second, .. } = comparison;
    table.add_row(["states only here", &only_first.to_string(), &only_second.to_string()]);
    for (a, b) in json::properties(one).into_iter().zip(json::properties(other)) {
        if a.verdict != b.verdict || a.steps != b.steps {
            let words = |property: &json::PropertyReport<'_>| match property.steps {
                Some(steps) => format!("{} {steps}", property.verdict),
                None => property.verdict.to_string(),
            };
            table.add_row([a.name, &words(&a), &words(&b)]);
        }
    }
    table::write_table(out, &table)
}

/// Prints the way to the nearest state in which the two can do different things, and what.
fn write_parting(
    out: &mut dyn Write,
    names: &Compare,
    one: &Checked,
    other: &Checked,
    comparison: &Comparison,
) -> io::Result<()> {
    let Some(path) = &comparison.parting else {
        return writeln!(out, "\nBoth allow the same steps in every state.");
    };
    let entry = one.scenario.configuration.entry;
    let states = trace::states(one.instance.as_ref(), path);
    let Some(state) = states.last() else { return Ok(()) };
    writeln!(out, "\nThey differ first after {} steps:", path.steps.len())?;
    for (at, step) in path.steps.iter().enumerate() {
        writeln!(out, "  {:3} {}", at + 1, step.spell(entry.actions))?;
    }
    for step in one.instance.all_steps() {
        let (a, b) = (one.instance.fire(state, step), other.instance.fire(state, step));
        if a == b {
            continue;
        }
        writeln!(out, "  then {}", step.spell(entry.actions))?;
        for (name, checked, result) in [(&names.first, one, a), (&names.second, other, b)] {
            let words = match result {
                Ok(next) => grouped(&trace::changes(checked.instance.as_ref(), state, &next)),
                Err(_) => vec!["is not enabled".to_string()],
            };
            write_words(out, Layout::WHOLE, &format!("    {name}: "), &words)?;
        }
    }
    Ok(())
}
