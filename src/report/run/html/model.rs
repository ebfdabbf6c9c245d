//! The context of a run: the protocol in short, the processes, the sizes.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

use crate::files::configuration::{Configuration, Tree};
use crate::protocols::Entry;
use crate::report::page;
use crate::report::run::story::Telling;
use crate::report::{introduction, switches};

/// Describes the protocol to a reader who does not know it: the beginning of its own page.
pub fn about(entry: &Entry) -> Markup {
    let text = introduction(entry.readme);
    // This page stands alone, so relative links would lead nowhere.
    let is_link = |event: &Event<'_>| {
        matches!(event, Event::Start(Tag::Link { .. }) | Event::End(TagEnd::Link))
    };
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter(|event| !is_link(event));
    let events = events.map(page::plain);
    let mut about = String::new();
    push_html(&mut about, events);
    html! {
        @if !text.is_empty() {
            details.about #about {
                summary { "About this protocol" }
                div { (PreEscaped(about)) }
            }
        }
    }
}

/// Describes the processes and the sizes of a run.
pub fn parties(run: &Telling) -> Markup {
    let configuration = &run.configuration;
    let lanes = configuration.entry.lanes.iter().filter_map(|lane| {
        let is_own = |name: &&String| name.split('@').next() == Some(lane.name);
        let names: Vec<&String> = run.processes.iter().filter(is_own).collect();
        (!names.is_empty()).then_some((lane, names))
    });
    html! {
        details {
            summary { "Who acts, bounds and faults" }
            dl {
                @for (lane, names) in lanes {
                    dt { @for name in names { code { (name) } " " } }
                    dd { (page::prose(lane.doc)) }
                }
                @if let Tree::Record(sizes) = &configuration.bounds {
                    @for (name, value) in sizes {
                        dt { (name) }
                        dd { (words(value)) " " span.soft { (page::prose(doc(configuration.entry, name))) } }
                    }
                }
                dt { "faults" } dd { (faults(&configuration.faults)) }
            }
        }
    }
}

/// Returns the doc comment of a size.
fn doc(entry: &Entry, name: &str) -> &'static str {
    entry.bounds.iter().find(|field| field.name == name).map_or("", |field| field.doc)
}

/// Describes the rules of a configuration.
pub fn rules(configuration: &Configuration) -> String {
    let switched = switches(configuration);
    if switched.is_empty() { "all rules on".to_string() } else { switched.join(", ") }
}

/// Describes the faults that may happen.
pub fn faults(faults: &Tree) -> String {
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

/// Describes a value of a configuration.
pub fn words(tree: &Tree) -> String {
    match tree {
        Tree::Number(number) => number.to_string(),
        Tree::Flag(flag) => (if *flag { "yes" } else { "no" }).to_string(),
        Tree::Choice(_, name) => (*name).to_string(),
        Tree::List(items) => {
            let records = items.iter().any(|item| matches!(item, Tree::Record(_)));
            let items = items.iter().enumerate().map(|(at, item)| match item {
                Tree::Record(_) => format!("{at}: {}", words(item)),
                _ => words(item),
            });
            items.collect::<Vec<_>>().join(if records { "; " } else { ", " })
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
