//! What a run shows, the values that cause it, and the rules that are off.

use maud::{Markup, html};

use crate::engines::fields::FieldValue;
use crate::engines::verdict::BuiltIn;
use crate::files::case::Minimality;
use crate::report::page;
use crate::report::run::reasons::{Bad, Reason};
use crate::report::run::shadow::{Parting, Shadow};
use crate::report::run::story::{Story, Telling};

use super::model;
use super::steps::{links, plural};

/// The maximum length of a headline.
const HEADLINE: usize = 80;

/// Returns what the run shows, in a sentence without identifiers.
pub fn headline(story: &Story) -> String {
    let verdict = &story.verdict;
    let after = match verdict.steps {
        0 => "at the start".to_string(),
        steps => format!("after {steps} {}", plural(steps, "step")),
    };
    let stuck = verdict.property == BuiltIn::CanFinish.name();
    let word = match (verdict.violated, story.cycle(), stuck) {
        (false, ..) => "Reached",
        (_, Some(from), false) => {
            return format!(
                "Livelock: steps {} to {} can repeat forever",
                from + 1,
                story.run.steps.len()
            );
        }
        (.., true) => return format!("Stuck {after}: no continuation finishes"),
        _ if verdict.property == BuiltIn::Deadlock.name() => {
            return format!("Deadlock {after}: nothing is enabled, and the protocol is not done");
        }
        _ => return format!("Violated {after}"),
    };
    let whole = format!("{word} {after}: {}", story.sentence().trim_end_matches('.'));
    if whole.len() > HEADLINE || whole.contains('`') { format!("{word} {after}") } else { whole }
}

/// Renders the head of the page.
pub fn header(story: &Story) -> Markup {
    let configuration = &story.run.configuration;
    let goal = !story.verdict.violated;
    html! {
        header {
            p.over {
                (configuration.entry.name) " · " (model::rules(configuration)) " · "
                (minimality(story.minimality)) " · "
                a href="#about" { "the protocol" } " · " a href="#again" { "reproduce" }
            }
            h1.goal[goal] { (headline(story)) }
            p.clause {
                @if story.is_stuck() && story.cycle().is_none() {
                    @let more = story.run.steps.len() - story.verdict.steps;
                    (more) " " (plural(more, "step")) " later nothing is enabled. "
                }
                code { (story.verdict.property) } ": " (page::prose(story.sentence()))
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
                @for passed_over in &story.passed_over { p { (page::prose(&passed_over.sentence())) "." } }
                (blame(&story.reasons[..story.reasons.len().min(FIRST)]))
                @if story.reasons.len() > FIRST {
                    details { summary { (story.reasons.len() - FIRST) " more" } (blame(&story.reasons[FIRST..])) }
                }
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

/// The number of reasons that are shown at first.
const FIRST: usize = 5;

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
        @for shadow in &story.run.off {
            @let rule = &entry.rules[shadow.rule];
            div.rule {
                p { b { (rule.name) } " is off. " (effect(&story.run, shadow)) " "
                    span.soft { (page::prose(rule.doc)) } }
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
            "With it on from the start, " (plural(otherwise.len(), "step")) " " (links(&otherwise))
            @if otherwise.len() == 1 { " has another effect" } @else { " have other effects" }
            @if end.is_empty() { "." } @else { ", and " }
        }
        @for parting in &end {
            @if otherwise.is_empty() { "With it on from the start, " }
            "step " (links(&[parting.at])) " (" code { (run.steps[parting.at].action) } ") cannot happen."
        }
        @match (shadow.differences.is_empty(), &shadow.acts) {
            (true, Some(acts)) => { "It would have acted at step " (links(&[acts.at])) "." },
            (true, None) => "It makes no difference to this run.",
            _ => {}
        }
    }
}

/// Describes what is known of shorter runs.
pub fn minimality(minimality: Minimality) -> &'static str {
    match minimality {
        Minimality::Proven => "shortest possible (exhaustive search)",
        Minimality::OneMinimal => "no single step can be left out",
        Minimality::None => "there may be a shorter run",
    }
}
