//! The command line: one file a subcommand.

mod budget;
mod checkpoint;
mod clock;
mod cluster;
mod commands;
mod dev;
mod diary;
mod disk;
mod exit;
mod failure;
mod figures;
mod files;
mod forecast;
pub mod gallery;
mod json;
mod outputs;
mod print;
#[cfg(target_os = "linux")]
mod probing;
mod ranks;
mod seed;
mod shard;
#[cfg(target_os = "linux")]
mod storming;
mod switches;
mod thread_matrix;
mod threads;
mod told;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use exit::Exit;

use commands::Command;
use failure::{Failure, usage};

use crate::engines::explore::panics;
use crate::protocols::{self, Entry};

/// Checks lock, delegation and recall protocols, and shows what breaks without each of their rules.
#[derive(Parser)]
#[command(name = "latchwork", version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 as expected, 1 violated or not as expected, 2 usage or a bad file,
3 inconclusive (a budget ran out), 4 replay diverged, 5 vacuous, 6 nondeterminism, 70 a bug in
latchwork. If several apply, the first of these wins: 70, 6, 1, 4, 5, 3, 0.";

/// Runs the program with the arguments of the process. It knows these protocols and no others.
pub fn run(protocols: &'static [Entry]) -> ExitCode {
    protocols::install(protocols);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !panics::is_catching() {
            hook(info);
        }
    }));
    let result = std::panic::catch_unwind(|| Arguments::parse().command.run(Arguments::command));
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => failure.complain(),
        Err(_) => {
            let _ = writeln!(print::stderr(), "error: this is a bug in latchwork");
            Exit::Internal
        }
    };
    exit.into()
}
