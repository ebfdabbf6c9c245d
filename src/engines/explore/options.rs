//! What to look for, how far, and who watches.

use std::ops::Range;

use crate::engines::verdict::{PropertySet, Stopped};

use super::checkpoint::Checkpoint;

/// What to look for, and how far.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads search.
    pub threads: usize,
    /// The properties to look at.
    pub properties: PropertySet,
    /// The actions of which a shortest run to their first firing is wanted, by position.
    pub witnesses: Vec<u8>,
    /// End as soon as all of these are found; nothing in it: never.
    pub until: PropertySet,
    /// But not before this level is expanded.
    pub down_to: usize,
    /// End after the level on which a property other than a goal is violated for the first time.
    /// Properties that only the whole space shows are not judged then.
    pub first_violation: bool,
    /// Whether to search one state for all that differ by an exchange of interchangeable processes.
    pub symmetry: bool,
    /// The most states to find.
    pub states: Option<u64>,
    /// The most bytes to use for the table, states and edges, and then for looking at the edges.
    /// Frontiers for which it leaves no room go to disk.
    pub memory: Option<u64>,
    /// The most bytes of frontiers to keep in memory, if that is less than `memory` leaves.
    pub frontier: Option<u64>,
    /// Store states whole, so that none can be taken for another one.
    pub exact: bool,
    /// Where to write the search down, and to go on from if it was.
    pub checkpoint: Option<Checkpoint>,
    /// A defect, for the tests that must notice it.
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
            memory: None,
            frontier: None,
            exact: false,
            checkpoint: None,
            #[cfg(test)]
            planted: super::planted::Planted::Nothing,
        }
    }
}

/// Somebody who watches a search, and may end it.
pub trait Watch: Sync {
    /// A level is finished.
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        let _ = (level, distinct, frontier);
    }

    /// So many bytes are in use for the table, states and edges.
    fn memory(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Runs with these numbers begin.
    fn runs(&self, numbers: &Range<u64>) {
        let _ = numbers;
    }

    /// Whether to end the search now.
    fn interrupted(&self) -> bool {
        false
    }

    /// Why the search is to end.
    fn why(&self) -> Stopped {
        Stopped::Interrupted
    }

    /// Something went wrong that does not change what the search comes to.
    fn problem(&self, sentence: &str) {
        let _ = sentence;
    }
}

/// Nobody watches.
impl Watch for () {}
