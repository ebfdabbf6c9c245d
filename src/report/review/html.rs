//! The review of a protocol as a standalone HTML page: its Markdown, with its diagrams drawn as
//! SVG.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

use crate::report::page;
use crate::report::review::matrix::Facts;
use crate::report::review::{Review, parties};
use crate::report::run::html::lanes;
use crate::report::run::story::Story;
use crate::report::run::text::grouped;

/// Returns the page. Its links to stories and scenarios are valid if it is in the same place as the
/// committed page.
pub fn page(review: &Review) -> String {
    let markdown = review.to_markdown();
    let mut events = Vec::new();
    let mut parser = Parser::new_ext(&markdown, Options::ENABLE_TABLES);
    while let Some(event) = parser.next() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == "mermaid" =>
            {
                parser.by_ref().find(|event| matches!(event, Event::End(TagEnd::CodeBlock)));
                events.push(Event::Html(arrows(review).into_string().into()));
            }
            Event::Start(Tag::Image { dest_url, .. }) if dest_url.ends_with(".svg") => {
                parser.by_ref().find(|event| matches!(event, Event::End(TagEnd::Image)));
                events.push(Event::Html(shortest(review).into_string().into()));
            }
            // Text that looks like HTML tags is plain text.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => events.push(page::plain(other)),
        }
    }
    name_headings(&mut events);
    let mut text = String::new();
    push_html(&mut text, events.into_iter());
    let body = html! { main.review { (PreEscaped(text)) } (page::footer()) };
    page::still(&format!("Review: {}", review.entry.name), &body)
}

/// Gives headings the anchors that links expect, as a forge does.
fn name_headings(events: &mut [Event<'_>]) {
    let mut start = None;
    let mut title = String::new();
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => {
                start = Some(at);
                title.clear();
            }
            Event::Text(text) | Event::Code(text) if start.is_some() => title.push_str(text),
            Event::End(TagEnd::Heading(_)) => {
                let name = title.to_lowercase().replace(' ', "-");
                if let Some(start) = start.take()
                    && let Event::Start(Tag::Heading { id, .. }) = &mut events[start]
                {
                    *id = Some(CowStr::from(name));
                }
            }
            _ => {}
        }
    }
}

/// Returns the drawing of the shortest counterexample, with its steps.
fn shortest(review: &Review) -> Markup {
    let shortest = review.matrix.as_ref().and_then(Facts::shortest);
    html! {
        @if let Some(story) = shortest.and_then(|cell| Story::of(&cell.case)) {
            div.wide { (lanes::draw(&story)) }
            ol {
                @for (at, step) in story.run.steps.iter().enumerate() {
                    li id=(format!("s={}", at + 1)) {
                        code { (step.action) } " " (step.sentence) " "
                        span.changes { (grouped(&step.changes).join(" ")) }
                    }
                }
            }
        }
    }
}

fn arrows(review: &Review) -> Markup {
    let lanes = review.entry.lanes;
    html! {
        table {
            tbody {
                @for (from, to, names) in parties::arrows(review.entry) {
                    tr {
                        th scope="row" { (lanes[from].name) " → " (lanes[to].name) }
                        td { @for name in names { code { (name) } " " } }
                    }
                }
            }
        }
    }
}
