//! The page of a case: the violation, the run as a drawing and as a list, and how to reproduce it.

use maud::{Markup, html};

use crate::files::case::Minimality;
use crate::report::page;
use crate::report::run::messages::Message;
use crate::report::run::story::{Story, Telling};

use super::{lanes, model, state, steps, verdict};

/// Returns the page of a story. `file` is the name of its case in commands.
pub fn page(story: &Story, file: &str) -> String {
    let entry = story.run.configuration.entry;
    let title = format!("{}: {}", entry.name, verdict::headline(story));
    let body = html! {
        main {
            (verdict::header(story))
            (model::about(story.run.configuration.entry))
            (model::parties(&story.run))
            (verdict::why(story))
            (verdict::rules(story))
            section {
                h2 { "The run" }
                (legend(&[&story.run]))
                (bar(story.run.steps.len()))
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

/// Explains the marks of some drawings: only those that occur in them.
pub fn legend(runs: &[&Telling]) -> Markup {
    let any = |mark: &dyn Fn(&Telling, &Message) -> bool| {
        runs.iter().any(|run| run.messages.iter().any(|message| mark(run, message)))
    };
    let has_fault = runs.iter().any(|run| run.steps.iter().any(|step| step.fault));
    html! {
        p.legend {
            span { "● a step, time downwards" }
            @if has_fault { span { "◇ a fault" } }
            @if any(&|_, _| true) { span { "▶ a message, from where it is sent to where it is taken" } }
            @if any(&|run, message| run.is_lost(message)) { span { "✕ it is lost" } }
            @if any(&|run, message| run.is_duplicate(message)) { span { "═ it is there twice" } }
            @if any(&|_, message| message.taken.is_none()) { span { "┄ on its way at the end" } }
            @if runs.iter().any(|run| !run.off.is_empty()) { span { "⚑ a rule that is off would have acted" } }
            @if runs.len() > 1 { span { "◆ from here on they are different" } span { "┄ from here on they go different ways" } }
        }
    }
}

/// Renders the controls for stepping through the run. They do nothing without the script.
pub fn bar(steps: usize) -> Markup {
    html! {
        div.bar hidden {
            button.back type="button" aria-label="one step back" { "◀" }
            input.slider type="range" min="0" max=(steps) value="0" aria-label="step";
            button.on type="button" aria-label="one step on" { "▶" }
            output { "Choose a step: what it needs is marked. Keys: ← →, Home, End, Esc." }
        }
    }
}

/// Describes the model, and how to reproduce the run.
fn again(story: &Story, file: &str) -> Markup {
    let configuration = &story.run.configuration;
    let quoted = if file.contains(' ') { format!("'{file}'") } else { file.to_string() };
    html! {
        section {
            h2 { "See it again" }
            (page::command(&format!("latchwork replay {quoted}")))
            dl {
                dt { "rules" } dd { (model::rules(configuration)) }
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
