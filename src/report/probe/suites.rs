//! The result of a probe as a suite with one test case.

use crate::jobs::probe::{Conclusion, Probed};
use crate::report::hosts::suites::{Item, Outcome, Suite};

use super::facts::Verdict;
use super::text;

/// Returns a probe as a suite.
pub fn suite(probed: &Probed) -> Suite {
    let calls = probed.calls;
    let (outcome, sentence) = match Verdict::of(probed) {
        Verdict::Agrees => {
            (Outcome::Passed, format!("the models admit every answer of {calls} calls"))
        }
        Verdict::Disagrees => (Outcome::Failed("disagrees"), "the models do not admit it".into()),
        Verdict::Vacuous => (Outcome::Failed("vacuous"), "no call met the lock of another".into()),
        Verdict::Hangs => (Outcome::Undecided("hangs"), "a call was not answered".into()),
        Verdict::Interrupted => (Outcome::Undecided("interrupted"), "it was interrupted".into()),
        Verdict::Broken => (Outcome::Undecided("broken"), "a worker could not go on".into()),
    };
    let (sentence, story) = match &probed.conclusion {
        Conclusion::Disagrees(case) => {
            let mut story = Vec::new();
            // Writing to memory cannot fail.
            let _ = text::write_case(&mut story, case);
            let story = String::from_utf8_lossy(&story).into_owned();
            (text::sentence(case).to_string(), Some(story))
        }
        _ => (sentence, None),
    };
    let name = "locks agree with the models".to_string();
    let item = Item { name, outcome, sentence, story };
    Suite { name: format!("probe {}", probed.place.dir), items: vec![item] }
}
