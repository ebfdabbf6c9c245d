//! The command line: one file a subcommand.

mod ablate;
mod budget;
mod check;
mod checkpoint;
mod clock;
mod compare;
mod completions;
mod corpus;
mod diary;
mod evaluate;
mod exit;
mod export;
mod files;
mod init;
mod list;
mod merge;
mod outputs;
mod print;
mod replay;
mod report;
mod review;
mod schema;
mod selfcheck;
mod shard;
mod shrink;
mod simulate;
mod switches;
mod thread_matrix;
mod threads;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Exit;

use crate::configuration::Unknown;
use crate::explore::panics;
use crate::json::Problem;
use crate::protocols::{self, Entry};

/// Finds out whether lock, delegation and recall protocols keep their promises, and what breaks
/// when a rule is left out.
#[derive(Parser)]
#[command(name = "latchwork", version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Ablate(ablate::Ablate),
    Compare(compare::Compare),
    Replay(replay::Replay),
    Report(report::Report),
    Export(export::Export),
    Review(review::Review),
    List(list::List),
    Schema(schema::Schema),
    Selfcheck(selfcheck::Selfcheck),
    Completions(completions::Completions),
    Man(completions::Man),
    Simulate(simulate::Simulate),
    Merge(merge::Merge),
    Evaluate(evaluate::Evaluate),
    Shrink(shrink::Shrink),
    Corpus(corpus::Corpus),
    Init(init::Init),
}

const EXIT_CODES: &str = "\
Exit codes: 0 as expected, 1 violated or not as expected, 2 usage or a bad file,
3 inconclusive (a budget ran out), 4 replay diverged, 5 vacuous, 6 nondeterminism, 70 a bug of ours.
Of several: 70, 6, 1, 4, 5, 3, 0.";

/// Why a command could not do its work.
pub enum Failure {
    /// A file or an argument makes no sense.
    Problem(Problem),
    /// Something else that the user can mend.
    Usage(String),
    /// A budget ran out.
    Inconclusive(String),
    /// Writing failed.
    Io(std::io::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A name that nobody knows.
fn usage((message, hint): Unknown) -> Failure {
    Failure::Usage(format!("{message}\nhint: {hint}"))
}

/// Runs the program with the arguments of the process. It knows these protocols and no others.
pub fn run(protocols: &'static [Entry]) -> ExitCode {
    protocols::install(protocols);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !panics::is_catching() {
            hook(info);
        }
    }));
    let result = std::panic::catch_unwind(|| match Arguments::parse().command {
        Command::Check(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Review(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Ablate(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::List(command) => command.run(),
        Command::Selfcheck(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Merge(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Shrink(command) => command.run(),
        Command::Corpus(command) => command.run(),
        Command::Init(command) => command.run(),
    });
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => complain(failure),
        Err(_) => {
            let _ = writeln!(print::stderr(), "error: this is a bug of latchwork");
            Exit::Internal
        }
    };
    exit.into()
}

fn complain(failure: Failure) -> Exit {
    // Nothing can be done if stderr cannot be written.
    let mut stderr = print::stderr();
    match failure {
        Failure::Problem(problem) => {
            let _ = writeln!(stderr, "error: {problem}");
            Exit::Usage
        }
        Failure::Usage(message) => {
            let _ = writeln!(stderr, "error: {message}");
            Exit::Usage
        }
        Failure::Inconclusive(message) => {
            let _ = writeln!(stderr, "inconclusive: {message}");
            Exit::Inconclusive
        }
        Failure::Io(error) => {
            let _ = writeln!(stderr, "error: cannot write: {error}");
            Exit::Usage
        }
    }
}
