//! The HTML report of a check: the result of every scenario, its states by level, the coverage, and
//! the speed.

use maud::{Markup, html};

use crate::engines::verdict::PropertyKind;
use crate::jobs::check::{Checked, Standing};
use crate::jobs::coverage::Covered;
use crate::report::check::text::{standing_word, verdict_words};
use crate::report::page;
use crate::report::run::html::steps::plural;
use crate::report::title;

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

/// Returns the page. `paces` has one entry per scenario, or is empty.
pub fn page(all: &[Checked], covered: &[Covered], paces: &[Pace]) -> String {
    let expected = all.iter().filter(|checked| checked.is_as_expected()).count();
    let body = html! {
        main {
            header {
                p.over { "latchwork check" }
                h1.neutral { (expected) " of " (all.len()) " as expected" }
            }
            (overview(all))
            section {
                h2 { "States by level" }
                p.soft { "How many states are first reached after so many steps." }
                div.charts { @for (at, checked) in all.iter().enumerate() { (levels(at, checked)) } }
            }
            @for covered in covered { (coverage(covered)) }
            @if !paces.is_empty() { (speed(all, paces)) }
        }
        (page::footer())
    };
    page::still("Check", &body)
}

fn overview(all: &[Checked]) -> Markup {
    html! {
        section {
            h2 { "Scenarios" }
            div.wide {
                table {
                    thead { tr {
                        th { "scenario" } th { "verdict" } th { "stands" }
                        th.count { "distinct" } th.count { "generated" } th.count { "depth" }
                    } }
                    tbody {
                        @for (at, checked) in all.iter().enumerate() {
                            @let statistics = &checked.exploration.statistics;
                            tr.bad[!checked.is_as_expected()] {
                                th { a href=(format!("#s={}", at + 1)) { (title(&checked.scenario)) } }
                                td { (verdict_words(checked)) }
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
            @match &checked.standing {
                Standing::Met => {}
                Standing::Finding(why) | Standing::Unmet(why) | Standing::Inconclusive(why)
                | Standing::Vacuous(why) => p { (standing_word(checked)) ": " (why) },
            }
            @if let Some(stopped) = stopped {
                p { "The search ended before the space was closed (" (stopped.name()) "): these are the levels that it finished." }
            }
            div.wide {
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
            h2 { "Coverage of " (entry.name) ", " (scenarios) " scenarios together" }
            p.soft { "A bar grows by the same piece for ten times as many; a cross is none at all." }
            (counts("steps of the action", actions.map(|(action, count)| (action.name, count.fired)), fired))
            (counts("states in which the property says something", own.zip(&coverage.antecedents).map(|(info, states)| (info.name, *states)), said))
            @if decisive.iter().any(Option::is_some) {
                (counts("states in which the rule is decisive", rules.filter_map(|(rule, states)| Some((rule.name, (*states)?))), most))
            }
        }
    }
}

fn counts<'a>(what: &str, all: impl Iterator<Item = (&'a str, u64)>, most: u64) -> Markup {
    html! {
        div.wide {
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
            h2 { "Rate over time" }
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

fn rate(title: &str, pace: &Pace) -> Markup {
    let rates = rates(&pace.points);
    let fastest = rates.iter().map(|rate| rate.1).fold(0.0, f64::max);
    let (seconds, states) = pace.points.last().copied().unwrap_or_default();
    let (time, most) = (format!("{seconds:.2} s"), format!("{fastest:.0} states/s at most"));
    html! {
        article {
            h3 { (title) }
            p.soft { (states) " states in " (time) }
            div.wide { (curve(&rates, "States found in a second, over time", &time, &most)) }
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
