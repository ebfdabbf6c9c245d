//! `latchwork probe` on systems that it does not know.

use clap::Args;

use crate::cli::{Exit, Failure};

/// Check the file locks of a mounted filesystem against the models (on Linux only)
#[derive(Args)]
pub struct Probe {
    /// What it is given on Linux
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

impl Probe {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let given = self.arguments.join(" ");
        Err(Failure::Usage(format!(
            "`probe {given}` needs Linux: its locks and leases are what is probed"
        )))
    }
}
