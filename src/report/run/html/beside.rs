//! The page that compares two runs.

use maud::{Markup, html};

use crate::engines::fields::FieldValue;
use crate::jobs::finish::Finish;
use crate::report::page;
use crate::report::run::beside::{Beside, Differing, Onward, Parting, Side};

use super::lanes::draw_run;
use super::marks::{Line, Marks};
use super::steps::{inside, links, past, plural};
use super::{case, model};

/// The maximum width of each of the two drawings.
const ROOM: usize = 520;

/// Returns the page of two runs.
pub fn page(beside: &Beside) -> String {
    let entry = beside.left.run.configuration.entry;
    let (outcome, headline) = (outcome(beside), headline(beside));
    let title = outcome.as_ref().unwrap_or(&headline);
    let body = html! {
        main {
            header {
                p.over { (entry.name) " — " (entry.summary) }
                h1.neutral { (title) }
                @if outcome.is_some() { p.clause { (headline) "." } }
            }
            (model::about(entry))
            (both(beside))
            section {
                h2 { "Where they part" }
                (parting(beside))
            }
            section {
                h2 { "The two runs" }
                (case::legend(&[&beside.left.run, &beside.right.run]))
                (case::bar(beside.steps(), 0))
                div.two { @for side in beside.sides() { (drawing(beside, side)) } }
                ol.steps { @for at in 0..beside.steps() { (row(beside, at)) } }
            }
        }
        (page::footer())
    };
    page::page(&format!("{}: {title}", entry.name), &body)
}

fn headline(beside: &Beside) -> String {
    let (same, together) = (beside.same, beside.together);
    let steps = plural(same, "step");
    match beside.parting {
        Parting::Nowhere => format!("The same to the end: {same} {steps}"),
        Parting::Start(_) => "Different from the start".to_string(),
        _ if together > same => {
            let steps = plural(together, "step");
            format!("The same for {together} {steps}, with other values since step {}", same + 1)
        }
        _ if same == 0 => "Different from the first step on".to_string(),
        _ => format!("The same for {same} {steps}, then different"),
    }
}

/// Says which side breaks, if the one repeats the steps of the other.
fn outcome(beside: &Beside) -> Option<String> {
    let onward = beside.right.onward.as_ref()?;
    let right = &beside.right.name;
    let verdict = beside.left.verdict.as_ref().filter(|verdict| verdict.violated)?;
    let property = &verdict.property;
    let (steps, last) = (verdict.steps, beside.right.run.steps.len());
    let word = plural(steps, "step");
    let left = format!("The case breaks: {property} is violated after {steps} {word}.");
    let right = match (onward.broken, &onward.finish) {
        (Some(at), _) => {
            format!("So does {right}: {property} is violated after {at} {}.", plural(at, "step"))
        }
        (None, Finish::Way { faults, .. }) => {
            let faults = if *faults { ", with faults" } else { "" };
            format!(
                "{right} does not: the run can finish{faults}, after {last} {}.",
                plural(last, "step")
            )
        }
        (None, Finish::Stuck(_)) => {
            let at = onward.followed;
            format!(
                "Under {right} it can no longer finish either, after {at} {}.",
                plural(at, "step")
            )
        }
        (None, Finish::Unknown(states)) => {
            format!("Under {right} no way to finish was found in {states} states.")
        }
    };
    Some(format!("{left} {right}"))
}

/// Describes how a run goes on after the steps that it repeats.
fn onwards(side: &Side, onward: &Onward) -> String {
    let followed = onward.followed;
    let same = match side.refused {
        Some(_) => format!("the same {followed} {}", plural(followed, "step")),
        None => "the same steps, all of them".to_string(),
    };
    let then = match &onward.finish {
        Finish::Way { steps, .. } if steps.is_empty() => {
            "and then the protocol is done".to_string()
        }
        Finish::Way { steps, faults } => format!(
            "then a shortest way to the end{}: {} {}",
            if *faults { " (only faults lead there)" } else { "" },
            steps.len(),
            plural(steps.len(), "step")
        ),
        Finish::Stuck(_) => "and then it can never finish".to_string(),
        Finish::Unknown(states) => {
            format!("no way to the end was found in {states} states")
        }
    };
    format!("{same}, {then}")
}

/// Describes the two runs. Common parts are described once.
fn both(beside: &Beside) -> Markup {
    let line = |title: &str, of: &dyn Fn(&Side) -> String| -> Markup {
        let [left, right] = beside.sides().map(of);
        html! {
            tr {
                th scope="row" { (title) }
                @if left == right { td colspan="2" { (left) " (both)" } } @else { td { (left) } td { (right) } }
            }
        }
    };
    html! {
        section {
            h2 { "What stands side by side" }
            div.wide tabindex="0" {
                table {
                    thead { tr { th {} @for side in beside.sides() { th { (side.name) } } } }
                    tbody {
                        (line("shows", &shows))
                        (line("steps", &|side| side.run.steps.len().to_string()))
                        (line("rules", &|side| model::rules(&side.run.configuration)))
                        (line("sizes", &|side| model::words(&side.run.configuration.bounds)))
                        (line("faults", &|side| model::faults(&side.run.configuration.faults)))
                    }
                }
            }
        }
    }
}

fn shows(side: &Side) -> String {
    match (&side.verdict, &side.onward) {
        (Some(verdict), _) => {
            let what = if verdict.violated { "violated" } else { "reached" };
            format!(
                "{} {what} after {} {}",
                verdict.property,
                verdict.steps,
                plural(verdict.steps, "step")
            )
        }
        (None, Some(onward)) => onwards(side, onward),
        (None, None) => String::new(),
    }
}

/// Describes the difference where they diverge.
fn parting(beside: &Beside) -> Markup {
    let at = beside.same;
    html! {
        @match &beside.parting {
            Parting::Nowhere => p { "Nowhere: every step does the same in both." },
            Parting::Start(fields) => {
                p { "They do not begin in the same state:" }
                (differing(beside, fields))
                (ways(beside, beside.together))
            }
            Parting::Effect(fields) => {
                p {
                    "In step " (links(&[at])) " both take " code { (beside.left.run.steps[at].action) }
                    ", “" (page::prose(beside.left.run.steps[at].sentence)) "” It leaves:"
                }
                (differing(beside, fields))
                (ways(beside, beside.together))
            }
            Parting::Step | Parting::End => (ways(beside, at)),
        }
    }
}

/// Describes how each side continues where they diverge, if they do.
fn ways(beside: &Beside, at: usize) -> Markup {
    html! {
        @if at < beside.steps() {
            p { @if at == 0 { "At once" } @else { "After step " (links(&[at - 1])) } " they go different ways:" }
            ul { @for (side, other) in [(&beside.left, &beside.right), (&beside.right, &beside.left)] {
                li { b { (side.name) } " " (goes_on(side, other, at)) }
            } }
        }
    }
}

/// Describes how one side continues where the two diverge, and whether the other could have done
/// the same.
fn goes_on(side: &Side, other: &Side, at: usize) -> Markup {
    html! {
        @if let Some(action) = side.refused.as_ref().filter(|_| side.followed() == Some(at)) {
            "cannot take " code { (action) } "; it "
        }
        @match (side.run.steps.get(at), &side.refused) {
            (Some(step), _) => {
                "takes step " (links(&[at])) ", " code { (step.action) } ", “" (page::prose(step.sentence)) "” "
                @if other.allows(at, &step.action) {
                    "That would be possible in " b { (other.name) } " as well."
                } @else {
                    "In " b { (other.name) } " that cannot happen here."
                }
            }
            (None, Some(_)) => {
                "stops."
                @if side.run.possible.is_empty() { " Nothing is possible there." } @else {
                    " Possible there: "
                    @for step in &side.run.possible { code { (step) } " " }
                }
            }
            (None, None) => "ends.",
        }
    }
}

fn differing(beside: &Beside, fields: &[Differing]) -> Markup {
    let value = |value: &Option<FieldValue>| {
        value.as_ref().map_or("there is no such field".to_string(), ToString::to_string)
    };
    html! {
        div.wide tabindex="0" {
            table.fields {
                thead { tr { th { "field" } @for side in beside.sides() { th { (side.name) } } } }
                tbody {
                    @for field in fields {
                        tr { th { (field.path) } td { (value(&field.left)) } td { (value(&field.right)) } }
                    }
                }
            }
        }
    }
}

fn drawing(beside: &Beside, side: &Side) -> Markup {
    let broken =
        side.verdict.as_ref().filter(|verdict| verdict.violated && verdict.cycle.is_none());
    let line = broken.map(|verdict| Line {
        after: verdict.steps,
        words: format!("{} broken", verdict.property),
        goal: false,
    });
    let marks = Marks {
        lines: line.into_iter().collect(),
        cycle: side.verdict.as_ref().and_then(|verdict| verdict.cycle),
        parting: (!matches!(beside.parting, Parting::Nowhere)).then_some(beside.same),
        fork: (beside.same < beside.together && beside.together < beside.steps())
            .then_some(beside.together),
        current: None,
    };
    let link = |step: usize| format!("#s={step}");
    html! {
        figure {
            figcaption { (side.name) }
            div.wide tabindex="0" { (draw_run(&side.run, &beside.processes(), &marks, ROOM, &link)) }
            @if let (Some(action), Some(at)) = (&side.refused, side.followed()) {
                p.turn { "After step " (at) ", " code { (action) } " cannot happen here." }
            }
        }
    }
}

/// Renders a step of both runs, or one of each.
fn row(beside: &Beside, at: usize) -> Markup {
    let id = format!("s={}", at + 1);
    html! {
        @if at == beside.same {
            li.turn { "◆ Here they part: " (beside.left.name) " on the left, " (beside.right.name) " on the right." }
        } @else if at == beside.together {
            li.turn { "Here they go different ways." }
        }
        @if at < beside.same {
            @let step = &beside.left.run.steps[at];
            li.card.fault[step.fault] id=(id) data-past=(past(step)) { (inside(&beside.left.run, at)) }
        } @else {
            li.pair id=(id) {
                @for side in beside.sides() {
                    @match side.run.steps.get(at) {
                        Some(step) => div.card.fault[step.fault] data-past=(past(step)) { (inside(&side.run, at)) },
                        None if at == side.run.steps.len() || at == beside.same => {
                            div.card.none { p { (side.name) " has ended." } }
                        }
                        None => div {},
                    }
                }
            }
        }
    }
}
