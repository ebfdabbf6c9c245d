//! The case of a probe: calls of workers on a mounted filesystem whose answers the models do not
//! admit.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoding::json::{Document, Problem};
use crate::probe::MOST_WORKERS;
use crate::probe::op::Op;
use crate::probe::planted::Planted;
use crate::probe::world::Disagreement;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A case of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeCase {
    /// The version of the format: 1.
    pub format: u32,
    /// Where the calls were made.
    pub probe: Place,
    /// What the last call shows.
    pub failure: Shown,
    /// How often the calls showed it.
    pub rate: Rate,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

/// Where and by whom calls are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The folder.
    pub dir: String,
    /// The same folder through another mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<String>,
    /// The type of the filesystem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
    /// The number of workers, from 1 to 8.
    pub workers: usize,
    /// The milliseconds that an answer may take.
    pub hang_ms: u64,
    /// A defect that the workers simulate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planted: Option<String>,
}

/// The disagreement of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// `answer`, `woken`, `not_woken` or `table`.
    pub kind: String,
    /// What was observed after the last call.
    pub got: String,
    /// The lines of `/proc/locks`, if they are what disagrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Vec<String>>,
}

/// In how many of some runs a case failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The runs that failed.
    pub failed: u32,
    /// All runs.
    pub runs: u32,
}

/// A call, and what came after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The worker and its call: `w0: fcntl(fd0, F_SETLK, F_WRLCK, 0, 1)`.
    pub call: String,
    /// The answers that followed, each with its worker: `w0: 0`.
    pub answers: Vec<String>,
    /// What the models admit.
    pub admitted: Vec<String>,
}

impl ProbeCase {
    /// Whether a document is meant as a case of a probe, and not of a protocol.
    pub fn is_meant(document: &Document) -> Result<bool, Problem> {
        Ok(document.root()?.members()?.iter().any(|member| member.key == "probe"))
    }

    /// Reads a case file.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Self::read(&Document::open(path)?, &path.display().to_string())
    }

    /// Reads a case from a document; `file` is its name in errors.
    pub fn read(document: &Document, file: &str) -> Result<Self, Problem> {
        let case: Self = document.parse()?;
        let problem = |message: String| Err(Problem::of_file(file, message));
        if case.format != FORMAT {
            return problem(format!("unknown format {}", case.format));
        }
        if !(1..=MOST_WORKERS).contains(&case.probe.workers) {
            return problem(format!("`workers` is a number from 1 to {MOST_WORKERS}"));
        }
        if case.kind().is_none() {
            return problem(format!("no disagreement is called `{}`", case.failure.kind));
        }
        if let Some(name) = &case.probe.planted
            && Planted::named(name).is_none()
        {
            return problem(format!("no defect is called `{name}`"));
        }
        match case.steps.iter().find(|step| Op::parse(&step.call).is_none()) {
            Some(step) => problem(format!("`{}` is no call of a worker", step.call)),
            None => Ok(case),
        }
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        // Strings, numbers, lists and objects with string keys cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Returns the disagreement; `None` if the name is not known.
    pub fn kind(&self) -> Option<Disagreement> {
        let known = Disagreement::ALL.iter().find(|(_, name)| *name == self.failure.kind);
        known.map(|(kind, _)| *kind)
    }

    /// Returns the calls.
    pub fn ops(&self) -> Vec<Op> {
        self.steps.iter().filter_map(|step| Op::parse(&step.call)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> ProbeCase {
        let step = |call: &str| Step {
            call: call.to_string(),
            answers: vec!["w0: 0".to_string()],
            admitted: vec!["0".to_string()],
        };
        ProbeCase {
            format: FORMAT,
            probe: Place {
                dir: "/mnt".to_string(),
                second: None,
                filesystem: Some("tmpfs".to_string()),
                workers: 2,
                hang_ms: 5000,
                planted: None,
            },
            failure: Shown { kind: "answer".to_string(), got: "0".to_string(), listed: None },
            rate: Rate { failed: 10, runs: 10 },
            steps: vec![step("w0: fcntl(fd0, F_SETLK, F_WRLCK, 0, 1)"), step("w1: exit()")],
        }
    }

    /// A key that is written but not read would make every case unreadable.
    #[test]
    fn what_is_written_is_read() {
        let text = case().to_text();
        let document = Document::new("case.json", text.clone());
        assert_eq!(ProbeCase::is_meant(&document), Ok(true));
        let read = ProbeCase::read(&document, "case.json").expect("a case");
        assert_eq!((read.ops().len(), read.to_text()), (2, text));
    }

    /// Nothing that a file says may be taken for a call that it is not.
    #[test]
    fn what_makes_no_sense_is_refused() {
        for (from, to, said) in [
            ("F_SETLK", "F_SETLOCK", "is no call of a worker"),
            ("\"answer\"", "\"anser\"", "no disagreement is called `anser`"),
            ("\"workers\": 2", "\"workers\": 9", "from 1 to 8"),
            ("\"format\": 1", "\"format\": 2", "unknown format 2"),
            ("\"rate\"", "\"rat\"", "unknown field `rat`"),
        ] {
            let document = Document::new("case.json", case().to_text().replace(from, to));
            let problem = ProbeCase::read(&document, "case.json").expect_err(to);
            assert!(problem.to_string().contains(said), "{problem}");
        }
    }
}
