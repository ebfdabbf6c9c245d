//! What a run shows, the values that cause it, and the rules that are off.

use maud::{Markup, html};

use crate::engines::fields::FieldValue;
use crate::report::page;
use crate::report::run::reasons::{Bad, Reason};
use crate::report::run::shadow::{Parting, Shadow};
use crate::report::run::story::{Story, Telling};

use super::steps::{links, plural};

/// Returns what the run shows, in a line.
pub fn headline(story: &Story) -> String {
    let verdict = &story.verdict;
    let what = if verdict.violated { "is violated" } else { "is reached" };
    let steps = plural(verdict.steps, "step");
    format!("{} {what} after {} {steps}", verdict.property, verdict.steps)
}

/// Renders the head of the page.
pub fn header(story: &Story) -> Markup {
    let entry = story.run.configuration.entry;
    html! {
        header {
            p.over { (entry.name) " — " (entry.summary) }
            h1 { (headline(story)) }
            p.clause {
                @if story.verdict.violated { b { "It should be so, and is not: " } }
                "“" (story.sentence()) "”"
            }
        }
    }
}

/// Explains why the end of the run is a violation.
pub fn why(story: &Story) -> Markup {
    let verdict = &story.verdict;
    let last = story.run.steps.len();
    html! {
        @if verdict.violated {
            section {
                h2 { @if story.bad == Some(Bad::Standstill) { "Why nobody can go on" } @else { "What is wrong at the end" } }
                @if story.is_stuck() {
                    p {
                        "After step " (links(&before(verdict.steps)))
                        @if let Some(step) = before(verdict.steps).first().and_then(|at| story.run.steps.get(*at)) {
                            ", " code { (step.action) } ","
                        }
                        " the protocol can never be done any more, whatever happens. "
                        "The run goes on from there, to show how it ends."
                    }
                }
                @match (story.cycle(), story.bad) {
                    (Some(from), _) => p {
                        "Steps " (links(&[from])) " to " (links(&before(last)))
                        " can be repeated for ever: after step " (last) " every field is as it was before step " (from + 1) "."
                    },
                    (None, Some(Bad::Standstill)) => p {
                        "After step " (links(&before(last))) " nothing can happen any more, and the protocol is not done"
                        @if story.reasons.is_empty() { "." } @else { ", because of all of this:" }
                    },
                    (None, Some(Bad::Shows(_))) => p {
                        "After step " (links(&before(last))) " the clause does not hold"
                        @if story.reasons.is_empty() { "." } @else { ", because of all of this:" }
                    },
                    (None, None) => p { "The run ends after step " (links(&before(last))) "." },
                }
                @for passed_over in &story.passed_over { p { (passed_over.sentence()) "." } }
                @if !story.reasons.is_empty() { (blame(&story.reasons)) }
            }
        }
    }
}

/// Returns the last of this many steps, counted from 0.
fn before(steps: usize) -> Vec<usize> {
    steps.checked_sub(1).into_iter().collect()
}

/// Returns a value for use in a sentence.
fn named(value: &FieldValue) -> String {
    match value.to_string().as_str() {
        "-" => "empty".to_string(),
        words => words.to_string(),
    }
}

fn blame(reasons: &[Reason]) -> Markup {
    html! {
        ul.blame {
            @for reason in reasons {
                li {
                    code { (reason.field.path) } " (“" (page::prose(reason.field.doc)) "”) is " b { (named(&reason.field.value)) }
                    @match reason.since {
                        Some(at) => { " since step " (links(&[at])) },
                        None => " from the start",
                    }
                    @if reason.field.value_doc.is_empty() { ". " }
                    @else { ": “" (page::prose(reason.field.value_doc)) "” " }
                    span.soft {
                        "It was " (named(&reason.otherwise.value))
                        @if !reason.then.is_empty() {
                            "; then " @for step in &reason.then { code { (step) } " " } "would be possible"
                        }
                        "."
                    }
                }
            }
        }
    }
}

/// Renders the rules that are off, and where they would have acted.
pub fn rules(story: &Story) -> Markup {
    let entry = story.run.configuration.entry;
    html! {
        @if !story.run.off.is_empty() {
            section {
                h2 { (plural(story.run.off.len(), "Rule")) " switched off" }
                ul.off {
                    @for shadow in &story.run.off {
                        @let rule = &entry.rules[shadow.rule];
                        li { b { (rule.name) } ": “" (page::prose(rule.doc)) "” " (effect(&story.run, shadow)) }
                    }
                }
            }
        }
    }
}

/// Renders the effect that a rule that is off would have had on a run.
fn effect(run: &Telling, shadow: &Shadow) -> Markup {
    let (end, otherwise): (Vec<&Parting>, Vec<&Parting>) =
        shadow.differences.iter().partition(|parting| parting.instead.is_none());
    let otherwise: Vec<usize> = otherwise.into_iter().map(|parting| parting.at).collect();
    html! {
        @if !otherwise.is_empty() {
            "If it were on from the beginning, " (plural(otherwise.len(), "step")) " " (links(&otherwise))
            " would come out otherwise. "
        }
        @for parting in &end {
            "With it on, step " (links(&[parting.at])) ", " code { (run.steps[parting.at].action) }
            " (“" (page::prose(run.steps[parting.at].sentence)) "”), cannot happen: there the run would have gone another way."
        }
        @match (shadow.differences.is_empty(), &shadow.acts) {
            (true, Some(acts)) => { "It would have acted at step " (links(&[acts.at])) "." },
            (true, None) => "It makes no difference to this run.",
            _ => {}
        }
    }
}
