//! The page of a case: what is broken, the run as a drawing and as a list, and how to see it again.

use maud::{Markup, html};

use crate::configuration::Tree;
use crate::report::story::Story;
use crate::report::switches;
use crate::trace::case::Minimality;

use super::{lanes, page, state, steps, verdict};

/// The page of a story. `file` is what is typed to name its case.
pub fn page(story: &Story, file: &str) -> String {
    let entry = story.configuration.entry;
    let title = format!("{}: {}", entry.name, verdict::headline(story));
    let body = html! {
        main {
            (verdict::header(story))
            (verdict::why(story))
            (verdict::rules(story))
            section {
                h2 { "The run" }
                (legend(story))
                (bar(story))
                div.run {
                    div.wide { (lanes::draw(story)) }
                    (steps::list(story))
                }
            }
            (state::table(story))
            (again(story, file))
        }
        (page::footer())
    };
    page::page(&title, &body)
}

/// What the marks of the drawing mean: only those that are in it.
fn legend(story: &Story) -> Markup {
    let any = |mark: fn(&Story) -> bool| mark(story);
    html! {
        p.legend {
            span { "● a step, time downwards" }
            @if any(|story| story.steps.iter().any(|step| step.fault)) { span { "◆ a fault" } }
            @if !story.messages.is_empty() { span { "▶ a message, from where it is sent to where it is taken" } }
            @if any(|story| story.messages.iter().any(|message| story.is_lost(message))) {
                span { "✕ it is lost" }
            }
            @if any(|story| story.messages.iter().any(|message| story.is_duplicate(message))) {
                span { "═ it is there twice" }
            }
            @if any(|story| story.messages.iter().any(|message| message.taken.is_none())) {
                span { "┄ on its way at the end" }
            }
            @if !story.off.is_empty() { span { "⚑ a rule that is off would have acted" } }
        }
    }
}

/// What moves through the run; there is nothing to move without the script.
fn bar(story: &Story) -> Markup {
    html! {
        div.bar hidden {
            button.back type="button" aria-label="one step back" { "◀" }
            input.slider type="range" min="0" max=(story.steps.len()) value="0" aria-label="step";
            button.on type="button" aria-label="one step on" { "▶" }
            output { "Choose a step: what it needs is marked. Keys: ← →, Home, End, Esc." }
        }
    }
}

/// The model, and how to see the run again.
fn again(story: &Story, file: &str) -> Markup {
    let configuration = &story.configuration;
    let switched = switches(configuration).join(", ");
    let quoted = if file.contains(' ') { format!("'{file}'") } else { file.to_string() };
    html! {
        section {
            h2 { "See it again" }
            (page::command(&format!("latchwork replay {quoted}")))
            dl {
                dt { "protocol" } dd { b { (configuration.entry.name) } ": " (configuration.entry.summary) }
                dt { "rules" } dd { @if switched.is_empty() { "all of them on" } @else { (switched) } }
                dt { "sizes" } dd { (words(&configuration.bounds)) }
                dt { "faults" } dd { (budget(&configuration.faults)) }
                dt { "length" } dd { (minimality(story.minimality)) }
            }
            details {
                summary { "The case: the run by names, as a file" }
                pre.case { (page::text(&story.case)) }
            }
        }
    }
}

fn minimality(minimality: Minimality) -> &'static str {
    match minimality {
        Minimality::Proven => "no shorter run shows this: all of them were looked at",
        Minimality::OneMinimal => "no single step can be left out",
        Minimality::None => "there may be a shorter run",
    }
}

/// The faults that may happen.
fn budget(faults: &Tree) -> String {
    match faults {
        Tree::Record(fields) => {
            let allowed = fields.iter().filter(|(_, most)| *most != Tree::Number(0));
            let words: Vec<String> =
                allowed.map(|(name, most)| format!("{name} {}", words(most))).collect();
            if words.is_empty() { "none may happen".to_string() } else { words.join(", ") }
        }
        other => words(other),
    }
}

/// A value of a configuration in words.
fn words(tree: &Tree) -> String {
    match tree {
        Tree::Number(number) => number.to_string(),
        Tree::Flag(flag) => (if *flag { "yes" } else { "no" }).to_string(),
        Tree::Choice(_, name) => (*name).to_string(),
        Tree::List(items) => {
            let records = items.iter().any(|item| matches!(item, Tree::Record(_)));
            let items: Vec<String> = items.iter().map(words).collect();
            items.join(if records { "; " } else { ", " })
        }
        Tree::Record(fields) => {
            let parts = fields.iter().filter(|(_, value)| *value != Tree::Flag(false));
            parts
                .map(|(key, value)| format!("{key} {}", words(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}
