//! What following a recording came to.

use crate::engines::verdict::{Path, PropertySet};

use super::space::StateId;

/// What following a recording came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Some run of the model explains it, and violates nothing.
    Admitted {
        /// The run.
        run: Run,
        /// The properties that some run violates, if that was asked for.
        may: PropertySet,
    },
    /// Runs of the model explain it, and every one violates something.
    Violates {
        /// One of them.
        run: Run,
        /// The properties that every one violates; where it is none, each violates some.
        every: PropertySet,
        /// The properties that some violate.
        some: PropertySet,
        /// The item with which it is certain.
        certain: usize,
    },
    /// No run of the model explains it: this item happens in none.
    Rejected(Rejection),
    /// More configurations than this were met.
    TooMany(usize),
}

/// Where a recording stops being a run of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The item that happens in no run.
    pub item: usize,
    /// The states in which it is missing, those with the most items behind them first.
    pub states: Vec<StateId>,
}

/// A run of the model that explains a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The run.
    pub path: Path,
    /// For each step the item that it is, if it is one.
    pub items: Vec<Option<usize>>,
}
