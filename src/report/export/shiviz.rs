//! The log format of `ShiViz`: two lines per event, the second one with a vector clock. An event
//! happens after the steps of other processes that it needs, and after the steps that put the items
//! it takes out of a channel.

use std::collections::BTreeMap;

use crate::report::run::story::Story;
use crate::report::run::text::grouped;

use super::headline::headline;

/// The regular expression that parses the log: the default of `ShiViz`.
pub const PARSER: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";

/// Returns the log of a story. The parser matches none of its header lines, so they are skipped.
pub fn to_log(story: &Story) -> String {
    let mut log = format!("# {}\n# parser: {PARSER}\n", headline(story));
    let mut clocks: Vec<BTreeMap<&str, usize>> = Vec::new();
    for (at, step) in story.run.steps.iter().enumerate() {
        let host = story.run.processes[step.process].as_str();
        let own = (0..at).rev().find(|before| story.run.steps[*before].process == step.process);
        let taken = story.run.messages.iter().filter(|message| message.taken == Some(at));
        let before = step.causes.iter().copied().chain(own).chain(taken.map(|one| one.sent));
        let mut clock: BTreeMap<&str, usize> = BTreeMap::new();
        for before in before {
            for (host, count) in &clocks[before] {
                let known = clock.entry(host).or_insert(0);
                *known = (*known).max(*count);
            }
        }
        *clock.entry(host).or_insert(0) += 1;
        let changes = grouped(&step.changes).join(" ");
        let entries: Vec<String> =
            clock.iter().map(|(host, count)| format!("\"{host}\":{count}")).collect();
        let (number, action) = (at + 1, &step.action);
        let event = format!("{number}. {action} {changes}");
        log.push_str(&format!("{}\n{host} {{{}}}\n", event.trim_end(), entries.join(",")));
        clocks.push(clock);
    }
    log
}
