//! The input for the page of a protocol.

use std::path::Path;

use crate::encoding::json::Problem;
use crate::files::scenario::Scenario;
use crate::jobs::check::Checked;
use crate::protocols::Entry;

use super::matrix::Facts;

/// The input for the page of a protocol.
pub struct Review {
    /// The protocol.
    pub entry: &'static Entry,
    /// The results of its small scenarios.
    pub checked: Vec<Checked>,
    /// The scenarios of other sets, which are listed but not run.
    pub others: Vec<Other>,
    /// The matrix, if it was computed.
    pub matrix: Option<Facts>,
}

/// The acceptable results of switching off a rule, in the words of the matrix and of the page.
pub(super) const SOUND: [(&str, &str); 3] = [
    ("breaks", "without which something breaks"),
    ("breaks with others", "without which something breaks only if others are off too"),
    ("no effect, as declared", "without effect, as declared"),
];

/// A scenario that is not run for the page.
pub struct Other {
    /// The folder that contains it: `medium`, `large`.
    pub set: String,
    /// The scenario.
    pub scenario: Scenario,
}

impl Review {
    /// Creates the review of a protocol. `folder` contains the reports of protocols.
    pub fn new(
        entry: &'static Entry,
        folder: &Path,
        checked: Vec<Checked>,
        mut others: Vec<Other>,
    ) -> Result<Self, Problem> {
        let matrix = Facts::open(entry, &folder.join(entry.name), &checked)?;
        // By set, regardless of the order in which they were read.
        others.sort_by(|one, other| one.set.cmp(&other.set));
        Ok(Self { entry, checked, others, matrix })
    }

    /// Returns whether no rule has an unacceptable result.
    pub fn is_sound(&self) -> bool {
        self.matrix.as_ref().is_none_or(|matrix| {
            let sound: usize = SOUND.iter().map(|(ruling, _)| matrix.count(ruling)).sum();
            sound == matrix.rows.len()
        })
    }
}

/// Returns the sections of a page whose titles begin with `title`.
pub(super) fn sections(
    readme: &'static str,
    title: &'static str,
) -> impl Iterator<Item = &'static str> {
    let all = readme.split("\n## ").skip(1).filter(move |section| section.starts_with(title));
    all.filter_map(|section| section.split_once('\n').map(|(_, below)| below.trim()))
}

/// Returns a number of steps in words.
pub(super) fn steps(count: u64) -> String {
    format!("{count} {}", if count == 1 { "step" } else { "steps" })
}

/// Returns a cell of a column that is shown only if it does not say the same in every line.
pub(super) fn column(shown: bool, words: &str) -> String {
    if shown { format!(" {words} |") } else { String::new() }
}

/// Returns a text for a table cell: on one line, with `|` escaped.
pub(super) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
