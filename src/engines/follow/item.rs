//! What a recording says: items, each with a window and the ways in which it can have happened.

use latchwork_model::kit::Step;

/// Something that the recording says, and when it may have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The first position at which it may have happened.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// Whether it has happened: what is missing an answer may not have.
    pub must: bool,
    /// What may have happened: one of these, once.
    pub ways: Vec<Way>,
    /// The items, by position in the list, that happened before it if at all.
    pub needs: Vec<usize>,
}

/// One way in which an item can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The step of the model; `None`: something is only seen.
    pub step: Option<Step>,
    /// What is so in the state before it.
    pub before: Vec<Fact>,
    /// What is so in the state after it.
    pub after: Vec<Fact>,
}

/// Something that is so in a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A field has a value, or has not.
    Field {
        /// The names on the way to it: `node.n0.busy`; `node.n0.cb[0]` is the first of a list.
        path: String,
        /// Whether it has the value.
        is: bool,
        /// The value as it is written: `1`, `EX`; `-` where nothing is in it.
        value: String,
    },
    /// No process of these lanes can take a step, faults apart.
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

/// What steps a recording has no word for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silent {
    /// These, whatever they do.
    pub always: Vec<Step>,
    /// These, as long as they change nothing in these fields: a call that the recording does not
    /// show has not changed the server.
    pub quiet: Vec<Step>,
    /// How the paths of those fields begin.
    pub quiet_fields: Vec<String>,
}
