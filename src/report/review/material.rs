//! What the page of a protocol is made of.

use std::path::Path;

use crate::encoding::json::Problem;
use crate::files::scenario::Scenario;
use crate::jobs::check::Checked;
use crate::protocols::Entry;

use super::matrix::Facts;

/// All that the page of a protocol is made of.
pub struct Review {
    /// The protocol.
    pub entry: &'static Entry,
    /// Its small scenarios, run.
    pub checked: Vec<Checked>,
    /// The scenarios of other sets, which are named and not run.
    pub others: Vec<Other>,
    /// The matrix, if it was made.
    pub matrix: Option<Facts>,
}

/// What is found without a rule when all is well, as the matrix says it and in words.
pub(super) const SOUND: [(&str, &str); 3] = [
    ("breaks", "without which something breaks"),
    ("breaks with others", "without which something breaks only if others are off too"),
    ("no effect, as declared", "without effect, as declared"),
];

/// A scenario that is not run for the page.
pub struct Other {
    /// The folder in which it stands: `medium`, `large`.
    pub set: String,
    /// The scenario.
    pub scenario: Scenario,
}

impl Review {
    /// The review of a protocol. `folder` is where the reports of protocols stand.
    pub fn new(
        entry: &'static Entry,
        folder: &Path,
        checked: Vec<Checked>,
        mut others: Vec<Other>,
    ) -> Result<Self, Problem> {
        let matrix = Facts::open(entry, &folder.join(entry.name), &checked)?;
        // By set, whoever has read them.
        others.sort_by(|one, other| one.set.cmp(&other.set));
        Ok(Self { entry, checked, others, matrix })
    }

    /// Whether nothing is known against a rule.
    pub fn is_sound(&self) -> bool {
        self.matrix.as_ref().is_none_or(|matrix| {
            let sound: usize = SOUND.iter().map(|(ruling, _)| matrix.count(ruling)).sum();
            sound == matrix.rows.len()
        })
    }
}

/// The sections of a page whose titles begin like this.
pub(super) fn sections(
    readme: &'static str,
    title: &'static str,
) -> impl Iterator<Item = &'static str> {
    let all = readme.split("\n## ").skip(1).filter(move |section| section.starts_with(title));
    all.filter_map(|section| section.split_once('\n').map(|(_, below)| below.trim()))
}

/// So many steps.
pub(super) fn steps(count: u64) -> String {
    format!("{count} {}", if count == 1 { "step" } else { "steps" })
}

/// A text in a cell of a table: on one line, without what would end the cell.
pub(super) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
