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

/// Declares the subcommands: for each the file, and in it the struct of its arguments, which has
/// a method `run`.
macro_rules! commands {
    ($($file:ident: $name:ident,)+) => {
        /// The subcommands.
        #[derive(Subcommand)]
        pub enum Command {
            $($name($file::$name),)+
            Completions(completions::Completions),
            Man(completions::Man),
        }

        impl Command {
            /// Does what was asked for; `all` are the arguments with all subcommands.
            pub fn run(self, all: fn() -> clap::Command) -> Result<Exit, Failure> {
                match self {
                    $(Self::$name(command) => command.run(),)+
                    Self::Completions(command) => command.run(all()),
                    Self::Man(command) => command.run(all()),
                }
            }
        }
    };
}

commands! {
    check: Check,
    ablate: Ablate,
    compare: Compare,
    replay: Replay,
    report: Report,
    export: Export,
    import: Import,
    conform: Conform,
    review: Review,
    list: List,
    schema: Schema,
    selfcheck: Selfcheck,
    serve: Serve,
    simulate: Simulate,
    merge: Merge,
    evaluate: Evaluate,
    shrink: Shrink,
    corpus: Corpus,
    init: Init,
}
