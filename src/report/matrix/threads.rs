//! The findings of the engines in threaded forms: the committed facts, and the page made from them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::jobs::threads::examine::{Engine, Examined};
use crate::jobs::threads::matrix::{Cell, Change, Row};
use crate::protocols::form::{FlawKind, Form};
use crate::protocols::forms;

/// The results of one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowFacts {
    /// The protocol.
    pub protocol: String,
    /// The change.
    pub change: String,
    /// The results, by engine.
    pub cells: Vec<CellFacts>,
    /// In the row without a change: the scenarios that are too large for loom, and what it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub large: Vec<ScenarioFacts>,
}

/// The result under one engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellFacts {
    /// The engine.
    pub engine: String,
    /// How tasks are chosen, if at random.
    pub strategy: Option<String>,
    /// The maximum number of preemptions of a run, if they are counted.
    pub preemptions: Option<usize>,
    /// The number of runs.
    pub runs: u64,
    /// How long it took, on the machine that ran it.
    pub seconds: f64,
    /// What was found.
    pub found: Option<Found>,
    /// Why there is no verdict in one of the scenarios, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inconclusive: Option<String>,
    /// In the row without a change: the results by scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<ScenarioFacts>,
}

/// A failing run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The scenario.
    pub scenario: String,
    /// The property.
    pub property: String,
    /// How the threads ended.
    pub ends: String,
    /// The bound under which it was found.
    pub preemptions: Option<usize>,
    /// Its number.
    pub run: u64,
}

/// The work done in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioFacts {
    /// Its name.
    pub scenario: String,
    /// The number of runs; under loom, those with the last bound.
    pub runs: u64,
    /// The bounds that were completed, each with its number of runs.
    pub bounds: Vec<(usize, u64)>,
    /// Why there is no verdict, if so.
    pub inconclusive: Option<String>,
}

/// The text of the page before its tables.
const HEAD: &str = "\
# Protocols as threads

The code of `src/protocols/*/threads` under three engines. Each row takes a rule away, or switches a
flaw of the code on that the model does not know. Every run is checked against the model: `refinement`
means that the model does not admit it (on plain threads only where all that is logged is done under
a lock; elsewhere it means that the code itself found something).

- **loom** does all orders with at most so many preemptions, and what weak memory allows; the bound
  is raised one by one. \"none\" is no proof beyond that bound. It runs the scenarios in the folder
  `threads` of a protocol; the others run those in `threads/large` too.
- **shuttle** draws orders; it knows no weak memory. The number is that of the first run that fails.
- **std** is a stress run on the threads of the machine, for comparison. It cannot be repeated, and
  says another number each time.

All but the last column and the seconds is the same each time:
`latchwork ablate all --as-threads --reports reports` makes `threads.json`, of which this page is made.
";

/// Returns the facts of all rows.
pub fn facts(rows: &[Row]) -> Vec<RowFacts> {
    rows.iter().map(RowFacts::from).collect()
}

impl From<&Row> for RowFacts {
    fn from(row: &Row) -> Self {
        let whole = matches!(row.change, Change::None);
        Self {
            protocol: row.protocol.to_string(),
            change: row.change.words(),
            cells: row.cells.iter().map(|cell| CellFacts::of(cell, whole)).collect(),
            large: row.large.iter().map(ScenarioFacts::from).collect(),
        }
    }
}

impl CellFacts {
    fn of(cell: &Cell, whole: bool) -> Self {
        let (strategy, preemptions) = match cell.engine {
            Engine::Shuttle { strategy, .. } => (Some(strategy.to_string()), None),
            Engine::Loom { preemptions } => (None, Some(preemptions)),
            Engine::Std => (None, None),
        };
        let examined = if whole { &cell.examined[..] } else { &[] };
        Self {
            engine: cell.engine.name().to_string(),
            strategy,
            preemptions,
            runs: cell.runs(),
            seconds: (cell.seconds * 10.0).round() / 10.0,
            found: cell.found().and_then(Found::of),
            inconclusive: cell.examined.iter().find_map(|examined| examined.inconclusive.clone()),
            scenarios: examined.iter().map(ScenarioFacts::from).collect(),
        }
    }

    fn title(&self) -> String {
        match &self.strategy {
            Some(strategy) => format!("{} {strategy}", self.engine),
            None => self.engine.clone(),
        }
    }
}

impl Found {
    fn of(examined: &Examined) -> Option<Self> {
        let finding = examined.finding.as_ref()?;
        Some(Self {
            scenario: examined.scenario.name.clone(),
            property: finding.case.verdict.property.clone(),
            ends: finding.ending.to_string(),
            preemptions: finding.preemptions,
            run: finding.run,
        })
    }
}

impl From<&Examined> for ScenarioFacts {
    fn from(examined: &Examined) -> Self {
        Self {
            scenario: examined.scenario.name.clone(),
            runs: examined.runs,
            bounds: examined.bounds.clone(),
            inconclusive: examined.inconclusive.clone(),
        }
    }
}

/// Returns the page.
pub fn to_markdown(rows: &[RowFacts]) -> String {
    let mut page = HEAD.to_string();
    let has_rows = |form: &&Form| rows.iter().any(|row| row.protocol == form.protocol);
    let missing: Vec<&str> =
        forms().filter(|form| !has_rows(form)).map(|form| form.protocol).collect();
    if !missing.is_empty() {
        page += &format!("\nNot run: {}.\n", missing.join(", "));
    }
    for rows in rows.chunk_by(|row, next| row.protocol == next.protocol) {
        // Writing to a string cannot fail.
        let _ = write_protocol(&mut page, rows);
    }
    page
}

fn write_protocol(page: &mut String, rows: &[RowFacts]) -> std::fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    writeln!(page, "\n## {}\n", first.protocol)?;
    let engines: Vec<String> = first.cells.iter().map(CellFacts::title).collect();
    writeln!(page, "| | {} |", engines.join(" | "))?;
    writeln!(page, "|---|{}", "---|".repeat(engines.len()))?;
    for row in rows {
        let cells: Vec<String> = row.cells.iter().map(cell).collect();
        writeln!(page, "| {} | {} |", row.change, cells.join(" | "))?;
    }
    write_flaws(page, &first.protocol)?;
    write_scenarios(page, first)
}

fn write_flaws(page: &mut String, protocol: &str) -> std::fmt::Result {
    writeln!(page, "\nThe flaws:\n")?;
    let form = forms().filter(|form| form.protocol == protocol);
    for flaw in form.flat_map(|form| form.flaws) {
        let kind = match flaw.kind {
            FlawKind::Ordering => "memory ordering",
            FlawKind::Planted => "planted defect",
        };
        writeln!(page, "- `{}` ({kind}): {}", flaw.name, flaw.doc)?;
    }
    Ok(())
}

/// Writes what was done with all rules on, by scenario.
fn write_scenarios(page: &mut String, row: &RowFacts) -> std::fmt::Result {
    writeln!(page, "\nAll rules, by scenario: runs, each of them a run of the model.\n")?;
    let engines: Vec<String> = row.cells.iter().map(CellFacts::title).collect();
    writeln!(page, "| | {} |", engines.join(" | "))?;
    writeln!(page, "|---|{}", "---|".repeat(engines.len()))?;
    let Some(all) = row.cells.iter().map(|cell| &cell.scenarios).max_by_key(|all| all.len()) else {
        return Ok(());
    };
    for name in all.iter().map(|one| &one.scenario) {
        let of = |all: &[ScenarioFacts]| {
            let one = all.iter().find(|one| one.scenario == *name);
            one.map_or(String::new(), done)
        };
        let mut cells: Vec<String> = row.cells.iter().map(|cell| of(&cell.scenarios)).collect();
        if let Some(large) = row.large.iter().find(|one| one.scenario == *name)
            && let Some(by_loom) = cells.first_mut()
        {
            *by_loom = format!("too large: {}", done(large));
        }
        writeln!(page, "| {name} | {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn done(one: &ScenarioFacts) -> String {
    let bound = |(bound, runs): &(usize, u64)| format!("{runs} at bound {bound}");
    let mut words: Vec<String> = one.bounds.iter().map(bound).collect();
    match &one.inconclusive {
        Some(why) => words.push(format!("at bound {} {why}", one.bounds.len() + 1)),
        None if words.is_empty() => words.push(one.runs.to_string()),
        None => {}
    }
    words.join(", ")
}

fn cell(cell: &CellFacts) -> String {
    let (runs, seconds) = (cell.runs, cell.seconds);
    if let (None, Some(why)) = (&cell.found, &cell.inconclusive) {
        return format!("inconclusive after {runs} runs: {why}");
    }
    match (&cell.found, cell.preemptions) {
        (Some(found), _) => {
            let Found { property, scenario, run, .. } = found;
            match found.preemptions {
                Some(bound) => format!(
                    "**`{property}`** at bound {bound}, {runs} runs, {seconds:.1} s ({scenario})"
                ),
                None => format!("**`{property}`** in run {run} ({scenario})"),
            }
        }
        (None, Some(bound)) => format!("none at bound {bound}, {runs} runs, {seconds:.1} s"),
        (None, None) => format!("none in {runs}, {seconds:.1} s"),
    }
}
