//! What the scenarios cover, and what they leave out.

use std::fmt::{Result, Write};

use latchwork_model::kit::{Field, Kind, Shape};

use crate::engines::verdict::{PropertyId, PropertyKind};
use crate::files::configuration::{Configuration, Tree};
use crate::jobs::check::{Checked, Verdict};

use super::material::{Review, cell, sections};

/// Writes the bounds and what was not covered.
pub fn write(page: &mut String, review: &Review) -> Result {
    writeln!(page, "## Bounds and assumptions\n")?;
    writeln!(
        page,
        "What holds, holds within these sizes; of larger ones nothing is said. What is assumed of \
         each lane stands [above](#parties-and-messages).\n"
    )?;
    let entry = review.entry;
    write_fields(page, review, "size", entry.bounds, |configuration| &configuration.bounds)?;
    write_fields(page, review, "fault", entry.faults, |configuration| &configuration.faults)?;
    writeln!(page, "## What was not covered\n")?;
    let gaps = gaps(review);
    for gap in &gaps {
        writeln!(page, "- {gap}")?;
    }
    if !gaps.is_empty() {
        writeln!(page)?;
    }
    for section in sections(entry.readme, "Not ") {
        writeln!(page, "{section}\n")?;
    }
    Ok(())
}

fn write_fields(
    page: &mut String,
    review: &Review,
    what: &str,
    fields: &[Field],
    part: impl Fn(&Configuration) -> &Tree,
) -> Result {
    if fields.is_empty() {
        return Ok(());
    }
    writeln!(page, "| {what} | what it means | allowed | in the default scenarios |")?;
    writeln!(page, "|---|---|---|---|")?;
    for field in fields {
        let values = review.checked.iter();
        let values = values.map(|one| value(part(&one.scenario.configuration), field.name));
        let used = used(values.flatten());
        let (doc, allowed) = (cell(field.doc), allowed(&field.shape));
        writeln!(page, "| `{}` | {doc} | {allowed} | {used} |", field.name)?;
    }
    writeln!(page)
}

fn value<'a>(record: &'a Tree, name: &str) -> Option<&'a Tree> {
    let Tree::Record(fields) = record else { return None };
    fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
}

/// Describes the values that a shape allows.
fn allowed(shape: &Shape) -> String {
    match shape {
        Shape::Number { min, max, .. } => range(*min, *max),
        Shape::Flag => "yes or no".to_string(),
        Shape::Choice { names, .. } => names.join(", "),
        Shape::List { min, max, .. } => format!("{} items", range(*min, *max)),
        Shape::Record(_) => "a record".to_string(),
    }
}

fn range(min: u8, max: u8) -> String {
    if min == max { min.to_string() } else { format!("{min} to {max}") }
}

/// Describes the values that occur.
fn used<'a>(values: impl Iterator<Item = &'a Tree>) -> String {
    let mut numbers: Vec<u8> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for value in values {
        match value {
            Tree::Number(number) => numbers.push(*number),
            Tree::List(items) => numbers.push(items.len() as u8),
            Tree::Flag(flag) => names.push(if *flag { "yes" } else { "no" }),
            Tree::Choice(_, name) => names.push(name),
            Tree::Record(_) => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    match (numbers.iter().min(), numbers.iter().max()) {
        (Some(min), Some(max)) => range(*min, *max),
        _ => names.join(", "),
    }
}

/// Returns what the default scenarios leave out, one sentence each.
fn gaps(review: &Review) -> Vec<String> {
    let entry = review.entry;
    let mut gaps = Vec::new();
    let mut say = |names: Vec<&str>, words: &str| {
        if !names.is_empty() {
            gaps.push(format!("{words}: `{}`.", names.join("`, `")));
        }
    };
    let all = &review.checked;
    let fires = |at: usize| all.iter().any(|one| one.exploration.coverage.actions[at].fired > 0);
    let idle = (0..entry.actions.len()).filter(|at| !fires(*at));
    say(
        idle.map(|at| entry.actions[at].name).collect(),
        "Actions that fire in no default scenario",
    );
    say(
        mute(review),
        "Properties that say nothing in any default scenario: their antecedent is never true",
    );
    say(unreached(review), "Goals that are reached in no default scenario");
    say(unmeasured(review), "Properties that a default scenario leaves out, or could not decide");
    let on = |at: usize| all.iter().any(|one| one.scenario.configuration.variants().is_on(at));
    let off = (0..entry.variants.len()).filter(|at| !on(*at));
    say(
        off.map(|at| entry.variants[at].name).collect(),
        "Variants that are on in no default scenario",
    );
    let used = |at: usize| all.iter().any(|one| one.scenario.configuration.profile == at);
    let unused = (0..entry.profiles.len()).filter(|at| !used(*at));
    say(
        unused.map(|at| entry.profiles[at].name).collect(),
        "Profiles that no default scenario uses",
    );
    let unclosed = all.iter().filter(|one| is_open(one)).map(|one| one.scenario.name.as_str());
    say(unclosed.collect(), "Spaces that were not looked at to the end");
    if let Some(matrix) = &review.matrix {
        let was_off = |at: &usize| matrix.rows.iter().any(|row| row.rule == *at);
        let kept = (0..entry.rules.len()).filter(|at| !was_off(at));
        say(kept.map(|at| entry.rules[at].name).collect(), "Rules that were not switched off");
        let broken = matrix.broken.iter().map(String::as_str).collect();
        say(
            broken,
            "Configurations in which all rules together break something: with rules off only the rest counts",
        );
    }
    let others = review.others.len();
    if others > 0 {
        let mut sets: Vec<&str> = review.others.iter().map(|other| other.set.as_str()).collect();
        sets.dedup();
        let sets = sets.join("`, `");
        gaps.push(format!(
            "The counts of this page are those of the default scenarios. {others} more stand in \
             `{sets}`; they are checked where those sets are run, and not for this page."
        ));
    }
    gaps
}

fn is_open(one: &Checked) -> bool {
    one.exploration.stopped.is_some() || one.verdict == Verdict::Inconclusive
}

fn is_goal(kind: PropertyKind) -> bool {
    kind == PropertyKind::Model(Kind::Reachable)
}

fn mute(review: &Review) -> Vec<&'static str> {
    let says = |at: usize, one: &Checked| {
        one.exploration.coverage.antecedents.get(at).is_none_or(|states| *states > 0)
    };
    let properties = (review.entry.properties)().into_iter().enumerate();
    properties
        .filter(|(at, property)| {
            !is_goal(property.kind) && !review.checked.iter().any(|one| says(*at, one))
        })
        .map(|(_, property)| property.name)
        .collect()
}

fn unreached(review: &Review) -> Vec<&'static str> {
    let found = |id: PropertyId| {
        let mut all = review.checked.iter().flat_map(|one| &one.exploration.discoveries);
        all.any(|found| found.property == id)
    };
    let properties = (0..).map(PropertyId).zip((review.entry.properties)());
    properties
        .filter(|(id, property)| is_goal(property.kind) && !found(*id))
        .map(|(_, property)| property.name)
        .collect()
}

fn unmeasured(review: &Review) -> Vec<&'static str> {
    let properties = (0..).map(PropertyId).zip((review.entry.properties)());
    let left_out = |id: PropertyId| {
        review
            .checked
            .iter()
            .any(|one| one.scenario.ignore.contains(id) || one.exploration.undecided.contains(id))
    };
    properties.filter(|(id, _)| left_out(*id)).map(|(_, property)| property.name).collect()
}
