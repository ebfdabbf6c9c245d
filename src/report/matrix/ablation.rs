//! The ablation matrix as text, JSON and Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use latchwork_model::kit::Declared;
use serde_json::{Value, json};

use crate::files::case::Case;
use crate::jobs::ablate::{Cell, Matrix, Row, Ruling};
use crate::report::check::markdown::Illustrated;
use crate::report::layout::{Detail, Layout};
use crate::report::run::text::instead;
use crate::report::{table, words};

/// Returns the result for a rule in a word or two.
pub fn ruling_word(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Breaks(_) => "breaks",
        Ruling::BreaksWith(_) => "breaks with others",
        Ruling::NoEffect => "no effect, as declared",
        Ruling::Survives => "SURVIVES",
        Ruling::Misdeclared(_) => "MISDECLARED",
        Ruling::Vacuous(_) => "VACUOUS",
    }
}

/// Returns the rules of a cell, except the one of its row.
fn others(matrix: &Matrix, cell: &Cell) -> Vec<&'static str> {
    cell.rules[1..].iter().map(|rule| matrix.entry.rules[*rule].name).collect()
}

/// Returns what a cell shows: the property and the length.
pub fn shows(cell: &Cell) -> (&'static str, usize) {
    (cell.checked.property(cell.found.property).name, cell.found.steps)
}

/// Returns the first step at which the rule of the row would have acted, counted from 1.
fn acts_at(cell: &Cell) -> Option<usize> {
    cell.acts.first().and_then(|(_, acts)| acts.as_ref()).map(|acts| acts.at + 1)
}

/// Returns the case of a cell.
pub fn case(cell: &Cell) -> Case {
    cell.checked.case(&cell.found)
}

/// Returns the suffix of the names of the matrix's files: empty for the profile `full`.
pub fn suffix(matrix: &Matrix) -> String {
    match matrix.entry.profiles[matrix.profile].name {
        "full" => String::new(),
        profile => format!("-{profile}"),
    }
}

/// Returns the name of the files of a cell.
pub fn story(matrix: &Matrix, cell: &Cell) -> String {
    let names = cell.rules.iter().map(|rule| matrix.entry.rules[*rule].name);
    names.collect::<Vec<_>>().join("-")
}

/// Prints the matrix as a table.
pub fn write_text(out: &mut dyn Write, matrix: &Matrix, layout: Layout) -> io::Result<()> {
    let profile = matrix.entry.profiles[matrix.profile].name;
    let quiet = layout.detail == Detail::Quiet;
    if quiet && matrix.rows.iter().all(|row| row.ruling.is_sound()) {
        return Ok(());
    }
    let configurations = words::counted(matrix.configurations.len() as u64, "configuration");
    writeln!(out, "{}, profile {profile}, {configurations}", matrix.entry.name)?;
    if layout.detail == Detail::Verbose {
        let words = matrix.configurations.iter().map(|(name, states)| format!("{name} ({states})"));
        words::write_words(out, layout, "  with their states: ", &words.collect::<Vec<_>>())?;
    }
    let mut table = table::table(["rule off", "what breaks", "steps", "in", "acts at"], &[2, 4]);
    for row in matrix.rows.iter().filter(|row| !quiet || !row.ruling.is_sound()) {
        let rule = matrix.entry.rules[row.rule].name;
        if row.ruling.cells().is_empty() {
            table.add_row([rule, ruling_word(&row.ruling), "", "", ""]);
        }
        for (at, cell) in row.ruling.cells().iter().enumerate() {
            let (property, steps) = shows(cell);
            let with = others(matrix, cell).join(" + ");
            let name = match (at, with.as_str()) {
                (0, "") => rule.to_string(),
                _ => format!("{rule} + {with}"),
            };
            let acts = acts_at(cell).map_or("never".to_string(), |at| at.to_string());
            let name_of = cell.checked.scenario.name.as_str();
            table.add_row([&name, property, &steps.to_string(), name_of, &acts]);
        }
    }
    table::fit(&mut table, layout);
    table::write_table(out, &table)?;
    for name in &matrix.broken {
        writeln!(out, "the profile itself breaks something: only the rest counts in {name}")?;
    }
    for row in matrix.rows.iter().filter(|row| !row.ruling.is_sound()) {
        writeln!(out, "{}", complaint(matrix, row))?;
    }
    Ok(())
}

/// Returns what is wrong with a row, in a sentence.
pub fn complaint(matrix: &Matrix, row: &Row) -> String {
    let rule = matrix.entry.rules[row.rule].name;
    match &row.ruling {
        Ruling::Misdeclared(why) => format!("misdeclared: `{rule}`: {why}"),
        Ruling::Vacuous(cell) => format!(
            "vacuous: `{rule}`: {} breaks in a run in which the rule makes no difference",
            shows(cell).0
        ),
        _ => format!("`{rule}` survives: nothing breaks without it; what is it for?"),
    }
}

/// Returns the matrix as JSON: deterministic facts only.
pub fn to_json(matrix: &Matrix) -> Value {
    let rows: Vec<Value> = matrix.rows.iter().map(|row| row_json(matrix, row)).collect();
    let configuration = |(name, states): &(String, u64)| json!({ "name": name, "states": states });
    json!({
        "format": 1,
        "protocol": matrix.entry.name,
        "profile": matrix.entry.profiles[matrix.profile].name,
        "configurations": matrix.configurations.iter().map(configuration).collect::<Vec<_>>(),
        "broken": matrix.broken,
        "rules": rows,
    })
}

fn row_json(matrix: &Matrix, row: &Row) -> Value {
    let info = &matrix.entry.rules[row.rule];
    let cells = row.ruling.cells().iter().map(|cell| {
        let all = cell.checked.violations().map(|found| {
            json!({ "property": cell.checked.property(found.property).name, "steps": found.steps })
        });
        let (property, steps) = shows(cell);
        let kind = cell.checked.main_violation().map(|found| {
            cell.checked.property(found.property).kind.name()
        });
        json!({
            "without": cell.rules.iter().map(|rule| matrix.entry.rules[*rule].name).collect::<Vec<_>>(),
            "configuration": cell.checked.scenario.name,
            "property": property,
            "kind": kind,
            "steps": steps,
            "acts_at": acts_at(cell),
            "violated": all.collect::<Vec<_>>(),
            "story": format!("stories{}/{}.json", suffix(matrix), story(matrix, cell)),
        })
    });
    json!({
        "rule": info.name,
        "source": info.source,
        "ruling": ruling_word(&row.ruling),
        "decisive_states": row.decisive,
        "cells": cells.collect::<Vec<_>>(),
    })
}

/// Returns the matrix as a page for a design review.
pub fn to_markdown(matrix: &Matrix) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_markdown(&mut page, matrix);
    page
}

fn write_markdown(page: &mut String, matrix: &Matrix) -> std::fmt::Result {
    let entry = matrix.entry;
    writeln!(page, "# What each rule of {} is for\n", entry.name)?;
    writeln!(
        page,
        "Each rule of the profile `{}` was switched off in {} configurations, from few states to\n\
         many, in which {}. The first configuration in which something breaks\n\
         is named, with the shortest run that shows it: no shorter one exists there. A rule that\n\
         breaks nothing alone was tried together with others. *Acts at* is the first step of that\n\
         run at which the rule would have made a difference.\n",
        entry.profiles[matrix.profile].name,
        matrix.configurations.len(),
        if matrix.broken.is_empty() {
            "the whole rule set holds"
        } else {
            "the whole rule set of `full` holds. Where the\n\
             profile itself violates a property, that property does not count"
        }
    )?;
    writeln!(page, "| rule | what breaks without it | steps | in | acts at | story |")?;
    writeln!(page, "|---|---|--:|---|--:|---|")?;
    for row in &matrix.rows {
        let rule = entry.rules[row.rule].name;
        if row.ruling.cells().is_empty() {
            writeln!(page, "| `{rule}` | {} | | | | |", ruling_word(&row.ruling))?;
        }
        for cell in row.ruling.cells() {
            let (property, steps) = shows(cell);
            let with = others(matrix, cell);
            let with = if with.is_empty() {
                String::new()
            } else {
                format!(" (and without `{}`)", with.join("`, `"))
            };
            let acts = acts_at(cell).map_or(String::new(), |at| at.to_string());
            let name = &cell.checked.scenario.name;
            let story = format!("stories{}/{}.md", suffix(matrix), story(matrix, cell));
            writeln!(
                page,
                "| `{rule}` | `{property}`{with} | {steps} | {name} | {acts} | [story]({story}) |"
            )?;
        }
    }
    writeln!(page, "\n## The rules\n")?;
    for row in &matrix.rows {
        write_rule(page, matrix, row)?;
    }
    writeln!(page, "## Configurations\n\n| configuration | states with all rules |\n|---|--:|")?;
    for (name, states) in &matrix.configurations {
        let broken = matrix.broken.contains(name);
        let note =
            if broken { "; the profile itself breaks something: only the rest counts" } else { "" };
        writeln!(page, "| {name} | {states}{note} |")?;
    }
    let profile = entry.profiles[matrix.profile].name;
    let profile = if profile == "full" { String::new() } else { format!(" --profile {profile}") };
    writeln!(
        page,
        "\nTo make this page anew: `latchwork ablate {}{profile} --reports reports`.",
        entry.name
    )
}

fn write_rule(page: &mut String, matrix: &Matrix, row: &Row) -> std::fmt::Result {
    let info = &matrix.entry.rules[row.rule];
    writeln!(page, "### `{}`\n\n{} *Source: {}.*\n", info.name, info.doc, info.source)?;
    match info.declared {
        Some(Declared::RedundantGiven { rules, why }) => {
            writeln!(page, "Declared redundant given `{}`: {why}.\n", rules.join("`, `"))?;
        }
        Some(Declared::NoEffect { why }) => writeln!(page, "Declared without effect: {why}.\n")?,
        None => {}
    }
    for cell in row.ruling.cells() {
        let all = cell.checked.violations().map(|found| {
            format!("`{}` after {}", cell.checked.property(found.property).name, found.steps)
        });
        let with = others(matrix, cell);
        let set = if with.is_empty() {
            "Without it".to_string()
        } else {
            format!("Without it and `{}`", with.join("`, `"))
        };
        let name = &cell.checked.scenario.name;
        writeln!(page, "{set}, in {name}: {}.\n", all.collect::<Vec<_>>().join(", "))?;
    }
    if !row.ruling.is_sound() {
        writeln!(page, "**{}**\n", complaint(matrix, row))?;
    }
    let states = if row.ruling.cells().is_empty() {
        "all small configurations"
    } else {
        "that configuration"
    };
    writeln!(page, "It makes a difference in {} states of {states}.\n", row.decisive)
}

/// Returns the page of a cell.
pub fn story_page(matrix: &Matrix, cell: &Cell) -> Illustrated {
    let mut page = Illustrated { page: String::new(), pictures: Vec::new() };
    // Writing to a string cannot fail.
    let _ = write_story(&mut page, matrix, cell);
    page
}

fn write_story(illustrated: &mut Illustrated, matrix: &Matrix, cell: &Cell) -> std::fmt::Result {
    let page = &mut illustrated.page;
    let entry = matrix.entry;
    let (property, steps) = shows(cell);
    let names: Vec<&str> = cell.rules.iter().map(|rule| entry.rules[*rule].name).collect();
    let name = &cell.checked.scenario.name;
    writeln!(page, "# {} without `{}`\n", entry.name, names.join("`, `"))?;
    for rule in &cell.rules {
        writeln!(page, "> {}\n", entry.rules[*rule].doc)?;
    }
    writeln!(page, "In `{name}`, `{property}` is violated {}.\n", words::after(steps))?;
    for (rule, acts) in &cell.acts {
        if let Some(acts) = acts {
            let rule = entry.rules[*rule].name;
            let words = instead(entry, &acts.instead).join(" ");
            writeln!(page, "At step {}, with `{rule}`: {words}.\n", acts.at + 1)?;
        }
    }
    let story = story(matrix, cell);
    illustrated.write_case(&case(cell), &story)?;
    let folder = format!("reports/{}/stories{}", entry.name, suffix(matrix));
    writeln!(illustrated.page, "\nReplay: `latchwork replay {folder}/{story}.json`")
}
