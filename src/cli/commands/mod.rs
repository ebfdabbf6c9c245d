//! One file a subcommand; none imports another.

mod ablate;
mod check;
mod compare;
mod completions;
mod conform;
mod corpus;
mod dev;
mod evaluate;
mod export;
mod gallery;
mod import;
mod init;
mod list;
mod merge;
mod predict;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(not(target_os = "linux"))]
mod probe_elsewhere;
mod replay;
mod report;
mod review;
mod schema;
mod selfcheck;
mod serve;
mod shrink;
mod simulate;

use clap::Subcommand;
#[cfg(not(target_os = "linux"))]
use probe_elsewhere as probe;

use super::{Exit, Failure};

/// Declares the subcommands: for each the file, and in it the struct of its arguments, which has
/// a method `run`.
macro_rules! commands {
    ($($file:ident: $name:ident,)+) => {
        /// The subcommands.
        #[derive(Subcommand)]
        pub enum Command {
            $($name(Box<$file::$name>),)+
            Completions(completions::Completions),
            Man(completions::Man),
            #[cfg(target_os = "linux")]
            #[command(hide = true)]
            ProbeWorker(probe::Worker),
            #[cfg(target_os = "linux")]
            #[command(hide = true)]
            ProbeHolder(probe::Holder),
            #[cfg(target_os = "linux")]
            #[command(hide = true)]
            ProbeStormer(probe::Stormer),
            #[cfg(target_os = "linux")]
            #[command(hide = true)]
            ProbeBare(probe::Bare),
        }

        impl Command {
            /// Does what was asked for; `all` are the arguments with all subcommands.
            pub fn run(self, all: fn() -> clap::Command) -> Result<Exit, Failure> {
                match self {
                    $(Self::$name(command) => command.run(),)+
                    Self::Completions(command) => command.run(all()),
                    Self::Man(command) => command.run(all()),
                    #[cfg(target_os = "linux")]
                    Self::ProbeWorker(command) => command.run(),
                    #[cfg(target_os = "linux")]
                    Self::ProbeHolder(command) => command.run(),
                    #[cfg(target_os = "linux")]
                    Self::ProbeStormer(command) => command.run(),
                    #[cfg(target_os = "linux")]
                    Self::ProbeBare(command) => command.run(),
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
    probe: Probe,
    review: Review,
    list: List,
    schema: Schema,
    selfcheck: Selfcheck,
    serve: Serve,
    simulate: Simulate,
    merge: Merge,
    predict: Predict,
    evaluate: Evaluate,
    shrink: Shrink,
    corpus: Corpus,
    dev: Dev,
    gallery: Gallery,
    init: Init,
}
