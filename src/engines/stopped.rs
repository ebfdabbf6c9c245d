//! Why a search ended early.

use serde::{Deserialize, Serialize};

/// Why a search ended before the space was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stopped {
    /// Everything requested was found.
    Found,
    /// The levels within the requested depth were checked.
    Depth,
    /// The constraint of the model holds in no further state.
    Constraint,
    /// The budget of states was used up.
    States,
    /// The budget of memory was used up.
    Memory,
    /// The budget of time was used up.
    Time,
    /// The search was interrupted.
    Interrupted,
    /// Symmetry was requested, but the model is not symmetric: the results are not valid.
    Asymmetric,
    /// The disk is full, or failed.
    Disk,
    /// A search on disk keeps no graph, so properties of fair runs are not decided; all other
    /// properties are.
    NoGraph,
    /// There are too many fair units to decide properties of fair runs; all other properties are
    /// decided.
    TooManyFair,
}

impl Stopped {
    /// Returns whether every state up to a known border was checked.
    pub const fn is_border(self) -> bool {
        matches!(self, Self::Depth | Self::Constraint)
    }

    /// Returns the reason as reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Depth => "depth",
            Self::Constraint => "constraint",
            Self::States => "states",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Interrupted => "interrupt",
            Self::Asymmetric => "asymmetry",
            Self::Disk => "disk",
            Self::NoGraph => "graph",
            Self::TooManyFair => "fair processes",
        }
    }
}
