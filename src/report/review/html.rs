//! The review of a protocol as a standalone HTML page: its Markdown, with its diagrams drawn as
//! SVG.

use latchwork_model::kit::{Declared, RuleInfo};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

use crate::report::page;
use crate::report::review::material::steps;
use crate::report::review::matrix::{Cell, Facts, Row};
use crate::report::review::{Review, parties, rules};
use crate::report::run::html::{case, lanes};
use crate::report::run::story::Story;
use crate::report::run::text::grouped;
use crate::report::versions::versions;
use crate::report::words::count;

/// The pages that are beside the page of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// None: the steps of each story are on the page itself.
    Nothing,
    /// The pages of its stories, as [`stories`] returns them, and an index above.
    Stories,
}

/// Returns the page. All its links lead somewhere wherever it is, together with what is beside it.
pub fn page(review: &Review, beside: Beside) -> String {
    let [before, _, after] = review.parts();
    let body = html! {
        main.review {
            @if beside == Beside::Stories { p { a href="../index.html" { "All protocols" } } }
            (converted(review, &before))
            (rules_table(review, beside))
            (converted(review, &after))
        }
        (page::footer())
    };
    page::still(&format!("Review: {}", review.entry.name), &body)
}

/// Returns the pages of the stories, each with its path below the folder of the page.
pub fn stories(review: &Review) -> Vec<(String, String)> {
    let cells = review.matrix.iter().flat_map(|matrix| &matrix.rows).flat_map(|row| &row.cells);
    let page = |cell: &Cell| {
        Story::of(&cell.case).map(|story| (page_of(cell), case::page(&story, &cell.story)))
    };
    let mut pages: Vec<(String, String)> = cells.filter_map(page).collect();
    pages.sort();
    pages.dedup();
    pages
}

/// Returns the index over the pages of several reviews, which are in folders of their own.
pub fn index(reviews: &[Review]) -> String {
    let body = html! {
        main.review {
            h1 { "Reviews" }
            table tabindex="0" {
                thead { tr {
                    th { "protocol" } th { "what it is about" } th { "rules" } th { "default scenarios" } th.count { "states" }
                } }
                tbody {
                    @for review in reviews {
                        @let name = review.entry.name;
                        tr {
                            th { a href=(format!("{name}/review.html")) { (name) } }
                            td { (page::prose(review.entry.summary)) }
                            td { (review.rules_in_words().replace("**", "")) }
                            td { (review.scenarios_in_words().replace("**", "")) }
                            td.count { (count(review.distinct().sum::<u64>())) }
                        }
                    }
                }
            }
        }
        (page::footer())
    };
    page::still("Reviews", &body)
}

/// Returns the path of the page of a story.
fn page_of(cell: &Cell) -> String {
    cell.story.replace(".json", ".html")
}

/// Renders a line for each rule. What is known of it is below its name.
fn rules_table(review: &Review, beside: Beside) -> Markup {
    html! {
        table.rules tabindex="0" {
            thead { tr { th { "rule" } th { "what breaks without it" } th.count { "after" } th.count { "decisive in" } } }
            tbody {
                @for (at, rule) in review.entry.rules.iter().enumerate() {
                    @let row = rules::row_of(review, at);
                    @let (breaks, after, decisive) = row.map_or_else(Default::default, rules::summary);
                    tr id=(rule.name) {
                        td { details { summary { code { (rule.name) } } (about_rule(review, rule, row, beside)) } }
                        td { (page::prose(&breaks)) }
                        td.count { (after) }
                        td.count { (decisive) }
                    }
                }
            }
        }
    }
}

fn about_rule(review: &Review, rule: &RuleInfo, row: Option<&Row>, beside: Beside) -> Markup {
    html! {
        p { (page::prose(rule.doc)) }
        p.soft { "Source: " (rule.source) ". On in " (page::prose(&rules::on_in(review.entry, rule.profiles))) "." }
        @if !rule.sources.is_empty() {
            ul { @for source in rule.sources { li { code { (source.function) } " " (versions(source)) } } }
        }
        @match rule.declared {
            Some(Declared::RedundantGiven { rules, why }) => p { "Declared redundant given " (rules.join(", ")) ": " (page::prose(why)) "." },
            Some(Declared::NoEffect { why }) => p { "Declared without effect: " (page::prose(why)) "." },
            None => {}
        }
        @if let Some(row) = row {
            @for cell in &row.cells { (about_cell(cell, beside)) }
            @if row.cells.is_empty() { p { (row.ruling) ": nothing breaks without it, alone or in pairs." } }
            p { (rules::decisive(row)) }
        }
    }
}

/// Renders what breaks without a set of rules, and its story: a link to its page, or its steps.
fn about_cell(cell: &Cell, beside: Beside) -> Markup {
    let words = html! {
        (page::prose(&rules::set_of(cell))) ": " code { (cell.property) } " breaks after "
        (steps(cell.steps)) ", in " code { (cell.configuration) }
    };
    html! {
        @match beside {
            Beside::Stories => p { (words) " (" a href=(page_of(cell)) { "story" } ")" (rules::acts_of(cell)) "." },
            Beside::Nothing => details {
                summary { (words) (rules::acts_of(cell)) "." }
                ol.plain {
                    @for step in &cell.case.steps {
                        li { code { (step.action) } " " span.soft { (grouped(&step.changes).join(" ")) } }
                    }
                }
            },
        }
    }
}

/// Converts a part of the page. Links to files become text: they lead nowhere once the page is moved.
fn converted(review: &Review, markdown: &str) -> Markup {
    let mut events = Vec::new();
    let mut parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let mut dead = false;
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
            Event::Start(Tag::Link { ref dest_url, .. }) if !dest_url.starts_with('#') => {
                dead = true;
            }
            Event::End(TagEnd::Link) if dead => dead = false,
            // Text that looks like HTML tags is plain text.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => events.push(page::plain(other)),
        }
    }
    name_headings(&mut events);
    let mut text = String::new();
    push_html(&mut text, events.into_iter());
    // A wide table scrolls, so the keyboard must reach it.
    PreEscaped(text.replace("<table>", "<table tabindex=\"0\">"))
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
            div.wide tabindex="0" { (lanes::draw(&story)) }
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
