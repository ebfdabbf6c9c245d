//! What a run shows, the values that are to blame, and the rules that are off.

use maud::{Markup, html};

use crate::report::story::Story;
use crate::trace::reasons::{Bad, Reason};

use super::steps::{links, plural};

/// What the run shows, in a line.
pub fn headline(story: &Story) -> String {
    let verdict = &story.verdict;
    let what = if verdict.violated { "is violated" } else { "is reached" };
    let steps = plural(verdict.steps, "step");
    format!("{} {what} after {} {steps}", verdict.property, verdict.steps)
}

/// The head of the page.
pub fn header(story: &Story) -> Markup {
    let entry = story.configuration.entry;
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

/// Why the end of the run is a bad one.
pub fn why(story: &Story) -> Markup {
    let verdict = &story.verdict;
    let last = story.steps.len();
    html! {
        @if verdict.violated {
            section {
                h2 { "What is wrong at the end" }
                @if story.is_stuck() {
                    p {
                        "After step " (links(&before(verdict.steps))) " the protocol can never be done any more. "
                        "The run goes on from there, to show how it ends."
                    }
                }
                @match (story.cycle(), story.bad) {
                    (Some(from), _) => p {
                        "Steps " (links(&[from])) " to " (links(&before(last)))
                        " can be repeated for ever: after step " (last) " every field is as it was before step " (from + 1) "."
                    },
                    (None, Some(Bad::Standstill)) => p {
                        "After step " (links(&before(last))) " nothing can happen, and the protocol is not done. "
                        @if !story.reasons.is_empty() { "If any one of these fields had its earlier value, it would go on:" }
                    },
                    (None, Some(Bad::Shows(_))) => p {
                        "After step " (links(&before(last))) " the clause does not hold. "
                        @if !story.reasons.is_empty() { "If any one of these fields had its earlier value, it would:" }
                    },
                    (None, None) => p { "The run ends after step " (links(&before(last))) "." },
                }
                @if !story.reasons.is_empty() { (blame(&story.reasons)) }
            }
        }
    }
}

/// The last of so many steps, counted from 0.
fn before(steps: usize) -> Vec<usize> {
    steps.checked_sub(1).into_iter().collect()
}

fn blame(reasons: &[Reason]) -> Markup {
    let goes_on = reasons.iter().any(|reason| !reason.then.is_empty());
    html! {
        div.wide {
            table.blame {
                thead { tr {
                    th { "field" } th { "value" } th { "set in step" } th { "what it is" } th { "earlier value" }
                    @if goes_on { th { "then possible" } }
                } }
                tbody {
                    @for reason in reasons {
                        tr {
                            th { (reason.field.path) }
                            td { b { (reason.field.value) } }
                            td { (links(reason.since.as_slice())) @if reason.since.is_none() { "at the start" } }
                            td { (reason.field.doc) @if !reason.field.value_doc.is_empty() { " Now: " (reason.field.value_doc) } }
                            td { (reason.otherwise.value) }
                            @if goes_on {
                                td { @for step in &reason.then { code { (step) } " " } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The rules that are off, and where they would have acted.
pub fn rules(story: &Story) -> Markup {
    let entry = story.configuration.entry;
    html! {
        @if !story.off.is_empty() {
            section {
                h2 { (plural(story.off.len(), "Rule")) " switched off" }
                ul.off {
                    @for shadow in &story.off {
                        @let rule = &entry.rules[shadow.rule];
                        @let steps: Vec<usize> = shadow.differences.iter().map(|parting| parting.at).collect();
                        @let acts = shadow.acts.as_ref().map(|acts| acts.at);
                        li {
                            b { (rule.name) } " — " (rule.doc)
                            " "
                            @match (steps.is_empty(), acts) {
                                (false, _) => { "It would have made a difference in " (plural(steps.len(), "step")) " " (links(&steps)) "." },
                                (true, Some(at)) => { "It would have acted at step " (links(&[at])) "." },
                                (true, None) => "It makes no difference to this run.",
                            }
                        }
                    }
                }
            }
        }
    }
}
