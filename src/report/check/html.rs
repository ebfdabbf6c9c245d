//! The HTML report of a check: the result of every scenario, its states by level, the coverage, and
//! the speed.

use maud::{Markup, html};

use crate::engines::verdict::{Discovery, PropertyKind};
use crate::jobs::check::{Checked, Standing};
use crate::jobs::coverage::Covered;
use crate::report::check::text::{results, standing_word, verdict_words};
use crate::report::run::html::lanes::draw_run;
use crate::report::run::html::marks::Marks;
use crate::report::run::html::steps::plural;
use crate::report::run::story::Story;
use crate::report::run::text::grouped;
use crate::report::words::{count, counted};
use crate::report::{file_stem, page, run, title};

use super::charts::{bar, curve};

/// The minimum duration of a search, in seconds, for its rate to be drawn.
const SHORTEST: f64 = 0.2;

/// The speed at which a scenario was searched. It depends on the machine and the run, so it is left
/// out of everything that is compared.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Level by level: the seconds since the search began, and the number of states found so far.
    pub points: Vec<(f64, u64)>,
}

/// The width of the drawing of a violation.
const ROOM: usize = 620;
/// The number of violations that are drawn without being asked for.
const DRAWN: usize = 3;
/// The number of scenarios that are not as expected up to which they are listed without being asked for.
const LISTED: usize = 12;
/// The number of scenarios up to which all of them are listed and charted at once.
const FEW: usize = 4;

/// Returns the page. `paces` has one entry per scenario, or is empty. With `linked`, violations link to
/// the pages that [`case_pages`] returns, which are beside it.
pub fn page(all: &[Checked], covered: &[Covered], paces: &[Pace], linked: bool) -> String {
    let expected = all.iter().filter(|checked| checked.is_as_expected()).count();
    let red = all.len() - expected;
    let title = match red {
        0 => format!("{expected} of {} as expected", all.len()),
        _ => format!("{red} of {} not as expected", all.len()),
    };
    let states: u64 = all.iter().map(|one| one.exploration.statistics.distinct).sum();
    let body = html! {
        main {
            header {
                p.over { "latchwork check" }
                h1 class=[(red == 0).then_some("neutral")] { (title) }
                p { (results(all)) "; " (count(states)) " states." }
            }
            @if red > 0 { (unexpected(all, linked)) }
            (overview(all, linked))
            section {
                details open[all.len() <= FEW] {
                    summary { h2 { "States by level" } }
                    p.soft { "How many states are first reached after so many steps." }
                    div.charts { @for (at, checked) in all.iter().enumerate() { (levels(at, checked)) } }
                }
            }
            @for covered in covered { (coverage(covered)) }
            @if !paces.is_empty() { (speed(all, paces)) }
        }
        (page::footer())
    };
    page::still(&format!("Check: {title}"), &body)
}

/// Returns the pages of all violations, one per scenario and property. Each has its file name.
pub fn case_pages(all: &[Checked]) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for checked in all {
        for found in checked.violations() {
            let file = case_file(checked, found);
            let case = checked.case(found);
            let name = file.replace(".html", ".json");
            pages
                .extend(Story::of(&case).map(|story| (file, run::html::case::page(&story, &name))));
        }
    }
    pages
}

/// Returns the file name of the page of a violation.
fn case_file(checked: &Checked, found: &Discovery) -> String {
    let (protocol, stem) =
        (checked.scenario.configuration.entry.name, file_stem(&checked.scenario));
    format!("{protocol}-{stem}-{}.html", checked.property(found.property).name)
}

/// Renders what is not as expected: a line for each scenario, and the shortest violation of each
/// property as a drawing.
fn unexpected(all: &[Checked], linked: bool) -> Markup {
    let red: Vec<&Checked> = all.iter().filter(|checked| !checked.is_as_expected()).collect();
    let mut shortest: Vec<(&Checked, &Discovery)> = Vec::new();
    for checked in &red {
        for found in checked.violations() {
            let same = |(other, known): &&mut (&Checked, &Discovery)| {
                let entry = checked.scenario.configuration.entry.name;
                other.scenario.configuration.entry.name == entry && known.property == found.property
            };
            match shortest.iter_mut().find(same) {
                Some(known) if known.1.steps > found.steps => *known = (checked, found),
                Some(_) => {}
                None => shortest.push((checked, found)),
            }
        }
    }
    shortest.sort_by_key(|(_, found)| found.steps);
    html! {
        section {
            h2 { "Not as expected" }
            @for (at, (checked, found)) in shortest.iter().enumerate() {
                (violation(at, checked, found, linked))
            }
            details open[red.len() <= LISTED] {
                summary { (red.len()) " " (plural(red.len(), "scenario")) " not as expected" }
                div.wide tabindex="0" {
                    table {
                        thead { tr { th { "verdict" } th { "scenario" } th { "why" } } }
                        tbody {
                            @for checked in &red {
                                tr.bad {
                                    td { "✕ " (verdict_words(checked)) }
                                    th { (named(checked, linked)) }
                                    td { (standing_word(checked)) @if let Some(why) = why(checked) { ": " (why) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders the name of a scenario: a link to the page of its main violation if there is one.
fn named(checked: &Checked, linked: bool) -> Markup {
    let found = checked.main_violation().filter(|_| linked);
    html! {
        @match found {
            Some(found) => a href=(case_file(checked, found)) { (title(&checked.scenario)) },
            None => (title(&checked.scenario)),
        }
    }
}

fn why(checked: &Checked) -> Option<&str> {
    match &checked.standing {
        Standing::Met => None,
        Standing::Finding(why)
        | Standing::Unmet(why)
        | Standing::Inconclusive(why)
        | Standing::Vacuous(why) => Some(why),
    }
}

/// Renders a violation: its property, its drawing and its steps.
fn violation(at: usize, checked: &Checked, found: &Discovery, linked: bool) -> Markup {
    let property = checked.property(found.property);
    let story = Story::of(&checked.case(found));
    let link = |step: usize| format!("#v={at}.{step}");
    let (steps, word) = (found.steps, plural(found.steps, "step"));
    html! {
        article {
            details open[at < DRAWN] {
                summary {
                    h3.violated { (property.name) " is violated after " (steps) " " (word) }
                }
                p.clause { "“" (page::prose(property.doc)) "”" }
                p.soft {
                    "In " (title(&checked.scenario)) ", the shortest of all scenarios of this page. "
                    @if linked { a href=(case_file(checked, found)) { "The whole page of this run" } "." }
                }
                @if let Some(story) = &story {
                    div.run {
                        div.wide tabindex="0" { (draw_run(&story.run, &story.run.processes, &Marks::of(story), ROOM, &link)) }
                        ol.plain {
                            @for (number, step) in story.run.steps.iter().enumerate() {
                                li id=(format!("v={at}.{}", number + 1)) {
                                    code { (step.action) } " " (page::prose(step.sentence)) " "
                                    span.soft { (grouped(&step.changes).join(" ")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders a line for each protocol, and below it its scenarios.
fn overview(all: &[Checked], linked: bool) -> Markup {
    let mut protocols: Vec<(&str, Vec<(usize, &Checked)>)> = Vec::new();
    for (at, checked) in all.iter().enumerate() {
        let name = checked.scenario.configuration.entry.name;
        match protocols.iter_mut().find(|(known, _)| *known == name) {
            Some((_, own)) => own.push((at, checked)),
            None => protocols.push((name, vec![(at, checked)])),
        }
    }
    html! {
        section {
            h2 { "Scenarios" }
            @for (name, own) in &protocols {
                @let good = own.iter().filter(|(_, checked)| checked.is_as_expected()).count();
                @let states: u64 = own.iter().map(|(_, checked)| checked.exploration.statistics.distinct).sum();
                details.protocol open[all.len() <= FEW] {
                    summary {
                        b { (name) } ": "
                        @if good == own.len() { (good) " of " (own.len()) " as expected" }
                        @else { span.bad { "✕ " (own.len() - good) " of " (own.len()) " not as expected" } }
                        span.soft { ", " (counted(states, "state")) }
                    }
                    (scenarios(own, linked))
                }
            }
        }
    }
}

/// Renders the scenarios of a protocol: what is not as expected first.
fn scenarios(own: &[(usize, &Checked)], linked: bool) -> Markup {
    let mut sorted = own.to_vec();
    sorted.sort_by_key(|(_, checked)| checked.is_as_expected());
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr {
                    th { "verdict" } th { "scenario" } th { "stands" }
                    th.count { "distinct" } th.count { "generated" } th.count { "depth" }
                } }
                tbody {
                    @for (at, checked) in sorted {
                        @let statistics = &checked.exploration.statistics;
                        tr.bad[!checked.is_as_expected()] {
                            td {
                                @match checked.main_violation().filter(|_| linked) {
                                    Some(found) => a href=(case_file(checked, found)) { (verdict_words(checked)) },
                                    None => (verdict_words(checked)),
                                }
                            }
                            th { a href=(format!("#s={}", at + 1)) { (title(&checked.scenario)) } }
                            td { @if !checked.is_as_expected() { "✕ " } (standing_word(checked)) }
                            td.count { (statistics.distinct) }
                            td.count { (statistics.generated) }
                            td.count { (statistics.depth()) }
                        }
                    }
                }
            }
        }
    }
}

fn levels(at: usize, checked: &Checked) -> Markup {
    let statistics = &checked.exploration.statistics;
    let widest =
        statistics.levels.iter().enumerate().max_by_key(|(at, states)| (**states, usize::MAX - at));
    let (level, most) = widest.map_or((0, 0), |(level, states)| (level, *states));
    let points: Vec<(f64, f64)> = statistics
        .levels
        .iter()
        .enumerate()
        .map(|(level, states)| (level as f64, *states as f64))
        .collect();
    let words = format!("{most} {} on level {level}", plural(most as usize, "state"));
    let stopped = checked.exploration.stopped;
    html! {
        article id=(format!("s={}", at + 1)) {
            h3 { (title(&checked.scenario)) ": " (verdict_words(checked)) }
            @if let Some(why) = why(checked) { p { (standing_word(checked)) ": " (why) } }
            @if let Some(stopped) = stopped {
                p { "The search ended before the space was closed (" (stopped.name()) "): these are the levels that it finished." }
            }
            div.wide tabindex="0" {
                (curve(&points, &format!("States by level: {words} at most"), &format!("level {}", statistics.depth()), &words))
            }
        }
    }
}

fn coverage(covered: &Covered) -> Markup {
    let Covered { entry, scenarios, coverage, decisive } = covered;
    let fired = coverage.actions.iter().map(|count| count.fired).max().unwrap_or(0);
    let said = coverage.antecedents.iter().copied().max().unwrap_or(0);
    let most = decisive.iter().flatten().copied().max().unwrap_or(0);
    let properties = (entry.properties)();
    let own = properties.iter().filter(|info| matches!(info.kind, PropertyKind::Model(_)));
    let actions = entry.actions.iter().zip(&coverage.actions);
    let rules = entry.rules.iter().zip(decisive);
    html! {
        section {
            details {
            summary { h2 { "Coverage of " (entry.name) ", " (scenarios) " " (plural(*scenarios, "scenario")) " together" } }
            p.soft { "A bar grows by the same piece for ten times as many; a cross is none at all." }
            (counts("steps of the action", actions.map(|(action, count)| (action.name, count.fired)), fired))
            (counts("states in which the property says something", own.zip(&coverage.antecedents).map(|(info, states)| (info.name, *states)), said))
            @if decisive.iter().any(Option::is_some) {
                (counts("states in which the rule is decisive", rules.filter_map(|(rule, states)| Some((rule.name, (*states)?))), most))
            }
            }
        }
    }
}

fn counts<'a>(what: &str, all: impl Iterator<Item = (&'a str, u64)>, most: u64) -> Markup {
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr { th {} th.count { (what) } th {} } }
                tbody {
                    @for (name, count) in all {
                        tr { th { (name) } td.count { (count) } td { (bar(count, most)) } }
                    }
                }
            }
        }
    }
}

/// Renders the speed. Nothing else on the page depends on a clock.
fn speed(all: &[Checked], paces: &[Pace]) -> Markup {
    html! {
        section.clock {
            details open[all.len() <= FEW] {
            summary { h2 { "Rate over time" } }
            p { b { "Measured with a clock, on one machine, in one run: another run gives other figures." } " All else on this page is the same in every run." }
            @let long = |pace: &Pace| pace.points.last().is_some_and(|last| last.0 >= SHORTEST);
            @let short = paces.iter().filter(|pace| !long(pace)).count();
            @if short > 0 {
                p { (short) " of them took less than " (SHORTEST) " s, too short to draw." }
            }
            div.charts {
                @for (checked, pace) in all.iter().zip(paces).filter(|(_, pace)| long(pace)) {
                    (rate(&title(&checked.scenario), pace))
                }
            }
            }
        }
    }
}

fn rate(title: &str, pace: &Pace) -> Markup {
    let rates = rates(&pace.points);
    let fastest = rates.iter().map(|rate| rate.1).fold(0.0, f64::max);
    let (seconds, states) = pace.points.last().copied().unwrap_or_default();
    let (time, most) = (format!("{seconds:.2} s"), format!("{fastest:.0} states/s at most"));
    html! {
        article {
            h3 { (title) }
            p.soft { (counted(states, "state")) " in " (time) }
            div.wide tabindex="0" { (curve(&rates, "States found in a second, over time", &time, &most)) }
        }
    }
}

/// Returns the number of states found per second, over intervals that are long enough to measure.
fn rates(points: &[(f64, u64)]) -> Vec<(f64, f64)> {
    let total = points.last().map_or(0.0, |point| point.0);
    let piece = (total / 100.0).max(0.001);
    let mut rates = Vec::new();
    let mut from = (0.0, 0);
    for (seconds, states) in points {
        let time = seconds - from.0;
        if time >= piece {
            rates.push((*seconds, states.saturating_sub(from.1) as f64 / time));
            from = (*seconds, *states);
        }
    }
    rates
}
