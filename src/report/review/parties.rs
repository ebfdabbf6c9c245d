//! The processes of a protocol, their actions, and the properties.

use std::fmt::{Result, Write};

use latchwork_model::kit::{ActionInfo, Fairness, Kind, LaneInfo};

use crate::engines::verdict::{PropertyId, PropertyKind};
use crate::jobs::check::Checked;
use crate::protocols::Entry;

use super::material::{Review, cell};

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
            "what can be done and goes on to be possible is done in the end (weak fairness of each action)"
        }
        Fairness::Strong if lane.each => {
            "what can be done again and again is done in the end (strong fairness of each action)"
        }
        Fairness::Fair => "who can act and goes on to be able to acts in the end (weak fairness)",
        Fairness::Strong => "who can act again and again acts in the end (strong fairness)",
        Fairness::Optional => "nothing: it may never act",
        Fairness::Fault => "it does harm, so often as a scenario allows",
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
    writeln!(
        page,
        "*Fires in* says in how many of the {} default scenarios it happens in some run.\n",
        review.checked.len()
    )?;
    writeln!(page, "| action | what it does | calls or sends to | fires in |\n|---|---|---|--:|")?;
    for (at, action) in entry.actions.iter().enumerate() {
        let to = action.target.map_or(String::new(), |target| format!("`{target}`"));
        let fires = review
            .checked
            .iter()
            .filter(|one| one.exploration.coverage.actions[at].fired > 0)
            .count();
        writeln!(page, "| `{}` | {} | {to} | {fires} |", written(action), cell(action.doc))?;
    }
    Ok(())
}

/// Returns an action with its parameters.
fn written(action: &ActionInfo) -> String {
    let params: Vec<&str> = action.params.iter().map(|param| param.name).collect();
    format!("{}({})", action.name, params.join(", "))
}

fn write_properties(page: &mut String, review: &Review) -> Result {
    writeln!(page, "\n## What is promised\n")?;
    writeln!(
        page,
        "*Says something in* counts the default scenarios with a state in which the property is more \
         than true by default, or in which the goal is reached.\n"
    )?;
    writeln!(page, "| property | kind | what it says | says something in |\n|---|---|---|--:|")?;
    for (id, property) in (0..).map(PropertyId).zip((review.entry.properties)()) {
        let (name, kind) = (property.name, property.kind.name());
        let says = says_something(review, id).map_or(String::new(), |count| count.to_string());
        writeln!(page, "| `{name}` | {kind} | {} | {says} |", cell(property.doc))?;
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
