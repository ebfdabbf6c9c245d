//! A run for a terminal, step by step.

use std::io::{self, Write};

use crate::engines::verdict::BuiltIn;
use crate::files::case::{Case, CaseStep, CaseVerdict};
use crate::protocols::Entry;
use crate::protocols::decisive::{Acts, Instead};
use crate::protocols::trace::{Change, process_of};
use crate::report::layout::Layout;
use crate::report::run::passed_over::passed_over;
use crate::report::switches;
use crate::report::words::{write_sentence, write_words};

/// Prints a case, step by step.
pub fn write_case(out: &mut dyn Write, case: &Case, layout: Layout) -> io::Result<()> {
    let CaseVerdict { violated, property, steps, .. } = &case.verdict;
    let word = if *violated { "VIOLATED" } else { "reached" };
    let name = case.configuration.entry.name;
    let switches = switches(&case.configuration).join(" ");
    writeln!(out, "{word} {property} after {steps} steps: {name} {switches}")?;
    writeln!(out)?;
    write_steps(out, case, &[], layout)
}

/// Prints the steps of a case, with the rules that would have acted at some of them.
pub(crate) fn write_steps(
    out: &mut dyn Write,
    case: &Case,
    acts: &[(&str, Acts)],
    layout: Layout,
) -> io::Result<()> {
    let CaseVerdict { property, steps, cycle, .. } = &case.verdict;
    let process = |step: &CaseStep| process_of(case.configuration.entry, &step.action);
    let process_width = case.steps.iter().map(|step| process(step).len()).max().unwrap_or(0);
    let action_width = case.steps.iter().map(|step| step.action.len()).max().unwrap_or(0);
    let goes_on = case.steps.len() > *steps;
    let matters = |at: usize| {
        let acts = acts.iter().any(|(_, acts)| acts.at == at);
        acts || at + 1 == *steps || Some(at) == *cycle || (goes_on && at == *steps)
    };
    let visible = layout.visible(case.steps.len(), matters);
    let mut hidden = 0;
    for (at, step) in case.steps.iter().enumerate() {
        if !visible[at] {
            hidden += 1;
            continue;
        }
        if hidden > 0 {
            writeln!(out, "     ... {hidden} steps (-v shows them)")?;
            hidden = 0;
        }
        if goes_on && at == *steps && property == BuiltIn::CanFinish.name() {
            writeln!(out, "     -- from here no done state can be reached; one way on:")?;
        }
        if Some(at) == *cycle {
            writeln!(out, "     -- a cycle begins:")?;
        }
        let (process, action) = (process(step), &step.action);
        let head = format!("{:4} {process:process_width$} {action:action_width$}  ", at + 1);
        write_words(out, layout, &head, &grouped(&step.changes))?;
        if let Some(recorded) = &step.recorded {
            write_sentence(out, layout, "     = ", recorded)?;
        }
        for (rule, acts) in acts.iter().filter(|(_, acts)| acts.at == at) {
            let head = format!("     <- `{rule}` is off: with it ");
            let words = instead(case.configuration.entry, &acts.instead);
            write_words(out, layout, &head, &words)?;
        }
    }
    match cycle {
        Some(_) => {
            writeln!(out, "     -- and round again")?;
            for passed_over in passed_over(case) {
                write_sentence(out, layout, "     -- ", &passed_over.sentence())?;
            }
            Ok(())
        }
        None if goes_on => writeln!(out, "     -- standstill"),
        None => Ok(()),
    }
}

/// Returns what a rule would have done at a step, in words that follow "with it ".
pub fn instead(entry: &Entry, instead: &Instead) -> Vec<String> {
    match instead {
        Instead::Disabled => vec!["this could not have happened".to_string()],
        Instead::Differs(changes) => grouped(changes),
        Instead::Elsewhere(step) => {
            vec![format!("`{}` would have been another step", step.spell(entry.actions))]
        }
    }
}

/// Returns the new values of fields, grouped by part of the state: `node.n0 busy=1 pending=1`.
pub fn grouped(changes: &[Change]) -> Vec<String> {
    let mut words = Vec::new();
    let mut part = "";
    for change in changes {
        let (of, field) = change.path.rsplit_once('.').unwrap_or(("", &change.path));
        if of != part {
            if let Some(last) = words.last_mut() {
                *last = format!("{last};");
            }
            words.push(of.to_string());
            part = of;
        }
        words.push(format!("{field}={}", change.new));
    }
    words.retain(|word: &String| !word.is_empty());
    words
}
