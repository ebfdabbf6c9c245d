//! `latchwork ablate --as-threads`: each rule and each flaw of the thread-shaped forms.

use std::io::{self, Write};
use std::path::Path;

use crate::engines::explore::Watch;
use crate::files::scenario::Scenario;
use crate::jobs::threads::examine::{Engine, Examined, Plan, examine};
use crate::jobs::threads::matrix::{Cell, Change, Effort, Row, changes, engines};
use crate::protocols::form::Form;
use crate::protocols::{form_of, forms};
use crate::report::matrix::threads::{facts, to_markdown};

use super::clock::Clock;
use super::files::write_file;
use super::threads::{large_scenarios, protocol_scenarios};
use super::{Exit, Failure, print};

/// How much is done for the page that is committed.
const EFFORT: Effort =
    Effort { preemptions: 2, runs: 100_000, runs_of_changes: 10_000, std_runs: 1_000 };

/// The most runs of loom with so many preemptions in a scenario that is too large for it.
const LARGE_RUNS: u64 = 200_000;

/// Runs the rows of a protocol, or of all; prints the page, or writes it with its facts.
pub fn run(protocol: &str, clock: &Clock, reports: Option<&Path>) -> Result<Exit, Failure> {
    let forms: Vec<&'static Form> = match protocol {
        "all" => forms().collect(),
        name => vec![form_of(name).map_err(Failure::Usage)?],
    };
    let mut rows = Vec::new();
    for form in forms {
        let small = protocol_scenarios(form.protocol)?;
        let large = large_scenarios(form.protocol)?;
        let all = [small.clone(), large.clone()].concat();
        for change in changes(form) {
            let mut cells = Vec::new();
            for (engine, runs) in engines(change, EFFORT) {
                clock.task(&format!("{} {} {}", form.protocol, change.words(), engine.name()));
                let by_loom = matches!(engine, Engine::Loom { .. });
                let scenarios = if by_loom { &small } else { &all };
                let cell = Cell::run(scenarios, change, engine, runs, clock);
                let cell = cell.map_err(Failure::Usage)?;
                cells.push(Cell { seconds: clock.seconds(), ..cell });
            }
            let reached = match change {
                Change::None => reached_by_loom(&large, clock)?,
                _ => Vec::new(),
            };
            rows.push(Row { protocol: form.protocol, change, cells, large: reached });
            if clock.interrupted() {
                let why = "the time ran out before all cells had run";
                return Err(Failure::Inconclusive(why.to_string()));
            }
        }
    }
    clock.finish();
    let facts = facts(&rows);
    let page = to_markdown(&facts);
    match reports {
        Some(folder) => {
            let facts = serde_json::to_string_pretty(&facts).map_err(io::Error::from)?;
            write_file(&folder.join("threads.md"), &page)?;
            write_file(&folder.join("threads.json"), &(facts + "\n"))?;
        }
        None => print::stdout().write_all(page.as_bytes())?,
    }
    Ok(rows.iter().map(exit).max().unwrap_or(Exit::Expected))
}

/// What loom reaches in scenarios that are too large for it.
fn reached_by_loom(large: &[Scenario], clock: &Clock) -> Result<Vec<Examined>, Failure> {
    let engine = Engine::Loom { preemptions: EFFORT.preemptions };
    let plan = Plan { engine, runs: Some(LARGE_RUNS), flaws: Vec::new() };
    let reached = large.iter().map(|scenario| examine(scenario.clone(), &plan, clock));
    reached.collect::<Result<_, _>>().map_err(Failure::Usage)
}

/// The code as it should be violates nothing, and loom finds every flaw.
fn exit(row: &Row) -> Exit {
    let found = |cell: &Cell| cell.found().is_some();
    let by_loom = |cell: &&Cell| matches!(cell.engine, Engine::Loom { .. });
    match row.change {
        Change::None if row.cells.iter().any(found) => Exit::Violated,
        Change::None if row.large.iter().any(|reached| reached.finding.is_some()) => Exit::Violated,
        Change::Flaw(_) if !row.cells.iter().filter(by_loom).any(found) => Exit::Vacuous,
        _ => Exit::Expected,
    }
}
