//! What the engines find in the thread-shaped forms: the page and the facts that are committed.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::threads::examine::{Engine, Examined};
use crate::threads::forms::{FORMS, FlawKind};
use crate::threads::matrix::{Cell, Change, Row};

/// What a page says before its tables.
const HEAD: &str = "\
# Protocols as threads

The code of `src/threads/protocols` under three engines. Each row takes a rule away, or switches a
flaw of the code on that the model does not know. Every run is laid against the model: `refinement`
means that the model does not admit it (on plain threads only where all that is logged is done under
a lock; elsewhere it means that the code itself found something).

- **loom** does all orders with at most so many preemptions, and what weak memory allows; the bound
  is raised one by one. \"none\" is no proof beyond that bound. It runs the scenarios in the folder
  `threads` of a protocol; the others run those in `threads/large` too.
- **shuttle** draws orders; it knows no weak memory. The number is that of the first run that fails.
- **std** is a stress run on the threads of the machine, for comparison. It cannot be repeated, and
  says another number each time.

All but the last column and the seconds is the same each time:
`latchwork ablate all --as-threads --reports reports` makes this page.
";

/// The page.
pub fn to_markdown(rows: &[Row]) -> String {
    let mut page = HEAD.to_string();
    for form in FORMS {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.protocol == form.protocol).collect();
        if !rows.is_empty() {
            // Writing into a string cannot fail.
            let _ = write_protocol(&mut page, form.protocol, &rows);
        }
    }
    page
}

fn write_protocol(page: &mut String, protocol: &str, rows: &[&Row]) -> std::fmt::Result {
    writeln!(page, "\n## {protocol}\n")?;
    let engines = rows.first().map_or(Vec::new(), |row| engines(row));
    writeln!(page, "| | {} |", engines.join(" | "))?;
    writeln!(page, "|---|{}", "---|".repeat(engines.len()))?;
    for row in rows {
        let cells: Vec<String> = row.cells.iter().map(cell).collect();
        writeln!(page, "| {} | {} |", row.change.words(), cells.join(" | "))?;
    }
    writeln!(page, "\nThe flaws:\n")?;
    for row in rows {
        if let Change::Flaw(flaw) = row.change {
            let kind = match flaw.kind {
                FlawKind::Ordering => "memory ordering",
                FlawKind::Planted => "planted defect",
            };
            writeln!(page, "- `{}` ({kind}): {}", flaw.name, flaw.doc)?;
        }
    }
    Ok(())
}

fn engines(row: &Row) -> Vec<String> {
    let name = |cell: &Cell| match cell.engine {
        Engine::Shuttle { strategy, .. } => format!("shuttle {strategy}"),
        engine => engine.name().to_string(),
    };
    row.cells.iter().map(name).collect()
}

fn cell(cell: &Cell) -> String {
    let runs = cell.runs();
    let seconds = cell.seconds;
    match (cell.found(), cell.engine) {
        (Some(examined), _) => found(examined, runs, seconds),
        (None, Engine::Loom { preemptions }) => {
            format!("none at bound {preemptions}, {runs} runs, {seconds:.1} s")
        }
        (None, _) => format!("none in {runs}, {seconds:.1} s"),
    }
}

fn found(examined: &Examined, runs: u64, seconds: f64) -> String {
    let Some(finding) = &examined.finding else { return String::new() };
    let (property, run) = (&finding.case.verdict.property, finding.run);
    let name = &examined.scenario.name;
    match finding.preemptions {
        Some(bound) => {
            format!("**`{property}`** at bound {bound}, {runs} runs, {seconds:.1} s ({name})")
        }
        None => format!("**`{property}`** in run {run} ({name})"),
    }
}

/// The facts that are the same each time: those of loom and shuttle.
pub fn to_json(rows: &[Row]) -> Value {
    let cell = |cell: &Cell| {
        let found = cell.found().and_then(|examined| {
            let finding = examined.finding.as_ref()?;
            Some(json!({
                "scenario": examined.scenario.name,
                "property": finding.case.verdict.property,
                "ends": finding.ending.to_string(),
                "preemptions": finding.preemptions,
                "run": finding.run,
            }))
        });
        let strategy = match cell.engine {
            Engine::Shuttle { strategy, .. } => Some(strategy.to_string()),
            _ => None,
        };
        json!({
            "engine": cell.engine.name(),
            "strategy": strategy,
            "runs": cell.runs(),
            "found": found,
        })
    };
    let row = |row: &Row| {
        let repeatable = row.cells.iter().filter(|cell| cell.engine != Engine::Std);
        json!({
            "protocol": row.protocol,
            "change": row.change.words(),
            "cells": repeatable.map(cell).collect::<Vec<_>>(),
        })
    };
    Value::Array(rows.iter().map(row).collect())
}
