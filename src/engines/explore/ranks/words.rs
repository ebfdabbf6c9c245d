//! What rank 0 and the other ranks say to each other between levels.

use std::io;

use latchwork_model::kit::Model;
use serde::{Deserialize, Serialize};

use crate::engines::explore::disk::states::Size;
use crate::engines::explore::disk::traces::Wanted;
use crate::engines::explore::found::Found;
use crate::engines::explore::options::RankFigures;
use crate::engines::verdict::{Coverage, PropertySet, Stopped, properties};

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
    /// What it has: measured, and not for the result.
    pub figures: RankFigures,
}

/// No count of a search is as large.
const MOST: u64 = 1 << 48;

impl Report {
    /// Returns whether a rank can have sent this report, given the file that its new states belong in.
    pub fn is_possible<M: Model>(&self, file: &str) -> bool {
        let Self { coverage, shown, part, fresh, .. } = self;
        let empty = Coverage::of::<M>();
        let known = properties::<M>().len();
        let actions = coverage.actions.iter().flat_map(|count| [count.enabled, count.fired]);
        let figures = [self.figures.frontier, self.figures.memory, self.figures.mails];
        let sizes = part.iter().flat_map(|part| [part.size.items, part.size.bytes]);
        let others = [*fresh, self.figures.disk].into_iter().chain(figures).chain(sizes);
        let mut counts = actions.chain(coverage.antecedents.iter().copied()).chain(others);
        coverage.actions.len() == empty.actions.len()
            && coverage.antecedents.len() == empty.antecedents.len()
            && shown.iter().all(|property| usize::from(property.0) < known)
            && part.as_ref().is_none_or(|part| part.file == file)
            && counts.all(|count| count < MOST)
    }
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

/// What a rank has found in a sweep of a level.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Swept {
    /// The number of states that can finish, and could not before.
    pub found: u64,
    /// The number of states that cannot finish as far as is known.
    pub left: u64,
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
    /// To rank 0: the result of the sweep.
    Swept(Swept),
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

/// The error of a word that does not belong here.
pub fn out_of_turn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a rank has sent a word out of turn")
}
