//! The case of a storm: who stormed where and how, and what went wrong.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoding::json::{Document, Problem};
use crate::probe::MOST_WORKERS;
use crate::probe::planted::Planted;
use crate::probe::storm::verdict::Wrong;
use crate::probe::storm::{MOST_FILES, SLOTS, Shape};

use super::probe_case::{Place, Rate};

/// The version of the format.
pub const FORMAT: u32 = 1;
/// The longest storm of a case.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A case of a storm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StormCase {
    /// The version of the format: 1.
    pub format: u32,
    /// The storm.
    pub storm: Storm,
    /// What went wrong.
    pub failure: Failure,
    /// In how many storms of this kind it went wrong.
    pub rate: Rate,
}

/// What a storm consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// Where, and by how many workers.
    pub place: Place,
    /// The seed of the calls.
    pub seed: u64,
    /// Whether record locks of processes are taken.
    pub posix: bool,
    /// Whether record locks of open files are taken.
    pub ofd: bool,
    /// The number of files.
    pub files: u16,
    /// The number of slots of each.
    pub slots: u8,
    /// The milliseconds for which all workers use one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_ms: Option<u64>,
    /// The milliseconds that it takes.
    pub time_ms: u64,
    /// The command that disturbs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturb: Option<Disturb>,
}

/// A command that disturbs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disturb {
    /// The command. A replay runs only one that is given again.
    pub command: String,
    /// The milliseconds from one start to the next.
    pub every_ms: u64,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `both_hold`, `lost_count`, `stale_read` or `changed`.
    pub kind: String,
    /// The milliseconds from the start of the storm until it was certain.
    pub after_ms: u64,
    /// The locks that show it.
    pub locks: Vec<String>,
}

impl StormCase {
    /// Whether a document is meant as a case of a storm.
    pub fn is_meant(document: &Document) -> Result<bool, Problem> {
        Ok(document.root()?.members()?.iter().any(|member| member.key == "storm"))
    }

    /// Reads a case file.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Self::read(&Document::open(path)?, &path.display().to_string())
    }

    /// Reads a case from a document; `file` is its name in errors.
    pub fn read(document: &Document, file: &str) -> Result<Self, Problem> {
        let case: Self = document.parse()?;
        let Storm { place, files, slots, turn_ms, time_ms, posix, ofd, disturb, .. } = &case.storm;
        let times = [Some(*time_ms), *turn_ms, disturb.as_ref().map(|disturb| disturb.every_ms)];
        let longest = LONGEST.as_millis() as u64;
        let message = if case.format != FORMAT {
            format!("unknown format {}", case.format)
        } else if !(1..=MOST_WORKERS).contains(&place.workers) {
            format!("`workers` is a number from 1 to {MOST_WORKERS}")
        } else if !(1..=MOST_FILES).contains(files) {
            format!("`files` is a number from 1 to {MOST_FILES}")
        } else if !(1..=SLOTS).contains(slots) {
            format!("`slots` is a number from 1 to {SLOTS}")
        } else if !times.into_iter().flatten().all(|time| (1..=longest).contains(&time)) {
            "a time is from 1 millisecond to a day".to_string()
        } else if !(*posix || *ofd) {
            "a storm takes `posix` locks, `ofd` locks or both".to_string()
        } else if case.kind().is_none() {
            format!("nothing that goes wrong is called `{}`", case.failure.kind)
        } else if let Some(name) =
            place.planted.as_ref().filter(|name| Planted::named(name).is_none())
        {
            format!("no defect is called `{name}`")
        } else {
            return Ok(case);
        };
        Err(Problem::of_file(file, message))
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        // Strings, numbers, lists and objects with string keys cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Returns what went wrong; `None` if the name is not known.
    pub fn kind(&self) -> Option<Wrong> {
        Wrong::ALL.into_iter().find(|kind| kind.name() == self.failure.kind)
    }
}

impl Storm {
    /// The files and slots.
    pub const fn shape(&self) -> Shape {
        Shape { files: self.files, slots: self.slots, turn_ms: self.turn_ms }
    }
}

#[cfg(test)]
#[cfg(test)]
impl StormCase {
    /// Returns a case for tests.
    pub fn example() -> Self {
        let place = Place {
            dir: "/mnt".to_string(),
            second: None,
            filesystem: Some("nfs4".to_string()),
            workers: 2,
            hang_ms: 5000,
            planted: None,
        };
        let disturb = Some(Disturb { command: "true".to_string(), every_ms: 1000 });
        let (files, slots, turn_ms, time_ms) = (2, 4, None, 60_000);
        let (seed, posix, ofd) = (7, true, false);
        let failure =
            Failure { kind: "both_hold".to_string(), after_ms: 17, locks: vec!["w0".to_string()] };
        Self {
            format: FORMAT,
            storm: Storm { place, seed, posix, ofd, files, slots, turn_ms, time_ms, disturb },
            failure,
            rate: Rate { failed: 1, runs: 5 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = StormCase::example().to_text();
        let document = Document::new("case.json", text.clone());
        assert_eq!(StormCase::is_meant(&document), Ok(true));
        let read = StormCase::read(&document, "case.json").expect("a case");
        assert_eq!((read.kind(), read.to_text()), (Some(Wrong::BothHold), text));
    }

    /// No damage makes the reader panic, and a case that is cut off is refused.
    #[test]
    fn a_damaged_case_is_refused() {
        let text = StormCase::example().to_text();
        let read = |text: &str| StormCase::read(&Document::new("case.json", text), "case.json");
        for at in 0..text.trim_end().len() {
            let problem = read(&text[..at]).expect_err("it is cut off");
            assert!(!problem.message.is_empty());
            for other in ["", "0", "\"", "{", "]", "9999999999999999999999"] {
                let damaged = [&text[..at], other, &text[at + 1..]].concat();
                if let Ok(case) = read(&damaged) {
                    let again = read(&case.to_text()).expect("what is written is read");
                    assert_eq!(again, case);
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (from, to, said) in [
            ("\"format\": 1", "\"format\": 2", "unknown format 2"),
            ("\"workers\": 2", "\"workers\": 9", "from 1 to 8"),
            ("\"files\": 2", "\"files\": 0", "from 1 to 2000"),
            ("\"slots\": 4", "\"slots\": 5", "from 1 to 4"),
            ("\"time_ms\": 60000", "\"time_ms\": 0", "from 1 millisecond to a day"),
            ("\"every_ms\": 1000", "\"every_ms\": 0", "from 1 millisecond to a day"),
            ("\"posix\": true", "\"posix\": false", "takes `posix` locks"),
            ("both_hold", "both_holds", "is called `both_holds`"),
            ("\"rate\"", "\"rat\"", "unknown field `rat`"),
        ] {
            let document =
                Document::new("case.json", StormCase::example().to_text().replace(from, to));
            let problem = StormCase::read(&document, "case.json").expect_err(to);
            assert!(problem.to_string().contains(said), "{problem}");
        }
    }
}
