//! Options of a search: what to look for, how far, and who observes it.

use serde::{Deserialize, Serialize};

use std::ops::Range;

use crate::engines::verdict::{PropertySet, Stopped};

use super::checkpoint::Checkpoint;

/// Options of a search: what to look for, and how far.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of threads.
    pub threads: usize,
    /// The properties to check.
    pub properties: PropertySet,
    /// The actions for which to find a shortest run to their first firing, by position.
    pub witnesses: Vec<u8>,
    /// Stop as soon as all of these are found; if empty, never.
    pub until: PropertySet,
    /// But do not stop before this level is expanded.
    pub down_to: usize,
    /// End after the level on which a property other than a goal is violated for the first time.
    /// Properties that only the whole space shows are not judged then.
    pub first_violation: bool,
    /// Whether to explore one representative of each set of states that differ only by exchanging
    /// interchangeable processes.
    pub symmetry: bool,
    /// The maximum number of states.
    pub states: Option<u64>,
    /// Check only the states that can be reached in this many steps.
    pub depth: Option<usize>,
    /// The maximum number of bytes for the table, states and edges, and afterwards for checking
    /// properties on the graph. Frontiers that do not fit go to disk.
    pub memory: Option<u64>,
    /// The maximum number of frontier bytes to keep in memory, if that is less than what `memory`
    /// leaves.
    pub frontier: Option<u64>,
    /// Store states exactly, so that no state can be mistaken for another.
    pub exact: bool,
    /// Where to checkpoint the search, and from where to resume it if a checkpoint exists.
    pub checkpoint: Option<Checkpoint>,
    /// A planted defect, for the tests that must detect it.
    #[cfg(test)]
    pub(crate) planted: super::planted::Planted,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            properties: PropertySet::ALL,
            witnesses: Vec::new(),
            until: PropertySet::EMPTY,
            down_to: 0,
            first_violation: false,
            symmetry: false,
            states: None,
            depth: None,
            memory: None,
            frontier: None,
            exact: false,
            checkpoint: None,
            #[cfg(test)]
            planted: super::planted::Planted::Nothing,
        }
    }
}

/// What a rank of a search has after a level: measured, and in no report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankFigures {
    /// The number of states of the level that it has found.
    pub frontier: u64,
    /// The bytes of its table.
    pub memory: u64,
    /// The bytes of all mails that it has sent.
    pub mails: u64,
    /// The bytes of its files.
    pub disk: u64,
}

/// An observer of a search, which can also stop it.
pub trait Watch: Sync {
    /// Called when a level is finished.
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        let _ = (level, distinct, frontier);
    }

    /// Reports the bytes in use for the table, states and edges.
    fn memory(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Called before [`Watch::level`] in a search by ranks: the number of states on each level, and what
    /// the ranks have.
    fn ranks(&self, levels: &[u64], ranks: &[RankFigures]) {
        let _ = (levels, ranks);
    }

    /// Reports the bytes of the files of a search on disk.
    fn disk(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Called when the runs with these numbers begin.
    fn runs(&self, numbers: &Range<u64>) {
        let _ = numbers;
    }

    /// Returns whether to stop the search now.
    fn interrupted(&self) -> bool {
        false
    }

    /// Returns why the search is to stop.
    fn why(&self) -> Stopped {
        Stopped::Interrupted
    }

    /// Reports something that is good to know.
    fn note(&self, sentence: &str) {
        let _ = sentence;
    }

    /// Reports a problem that does not affect the result of the search.
    fn problem(&self, sentence: &str) {
        let _ = sentence;
    }
}

/// Observes nothing and never stops the search.
impl Watch for () {}
