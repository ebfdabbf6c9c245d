//! Random models: the engine against a naive reference, as many as you like.
//!
//! `cargo run --release --example random_models -- --models 100000 --seed 7 --threads 2`. What was
//! compared is counted. A disagreement names the arguments that repeat it, and the exit code is 1.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clap::Parser;
use latchwork::engines::explore::Options;

#[path = "../tests/random/mod.rs"]
mod random;

use random::{Counts, Disagreement, bytes_of, compare};

/// Compare the engine with a naive reference on random models
#[derive(Parser)]
struct Arguments {
    /// How many models
    #[arg(long, default_value_t = 1_000)]
    models: u64,
    /// The seed from which they are drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first one
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many models are compared at a time
    #[arg(long, default_value_t = 1)]
    threads: u64,
    /// Print all that is known of each disagreement
    #[arg(long)]
    details: bool,
}

/// What some models came to: the disagreements by model.
#[derive(Default)]
struct Outcome {
    counts: Counts,
    disagreements: BTreeMap<u64, Vec<Disagreement>>,
}

fn run(arguments: &Arguments) -> Outcome {
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first.saturating_add(arguments.models);
    let work = || {
        let mut outcome = Outcome::default();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= end {
                return outcome;
            }
            let bytes = bytes_of(arguments.seed, number);
            let counts = &mut outcome.counts;
            let compared = || compare(&bytes, &Options::default(), counts);
            let found = catch_unwind(AssertUnwindSafe(compared)).unwrap_or_else(|_| {
                let class = "the comparison itself panics".to_string();
                vec![Disagreement { class, detail: String::new() }]
            });
            if !found.is_empty() {
                outcome.disagreements.insert(number, found);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Outcome::default();
        for thread in threads {
            let outcome = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.counts.absorb(&outcome.counts);
            all.disagreements.extend(outcome.disagreements);
        }
        all
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Models panic because that was drawn; where the engine does, it is a disagreement.
    std::panic::set_hook(Box::new(|_| {}));
    let Outcome { counts, disagreements } = run(&arguments);
    print!("{counts}");
    let mut classes: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (number, found) in &disagreements {
        for Disagreement { class, detail } in found {
            classes.entry(class).or_default().push(*number);
            if arguments.details {
                println!("model {number}: {class}\n  {detail}");
            }
        }
    }
    for (class, models) in &classes {
        let first = models[0];
        println!("DISAGREEMENT {class}: {} times, first in model {first}", models.len());
        println!("  --seed {} --first {first} --models 1 --details", arguments.seed);
    }
    match (counts.of("models"), disagreements.is_empty()) {
        (0, _) => {
            eprintln!("nothing was compared");
            ExitCode::from(5)
        }
        (_, true) => ExitCode::SUCCESS,
        (_, false) => ExitCode::FAILURE,
    }
}
