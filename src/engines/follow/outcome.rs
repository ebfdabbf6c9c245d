//! The outcome of following a recording.

use crate::engines::verdict::{Path, PropertySet};

use super::space::StateId;

/// The outcome of following a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// A run of the model explains the recording and violates nothing.
    Admitted {
        /// The run.
        run: Run,
        /// The properties that some run violates, if requested.
        may: PropertySet,
    },
    /// Runs of the model explain the recording, and every one violates something.
    Violates {
        /// One of them.
        run: Run,
        /// The properties that every run violates. If empty, different runs violate different
        /// properties.
        every: PropertySet,
        /// The properties that some run violates.
        some: PropertySet,
        /// The item at which the violation becomes certain.
        certain: usize,
    },
    /// No run of the model explains the recording: this item happens in none.
    Rejected(Rejection),
    /// More configurations than this were visited.
    TooMany(usize),
}

/// The place at which a recording stops being a run of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The item that happens in no run.
    pub item: usize,
    /// The states in which it does not happen, those with the most items behind them first.
    pub states: Vec<StateId>,
}

/// A run of the model that explains a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The run.
    pub path: Path,
    /// For each step, the item that it corresponds to, if any.
    pub items: Vec<Option<usize>>,
}
