//! The content of a recording: items, each with a window and the ways in which it can have
//! happened.

use latchwork_model::kit::Step;

/// Something that a recording shows, and when it may have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The first position at which it may have happened.
    pub from: u64,
    /// The last position at which it may have happened.
    pub to: u64,
    /// Whether it must have happened. A call without an answer may not have.
    pub must: bool,
    /// The alternatives: exactly one of these happened.
    pub ways: Vec<Way>,
    /// The items, by position in the list, that happened before it, if they happened at all.
    pub needs: Vec<usize>,
}

/// One way in which an item can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The step of the model; `None` for an observation without a step.
    pub step: Option<Step>,
    /// The facts that hold in the state before it.
    pub before: Vec<Fact>,
    /// The facts that hold in the state after it.
    pub after: Vec<Fact>,
}

/// A fact about a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A field has a value, or does not have it.
    Field {
        /// The path to the field: `node.n0.busy`; `node.n0.cb[0]` is the first item of a list.
        path: String,
        /// Whether it has the value.
        is: bool,
        /// The value as text: `1`, `EX`; `-` if the field is empty.
        value: String,
    },
    /// No process of these lanes can take a step, except for faults.
    Resting {
        /// The lanes by position.
        lanes: Vec<u8>,
    },
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field { path, is: true, value } => write!(f, "{path} is {value}"),
            Self::Field { path, is: false, value } => write!(f, "{path} is not {value}"),
            Self::Resting { .. } => f.write_str("nobody there can go on"),
        }
    }
}

/// The steps that a recording cannot show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silent {
    /// Steps that are always silent.
    pub always: Vec<Step>,
    /// Steps that are silent as long as they do not change these fields: a call that the recording
    /// does not show has not changed the server.
    pub quiet: Vec<Step>,
    /// The prefixes of the paths of those fields.
    pub quiet_fields: Vec<String>,
}
