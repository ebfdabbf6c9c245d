//! The heading of an exported run.

use crate::engines::verdict::BuiltIn;
use crate::report::run::story::Story;
use crate::report::words::after;

/// Returns what a run shows, in a sentence.
pub fn headline(story: &Story) -> String {
    let (name, verdict) = (story.run.configuration.entry.name, &story.verdict);
    let shown = if verdict.violated { "is violated" } else { "is reached" };
    let goes_on = match (verdict.cycle, story.is_stuck()) {
        (Some(_), _) => "; then a cycle repeats",
        (None, true) if verdict.property == BuiltIn::CanFinish.name() => "; then one continuation",
        _ => "",
    };
    format!("{name}: {} {shown} {}{goes_on}", verdict.property, after(verdict.steps))
}
