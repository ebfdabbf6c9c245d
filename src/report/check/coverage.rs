//! The coverage of a protocol, as tables for a terminal.

use std::io::{self, Write};

use latchwork_model::kit::Declared;

use crate::jobs::coverage::Covered;

use crate::report::table::{table, write_table};

/// Prints how often each action happened, each antecedent was true and each rule was decisive.
pub fn write(out: &mut dyn Write, covered: &Covered) -> io::Result<()> {
    let Covered { entry, scenarios, coverage, decisive } = covered;
    let word = if *scenarios == 1 { "scenario" } else { "scenarios" };
    writeln!(out, "coverage of {} in {scenarios} {word}\n", entry.name)?;
    let mut actions = table(["action", "states", "steps"], &[1, 2]);
    for (action, count) in entry.actions.iter().zip(&coverage.actions) {
        actions.add_row([action.name, &count.enabled.to_string(), &count.fired.to_string()]);
    }
    write_table(out, &actions)?;
    writeln!(out)?;
    let mut properties = table(["property", "exercised in (states)"], &[1]);
    for (property, states) in (entry.properties)().iter().zip(&coverage.antecedents) {
        properties.add_row([property.name, &states.to_string()]);
    }
    write_table(out, &properties)?;
    writeln!(out)?;
    let mut rules = table(["rule", "states in which it is decisive"], &[1]);
    for (rule, states) in entry.rules.iter().zip(decisive) {
        let states = match (states, rule.declared) {
            (None, _) => "not on".to_string(),
            (Some(0), Some(Declared::NoEffect { .. })) => "0 (no effect)".to_string(),
            (Some(0), Some(Declared::RedundantGiven { .. })) => "0 (redundant)".to_string(),
            (Some(states), _) => states.to_string(),
        };
        rules.add_row([rule.name, &states]);
    }
    write_table(out, &rules)
}
