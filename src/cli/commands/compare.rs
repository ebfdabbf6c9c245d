//! `latchwork compare`: two rule sets on one scenario, side by side.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::clock::Clock;
use crate::cli::switches::Switches;
use crate::cli::{Exit, Failure, print, usage};
use crate::engines::explore::Options;
use crate::engines::instance::{Refusal, StateBytes};
use crate::engines::verdict::{BuiltIn, Comparison, Discovery, PropertyKind, Stopped};
use crate::files::configuration::{Configuration, rule_set};
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::apart::{Apart, apart};
use crate::jobs::check::{Checked, check};
use crate::protocols::trace;
use crate::report::check::json;
use crate::report::layout::Layout;
use crate::report::run::text::grouped;
use crate::report::table;
use crate::report::words::write_words;

/// Compare two rule sets on one scenario
///
/// Two rule sets are named, or the scenario (or the one that is named) is compared with the same under
/// --profile, --without and --with.
#[derive(Args)]
pub struct Compare {
    /// The scenario file
    scenario: PathBuf,
    /// A profile, minus rules, plus variants: full-pending_flag+other_traffic. What the scenario
    /// itself switches off or on does not count [default: that of the scenario]
    #[arg(required_unless_present_any = ["profile", "without", "with"])]
    first: Option<String>,
    /// The other one
    #[arg(required_unless_present_any = ["profile", "without", "with"])]
    second: Option<String>,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    budget: Budget,
}

impl Compare {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let scenario = Scenario::open(&self.scenario)?;
        let own = &scenario.configuration;
        let (first, second) = self.sets(own)?;
        let name = |named: &Option<String>, set: &Configuration| {
            named.clone().unwrap_or_else(|| set.rule_set())
        };
        let (first_name, second_name) = (name(&self.first, &first), name(&self.second, &second));
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
        let ran_out = |checked: &Checked| {
            checked.exploration.stopped.is_some_and(|stopped| stopped != Stopped::Constraint)
        };
        if ran_out(&one) || ran_out(&other) {
            return Err(Failure::Inconclusive("a budget ran out".to_string()));
        }
        let sides = [(first_name.as_str(), &one), (second_name.as_str(), &other)];
        write_table(&mut out, sides, &comparison)?;
        write_parting(&mut out, sides, &comparison)?;
        if comparison.parting.is_some() {
            write_apart(&mut out, sides)?;
        }
        for (name, checked) in sides {
            if let Some(cut) = cut_off(checked) {
                writeln!(
                    out,
                    "Nothing is known about {name} beyond a step that is cut off: {cut}."
                )?;
            }
        }
        Ok(Exit::Expected)
    }

    /// The two rule sets that the arguments name.
    fn sets(&self, own: &Configuration) -> Result<(Configuration, Configuration), Failure> {
        let named = |text: &String| rule_set(own, text).map_err(usage);
        let first = self.first.as_ref().map(named).transpose()?.unwrap_or_else(|| own.clone());
        if let Some(second) = &self.second {
            if !self.switches.is_empty() {
                let message = "two rule sets are named, and switches as well";
                let hint = "name at most one with --profile, --without and --with";
                return Err(Failure::Usage(format!("{message}\nhint: {hint}")));
            }
            return Ok((first, named(second)?));
        }
        let mut second = first.clone();
        self.switches.apply_to(&mut second)?;
        Ok((first, second))
    }
}

/// A rule set by its name, with the result of its search.
type Side<'a> = (&'a str, &'a Checked);

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
    sides: [Side<'_>; 2],
    comparison: &Comparison,
) -> io::Result<()> {
    let [(first, one), (second, other)] = sides;
    let mut table = table::table(["", first, second], &[1, 2]);
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
    sides: [Side<'_>; 2],
    comparison: &Comparison,
) -> io::Result<()> {
    let Some(path) = &comparison.parting else {
        return writeln!(out, "\nBoth allow the same steps in every state.");
    };
    let [(first, one), (second, other)] = sides;
    let entry = one.scenario.configuration.entry;
    let states = trace::states(one.instance.as_ref(), path);
    let Some(state) = states.last() else { return Ok(()) };
    match path.steps.len() {
        0 => writeln!(out, "\nThey differ from the initial state on.")?,
        1 => writeln!(out, "\nUp to here they are the same, 1 step:")?,
        steps => writeln!(out, "\nUp to here they are the same, {steps} steps:")?,
    }
    for (at, step) in path.steps.iter().enumerate() {
        writeln!(out, "  {:3} {}", at + 1, step.spell(entry.actions))?;
    }
    // What only one side can take is told apart from this.
    let lacks = |a: &Result<StateBytes, Refusal>, b: &Result<StateBytes, Refusal>| {
        *a == Err(Refusal::Disabled) && b.is_ok()
    };
    let results = |step| (one.instance.fire(state, step), other.instance.fire(state, step));
    let steps = one.instance.all_steps();
    let apart: Vec<_> = steps.into_iter().map(|step| (step, results(step))).collect();
    for (step, (a, b)) in apart.iter().filter(|(_, (a, b))| a != b && !lacks(a, b) && !lacks(b, a))
    {
        writeln!(out, "  {} leaves different values", step.spell(entry.actions))?;
        write_result(out, &format!("      {first}: "), one, state, a)?;
        write_result(out, &format!("      {second}: "), other, state, b)?;
    }
    Ok(())
}

/// The maximum number of pairs of states that are searched for an action of one side only.
const MOST_PAIRS: usize = 100_000;

/// Prints the first action that only one side can take after the same actions.
fn write_apart(out: &mut dyn Write, sides: [Side<'_>; 2]) -> io::Result<()> {
    let [(first, one), (second, other)] = sides;
    let entry = one.scenario.configuration.entry;
    let found = match apart(one.instance.as_ref(), other.instance.as_ref(), MOST_PAIRS) {
        Ok(Some(found)) => found,
        Ok(None) => return writeln!(out, "\nAfter the same actions both can take the same ones."),
        Err(pairs) => {
            return writeln!(
                out,
                "\nAfter the same actions both can take the same ones, in the {pairs} pairs of states \
                 that were searched."
            );
        }
    };
    let Apart { steps, only_first, only_second } = found;
    let word = if steps.len() == 1 { "action" } else { "actions" };
    writeln!(
        out,
        "\nThe first action that only one of them can take, after {} {word}:",
        steps.len()
    )?;
    for (at, step) in steps.iter().enumerate() {
        writeln!(out, "  {:3} {}", at + 1, step.spell(entry.actions))?;
    }
    for (name, lacks, only) in [(first, second, only_first), (second, first, only_second)] {
        for step in only {
            writeln!(out, "  {name} can take {}, {lacks} cannot", step.spell(entry.actions))?;
        }
    }
    Ok(())
}

/// Prints what a step changes.
fn write_result(
    out: &mut dyn Write,
    head: &str,
    checked: &Checked,
    state: &StateBytes,
    result: &Result<StateBytes, Refusal>,
) -> io::Result<()> {
    let words = match result {
        Ok(next) => grouped(&trace::changes(checked.instance.as_ref(), state, next)),
        Err(refusal) => vec![refusal.in_words()],
    };
    let words = if words.is_empty() { vec!["nothing changes".to_string()] } else { words };
    write_words(out, Layout::WHOLE, head, &words)
}
