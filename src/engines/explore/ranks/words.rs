//! What rank 0 and the other ranks say to each other between levels.

use serde::{Deserialize, Serialize};

use crate::engines::explore::disk::states::Size;
use crate::engines::explore::disk::traces::Wanted;
use crate::engines::explore::found::Found;
use crate::engines::verdict::{Coverage, PropertySet, Stopped};

/// States of a level, in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name of the file.
    pub file: String,
    /// What it holds.
    pub size: Size,
}

/// A search after a level, as it is committed.
#[derive(Serialize, Deserialize)]
pub struct Progress {
    /// What it has found.
    pub found: Found,
    /// By level: the states.
    pub levels: Vec<Vec<Part>>,
    /// Whether every level is expanded.
    pub is_over: bool,
}

/// What a rank has found on its part of a level.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// How often actions fired, and properties applied.
    pub coverage: Coverage,
    /// The properties shown.
    pub shown: PropertySet,
    /// Whether the constraint of the model does not hold in a state.
    pub constrained: bool,
    /// The new states.
    pub part: Option<Part>,
    /// The number of states to expand next.
    pub fresh: u64,
    /// Why the part was not finished.
    pub stopped: Option<Stopped>,
    /// The bytes of its table.
    pub memory: u64,
}

/// States that a rank gives to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The rank that gives.
    pub from: usize,
    /// The rank that takes.
    pub to: usize,
    /// The number of states.
    pub states: u64,
}

/// What all ranks do next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decision {
    /// Whether to expand another level.
    pub goes_on: bool,
    /// Who gives states to whom before.
    pub moves: Vec<Move>,
    /// Whether to bring all files to the disk before.
    pub commits: bool,
}

/// What rank 0 and the other ranks say to each other.
#[derive(Debug, Serialize, Deserialize)]
pub enum Word {
    /// To all: begin, with these states of each level; none if the search begins.
    Begin(Vec<Vec<Part>>),
    /// To rank 0: what a level has shown.
    Report(Box<Report>),
    /// To all: what comes next.
    Decision(Decision),
    /// To rank 0: the files are on disk.
    OnDisk,
    /// To all: select states of a level.
    Select(usize, Wanted),
    /// To all: forget who can finish.
    BeginSweeps,
    /// To all: look which states of a level can finish.
    Sweep(usize),
    /// To rank 0: so many can finish that could not before.
    Swept(u64),
    /// To all: name the first level with states that cannot finish.
    FirstLeft,
    /// To rank 0: that level.
    Left(Option<usize>),
    /// To all: return the states of a level that cannot finish.
    SelectLeft(usize),
    /// To rank 0: states follow in so many mails.
    States(usize),
    /// To all: free memory.
    Free,
    /// To all: it is over.
    End,
    /// To rank 0: this rank cannot go on.
    Failed(String),
}
