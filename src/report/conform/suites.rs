//! The result of checking a recording, as test cases: one suite per slice, one case per profile.

use crate::report::hosts::suites::{Item, Outcome, Suite};

use super::facts::{Facts, SliceResult, Verdict};
use super::text::sentence;

/// Returns all slices as suites.
pub fn suites(facts: &Facts) -> Vec<Suite> {
    let suite = |slice: &super::facts::SliceFacts| Suite {
        name: format!("{} {}", facts.protocol, slice.name),
        items: slice.results.iter().map(item).collect(),
    };
    facts.slices.iter().map(suite).collect()
}

fn item(result: &SliceResult) -> Item {
    let (word, sentence) = sentence(result);
    let outcome = match result.verdict {
        Verdict::Admitted => Outcome::Passed,
        Verdict::Violates => Outcome::Failed("violated"),
        Verdict::Rejected => Outcome::Failed("rejected"),
        Verdict::Vacuous => Outcome::Failed("vacuous"),
        Verdict::Inconclusive => Outcome::Undecided("inconclusive"),
        Verdict::NoModel => Outcome::Skipped,
    };
    let sentence = format!("{word}: {sentence}");
    Item { name: format!("conforms to {}", result.profile), outcome, sentence, story: None }
}
