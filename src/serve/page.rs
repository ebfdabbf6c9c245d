//! The live page: the run chosen so far, the state, and the possible next steps. It runs no script;
//! every choice is a link.

use latchwork_model::kit::{Fairness, Kind};
use maud::{Markup, html};

use crate::engines::fields::Described;
use crate::engines::verdict::{PropertyInfo, PropertyKind};
use crate::files::case::CaseVerdict;
use crate::protocols::trace::Change;
use crate::report::page;
use crate::report::run::html::lanes::{Marks, draw_run};
use crate::report::run::html::steps::{changes, inside, plural, spans};
use crate::report::run::html::{case, model};
use crate::report::run::story::Telling;
use crate::serve::address::Address;

/// The maximum width of the drawing.
const ROOM: usize = 620;

/// Everything that the page shows.
pub struct View<'a> {
    /// The name of the site.
    pub name: &'a str,
    /// The run that was chosen.
    pub run: &'a Telling,
    /// Its address.
    pub address: &'a Address,
    /// The number of steps after which the run is shown.
    pub at: usize,
    /// The number of initial states.
    pub initial: usize,
    /// The steps that are enabled there.
    pub choices: Vec<Choice>,
    /// The fields of the state there.
    pub fields: Vec<Described>,
    /// The properties that the state shows.
    pub shown: Vec<PropertyInfo>,
    /// Whether the protocol may stop there.
    pub done: bool,
    /// The case that can be followed.
    pub case: Option<&'a Recorded>,
    /// Whether the run has reached its maximum length.
    pub full: bool,
}

/// A step that can be chosen.
pub struct Choice {
    /// The action with its arguments.
    pub action: String,
    /// The doc comment of the action.
    pub sentence: &'static str,
    /// The fairness of its lane.
    pub fairness: Fairness,
    /// Its effect.
    pub next: Next,
}

/// The effect of a step.
pub enum Next {
    /// It changes these fields.
    Changes(Vec<Change>),
    /// It cannot be completed, for this reason.
    Refused(String),
}

/// A run that can be followed.
pub struct Recorded {
    /// Its address.
    pub address: Address,
    /// What it shows.
    pub verdict: CaseVerdict,
}

/// Returns the page.
pub fn page(view: &View<'_>) -> String {
    let entry = view.run.configuration.entry;
    let title = format!("{} after {} {}", entry.name, view.at, plural(view.at, "step"));
    let body = html! {
        main {
            header {
                p.over { (entry.name) " — " (entry.summary) }
                h1.neutral { (view.name) ": after " (view.at) " " (plural(view.at, "step")) }
            }
            (model::about(entry))
            (along(view))
            @if let Some(recorded) = view.case { (follow(view, recorded)) }
            (standing(view))
            @if !view.run.steps.is_empty() { (case::legend(&[view.run])) }
            div.run {
                (drawing(view))
                section { h2 { "What can happen now" } (choices(view)) }
            }
            (state(view))
            section {
                h2 { "The steps" }
                ol.steps { @for at in 0..view.run.steps.len() { (step(view, at)) } }
            }
            (model::parties(view.run))
            p.soft { "Rules: " (model::rules(&view.run.configuration)) "." }
        }
        footer { "This page is made for its address, by a program on this machine. To see it again: " a href=(view.address.to_link()) { "its link" } "." }
    };
    page::still(&title, &body)
}

/// Returns a page that explains why there is no other.
pub fn refusal(name: &str, status: u16, why: &str, back: &str) -> String {
    let body = html! {
        main {
            h1 { (status) ": there is no such page" }
            p { (why) }
            p { a href=(back) { @if back == "/" { "To the beginning" } @else { "To the part of the run before it" } } }
            p.soft { (name) }
        }
    };
    page::still("no such page", &body)
}

/// Renders the navigation in the run.
fn along(view: &View<'_>) -> Markup {
    let (at, last) = (view.at, view.run.steps.len());
    let to = |label: &str, to: Option<usize>| -> Markup {
        html! {
            @match to {
                Some(to) => a href=(view.address.seen_after(to).to_link()) { (label) },
                None => span.soft { (label) },
            }
            " "
        }
    };
    let first = |label: &str, from: Option<usize>| -> Markup {
        html! {
            @if let Some(from) = from { a href=(Address { from, ..Address::default() }.to_link()) { (label) } " " }
        }
    };
    let from = view.address.from;
    html! {
        nav.along aria-label="the run" {
            (to("to the start", (at > 0).then_some(0)))
            (to("◀ back", at.checked_sub(1)))
            (to("on ▶", (at < last).then_some(at + 1)))
            (to("to the end", (at < last).then_some(last)))
            @if view.initial > 1 {
                span { "initial state " (from + 1) " of " (view.initial) ": " }
                (first("the one before", from.checked_sub(1)))
                (first("the next one", (from + 1 < view.initial).then_some(from + 1)))
            }
        }
    }
}

/// Renders how far the run follows the case.
fn follow(view: &View<'_>, recorded: &Recorded) -> Markup {
    let (own, case) = (&view.address.steps, &recorded.address);
    let common = own.iter().zip(&case.steps).take_while(|(one, other)| one == other).count();
    let common = if view.address.from == case.from { common } else { 0 };
    let verdict = &recorded.verdict;
    let word = if verdict.violated { "violated" } else { "reached" };
    html! {
        p {
            "The case: " (verdict.property) " " (word) " after " (verdict.steps) " " (plural(verdict.steps, "step")) ". "
            @if *own == case.steps && view.address.from == case.from { "This is its run." }
            @else {
                "This run is that of the case for " (common) " of its " (case.steps.len()) " "
                (plural(case.steps.len(), "step")) ": "
                a href=(case.seen_after(common).to_link()) { "follow the case from there" } "."
            }
        }
    }
}

/// Renders the properties of the state.
fn standing(view: &View<'_>) -> Markup {
    let is_goal = |info: &PropertyInfo| info.kind == PropertyKind::Model(Kind::Reachable);
    html! {
        @for info in &view.shown {
            @if is_goal(info) {
                p.said { "◎ reached: " b { (info.name) } ", “" (page::prose(info.doc)) "”" }
            } @else {
                p.said.bad { "✕ broken: " b { (info.name) } ", “" (page::prose(info.doc)) "”" }
            }
        }
        @if view.done { p.said { "✓ The protocol is done: it may rest here." } }
    }
}

fn drawing(view: &View<'_>) -> Markup {
    let marks = Marks { current: Some(view.at), ..Marks::default() };
    let link = |step: usize| view.address.seen_after(step).to_link();
    html! {
        @if view.run.steps.is_empty() { p.soft { "No step was taken yet." } } @else {
            div.wide { (draw_run(view.run, &view.run.processes, &marks, ROOM, &link)) }
        }
    }
}

fn choices(view: &View<'_>) -> Markup {
    let own = view.address.steps.get(view.at);
    let recorded = view.case.filter(|recorded| {
        let before = recorded.address.steps.get(..view.at);
        recorded.address.from == view.address.from && before == view.address.steps.get(..view.at)
    });
    let recorded = recorded.and_then(|recorded| recorded.address.steps.get(view.at));
    html! {
        @if view.choices.is_empty() { p { "Nothing can happen." } }
        @if view.full { p { "This run is as long as one can be here." } }
        ol.choices {
            @for choice in &view.choices {
                li.card.fault[choice.fairness == Fairness::Fault] {
                    p.what {
                        @match &choice.next {
                            Next::Changes(_) if view.full => b { (choice.action) },
                            Next::Changes(_) => a href=(view.address.going_on(view.at, &choice.action).to_link()) { (choice.action) },
                            Next::Refused(_) => b { (choice.action) },
                        }
                        @if choice.fairness == Fairness::Fault { " " span.tag { "fault" } }
                        @if choice.fairness == Fairness::Optional { " " span.soft { "need not happen" } }
                        @if recorded == Some(&choice.action) { " " span.soft { "◀ the case goes on so" } }
                        @else if own == Some(&choice.action) { " " span.soft { "◀ this run goes on so" } }
                    }
                    p { (page::prose(choice.sentence)) }
                    @match &choice.next {
                        Next::Changes(list) if list.is_empty() => p.soft { "It changes nothing." },
                        Next::Changes(list) => (changes(list)),
                        Next::Refused(why) => p.bad { "It cannot be chosen: " (why) "." },
                    }
                }
            }
        }
    }
}

/// Renders every field, and the changes of the last step.
fn state(view: &View<'_>) -> Markup {
    let last = view.at.checked_sub(1).and_then(|at| view.run.steps.get(at));
    let moved = |path: &str| last.and_then(|step| step.changes.iter().find(|one| one.path == path));
    html! {
        section {
            h2 { "The state" }
            div.wide {
                table.fields {
                    thead { tr { th { "field" } th { "now" } th { "before the last step" } th { "what it is" } } }
                    tbody {
                        @for field in &view.fields {
                            @let change = moved(&field.path);
                            tr.moved[change.is_some()] {
                                th { (field.path) }
                                td.now { (field.value) }
                                td { @if let Some(change) = change { (change.old) } }
                                td { (page::prose(field.doc)) " " (page::prose(field.value_doc)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn step(view: &View<'_>, at: usize) -> Markup {
    let step = &view.run.steps[at];
    html! {
        li.card.fault[step.fault].current[at + 1 == view.at] id=(format!("s={}", at + 1)) data-past=(spans(&step.causes)) {
            (inside(view.run, at))
        }
    }
}
