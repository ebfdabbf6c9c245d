//! `latchwork completions` and `latchwork man`: both made of the same definitions as the parser.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use crate::cli::{Exit, Failure, print};

/// Print the completions for a shell
#[derive(Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Runs the command; `all` are the arguments with all subcommands.
    pub fn run(self, mut all: clap::Command) -> Result<Exit, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut all, print::program_name(), &mut text);
        print::stdout().write_all(&text)?;
        Ok(Exit::Expected)
    }
}

/// Print the manual page, or that of one command
#[derive(Args)]
pub struct Man {
    /// The command
    of: Option<String>,
}

impl Man {
    /// Runs the command; `command` are the arguments with all subcommands.
    pub fn run(self, command: clap::Command) -> Result<Exit, Failure> {
        let mut command = command.name(print::program_name());
        command.build();
        let command = match &self.of {
            None => command,
            Some(name) => {
                let found = command.find_subcommand(name).cloned();
                found.ok_or_else(|| Failure::Usage(format!("there is no command `{name}`")))?
            }
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text)?;
        print::stdout().write_all(&text)?;
        Ok(Exit::Expected)
    }
}
