//! What became of predictions that were played on real kernels: a file that people write.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::encoding::json::{Document, Problem};

/// What people know of predictions: how faults are brought about, and what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// The faults that can be brought about from outside, on a wire or at system calls.
    pub faults: Vec<Made>,
    /// The outcomes, each of another prediction.
    pub outcomes: Vec<Outcome>,
}

/// How a fault is brought about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The protocol.
    pub protocol: String,
    /// The action of the fault.
    pub fault: String,
    /// How, in a few words.
    pub by: String,
}

/// What became of one prediction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The profile.
    pub profile: String,
    /// The protocol.
    pub protocol: String,
    /// The property.
    pub property: String,
    /// The action that decides it; missing if all of what repeats forever shows it.
    pub decided_by: Option<String>,
    /// What was seen.
    pub seen: Seen,
    /// The versions, runs and controls, and what was not checked.
    pub how: String,
}

/// What was seen when a prediction was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The kernel did what was predicted.
    Confirmed,
    /// In the predicted situation the kernel did something else.
    Refuted,
    /// The situation was not brought about.
    NotReached,
}

impl Outcomes {
    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Document::open(path)?.parse()
    }
}
