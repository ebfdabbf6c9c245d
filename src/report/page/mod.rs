//! The common parts of all pages: head, style, script, content security policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::{Alignment, Event, Tag};
use sha2::{Digest, Sha256};

/// The style sheet.
const STYLE: &str = include_str!("style.css");
/// What the pages that list things need in addition: of a check, of a review, and the live one.
const LISTS: &str = include_str!("lists.css");
/// The script.
const SCRIPT: &str = include_str!("script.js");

/// Returns a page. It may load nothing, and run nothing but its own script.
pub fn page(title: &str, body: &Markup) -> String {
    whole(title, body, STYLE, Some(SCRIPT))
}

/// Returns a page that lists things, with a script of its own. It may load nothing, and run nothing
/// else.
#[cfg(feature = "cli")]
pub fn alive(title: &str, body: &Markup, script: &str) -> String {
    whole(title, body, &format!("{STYLE}{LISTS}"), Some(script))
}

/// Returns a page that lists things, without scripts: it may load nothing and run nothing.
pub fn still(title: &str, body: &Markup) -> String {
    whole(title, body, &format!("{STYLE}{LISTS}"), None)
}

fn whole(title: &str, body: &Markup, style: &str, script: Option<&str>) -> String {
    let runs = script.map_or("none".to_string(), digest);
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{}'; script-src '{runs}'",
        digest(style),
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                (body)
                @if let Some(script) = script { script { (PreEscaped(script)) } }
            }
        }
    };
    page.into_string() + "\n"
}

/// Returns a drawing as a standalone file, with the part of the style sheet that is about drawings.
pub fn drawing(svg: &Markup) -> String {
    let colors = STYLE.split("* {").next().unwrap_or_default();
    let about = |line: &&str| line.starts_with(".lanes") || line.starts_with(".message");
    let rules: Vec<&str> = STYLE.lines().filter(about).collect();
    let style = format!(
        "{colors}svg {{ background: var(--paper); }}\nsvg text {{ font-family: monospace; }}\n{}",
        rules.join("\n")
    );
    let (tag, rest) = svg.0.split_once('>').unwrap_or_default();
    let tag = tag.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1);
    format!("{tag}><style>\n{style}\n</style>{rest}\n")
}

/// Returns the digest of a text in the format of a content security policy.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Removes the alignment of table columns: the content security policy allows no inline styles.
pub fn plain(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::Table(columns)) => {
            Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))
        }
        other => other,
    }
}

/// Returns the footer of every page.
pub fn footer() -> Markup {
    html! {
        footer { "Made by latchwork " (env!("CARGO_PKG_VERSION")) ". This file is all there is: it loads nothing." }
    }
}

/// Renders a command to copy.
pub fn command(text: &str) -> Markup {
    html! { p.command { code { (text) } " " button.copy type="button" hidden { "copy" } } }
}

/// Renders a sentence of a model. Text between backticks is code.
pub fn prose(sentence: &str) -> Markup {
    html! {
        @for (at, part) in sentence.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Renders text between tags. Quotes need no escaping there, and a case has many.
pub fn text(text: &str) -> Markup {
    PreEscaped(text.replace('&', "&amp;").replace('<', "&lt;"))
}
