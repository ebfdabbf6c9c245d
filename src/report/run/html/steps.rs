//! The steps of a run as a list.

use maud::{Markup, html};

use crate::protocols::trace::Change;
use crate::report::page;
use crate::report::run::shadow::Shadow;
use crate::report::run::story::{Story, Telling, Told};
use crate::report::run::text::instead;

/// Renders the steps of a story.
pub fn list(story: &Story) -> Markup {
    html! {
        ol.steps { @for at in 0..story.run.steps.len() { (item(story, at)) } }
    }
}

fn item(story: &Story, at: usize) -> Markup {
    let step = &story.run.steps[at];
    html! {
        @if at > 0 && story.is_stuck() && story.verdict.steps == at {
            li.turn {
                "From here the protocol cannot finish. "
                @if story.cycle().is_some() { "One way on:" } @else { "One way on, to where nothing is enabled:" }
            }
        }
        @if story.cycle() == Some(at) { li.turn { "The cycle begins here; the run can repeat it forever:" } }
        li.card.fault[step.fault] id=(format!("s={}", at + 1)) data-past=(past(step)) {
            (inside(&story.run, at))
        }
    }
}

/// Renders the details of a step.
pub fn inside(run: &Telling, at: usize) -> Markup {
    let step = &run.steps[at];
    html! {
        p.what {
            a href=(format!("#s={}", at + 1)) { (at + 1) }
            " " b { (step.action) } " " span.who { (run.processes[step.process]) }
            @if step.fault { " " span.tag { "fault" } }
        }
        p { (page::prose(step.sentence)) }
        @if let Some(recorded) = &step.recorded { p.recorded { "recorded: " (recorded) } }
        (changes(&step.changes))
        (mail(run, at))
        @for shadow in &run.off { (rule(run, shadow, at)) }
        (needs(step))
        @if !step.others.is_empty() {
            details {
                summary { (step.others.len()) " other " (plural(step.others.len(), "choice")) " here" }
                @for other in &step.others { code { (other) } " " }
            }
        }
    }
}

/// Returns the steps that a step needs directly, as ranges.
pub fn past(step: &Told) -> String {
    let mut from: Vec<usize> = step.needs.iter().map(|need| need.from).collect();
    from.sort_unstable();
    from.dedup();
    spans(&from)
}

/// Renders what a step needs directly: the values, by the steps that set them, the latest first.
fn needs(step: &Told) -> Markup {
    let mut groups: Vec<(usize, Vec<String>)> = Vec::new();
    for need in &step.needs {
        let words = format!("{}={}", short(&need.path), need.value);
        match groups.last_mut() {
            Some((from, values)) if *from == need.from => values.push(words),
            _ => groups.push((need.from, vec![words])),
        }
    }
    html! {
        @if !groups.is_empty() {
            p.needs {
                "directly needs "
                @for (at, (from, values)) in groups.iter().enumerate() {
                    @if at > 0 { ", " }
                    (links(&[*from])) " (" code { (values.join(", ")) } ")"
                }
            }
        }
    }
}

/// Returns the last two parts of a path.
fn short(path: &str) -> &str {
    let before = path.rmatch_indices('.').nth(1);
    before.map_or(path, |(at, _)| &path[at + 1..])
}

/// Returns a count with a word, in the plural unless the count is one.
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_string() } else { format!("{word}s") }
}

/// Renders links to steps, which are counted from 0.
pub fn links(steps: &[usize]) -> Markup {
    html! {
        @for (at, step) in steps.iter().enumerate() {
            @if at > 0 { ", " }
            a href=(format!("#s={}", step + 1)) { (step + 1) }
        }
    }
}

/// Renders a sentence in which names are between backticks and steps are counted from 1: `since step
/// 9`. The steps are links.
pub fn linked(sentence: &str) -> Markup {
    const STEP: &str = "step ";
    let mut parts = sentence.split(STEP);
    html! {
        (page::prose(parts.next().unwrap_or("")))
        @for part in parts {
            (STEP)
            @let digits = part.len() - part.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
            @if digits > 0 { a href=(format!("#s={}", &part[..digits])) { (&part[..digits]) } }
            (page::prose(&part[digits..]))
        }
    }
}

/// Formats steps, which are counted from 0, as ranges: `1-3 5`.
pub fn spans(steps: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for step in steps {
        match spans.last_mut() {
            Some((_, end)) if *end + 1 == *step => *end = *step,
            _ => spans.push((*step, *step)),
        }
    }
    let words = spans.into_iter().map(|(from, to)| match to - from {
        0 => format!("{}", from + 1),
        _ => format!("{}-{}", from + 1, to + 1),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Renders changed fields with old and new values.
pub fn changes<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Markup {
    let mut changes = changes.into_iter().peekable();
    html! {
        @if changes.peek().is_some() {
            ul.changes {
                @for change in changes {
                    li { (change.path) " " s { (change.old.word()) } " " b { (change.new.word()) } }
                }
            }
        }
    }
}

/// Renders what a step receives and sends.
fn mail(run: &Telling, at: usize) -> Markup {
    html! {
        @for message in &run.messages {
            @if message.taken == Some(at) {
                p.mail {
                    @if run.is_lost(message) { "loses " } @else { "takes " }
                    i { (message.item) } " sent in step " (links(&[message.sent]))
                }
            }
            @if message.sent == at {
                p.mail {
                    @if run.is_duplicate(message) { "doubles " } @else { "sends " }
                    i { (message.item) }
                    @match message.taken {
                        Some(taken) => { " (step " (links(&[taken])) ")" },
                        None => ", still on its way at the end",
                    }
                }
            }
        }
    }
}

/// Renders what a rule that is off would have done at a step.
fn rule(run: &Telling, shadow: &Shadow, at: usize) -> Markup {
    let entry = run.configuration.entry;
    let name = entry.rules[shadow.rule].name;
    let parting = shadow.differences.iter().find(|parting| parting.at == at);
    let acts = shadow.acts.as_ref().filter(|acts| acts.at == at);
    html! {
        @match (parting.map(|parting| &parting.instead), acts) {
            (Some(None), _) => div.rule {
                p { "With the rule " b { (name) } " on this step cannot happen: here the run goes another way." }
            },
            (Some(Some(instead)), _) => (otherwise(name, &run.steps[at].changes, instead)),
            (None, Some(acts)) => div.rule {
                p { "With the rule " b { (name) } " on: " (linked(&instead(entry, &acts.instead).join(" "))) "." }
            },
            (None, None) => {}
        }
    }
}

/// Renders how the effect of a step differs with a rule on. Common effects are left out.
fn otherwise(rule: &str, without: &[Change], with: &[Change]) -> Markup {
    let same = |one: &Change, other: &Change| one.path == other.path && one.new == other.new;
    let more: Vec<&Change> =
        with.iter().filter(|one| !without.iter().any(|other| same(one, other))).collect();
    let less: Vec<&Change> =
        without.iter().filter(|one| !with.iter().any(|other| one.path == other.path)).collect();
    html! {
        div.rule {
            p { "With the rule " b { (rule) } " on this step "
                @if with.is_empty() { "changes nothing." }
                @else if more.is_empty() && less.is_empty() { "finds other values, and leaves the same." }
                @else { "comes out otherwise:" }
            }
            @if !with.is_empty() {
                (changes(more))
                @if !less.is_empty() {
                    p { "It does not change " @for change in &less { code { (change.path) } " " } }
                }
            }
        }
    }
}
