//! What a run shows, why, and what the rules that are off would have done.

use maud::{Markup, html};

use crate::files::case::Minimality;
use crate::report::page;
use crate::report::run::story::Story;
use crate::report::run::why::sentences;

use super::model;
use super::steps::{linked, links};

/// Returns what the run shows, in a sentence without identifiers.
pub fn headline(story: &Story) -> String {
    sentences::headline(&story.why, &story.verdict)
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
            h1 class=[goal.then_some("goal")] { (headline(story)) }
            @if let Some(finding) = &story.finding {
                p.clause { "A known finding: " (page::prose(finding)) }
            }
            p.clause {
                @if story.verdict.violated { "Violated: " }
                (linked(&sentences::clause(&story.why, &story.verdict.property, story.sentence())))
                @if let Some(instead) = sentences::instead(&story.why) { " " (linked(&instead)) }
                @if let Some(also) = sentences::also(&story.why, configuration.entry) { " " (linked(&also)) }
            }
        }
    }
}

/// Explains why the end of the run is a violation: the reasons side by side, the culprit first.
pub fn why(story: &Story) -> Markup {
    let told = &story.why;
    html! {
        @if !told.reasons.is_empty() {
            ol.chain aria-label=[sentences::introduction(told)] {
                @for reason in &told.reasons {
                    @let sentence = sentences::reason(reason, &told.reasons);
                    @let (what, how) = sentence.split_once("; to change it: ").unwrap_or((&sentence, ""));
                    li.culprit[reason.culprit] {
                        p { (linked(what)) }
                        @if !how.is_empty() { p.soft { "To change it: " (linked(how)) } }
                    }
                }
                @if told.left_out > 0 { li.more { "and " (told.left_out) " more" } }
            }
        }
        @if let Some(cycle) = &told.cycle {
            details {
                // No link in a summary: a click would do two things.
                summary { "Steps " (cycle.begins + 1) " to " (story.run.steps.len()) " can repeat forever: why that is fair" }
                p { "The cycle begins with step " (links(&[cycle.begins])) "." }
                ul { @for fair in &cycle.fair { li { (linked(&sentences::fair(fair))) } } }
            }
        }
        @for passed_over in &story.passed_over { p { (page::prose(&passed_over.sentence())) "." } }
    }
}

/// Renders what the rules that are off would have done in the run.
pub fn rules(story: &Story) -> Markup {
    let entry = story.run.configuration.entry;
    let acts = |rule: usize| story.why.rules.iter().find(|acts| acts.rule == rule);
    let (deciding, idle): (Vec<_>, Vec<_>) =
        story.run.off.iter().map(|shadow| shadow.rule).partition(|rule| acts(*rule).is_some());
    html! {
        @for acts in deciding.iter().filter_map(|rule| acts(*rule)) {
            div.rule {
                p {
                    (linked(&sentences::rule(&story.why, acts, entry)))
                    " " span.soft { (page::prose(entry.rules[acts.rule].doc)) }
                }
            }
        }
        @if !idle.is_empty() {
            details {
                summary { "Off, without a difference to this run: " (idle.len()) }
                ul {
                    @for rule in idle.iter().map(|rule| &entry.rules[*rule]) {
                        li { code { (rule.name) } ". " (page::prose(rule.doc)) }
                    }
                }
            }
        }
    }
}

/// Describes what is known of shorter runs.
pub fn minimality(minimality: Minimality) -> &'static str {
    match minimality {
        Minimality::Proven => "shortest possible run (exhaustive search)",
        Minimality::Prefix => "shortest way to the cycle; a shorter cycle may exist (not proven)",
        Minimality::OneMinimal => "no single step can be left out",
        Minimality::None => "there may be a shorter run",
    }
}
