//! The page of a case of a probe: the calls, what the models admit, and the locks over time.

use maud::html;

use crate::files::probe_case::ProbeCase;
use crate::report::page;

use super::{text, timeline};

/// Returns the page of a case. `file` is its name in commands.
pub fn page(case: &ProbeCase, file: &str) -> String {
    let title = format!("{}: {}", case.probe.dir, text::sentence(case));
    let last = case.steps.len();
    let body = html! {
        main {
            p.over { "Locks of a mounted filesystem, checked against the models" }
            h1 { (text::sentence(case)) }
            p { (text::place(&case.probe)) }
            p { "These calls show it in " (case.rate.failed) " of " (case.rate.runs) " runs." }
            h2 { "The locks that callers were granted" }
            p.legend {
                span { "a bar: a lock, from the call after which it is held" }
                span { "red: held at the same time as a lock that excludes it" }
            }
            div.wide tabindex="0" { (timeline::draw(case)) }
            h2 { "The calls" }
            div.wide tabindex="0" {
                table {
                    thead { tr { th { "" } th { "call" } th { "what came after it" } th { "what the models admit" } } }
                    tbody {
                        @for (number, step) in (1..).zip(&case.steps) {
                            @let own = step.call.split(':').next().unwrap_or_default();
                            tr {
                                th.bad[number == last] { (number) }
                                td { code { (step.call) } }
                                td { (text::answers(own, &step.answers)) }
                                td { (step.admitted.join(", or ")) }
                            }
                        }
                    }
                }
            }
            @if let Some(listed) = &case.failure.listed {
                h2 { "/proc/locks after the last call" }
                @if listed.is_empty() { p { "No lock." } }
                @for line in listed { p { code { (line) } } }
            }
            h2 { "Run it again" }
            (page::command(&format!("latchwork replay {file}")))
        }
        (page::footer())
    };
    page::page(&title, &body)
}
