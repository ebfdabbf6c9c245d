//! What was run: findings, goals, counts.

use std::fmt::{Result, Write};

use crate::files::case::Case;
use crate::files::configuration::Configuration;
use crate::files::scenario::Expect;
use crate::jobs::check::{Checked, Standing};
use crate::report::switches;

use super::material::{Review, cell, column, sections, steps};

/// Writes the goals and the counts.
pub fn write(page: &mut String, review: &Review) -> Result {
    write_goals(page, review)?;
    write_counts(page, review)
}

/// The maximum length of a run that is written into a table cell.
const LONGEST_RUN: usize = 12;

/// A goal with its shortest witness over all scenarios.
struct Reached<'a> {
    case: Case,
    scenario: &'a str,
    scenarios: usize,
}

fn reached(review: &Review) -> Vec<Reached<'_>> {
    let mut goals: Vec<Reached<'_>> = Vec::new();
    for one in &review.checked {
        for case in one.witnesses() {
            let same =
                |goal: &&mut Reached<'_>| goal.case.verdict.property == case.verdict.property;
            let scenario = one.scenario.name.as_str();
            match goals.iter_mut().find(same) {
                Some(goal) => {
                    goal.scenarios += 1;
                    if case.verdict.steps < goal.case.verdict.steps {
                        (goal.case, goal.scenario) = (case, scenario);
                    }
                }
                None => goals.push(Reached { case, scenario, scenarios: 1 }),
            }
        }
    }
    goals.sort_by(|a, b| a.case.verdict.property.cmp(&b.case.verdict.property));
    goals
}

fn write_goals(page: &mut String, review: &Review) -> Result {
    let goals = reached(review);
    writeln!(page, "## What must be possible\n")?;
    if goals.is_empty() {
        return writeln!(page, "No default scenario names a goal.\n");
    }
    writeln!(
        page,
        "A check in which nothing happens is green as well. So scenarios name goals, and a goal that \
         is not reached turns them red. The shortest run to each:\n"
    )?;
    writeln!(page, "| goal | named in | steps | in | run |\n|---|--:|--:|---|---|")?;
    for goal in goals {
        let Reached { case, scenario, scenarios } = &goal;
        let (name, steps) = (&case.verdict.property, case.verdict.steps);
        let run = if steps > LONGEST_RUN {
            "on that page".to_string()
        } else {
            let steps = case.steps.iter().map(|step| format!("`{}`", step.action));
            steps.collect::<Vec<_>>().join(" ")
        };
        writeln!(
            page,
            "| `{name}` | {scenarios} | {steps} | [{scenario}](scenarios/{scenario}.md) | {run} |"
        )?;
    }
    writeln!(page)
}

fn write_counts(page: &mut String, review: &Review) -> Result {
    writeln!(page, "## The default scenarios\n")?;
    writeln!(
        page,
        "Every state that can be reached was looked at, where nothing else is said. *Generated* \
         counts the steps, also those to states that were known. *Depth* is how far the farthest \
         state is from the start.\n"
    )?;
    // A column that says the same in every line is left out.
    let verdicts: Vec<String> = review.checked.iter().map(verdict).collect();
    let same = verdicts.windows(2).all(|two| two[0] == two[1]) && verdicts.len() > 1;
    let switched =
        review.checked.iter().any(|one| !in_words(&one.scenario.configuration).is_empty());
    if let Some(verdict) = verdicts.first().filter(|_| same) {
        writeln!(page, "The verdict of each of them: {verdict}.\n")?;
    }
    let (besides, verdict) =
        (column(switched, "beside the full rule set"), column(!same, "verdict"));
    writeln!(page, "| scenario |{besides}{verdict} distinct | generated | depth |")?;
    let (besides, verdict) = (column(switched, "---"), column(!same, "---"));
    writeln!(page, "|---|{besides}{verdict}--:|--:|--:|")?;
    for (one, verdict) in review.checked.iter().zip(&verdicts) {
        let statistics = &one.exploration.statistics;
        writeln!(
            page,
            "| [{name}](scenarios/{name}.md) |{}{} {} | {} | {} |",
            column(switched, &in_words(&one.scenario.configuration)),
            column(!same, verdict),
            statistics.distinct,
            statistics.generated,
            statistics.depth(),
            name = one.scenario.name,
        )?;
    }
    writeln!(page)
}

fn in_words(configuration: &Configuration) -> String {
    switches(configuration).join("; ")
}

/// Returns the result of a scenario, in words.
fn verdict(one: &Checked) -> String {
    let violated = one.main_violation().map(|found| {
        format!("`{}` after {}", one.property(found.property).name, steps(found.steps as u64))
    });
    match (&one.standing, violated) {
        (Standing::Met, None) => one.verdict_words(),
        (Standing::Met, Some(violated)) => format!("{violated}, as expected"),
        (Standing::Finding(_), violated) => format!("{}, known", violated.unwrap_or_default()),
        (Standing::Unmet(why), violated) => {
            format!("**{}: {}**", cell(why), violated.unwrap_or_else(|| one.verdict.name().into()))
        }
        (Standing::Inconclusive(why) | Standing::Vacuous(why), _) => format!("**{}**", cell(why)),
    }
}

/// Writes the known violations.
pub fn write_findings(page: &mut String, review: &Review) -> Result {
    writeln!(page, "## Findings\n")?;
    let name = review.entry.name;
    let mut lines = Vec::new();
    for one in &review.checked {
        if let Standing::Finding(finding) = &one.standing {
            lines.push(format!(
                "| [{name}](scenarios/{name}.md) | {} | {} |",
                verdict(one),
                cell(finding),
                name = one.scenario.name
            ));
        }
    }
    for other in &review.others {
        let scenario = &other.scenario;
        if let (Some(finding), Expect::Violates { property, steps: length }) =
            (&scenario.finding, &scenario.expect)
        {
            let property = (review.entry.properties)()[usize::from(property.0)].name;
            lines.push(format!(
                "| `scenarios/{name}/{}/{}.json` | `{property}` after {}, as expected; not run for \
                 this page | {} |",
                other.set,
                scenario.name,
                steps(*length),
                cell(finding)
            ));
        }
    }
    if lines.is_empty() {
        writeln!(page, "No scenario keeps a violation of the full rule set as a known finding.\n")?;
    } else {
        writeln!(page, "What the rules do not survive, known and kept:\n")?;
        writeln!(
            page,
            "| scenario | what breaks | finding |\n|---|---|---|\n{}\n",
            lines.join("\n")
        )?;
    }
    for section in sections(review.entry.readme, "Findings") {
        writeln!(page, "{section}\n")?;
    }
    Ok(())
}
