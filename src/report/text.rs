//! Results for a terminal: they read without colour, in 80 columns, and in a pipe.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::check::{Checked, Standing};
use crate::trace::decisive::{Instead, first_difference};
use crate::trace::{Change, tell};
use crate::verdict::{BuiltIn, Discovery, End, PropertyKind};

use super::title;

/// The width to which lines are broken.
const WIDTH: usize = 80;

/// Prints what a `check` came to.
pub fn write_check(out: &mut dyn Write, all: &[Checked]) -> io::Result<()> {
    write_table(out, all)?;
    let unexpected =
        |checked: &&Checked| !matches!(checked.standing, Standing::Met | Standing::Finding(_));
    let red: Vec<&Checked> = all.iter().filter(unexpected).collect();
    let shortest = red
        .iter()
        .filter_map(|checked| checked.main_violation().map(|found| (found.steps, *checked)))
        .min_by_key(|(steps, _)| *steps);
    if let Some((_, checked)) = shortest {
        writeln!(out)?;
        write_violation(out, checked)?;
    }
    for checked in &red {
        writeln!(out)?;
        write_standing(out, checked)?;
    }
    Ok(())
}

fn write_table(out: &mut dyn Write, all: &[Checked]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["scenario", "verdict", "distinct", "depth", ""]);
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for checked in all {
        let statistics = &checked.exploration.statistics;
        table.add_row([
            title(&checked.scenario),
            verdict_words(checked),
            statistics.distinct.to_string(),
            statistics.depth().to_string(),
            standing_word(checked).to_string(),
        ]);
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn verdict_words(checked: &Checked) -> String {
    match checked.main_violation() {
        Some(found) => format!("{} {}", checked.property(found.property).name, found.steps),
        None => checked.verdict.name().to_string(),
    }
}

fn standing_word(checked: &Checked) -> &'static str {
    match checked.standing {
        Standing::Met => "as expected",
        Standing::Finding(_) => "known finding",
        Standing::Unmet(_) => "UNEXPECTED",
        Standing::Inconclusive(_) => "INCONCLUSIVE",
        Standing::Vacuous(_) => "VACUOUS",
    }
}

fn write_standing(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let name = title(&checked.scenario);
    match &checked.standing {
        Standing::Met => Ok(()),
        Standing::Finding(sentence) => writeln!(out, "known finding: {name}: {sentence}"),
        Standing::Unmet(sentence) => writeln!(out, "not as expected: {name}: {sentence}"),
        Standing::Inconclusive(sentence) => writeln!(out, "inconclusive: {name}: {sentence}"),
        Standing::Vacuous(sentence) => writeln!(out, "vacuous: {name}: {sentence}"),
    }
}

/// Prints the main violation of a scenario, step by step.
pub fn write_violation(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let Some(found) = checked.main_violation() else { return Ok(()) };
    let property = checked.property(found.property);
    writeln!(
        out,
        "VIOLATED {} after {} steps: {}",
        property.name,
        found.steps,
        title(&checked.scenario)
    )?;
    writeln!(out, "  {}", property.doc)?;
    for other in checked.violations().filter(|other| other.property != found.property) {
        let name = checked.property(other.property).name;
        writeln!(out, "  also violated: {name} after {} steps", other.steps)?;
    }
    writeln!(out)?;
    write_trace(out, checked, found)
}

fn write_trace(out: &mut dyn Write, checked: &Checked, found: &Discovery) -> io::Result<()> {
    let entry = checked.scenario.configuration.entry;
    let kind = checked.property(found.property).kind;
    let trace = tell(entry, checked.instance.as_ref(), &found.path);
    let acts = rules_that_would_act(checked, found);
    let wide = |name: fn(&crate::trace::TraceStep) -> &str| {
        trace.steps.iter().map(|step| name(step).len()).max().unwrap_or(0)
    };
    let (process_width, action_width) = (wide(|step| &step.process), wide(|step| &step.action));
    for (at, step) in trace.steps.iter().enumerate() {
        if let End::Stuck { prefix, cycle } = &found.end {
            if at == *prefix && kind == PropertyKind::BuiltIn(BuiltIn::CanFinish) {
                writeln!(out, "     -- from here no done state can be reached; one way on:")?;
            }
            if Some(at) == *cycle {
                writeln!(out, "     -- a cycle begins:")?;
            }
        }
        let head =
            format!("{:4} {:process_width$} {:action_width$}  ", at + 1, step.process, step.action);
        write_wrapped(out, &head, &grouped(&step.changes))?;
        for (rule, instead) in acts.iter().filter(|(_, acts)| acts.at == at) {
            write_instead(out, rule, &instead.instead)?;
        }
    }
    match &found.end {
        End::State => Ok(()),
        End::Exceeds(what) => writeln!(out, "     -- that would exceed the bound `{what}`"),
        End::Panics(message) => writeln!(out, "     -- the model panics: {message}"),
        End::Stuck { cycle: None, .. } => writeln!(out, "     -- standstill"),
        End::Stuck { cycle: Some(_), .. } => writeln!(out, "     -- and round again"),
    }
}

/// The rules that are off, each with the first step at which it would have acted.
fn rules_that_would_act<'a>(
    checked: &'a Checked,
    found: &Discovery,
) -> Vec<(&'a str, crate::trace::decisive::Acts)> {
    let configuration = &checked.scenario.configuration;
    let rules = configuration.rules();
    let full = configuration.entry.profile("full").map(|full| configuration.entry.switches(full).0);
    let off = configuration
        .entry
        .rules
        .iter()
        .enumerate()
        .filter(|(at, _)| !rules.is_on(*at) && full.is_some_and(|full| full.is_on(*at)));
    off.filter_map(|(at, rule)| {
        let with = configuration.instance_with(rules.with(at)).ok()?;
        let acts = first_difference(checked.instance.as_ref(), with.as_ref(), &found.path)?;
        Some((rule.name, acts))
    })
    .collect()
}

fn write_instead(out: &mut dyn Write, rule: &str, instead: &Instead) -> io::Result<()> {
    match instead {
        Instead::Disabled => {
            writeln!(out, "     <- `{rule}` is off: it would not have let this happen")
        }
        Instead::Differs(changes) => {
            let head = format!("     <- `{rule}` is off: with it ");
            write_wrapped(out, &head, &grouped(changes))
        }
    }
}

/// The new values of fields, those of one part of the state together: `node.n0 busy=1 pending=1`.
fn grouped(changes: &[Change]) -> Vec<String> {
    let mut words = Vec::new();
    let mut part = "";
    for change in changes {
        let (of, field) = change.path.rsplit_once('.').unwrap_or(("", &change.path));
        if of != part {
            if let Some(last) = words.last_mut() {
                *last = format!("{last};");
            }
            words.push(of.to_string());
            part = of;
        }
        words.push(format!("{field}={}", change.new));
    }
    words.retain(|word: &String| !word.is_empty());
    words
}

/// Prints words behind a head, broken at the width and indented.
fn write_wrapped(out: &mut dyn Write, head: &str, words: &[String]) -> io::Result<()> {
    let indent = head.len().min(WIDTH / 2);
    let mut line = head.to_string();
    let mut empty = true;
    for word in words {
        if !empty && line.len() + 1 + word.len() > WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}
