//! Each rule with its doc comment, and with what breaks without it.

use std::fmt::{Result, Write};

use latchwork_model::kit::{Declared, RuleInfo, SourceInfo};

use crate::protocols::Entry;
use crate::report::versions::versions;

use super::material::{Review, cell, steps};
use super::matrix::{Cell, Facts, Row};

/// Writes the introduction of the rules, and a line for each of them.
pub fn write_table(page: &mut String, review: &Review) -> Result {
    let entry = review.entry;
    writeln!(page, "## Rules\n")?;
    match &review.matrix {
        Some(matrix) => writeln!(
            page,
            "Each rule of the profile `{}` was switched off in {} configurations, from few states \
             to many. The first in which something breaks is named here; its story is a shortest \
             run that shows it. All of it in one table: [the matrix](ablation.md).\n",
            matrix.profile,
            matrix.configurations.len()
        ),
        None => writeln!(
            page,
            "No rule was switched off yet: `latchwork ablate {} --reports reports` does that, and \
             this page says then what breaks without each.\n",
            entry.name
        ),
    }
}

/// Writes a line for each rule, and below them each rule with its details.
pub fn write_each(page: &mut String, review: &Review) -> Result {
    let entry = review.entry;
    if review.matrix.is_some() {
        writeln!(
            page,
            "| rule | what breaks without it | after | decisive in |\n|---|---|--:|--:|"
        )?;
        for (at, rule) in entry.rules.iter().enumerate() {
            let row = row_of(review, at);
            let (breaks, after, decisive) = row.map_or_else(Default::default, summary);
            writeln!(page, "| [`{0}`](#{0}) | {breaks} | {after} | {decisive} |", rule.name)?;
        }
        writeln!(page)?;
    }
    for (at, rule) in entry.rules.iter().enumerate() {
        write_rule(page, entry, rule, row_of(review, at))?;
    }
    Ok(())
}

/// Writes the shortest run of those that break something, the variants and the profiles.
pub fn write_rest(page: &mut String, review: &Review) -> Result {
    if let Some(cell) = review.matrix.as_ref().and_then(Facts::shortest) {
        write_shortest(page, review.entry, cell)?;
    }
    write_switches(page, review.entry)
}

/// Returns the row of a rule in the matrix.
pub fn row_of(review: &Review, rule: usize) -> Option<&Row> {
    review.matrix.iter().flat_map(|matrix| &matrix.rows).find(|row| row.rule == rule)
}

/// Returns what breaks without a rule, after how many steps, and in how many states it is decisive.
pub fn summary(row: &Row) -> (String, String, String) {
    let breaks = match row.cells.first() {
        Some(cell) => match cell.without.get(1..) {
            Some([]) | None => format!("`{}`", cell.property),
            Some(others) => format!("`{}`, without `{}` too", cell.property, others.join("`, `")),
        },
        None => row.ruling.clone(),
    };
    let after = row.cells.first().map_or(String::new(), |cell| cell.steps.to_string());
    (breaks, after, row.decisive.to_string())
}

fn write_rule(page: &mut String, entry: &Entry, rule: &RuleInfo, row: Option<&Row>) -> Result {
    writeln!(page, "### `{}`\n\n{}\n", rule.name, rule.doc)?;
    let profiles = on_in(entry, rule.profiles);
    writeln!(page, "*Source: {}. On in {profiles}.*\n", rule.source)?;
    write_sources(page, rule.sources)?;
    match rule.declared {
        Some(Declared::RedundantGiven { rules, why }) => {
            writeln!(page, "Declared redundant given `{}`: {why}.\n", rules.join("`, `"))?;
        }
        Some(Declared::NoEffect { why }) => writeln!(page, "Declared without effect: {why}.\n")?,
        None => {}
    }
    let Some(row) = row else { return Ok(()) };
    for cell in &row.cells {
        let (set, acts) = (set_of(cell), acts_of(cell));
        writeln!(
            page,
            "- {set}: `{}` breaks after {}, in `{}` ([story]({})){acts}.",
            cell.property,
            steps(cell.steps),
            cell.configuration,
            page_of(cell)
        )?;
    }
    if row.cells.is_empty() {
        writeln!(page, "- {}: nothing breaks without it, alone or in pairs.", row.ruling)?;
    }
    writeln!(page, "- {}\n", decisive(row))
}

/// Returns the rules that are off in a cell, in words.
pub fn set_of(cell: &Cell) -> String {
    match cell.without.get(1..) {
        Some([]) | None => "Without it".to_string(),
        Some(others) => format!("Without it and without `{}`", others.join("`, `")),
    }
}

/// Returns where the rule of a cell would have made a difference, in words.
pub fn acts_of(cell: &Cell) -> String {
    cell.acts_at
        .map_or(String::new(), |step| format!("; it would have made a difference at step {step}"))
}

/// Returns in how many states a rule is decisive, in a sentence.
pub fn decisive(row: &Row) -> String {
    let states = if row.decisive == 1 { "state" } else { "states" };
    format!("Decisive in {} {states}: other successors without it.", row.decisive)
}

/// Returns the page of a story, which is next to its case.
fn page_of(cell: &Cell) -> String {
    cell.story.replace(".json", ".md")
}

fn write_shortest(page: &mut String, entry: &Entry, cell: &Cell) -> Result {
    writeln!(page, "## The shortest counterexample\n")?;
    writeln!(
        page,
        "In `{}` without `{}`, `{}` is violated after {}. It is the shortest of the stories, to \
         show how they read; [its page]({}) says what each step changes.\n",
        cell.configuration,
        cell.without.join("`, `"),
        cell.property,
        steps(cell.steps),
        page_of(cell)
    )?;
    let steps = cell.case.steps.len();
    writeln!(page, "![The run of {steps} steps]({})\n", cell.story.replace(".json", ".svg"))?;
    writeln!(page, "Replay: `latchwork replay reports/{}/{}`\n", entry.name, cell.story)
}

fn write_switches(page: &mut String, entry: &Entry) -> Result {
    writeln!(
        page,
        "## Profiles and variants\n\n| profile | rules on | what it is |\n|---|--:|---|"
    )?;
    for (at, profile) in entry.profiles.iter().enumerate() {
        let on = entry.rules.iter().filter(|rule| rule.profiles[at]).count();
        writeln!(page, "| `{}` | {on} | {} |", profile.name, cell(profile.doc))?;
    }
    if !entry.variants.is_empty() {
        writeln!(page, "\n| variant | on in | what it is |\n|---|---|---|")?;
    }
    for variant in entry.variants {
        let profiles = on_in(entry, variant.profiles);
        writeln!(page, "| `{}` | {profiles} | {} |", variant.name, cell(variant.doc))?;
    }
    writeln!(page)?;
    for variant in entry.variants.iter().filter(|variant| !variant.sources.is_empty()) {
        writeln!(page, "`{}`:\n", variant.name)?;
        write_sources(page, variant.sources)?;
    }
    Ok(())
}

/// Writes the table in which a reader can verify a rule or a variant, if it has one.
fn write_sources(page: &mut String, sources: &[SourceInfo]) -> Result {
    if sources.is_empty() {
        return Ok(());
    }
    writeln!(page, "| function | versions |\n|---|---|")?;
    for source in sources {
        writeln!(page, "| `{}` | {} |", source.function, versions(source))?;
    }
    writeln!(page)
}

/// Returns the profiles in which something is on, in words.
pub fn on_in(entry: &Entry, columns: &[bool]) -> String {
    let on = entry.profiles.iter().zip(columns).filter(|(_, on)| **on);
    let names: Vec<String> = on.map(|(profile, _)| format!("`{}`", profile.name)).collect();
    if names.is_empty() { "no profile".to_string() } else { names.join(", ") }
}
