//! The thread-shaped forms of the protocols: which configurations have one, and how the code can
//! be flawed.
//!
//! A *rule* is a clause of the protocol; the model has it too. A *flaw* is a mistake in the code
//! that the model does not know: a memory ordering that is too weak, or a planted defect.

use latchwork_model::kit::Setup;

use crate::engines::threads::Body;

/// A flaw that the code of a form can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub doc: &'static str,
    /// What kind of mistake it is.
    pub kind: FlawKind,
}

/// What kind of mistake a flaw is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// A memory ordering that is too weak, or a fence that is missing.
    Ordering,
    /// A defect that was planted.
    Planted,
}

/// The thread-shaped form of a protocol.
pub struct Form {
    /// The protocol.
    pub protocol: &'static str,
    /// The rules that the code has; the others cannot be switched off in it.
    pub rules: &'static [&'static str],
    /// The faults that the code can have.
    pub faults: &'static [&'static str],
    /// The actions that the code does and does not log.
    pub silent: &'static [&'static str],
    /// The flaws that it can have.
    pub flaws: &'static [Flaw],
    /// Whether all that is logged is done under locks: then the log is in the right order on plain
    /// threads too, and a run of them can be laid against the model.
    pub locked: bool,
    /// The code for a configuration with the flaws of these names, or why there is none.
    pub code: fn(&Setup<'_>, &[&str]) -> Result<Code, String>,
}

/// The code for one configuration.
pub struct Code {
    /// How many threads it takes, the first one included.
    pub threads: usize,
    /// On plain threads.
    pub on_std: Body,
    /// Under loom.
    pub on_loom: Body,
    /// Under shuttle.
    pub on_shuttle: Body,
}
