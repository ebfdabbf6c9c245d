//! One file a subcommand; none imports another.

mod ablate;
mod check;
mod compare;
mod completions;
mod conform;
mod corpus;
mod evaluate;
mod export;
mod import;
mod init;
mod list;
mod merge;
mod replay;
mod report;
mod review;
mod schema;
mod selfcheck;
mod serve;
mod shrink;
mod simulate;

use clap::Subcommand;

use super::{Exit, Failure};

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    Check(check::Check),
    Ablate(ablate::Ablate),
    Compare(compare::Compare),
    Replay(replay::Replay),
    Report(report::Report),
    Export(export::Export),
    Import(import::Import),
    Conform(conform::Conform),
    Review(review::Review),
    List(list::List),
    Schema(schema::Schema),
    Selfcheck(selfcheck::Selfcheck),
    Serve(serve::Serve),
    Completions(completions::Completions),
    Man(completions::Man),
    Simulate(simulate::Simulate),
    Merge(merge::Merge),
    Evaluate(evaluate::Evaluate),
    Shrink(shrink::Shrink),
    Corpus(corpus::Corpus),
    Init(init::Init),
}

impl Command {
    /// Does what was asked for; `all` are the arguments with all subcommands.
    pub fn run(self, all: fn() -> clap::Command) -> Result<Exit, Failure> {
        match self {
            Self::Check(command) => command.run(),
            Self::Replay(command) => command.run(),
            Self::Report(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Conform(command) => command.run(),
            Self::Review(command) => command.run(),
            Self::Schema(command) => command.run(),
            Self::Ablate(command) => command.run(),
            Self::Compare(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Selfcheck(command) => command.run(),
            Self::Serve(command) => command.run(),
            Self::Completions(command) => command.run(all()),
            Self::Man(command) => command.run(all()),
            Self::Simulate(command) => command.run(),
            Self::Merge(command) => command.run(),
            Self::Evaluate(command) => command.run(),
            Self::Shrink(command) => command.run(),
            Self::Corpus(command) => command.run(),
            Self::Init(command) => command.run(),
        }
    }
}
