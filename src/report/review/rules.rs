//! Each rule with its doc comment, and with what breaks without it.

use std::fmt::{Result, Write};

use latchwork_model::kit::{Declared, RuleInfo, SourceInfo};

use crate::protocols::Entry;
use crate::report::versions::versions;

use super::material::{Review, cell, steps};
use super::matrix::{Cell, Facts, Row};

/// Writes the rules, the shortest run of those that break something, the variants and profiles.
pub fn write(page: &mut String, review: &Review) -> Result {
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
        )?,
        None => writeln!(
            page,
            "No rule was switched off yet: `latchwork ablate {} --reports reports` does that, and \
             this page says then what breaks without each.\n",
            entry.name
        )?,
    }
    for (at, rule) in entry.rules.iter().enumerate() {
        let rows = review.matrix.iter().flat_map(|matrix| &matrix.rows);
        write_rule(page, entry, rule, rows.into_iter().find(|row| row.rule == at))?;
    }
    if let Some(cell) = review.matrix.as_ref().and_then(Facts::shortest) {
        write_shortest(page, entry, cell)?;
    }
    write_switches(page, entry)
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
        let set = match cell.without.get(1..) {
            Some([]) | None => "Without it".to_string(),
            Some(others) => format!("Without it and without `{}`", others.join("`, `")),
        };
        let acts = cell.acts_at.map_or(String::new(), |step| {
            format!("; it would have made a difference at step {step}")
        });
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
    let states = if row.decisive == 1 { "state" } else { "states" };
    writeln!(page, "- In {} {states} something else can happen without it.\n", row.decisive)
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
fn on_in(entry: &Entry, columns: &[bool]) -> String {
    let on = entry.profiles.iter().zip(columns).filter(|(_, on)| **on);
    let names: Vec<String> = on.map(|(profile, _)| format!("`{}`", profile.name)).collect();
    if names.is_empty() { "no profile".to_string() } else { names.join(", ") }
}
