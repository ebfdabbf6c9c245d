//! The threaded forms of the protocols: which configurations have one, and how the code can be
//! flawed.
//!
//! A *rule* is a clause of the protocol, which the model has too. A *flaw* is a mistake in the code
//! that the model does not contain: a memory ordering that is too weak, or a planted defect.

use latchwork_model::kit::Setup;

use crate::engines::threads::Body;

/// A flaw of the code of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub doc: &'static str,
    /// The kind of mistake.
    pub kind: FlawKind,
}

/// The kind of mistake of a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// A memory ordering that is too weak, or a missing fence.
    Ordering,
    /// A planted defect.
    Planted,
}

/// The threaded form of a protocol.
pub struct Form {
    /// The protocol.
    pub protocol: &'static str,
    /// The rules that the code implements with a switch. The others cannot be switched off.
    pub rules: &'static [&'static str],
    /// The faults that can happen in the code.
    pub faults: &'static [&'static str],
    /// The actions that the code does without logging them.
    pub silent: &'static [&'static str],
    /// The flaws that the code can have.
    pub flaws: &'static [Flaw],
    /// Whether everything that is logged is done under locks. Then the log is in the right order on
    /// plain threads too, so their runs can be checked against the model.
    pub locked: bool,
    /// Returns the code for a configuration with the flaws of these names. The error explains why
    /// there is none.
    pub code: fn(&Setup<'_>, &[&str]) -> Result<Code, String>,
}

/// The code for one configuration.
pub struct Code {
    /// The number of threads that it takes, including the first one.
    pub threads: usize,
    /// On plain threads.
    pub on_std: Body,
    /// Under loom.
    pub on_loom: Body,
    /// Under shuttle.
    pub on_shuttle: Body,
}
