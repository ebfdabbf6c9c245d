//! The heading of an exported run.

use crate::engines::verdict::BuiltIn;
use crate::report::run::story::Story;

/// Returns what a run shows, in a sentence.
pub fn headline(story: &Story) -> String {
    let (name, verdict) = (story.run.configuration.entry.name, &story.verdict);
    let shown = if verdict.violated { "is violated" } else { "is reached" };
    let word = if verdict.steps == 1 { "step" } else { "steps" };
    let goes_on = match (verdict.cycle, story.is_stuck()) {
        (Some(_), _) => "; then it goes round in a cycle",
        (None, true) if verdict.property == BuiltIn::CanFinish.name() => "; then one way on",
        _ => "",
    };
    format!("{name}: {} {shown} after {} {word}{goes_on}", verdict.property, verdict.steps)
}
