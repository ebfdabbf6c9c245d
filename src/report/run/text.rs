//! A run for a terminal, step by step, and why it is a violation.

use std::io::{self, Write};

use crate::engines::verdict::BuiltIn;
use crate::files::case::{Case, CaseStep, CaseVerdict};
use crate::protocols::Entry;
use crate::protocols::decisive::Instead;
use crate::protocols::trace::{Change, process_of};
use crate::report::layout::{Colour, Detail, Layout};
use crate::report::run::passed_over::passed_over;
use crate::report::run::shadow::Shadow;
use crate::report::run::why::explain::of_case;
use crate::report::run::why::explanation::Explanation;
use crate::report::run::why::sentences;
use crate::report::switches;
use crate::report::words::{after, write_cut, write_sentence, write_words};

/// Prints a case, step by step, and why it is a violation.
pub fn write_case(out: &mut dyn Write, case: &Case, layout: Layout) -> io::Result<()> {
    let name = case.configuration.entry.name;
    let title = format!("{name} {}", switches(&case.configuration).join(" "));
    let notes: Vec<String> =
        case.finding.iter().map(|finding| format!("known finding: {finding}")).collect();
    write_titled(out, case, &Titled { title: title.trim(), notes: &notes, end: None }, layout)
}

/// What is printed of a case beside its run.
pub(crate) struct Titled<'a> {
    /// The title: the scenario and its rules.
    pub title: &'a str,
    /// Notes below the verdict.
    pub notes: &'a [String],
    /// What happens at the end.
    pub end: Option<&'a str>,
}

/// Prints a case under a title.
pub(crate) fn write_titled(
    out: &mut dyn Write,
    case: &Case,
    titled: &Titled<'_>,
    layout: Layout,
) -> io::Result<()> {
    let Titled { title, notes, end } = titled;
    let CaseVerdict { violated, property, steps, .. } = &case.verdict;
    let (word, colour) =
        if *violated { ("VIOLATED", Colour::Red) } else { ("reached", Colour::Green) };
    let mut head = Vec::new();
    let sentence = format!("{word} {property} {}: {title}", after(*steps));
    write_sentence(&mut head, layout, "", &sentence)?;
    let head = String::from_utf8_lossy(&head).into_owned();
    write!(out, "{}{}", layout.paint(colour, word), head.strip_prefix(word).unwrap_or(""))?;
    let told = of_case(case);
    if let Some((_, why)) = &told {
        write_verdict(out, case, why, layout)?;
    }
    for note in *notes {
        let words: Vec<String> = note.split(' ').map(ToString::to_string).collect();
        write_brief(out, layout, "  ", &words)?;
    }
    writeln!(out)?;
    let off = told.as_ref().map_or(&[][..], |(off, _)| off);
    write_steps(out, case, off, layout)?;
    if let Some(end) = end {
        write_sentence(out, layout, "     -- ", end)?;
    }
    match &told {
        Some((_, why)) => write_why(out, case, why, layout),
        None => Ok(()),
    }
}

/// Prints what the run shows, in a sentence, and the meaning of the property.
fn write_verdict(
    out: &mut dyn Write,
    case: &Case,
    why: &Explanation,
    layout: Layout,
) -> io::Result<()> {
    let (entry, verdict) = (case.configuration.entry, &case.verdict);
    if verdict.violated {
        write_sentence(out, layout, "  ", &format!("{}.", sentences::headline(why, verdict)))?;
    }
    let properties = (entry.properties)();
    if let Some(id) = entry.property(&verdict.property) {
        let doc = properties[usize::from(id.0)].doc;
        write_sentence(out, layout, "  ", &sentences::clause(why, &verdict.property, doc))?;
    }
    if let Some(also) = sentences::also(why, entry) {
        let words: Vec<String> =
            also.replace('`', "").split(' ').map(ToString::to_string).collect();
        write_brief(out, layout, "  ", &words)?;
    }
    Ok(())
}

/// The rule marks of a step.
fn marks(case: &Case, off: &[Shadow], at: usize, detail: Detail) -> Vec<(String, Vec<String>)> {
    let entry = case.configuration.entry;
    let mut marks = Vec::new();
    for shadow in off {
        let rule = entry.rules[shadow.rule].name;
        let turns = shadow.turns();
        let (turns_at, prevents_at) =
            (turns.map(|parting| parting.at), shadow.prevents().map(|parting| parting.at));
        let decides = [turns_at, prevents_at];
        let acts_at = shadow.acts.as_ref().map(|acts| acts.at);
        let acts = shadow.acts.as_ref().filter(|acts| acts.at == at);
        let is_first =
            detail == Detail::Verbose || decides == [None, None] || decides.contains(&acts_at);
        if let Some(acts) = acts.filter(|_| is_first) {
            let head = format!("     <- `{rule}` is off: with it ");
            marks.push((head, instead(entry, &acts.instead)));
            continue;
        }
        let head = format!("     <- with `{rule}` from the start: ");
        if turns_at == Some(at) {
            let changes = turns.and_then(|parting| parting.instead.as_deref()).unwrap_or(&[]);
            marks.push((head, other_changes(&case.steps[at].changes, changes)));
        } else if prevents_at == Some(at) {
            marks.push((head, vec!["not".to_string(), "possible".to_string()]));
        }
    }
    marks
}

/// Returns what a step changes with a rule on that it does not change without it.
fn other_changes(without: &[Change], with: &[Change]) -> Vec<String> {
    let new: Vec<Change> =
        with.iter().filter(|change| !without.contains(change)).cloned().collect();
    if !new.is_empty() {
        return grouped(&new);
    }
    let is_left = |change: &&Change| !with.iter().any(|other| other.path == change.path);
    let left = without.iter().filter(is_left).map(|change| change.path.clone());
    ["no", "change", "of"].map(ToString::to_string).into_iter().chain(left).collect()
}

/// Prints the steps of a case, with the rules that would have acted at some of them.
fn write_steps(out: &mut dyn Write, case: &Case, off: &[Shadow], layout: Layout) -> io::Result<()> {
    let CaseVerdict { property, steps, cycle, .. } = &case.verdict;
    let process = |step: &CaseStep| process_of(case.configuration.entry, &step.action);
    let process_width = case.steps.iter().map(|step| process(step).len()).max().unwrap_or(0);
    let action_width = case.steps.iter().map(|step| step.action.len()).max().unwrap_or(0);
    let goes_on = case.steps.len() > *steps;
    let is_marked = |at: usize| !marks(case, off, at, layout.detail).is_empty();
    let matters = |at: usize| is_marked(at) || at + 1 == *steps || Some(at) == *cycle;
    let visible = layout.visible(case.steps.len(), matters);
    let mut hidden = 0;
    for (at, step) in case.steps.iter().enumerate() {
        let is_limit = goes_on && at == *steps && property == BuiltIn::CanFinish.name();
        if hidden > 0 && (visible[at] || is_limit || Some(at) == *cycle) {
            writeln!(out, "     ... {hidden} steps (-v shows them)")?;
            hidden = 0;
        }
        if is_limit {
            let line = "     -- from here no done state can be reached; one way on:";
            writeln!(out, "{}", layout.paint(Colour::Red, line))?;
        }
        if Some(at) == *cycle {
            writeln!(out, "     -- a cycle begins:")?;
        }
        if !visible[at] {
            hidden += 1;
            continue;
        }
        let (process, action) = (process(step), &step.action);
        let head = format!("{:4} {process:process_width$} {action:action_width$}  ", at + 1);
        write_brief(out, layout, &head, &grouped(&step.changes))?;
        if let Some(recorded) = &step.recorded {
            write_sentence(out, layout, "     = ", recorded)?;
        }
        for (head, words) in marks(case, off, at, layout.detail) {
            let mut text = Vec::new();
            write_brief(&mut text, layout, &head, &words)?;
            for line in String::from_utf8_lossy(&text).lines() {
                writeln!(out, "{}", layout.paint(Colour::Yellow, line))?;
            }
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

/// Prints words: in one line if not everything is to be printed and the width is known.
fn write_brief(
    out: &mut dyn Write,
    layout: Layout,
    head: &str,
    words: &[String],
) -> io::Result<()> {
    match (layout.detail, layout.width) {
        (Detail::Verbose, _) | (_, None) => write_words(out, layout, head, words),
        (Detail::Quiet | Detail::Normal, Some(_)) => write_cut(out, layout, head, words, 1),
    }
}

/// The maximum number of lines of a reason, if not everything is to be printed.
const LINES_OF_REASON: usize = 2;

/// Prints the reasons of a violation, and what the rules that are off would have done.
fn write_why(
    out: &mut dyn Write,
    case: &Case,
    why: &Explanation,
    layout: Layout,
) -> io::Result<()> {
    let entry = case.configuration.entry;
    let plain = |sentence: String| sentence.replace('`', "");
    let words =
        |sentence: &str| -> Vec<String> { sentence.split(' ').map(ToString::to_string).collect() };
    let is_whole = layout.detail == Detail::Verbose;
    for (at, reason) in why.reasons.iter().enumerate() {
        let sentence = plain(sentences::reason(reason, &why.reasons));
        let head = if at == 0 { "why:     " } else { "         " };
        if is_whole {
            write_words(out, layout, head, &words(&sentence))?;
            continue;
        }
        let sentence = match why.reasons.len() + why.left_out - 1 {
            0 => sentence,
            more => format!("{sentence} (+{more}: -v)"),
        };
        write_cut(out, layout, head, &words(&sentence), LINES_OF_REASON)?;
        break;
    }
    if let Some(cycle) = why.cycle.as_ref().filter(|_| is_whole) {
        for (at, fair) in cycle.fair.iter().enumerate() {
            let head = if at == 0 { "fair:    " } else { "         " };
            write_words(out, layout, head, &words(&plain(sentences::fair(fair))))?;
        }
    }
    if let Some(instead) = sentences::instead(why) {
        write_words(out, layout, "spec:    ", &words(&plain(instead)))?;
    }
    for acts in &why.rules {
        let rule = &entry.rules[acts.rule];
        let sentence = format!("{}: {}", rule.name, plain(rule.doc.to_string()));
        let effect = plain(sentences::rule(why, acts, entry));
        if is_whole {
            write_words(out, layout, "rule:    ", &words(&sentence))?;
            write_words(out, layout, "         ", &words(&effect))?;
        } else {
            write_cut(out, layout, "rule:    ", &words(&sentence), 1)?;
            write_cut(out, layout, "         ", &words(&effect), 1)?;
        }
    }
    Ok(())
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
