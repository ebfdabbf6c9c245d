//! `latchwork selfcheck`: canaries that must be found.

use std::io::Write;

use clap::Args;

use crate::cli::budget::Budget;
use crate::cli::{Exit, Failure, print};
use crate::jobs::selfcheck::selfcheck;

/// Plant one defect for each kind of property, and check that each is found
#[derive(Args)]
pub struct Selfcheck {
    #[command(flatten)]
    budget: Budget,
}

impl Selfcheck {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let missed = selfcheck(self.budget.options().threads);
        let mut out = print::stdout();
        if missed.is_empty() {
            writeln!(out, "every planted defect was found")?;
            return Ok(Exit::Expected);
        }
        for sentence in missed {
            writeln!(out, "missed: {sentence}")?;
        }
        Ok(Exit::Internal)
    }
}
