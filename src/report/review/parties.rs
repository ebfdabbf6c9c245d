//! The processes of a protocol, their actions, and the properties.

use std::fmt::{Result, Write};

use latchwork_model::kit::{ActionInfo, Fairness, Kind, LaneInfo};

use crate::engines::verdict::{PropertyId, PropertyKind};
use crate::jobs::check::Checked;
use crate::protocols::Entry;

use super::material::{Review, cell, column};
use super::matrix::Cell;

/// Writes the parties, their actions and the properties.
pub fn write(page: &mut String, review: &Review) -> Result {
    let entry = review.entry;
    writeln!(page, "## Parties and messages\n")?;
    writeln!(
        page,
        "| lane | who acts there | what is assumed of it | actions |\n|---|---|---|--:|"
    )?;
    for (at, lane) in entry.lanes.iter().enumerate() {
        let own = entry.actions.iter().filter(|action| usize::from(action.lane) == at).count();
        let (doc, assumed) = (cell(lane.doc), assumed(lane));
        writeln!(page, "| `{}` | {doc} | {assumed} | {own} |", lane.name)?;
    }
    write_arrows(page, review)?;
    write_actions(page, review)?;
    write_properties(page, review)
}

fn assumed(lane: &LaneInfo) -> &'static str {
    match lane.fairness {
        Fairness::Fair if lane.each => {
            "an action that stays enabled eventually happens (weak fairness of each action)"
        }
        Fairness::Strong if lane.each => {
            "an action that is enabled again and again eventually happens (strong fairness of each action)"
        }
        Fairness::Fair => "a process that stays enabled eventually acts (weak fairness)",
        Fairness::Strong => {
            "a process that is enabled again and again eventually acts (strong fairness)"
        }
        Fairness::Optional => "nothing: it may never act",
        Fairness::Fault => "it does harm, as often as a scenario allows",
    }
}

/// Returns which lane calls or sends to which, and with which actions. Lanes are given by position.
pub fn arrows(entry: &Entry) -> Vec<(usize, usize, Vec<&'static str>)> {
    let lane = |name: &str| entry.lanes.iter().position(|lane| lane.name == name);
    let mut arrows: Vec<(usize, usize, Vec<&str>)> = Vec::new();
    for action in entry.actions {
        let Some(to) = action.target.and_then(lane) else { continue };
        let from = usize::from(action.lane);
        match arrows.iter_mut().find(|arrow| (arrow.0, arrow.1) == (from, to)) {
            Some((.., names)) => names.push(action.name),
            None => arrows.push((from, to, vec![action.name])),
        }
    }
    arrows
}

fn write_arrows(page: &mut String, review: &Review) -> Result {
    let entry = review.entry;
    let arrows = arrows(entry);
    if arrows.is_empty() {
        return Ok(());
    }
    writeln!(page, "\nWho calls or sends to whom, and with which actions:\n")?;
    writeln!(page, "```mermaid\nflowchart LR")?;
    for (at, lane) in entry.lanes.iter().enumerate() {
        if arrows.iter().any(|(from, to, _)| *from == at || *to == at) {
            writeln!(page, "    L{at}[\"{}\"]", lane.name)?;
        }
    }
    for (from, to, names) in arrows {
        writeln!(page, "    L{from} -->|\"{}\"| L{to}", names.join("<br/>"))?;
    }
    writeln!(page, "```")
}

fn write_actions(page: &mut String, review: &Review) -> Result {
    let entry = review.entry;
    writeln!(page, "\n### Actions\n")?;
    let all = review.checked.len();
    let fires = |at: usize| {
        let fires = |one: &&Checked| one.exploration.coverage.actions[at].fired > 0;
        review.checked.iter().filter(fires).count()
    };
    let functions: Vec<String> = (0..entry.actions.len()).map(|at| functions(review, at)).collect();
    let everywhere = (0..entry.actions.len()).all(|at| fires(at) == all);
    let named = functions.iter().any(|names| !names.is_empty());
    if everywhere {
        writeln!(page, "Each of them fires in all {all} default scenarios.\n")?;
    } else {
        writeln!(
            page,
            "*Fires in* says in how many of the {all} default scenarios it happens in some run.\n"
        )?;
    }
    if named {
        writeln!(
            page,
            "*Kernel functions* are those of rules that act in this action: in the story of such a \
             rule it is the step at which the rule makes the first difference.\n"
        )?;
    }
    let (head, line) = (column(named, "kernel functions"), column(named, "---"));
    let (head_fires, line_fires) = (column(!everywhere, "fires in"), column(!everywhere, "--:"));
    writeln!(page, "| action | what it does | calls or sends to |{head}{head_fires}")?;
    writeln!(page, "|---|---|---|{line}{line_fires}")?;
    for (at, action) in entry.actions.iter().enumerate() {
        let to = action.target.map_or(String::new(), |target| format!("`{target}`"));
        writeln!(
            page,
            "| `{}` | {} | {to} |{}{}",
            written(action),
            cell(action.doc),
            column(named, &functions[at]),
            column(!everywhere, &fires(at).to_string())
        )?;
    }
    Ok(())
}

/// Returns the kernel functions of the rules that make the first difference of a story in an action.
fn functions(review: &Review, action: usize) -> String {
    let entry = review.entry;
    let name = entry.actions[action].name;
    let acts = |cell: &&Cell| {
        let step = cell.acts_at.and_then(|at| cell.case.steps.get((at as usize).checked_sub(1)?));
        step.is_some_and(|step| step.action.split('(').next() == Some(name))
    };
    let rows = review.matrix.iter().flat_map(|matrix| &matrix.rows);
    let rows = rows.filter(|row| row.cells.iter().any(|cell| acts(&cell)));
    let mut names: Vec<&str> =
        rows.flat_map(|row| entry.rules[row.rule].sources).map(|source| source.function).collect();
    names.sort_unstable();
    names.dedup();
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Returns an action with its parameters.
fn written(action: &ActionInfo) -> String {
    let params: Vec<&str> = action.params.iter().map(|param| param.name).collect();
    format!("{}({})", action.name, params.join(", "))
}

fn write_properties(page: &mut String, review: &Review) -> Result {
    writeln!(page, "\n## What is promised\n")?;
    let all: Vec<_> = (0..).map(PropertyId).zip((review.entry.properties)()).collect();
    let counts: Vec<Option<usize>> =
        all.iter().map(|(id, _)| says_something(review, *id)).collect();
    let scenarios = review.checked.len();
    let everywhere = counts.iter().flatten().all(|count| *count == scenarios);
    if everywhere {
        writeln!(
            page,
            "Each property of the model is exercised in all {scenarios} default scenarios.\n"
        )?;
        writeln!(page, "| property | kind | what it says |\n|---|---|---|")?;
    } else {
        writeln!(
            page,
            "*Exercised in* counts the default scenarios with a state in which the premise of the \
             property is true, or in which the goal is reached.\n"
        )?;
        writeln!(page, "| property | kind | what it says | exercised in |\n|---|---|---|--:|")?;
    }
    for ((_, property), count) in all.iter().zip(counts) {
        let (name, kind) = (property.name, property.kind.name());
        write!(page, "| `{name}` | {kind} | {} |", cell(property.doc))?;
        if !everywhere {
            write!(page, " {} |", count.map_or(String::new(), |count| count.to_string()))?;
        }
        writeln!(page)?;
    }
    writeln!(page)
}

/// Returns the number of scenarios in which a property of the model is not vacuous.
fn says_something(review: &Review, id: PropertyId) -> Option<usize> {
    let kind = (review.entry.properties)()[usize::from(id.0)].kind;
    let in_one = |one: &&Checked| match kind {
        PropertyKind::Model(Kind::Reachable) => {
            one.exploration.discoveries.iter().any(|found| found.property == id)
        }
        _ => one.exploration.coverage.antecedents.get(usize::from(id.0)).is_some_and(|at| *at > 0),
    };
    let of_the_model = matches!(kind, PropertyKind::Model(_));
    of_the_model.then(|| review.checked.iter().filter(in_one).count())
}
