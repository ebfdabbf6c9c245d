//! Random models: the engine against a naive reference.
//!
//! `cargo run --release --example random_models -- --models 100000 --seed 7 --threads 2` prints what
//! was compared. Each kind of disagreement comes with the command that repeats it, and the exit code
//! is 1.

use std::process::ExitCode;

use clap::Parser;
use latchwork::engines::explore::Options;

#[path = "../tests/random/mod.rs"]
mod random;

use random::many::run;

/// Compare the engine with a naive reference on random models
#[derive(Parser)]
struct Arguments {
    /// How many models
    #[arg(long, default_value_t = 1_000)]
    models: u64,
    /// The seed from which they are generated
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first model
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many models are compared at a time
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print all that is known of each disagreement
    #[arg(long)]
    details: bool,
}

fn main() -> ExitCode {
    let Arguments { models, seed, first, threads, details } = Arguments::parse();
    let numbers = first..first.saturating_add(models);
    let outcome = run(seed, numbers, threads, &Options::default());
    print!("{}{}", outcome.counts, outcome.told(seed, details));
    match (outcome.counts.of("models"), outcome.disagreements.len()) {
        (_, 1..) => ExitCode::FAILURE,
        (0, 0) => {
            eprintln!("nothing was compared");
            ExitCode::from(5)
        }
        _ => ExitCode::SUCCESS,
    }
}
