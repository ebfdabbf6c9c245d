//! The page of a case: what went wrong, the run as a drawing beside the state, and how to reproduce
//! it.

use maud::{Markup, html};

use crate::report::page;
use crate::report::run::messages::Message;
use crate::report::run::story::{Story, Telling};

use super::{lanes, model, state, steps, verdict};

/// Returns the page of a story. `file` is the name of its case in commands.
pub fn page(story: &Story, file: &str) -> String {
    let entry = story.run.configuration.entry;
    let title = format!("{}: {}", entry.name, verdict::headline(story));
    let body = html! {
        main.case {
            (verdict::header(story))
            (verdict::why(story))
            (verdict::rules(story))
            div.stage {
                div.drawing { (lanes::draw(story)) }
                div.side {
                    (bar(story.run.steps.len(), story.verdict.steps))
                    (filter())
                    p.start hidden { "At the start nothing has happened yet." }
                    (steps::list(story))
                    (state::matrix(story))
                }
            }
            (legend(&[&story.run]))
            (model::about(entry))
            (model::parties(&story.run))
            (state::meanings(story))
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
    let calls = |run: &&Telling| {
        let actions = run.configuration.entry.actions.iter();
        actions.filter(|action| action.target.is_some()).count() > 0
    };
    html! {
        p.legend {
            span { "● a step, time downwards" }
            @if has_fault { span { "◇ a fault" } }
            @if runs.iter().any(calls) { span { "→ calls or wakes" } }
            @if !runs.iter().any(calls) && !any(&|_, _| true) {
                span { "no arrows: in this run no process calls another or sends a message" }
            }
            @if any(&|_, _| true) { span { "▶ a message, from where it is sent to where it is taken" } }
            @if any(&|run, message| run.is_lost(message)) { span { "✕ it is lost" } }
            @if any(&|run, message| run.is_duplicate(message)) { span { "═ it is there twice" } }
            @if any(&|_, message| message.taken.is_none()) { span { "┄ on its way at the end" } }
            @if runs.iter().any(|run| !run.off.is_empty()) { span { "⚑ a rule that is off would have acted" } }
            @if runs.len() > 1 { span { "◆ from here on they are different" } span { "┄ from here on they go different ways" } }
        }
    }
}

/// Renders the controls for stepping through the run. They do nothing without the script. `at` is
/// the step that is shown first.
pub fn bar(steps: usize, at: usize) -> Markup {
    html! {
        div.bar hidden {
            button.back type="button" aria-label="one step back" { "◀" }
            input.slider type="range" min="0" max=(steps) value=(at) aria-label="step";
            button.on type="button" aria-label="one step on" { "▶" }
            output { "Choose a step. Keys: ← →, Home, End, Esc." }
        }
    }
}

/// Renders the controls that hide parts of the run. They do nothing without the script.
fn filter() -> Markup {
    html! {
        div.filter hidden {
            input.search type="search" placeholder="filter ( / )" aria-label="filter steps and fields";
            label { input.fold type="checkbox"; " fold local steps" }
            label { input.stills type="checkbox"; " unchanged fields" }
            label { input.whole type="checkbox"; " all steps as text" }
            details.who_acts { summary { "processes" } div {} }
        }
    }
}

/// Describes how to reproduce the run.
fn again(story: &Story, file: &str) -> Markup {
    let configuration = &story.run.configuration;
    let quoted = if file.contains(' ') { format!("'{file}'") } else { file.to_string() };
    html! {
        section #again {
            h2 { "Reproduce it" }
            (page::command(&format!("latchwork replay {quoted}")))
            dl {
                dt { "rules" } dd { (model::rules(configuration)) }
                dt { "length" } dd { (verdict::minimality(story.minimality)) }
            }
            details {
                summary { "The case: the run by names, as a file" }
                pre.file tabindex="0" { (page::text(&story.case)) }
            }
        }
    }
}
