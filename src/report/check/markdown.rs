//! Results as Markdown pages, which are committed under `reports/`.

use std::fmt::Write;

use crate::engines::verdict::BuiltIn;
use crate::files::case::Case;
use crate::jobs::check::{Checked, Standing, Verdict};
use crate::report::export::svg::to_svg;
use crate::report::run::mermaid;
use crate::report::run::passed_over::passed_over;
use crate::report::run::story::Story;
use crate::report::run::why::explain::of_case;
use crate::report::run::why::explanation::Explanation;
use crate::report::run::why::sentences;
use crate::report::switches;
use crate::report::words::after;

use super::json;
use crate::report::run::text::grouped;

/// A page with its pictures.
pub struct Illustrated {
    /// The page.
    pub page: String,
    /// The pictures, which are files beside it: name and content.
    pub pictures: Vec<(String, String)>,
}

/// Returns the page of a scenario.
pub fn scenario_page(checked: &Checked) -> Illustrated {
    let mut page = Illustrated { page: String::new(), pictures: Vec::new() };
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, checked);
    page
}

impl Illustrated {
    /// Writes a case as a picture in a file of this name and a list of steps.
    pub fn write_case(&mut self, case: &Case, name: &str) -> std::fmt::Result {
        match Story::of(case) {
            Some(story) => {
                let file = format!("{name}.svg");
                let steps = case.steps.len();
                writeln!(self.page, "![The run of {steps} steps]({file})")?;
                self.pictures.push((file, to_svg(&story)));
                write_steps(&mut self.page, case)
            }
            None => write_case(&mut self.page, case),
        }
    }
}

fn write_page(illustrated: &mut Illustrated, checked: &Checked) -> std::fmt::Result {
    let page = &mut illustrated.page;
    let configuration = &checked.scenario.configuration;
    writeln!(page, "# {}\n", crate::report::name(&checked.scenario))?;
    writeln!(page, "{}\n", sentence(checked))?;
    let switches = switches(configuration);
    let rules = if switches.is_empty() { "all rules".to_string() } else { switches.join(", ") };
    let statistics = &checked.exploration.statistics;
    writeln!(page, "| | |\n|---|---|")?;
    writeln!(page, "| rules | {rules} |")?;
    writeln!(page, "| bounds | `{}` |", json::compact(&configuration.bounds))?;
    writeln!(page, "| faults | `{}` |", json::compact(&configuration.faults))?;
    writeln!(page, "| distinct states | {} |", statistics.distinct)?;
    writeln!(page, "| generated | {} |", statistics.generated)?;
    writeln!(page, "| depth | {} |", statistics.depth())?;
    if let Some(found) = checked.main_violation() {
        writeln!(page, "\n## The counterexample\n")?;
        illustrated.write_case(&checked.case(found), &checked.scenario.name)?;
    }
    for case in checked.witnesses() {
        let property = &case.verdict.property;
        writeln!(illustrated.page, "\n## How `{property}` is reached\n")?;
        illustrated.write_case(&case, &format!("{}-{property}", checked.scenario.name))?;
    }
    write_properties(&mut illustrated.page, checked)?;
    write_actions(&mut illustrated.page, checked)
}

/// Returns the verdict in a sentence.
fn sentence(checked: &Checked) -> String {
    let statistics = &checked.exploration.statistics;
    let found = match checked.main_violation() {
        Some(found) => format!(
            "**`{}` is violated {}.** {}",
            checked.property(found.property).name,
            after(found.steps),
            checked.property(found.property).doc
        ),
        None if checked.verdict == Verdict::HoldsWithin => format!(
            "It **{}**: every property that single states decide. The others are undecided.",
            checked.verdict_words()
        ),
        None if checked.exploration.stopped.is_some() => {
            format!("**Inconclusive** after {} states.", statistics.distinct)
        }
        None => "**Holds:** every property, in every reachable state.".to_string(),
    };
    match &checked.standing {
        Standing::Finding(finding) => format!("{found} This is a known finding: {finding}"),
        Standing::Vacuous(sentence) => format!("{found} But it is **vacuous**: {sentence}."),
        _ => found,
    }
}

fn write_properties(page: &mut String, checked: &Checked) -> std::fmt::Result {
    writeln!(page, "\n## Properties\n")?;
    writeln!(page, "| property | kind | verdict | steps | exercised in (states) |")?;
    writeln!(page, "|---|---|---|--:|--:|")?;
    for property in json::properties(checked) {
        let steps = property.steps.map_or(String::new(), |steps| steps.to_string());
        let antecedent = property.antecedent.map_or(String::new(), |states| states.to_string());
        let json::PropertyReport { name, kind, verdict, .. } = property;
        writeln!(page, "| `{name}` | {kind} | {verdict} | {steps} | {antecedent} |")?;
    }
    Ok(())
}

fn write_actions(page: &mut String, checked: &Checked) -> std::fmt::Result {
    writeln!(page, "\n## Actions\n")?;
    writeln!(page, "| action | states in which it is enabled | steps |\n|---|--:|--:|")?;
    for action in json::actions(checked) {
        writeln!(page, "| `{}` | {} | {} |", action.name, action.enabled, action.fired)?;
    }
    Ok(())
}

/// Writes a case as a sequence diagram and a list of steps, for hosts that take no pictures.
pub fn write_case(page: &mut String, case: &Case) -> std::fmt::Result {
    writeln!(page, "```mermaid\n{}```", mermaid::sequence(case))?;
    write_steps(page, case)
}

fn write_steps(page: &mut String, case: &Case) -> std::fmt::Result {
    let goes_on = case.steps.len() > case.verdict.steps;
    let stuck = goes_on && case.verdict.property == BuiltIn::CanFinish.name();
    let mut lines = Vec::new();
    for (at, step) in case.steps.iter().enumerate() {
        if stuck && at == case.verdict.steps {
            lines.push((None, "From here no continuation finishes; one of them:".to_string()));
        }
        if Some(at) == case.verdict.cycle {
            lines.push((None, "A cycle begins:".to_string()));
        }
        let changes = grouped(&step.changes).join(" ");
        let changes = if changes.is_empty() { changes } else { format!(" — {changes}") };
        lines.push((Some(at + 1), format!("`{}`{changes}", step.action)));
    }
    writeln!(page)?;
    for (number, line) in lines {
        match number {
            Some(number) => writeln!(page, "{number}. {line}")?,
            None => writeln!(page, "\n*{line}*\n")?,
        }
    }
    match (case.verdict.cycle, stuck) {
        (Some(_), _) => {
            writeln!(page, "\n*And round again.*")?;
            passed_over(case)
                .iter()
                .try_for_each(|passed_over| writeln!(page, "\n{}.", passed_over.sentence()))?;
        }
        (None, true) => writeln!(page, "\n*Standstill.*")?,
        (None, false) => {}
    }
    match of_case(case) {
        Some((_, why)) if case.verdict.violated => write_why(page, case, &why),
        _ => Ok(()),
    }
}

/// Writes why a run is a violation, and what the rules that are off would have done.
fn write_why(page: &mut String, case: &Case, why: &Explanation) -> std::fmt::Result {
    let entry = case.configuration.entry;
    writeln!(page, "\n**{}.**", sentences::headline(why, &case.verdict))?;
    if let Some(instead) = sentences::instead(why) {
        writeln!(page, "\n{instead}")?;
    }
    if let Some(also) = sentences::also(why, entry) {
        writeln!(page, "{also}\n")?;
    }
    if let Some(introduction) = sentences::introduction(why) {
        writeln!(page, "{introduction}\n")?;
    }
    for reason in &why.reasons {
        writeln!(page, "- {}", sentences::reason(reason, &why.reasons))?;
    }
    if why.left_out > 0 {
        writeln!(page, "- and {} more", why.left_out)?;
    }
    for acts in &why.rules {
        writeln!(page, "\n{}", sentences::rule(why, acts, entry))?;
    }
    for (at, fair) in why.cycle.iter().flat_map(|cycle| &cycle.fair).enumerate() {
        let head = if at == 0 { "\nThe cycle is fair:\n\n" } else { "" };
        writeln!(page, "{head}- {}", sentences::fair(fair))?;
    }
    Ok(())
}
