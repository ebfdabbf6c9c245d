//! The live page: the run chosen so far, the state, and the possible next steps. Every choice is a link;
//! the script only follows links by keys.

use latchwork_model::kit::{Fairness, Kind};
use maud::{Markup, html};

use crate::engines::fields::Described;
use crate::engines::verdict::{PropertyInfo, PropertyKind};
use crate::files::case::CaseVerdict;
use crate::jobs::finish::Finish;
use crate::protocols::trace::Change;
use crate::report::page;
use crate::report::run::html::lanes::draw_run;
use crate::report::run::html::marks::Marks;
use crate::report::run::html::steps::{changes, inside, plural, spans};
use crate::report::run::html::{case, model};
use crate::report::run::story::Telling;
use crate::report::words::count;
use crate::serve::address::Address;

/// The maximum width of the drawing.
const ROOM: usize = 760;
/// The script: keys that follow the links of the page.
const KEYS: &str = include_str!("keys.js");

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
    /// The properties, with what is known of them there.
    pub properties: Vec<(PropertyInfo, Status)>,
    /// Whether the protocol can still finish from there.
    pub finish: Finish,
    /// The run that goes on to a done state.
    pub way: Option<Address>,
    /// Whether the protocol may stop there.
    pub done: bool,
    /// The case that can be followed.
    pub case: Option<&'a Recorded>,
    /// Whether the run has reached its maximum length.
    pub full: bool,
}

/// What is known of a property after some steps of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The state shows it: a violation, or a goal that is reached.
    Shown,
    /// The state does not show it, but the state after this many steps of the run did.
    ShownAfter(usize),
    /// No state of the run so far shows it.
    NotShown,
    /// It is about whole runs, and no single state decides it.
    OfRuns,
    /// The bounded search could not decide it.
    Unknown,
}

/// A step that can be chosen.
pub struct Choice {
    /// The action with its arguments.
    pub action: String,
    /// The process that acts.
    pub process: String,
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
    /// The rules under which it shows that.
    pub rules: String,
    /// Whether they are the rules of this site.
    pub same_rules: bool,
    /// The first of its steps that is not possible here.
    pub refused: Option<String>,
}

/// Returns the page.
pub fn page(view: &View<'_>) -> String {
    let entry = view.run.configuration.entry;
    let title = format!("{} after {} {}", entry.name, view.at, plural(view.at, "step"));
    let body = html! {
        main.live {
            header {
                p.over { (entry.name) }
                h1.neutral { (view.name) ": after " (view.at) " " (plural(view.at, "step")) }
            }
            (along(view))
            div.desk {
                div tabindex="0" role="region" aria-label="the run" {
                    @if let Some(recorded) = view.case { (follow(view, recorded)) }
                    @if !view.run.steps.is_empty() { (case::legend(&[view.run])) }
                    (drawing(view))
                }
                div tabindex="0" role="region" aria-label="the state and its choices" {
                    (standing(view))
                    h2 { "What can happen now" }
                    (choices(view))
                    (state(view))
                }
            }
            section {
                details { summary { h2 { "The steps" } }
                    ol.steps { @for at in 0..view.run.steps.len() { (step(view, at)) } }
                }
            }
            (model::about(entry))
            (model::parties(view.run))
            p.soft { "Rules: " (model::rules(&view.run.configuration)) "." }
        }
        footer { "This page is made for its address, by a program on this machine. To see it again: " a href=(view.address.to_link()) { "its link" } "." }
    };
    page::alive(&title, &body, KEYS)
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
    let to = |label: &str, rel: Option<&str>, to: Option<usize>| -> Markup {
        html! {
            @match to {
                Some(to) => a rel=[rel] href=(view.address.seen_after(to).to_link()) { (label) },
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
            (to("to the start", None, (at > 0).then_some(0)))
            (to("◀ back", Some("prev"), at.checked_sub(1)))
            (to("on ▶", Some("next"), (at < last).then_some(at + 1)))
            (to("to the end", None, (at < last).then_some(last)))
            span.soft { "Keys: " kbd { "1" } " to " kbd { "9" } " choose, " kbd { "←" } " back, " kbd { "→" } " on" }
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
            "The case: " (verdict.property) " " (word) " after " (verdict.steps) " " (plural(verdict.steps, "step"))
            @if !recorded.same_rules { " under " code { (recorded.rules) } } ". "
            @if let Some(action) = &recorded.refused {
                "Under the rules of this page its run is possible up to step " (case.steps.len()) ": then "
                code { (action) } " cannot happen. "
            }
            @if *own == case.steps && view.address.from == case.from { "This is its run." }
            @else {
                "This run is that of the case for " (common) " of its " (case.steps.len()) " "
                (plural(case.steps.len(), "step")) ": "
                a href=(case.seen_after(common).to_link()) { "follow the case from there" } "."
            }
        }
    }
}

/// Renders what the state shows: what is broken or reached, whether the protocol can still finish,
/// and every property.
fn standing(view: &View<'_>) -> Markup {
    html! {
        @for (info, _) in view.properties.iter().filter(|(_, status)| *status == Status::Shown) {
            @if is_goal(info) {
                p.said { "◎ reached: " b { (info.name) } ", “" (page::prose(info.doc)) "”" }
            } @else {
                p.said.bad { "✕ broken: " b { (info.name) } ", “" (page::prose(info.doc)) "”" }
            }
        }
        @if view.done { p.said { "✓ The protocol is done: it may rest here." } }
        @else { (outlook(view)) }
        ul.promises {
            @for (info, status) in &view.properties {
                li title=(info.doc) { (mark(info, *status)) " " code { (info.name) } " " span.soft { (known(info, *status)) } }
            }
        }
    }
}

/// Renders whether the protocol can still finish. The search is bounded, and that is said.
fn outlook(view: &View<'_>) -> Markup {
    html! {
        @match &view.finish {
            Finish::Way { steps, faults } => p {
                "✓ Can still finish: in " (steps.len()) " " (plural(steps.len(), "step"))
                @if *faults { ", and only by a fault" } ". "
                @if let Some(way) = &view.way { a href=(way.to_link()) { "Show a shortest way" } }
            },
            Finish::Stuck(states) => p.said.bad {
                "✕ Stuck from here: no continuation finishes (all " (count(*states as u64)) " "
                (plural(*states, "state")) " that can be reached were searched)."
            },
            Finish::Unknown(states) => p {
                "? Whether it can still finish is not known: " (count(*states as u64)) " "
                (plural(*states, "state")) " were searched, and none of them is done."
            },
        }
    }
}

fn is_goal(info: &PropertyInfo) -> bool {
    info.kind == PropertyKind::Model(Kind::Reachable)
}

fn mark(info: &PropertyInfo, status: Status) -> &'static str {
    match (is_goal(info), status) {
        (true, Status::Shown | Status::ShownAfter(_)) => "◎",
        (true, Status::NotShown) => "○",
        (false, Status::Shown | Status::ShownAfter(_)) => "✕",
        (false, Status::NotShown) => "✓",
        (_, Status::OfRuns | Status::Unknown) => "?",
    }
}

fn known(info: &PropertyInfo, status: Status) -> String {
    let what = if is_goal(info) { "reached" } else { "broken" };
    match status {
        Status::Shown => format!("{what} here"),
        Status::ShownAfter(steps) => format!("{what} after {steps} {}", plural(steps, "step")),
        Status::NotShown if is_goal(info) => "not reached so far".to_string(),
        Status::NotShown => "not broken so far".to_string(),
        Status::OfRuns => "about whole runs: not decided here".to_string(),
        Status::Unknown => "not decided by the bounded search".to_string(),
    }
}

fn drawing(view: &View<'_>) -> Markup {
    let marks = Marks { current: Some(view.at), ..Marks::default() };
    let link = |step: usize| view.address.seen_after(step).to_link();
    html! {
        @if view.run.steps.is_empty() { p.soft { "No step was taken yet." } } @else {
            div.wide tabindex="0" { (draw_run(view.run, &view.run.processes, &marks, ROOM, &link)) }
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
        @for (process, choices) in by_process(view) {
            h3 { (process) }
            ol.choices {
                @for (number, choice) in choices {
                    @let is_recorded = recorded == Some(&choice.action);
                    li.card.fault[choice.fairness == Fairness::Fault].goes_on[is_recorded] {
                        p.what {
                            @if let Some(number) = number.filter(|_| !view.full) { kbd { (number) } " " }
                            @match &choice.next {
                                Next::Changes(_) if view.full => b { (choice.action) },
                                Next::Changes(_) => a href=(view.address.going_on(view.at, &choice.action).to_link()) { (choice.action) },
                                Next::Refused(_) => b { (choice.action) },
                            }
                            @if choice.fairness == Fairness::Fault { " " span.tag { "fault" } }
                            @if choice.fairness == Fairness::Optional { " " span.soft { "need not happen" } }
                            @if is_recorded { " " span.soft { "◀ the case goes on so" } }
                            @else if own == Some(&choice.action) { " " span.soft { "◀ this run goes on so" } }
                        }
                        p.soft { (page::prose(choice.sentence)) }
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
}

/// The choices of a process, each with the key that chooses it, if it has one.
type Numbered<'a> = Vec<(Option<usize>, &'a Choice)>;

/// Returns the choices by process, in the order of the lanes. The first nine that can be chosen have a
/// key.
fn by_process<'a>(view: &'a View<'_>) -> Vec<(&'a str, Numbered<'a>)> {
    let mut groups: Vec<(&str, Vec<&Choice>)> = Vec::new();
    for choice in &view.choices {
        match groups.iter_mut().find(|(process, _)| *process == choice.process) {
            Some((_, own)) => own.push(choice),
            None => groups.push((&choice.process, vec![choice])),
        }
    }
    let lanes = view.run.configuration.entry.lanes;
    let lane = |process: &str| {
        let own = process.split('@').next();
        lanes.iter().position(|lane| Some(lane.name) == own)
    };
    groups.sort_by_key(|(process, _)| lane(process));
    let mut keys = 1..=9;
    let mut key = |choice: &Choice| match choice.next {
        Next::Changes(_) => keys.next(),
        Next::Refused(_) => None,
    };
    let mut numbered =
        |own: Vec<&'a Choice>| own.into_iter().map(|choice| (key(choice), choice)).collect();
    groups.into_iter().map(|(process, own)| (process, numbered(own))).collect()
}

/// Renders every field, and the changes of the last step.
fn state(view: &View<'_>) -> Markup {
    let last = view.at.checked_sub(1).and_then(|at| view.run.steps.get(at));
    let moved = |path: &str| last.and_then(|step| step.changes.iter().find(|one| one.path == path));
    html! {
        section {
            h2 { "The state" }
            div.wide tabindex="0" role="region" aria-label="the fields" {
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
