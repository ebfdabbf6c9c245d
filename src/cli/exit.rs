//! The exit codes: one documented type.

use std::process::ExitCode;

use crate::jobs::check::{Checked, Standing};
use crate::jobs::threads::examine::Examined;
use crate::report::campaign::facts::{Facts, ScenarioFacts};

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

    /// What a scenario that was run contributes.
    pub fn of(checked: &Checked) -> Self {
        match checked.standing {
            Standing::Met | Standing::Finding(_) => Self::Expected,
            Standing::Unmet(_) => Self::Violated,
            Standing::Inconclusive(_) => Self::Inconclusive,
            Standing::Vacuous(_) => Self::Vacuous,
        }
    }

    /// What a campaign of runs comes to. That it found nothing is no proof, and yet as expected.
    pub fn of_facts(facts: &Facts) -> Self {
        let of = |scenario: &ScenarioFacts| {
            if scenario.nondeterminism.is_some() {
                Self::Nondeterminism
            } else if scenario.violation.is_some() {
                Self::Violated
            } else if scenario.interrupted || scenario.first_unsettled.is_some() {
                Self::Inconclusive
            } else {
                Self::Expected
            }
        };
        facts.scenarios.iter().map(of).max().unwrap_or(Self::Expected)
    }

    /// What a scenario contributes whose threads were run.
    pub fn of_threads(examined: &Examined) -> Self {
        match (&examined.finding, &examined.inconclusive) {
            (Some(finding), _) if !finding.repeats => Self::Nondeterminism,
            (Some(_), _) => Self::Violated,
            (None, Some(_)) => Self::Inconclusive,
            (None, None) if !examined.unmet.is_empty() => Self::Vacuous,
            (None, None) => Self::Expected,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
