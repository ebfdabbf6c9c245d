//! The exit codes: one documented type.

use std::process::ExitCode;

use crate::check::{Checked, Standing};

use super::Failure;

/// How a run of the program ends. Of several, the one that stands last here wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything was as expected.
    Expected,
    /// A budget ran out.
    Inconclusive,
    /// A check shows nothing: an unmet goal, an ablation that survives, an action that never fires.
    Vacuous,
    /// A replay went another way than the case says.
    Diverged,
    /// A property is violated, or an expectation is not met.
    Violated,
    /// Two runs that must be the same were not.
    Nondeterminism,
    /// The arguments or a file make no sense; nothing ran.
    Usage,
    /// A mistake of ours.
    Internal,
}

impl Exit {
    /// The number that the program ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Expected => 0,
            Self::Violated => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Diverged => 4,
            Self::Vacuous => 5,
            Self::Nondeterminism => 6,
            Self::Internal => 70,
        }
    }

    /// The same, once the result is printed. A reader who has gone away changes nothing of it: what
    /// was found is still so.
    pub fn after(self, printed: std::io::Result<()>) -> Result<Self, Failure> {
        match printed {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(self),
        }
    }

    /// What a scenario that was run contributes.
    pub fn of(checked: &Checked) -> Self {
        match checked.standing {
            Standing::Met | Standing::Finding(_) => Self::Expected,
            Standing::Unmet(_) => Self::Violated,
            Standing::Inconclusive(_) => Self::Inconclusive,
            Standing::Vacuous(_) => Self::Vacuous,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
