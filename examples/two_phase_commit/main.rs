//! Two-phase commit, searched exhaustively.
//!
//! `cargo run --release --example two_phase_commit -- N [--threads T]` searches it with `N` resource
//! managers.

mod model;

use std::time::Instant;

use clap::Parser;
use latchwork::explore::{Options, explore};
use latchwork::verdict::{BuiltIn, Exploration, PropertySet};

use model::{MANAGERS, TwoPhase};

/// Two-phase commit, searched exhaustively.
#[derive(Parser)]
struct Arguments {
    /// How many resource managers.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=MANAGERS as i64))]
    managers: u8,
    /// How many threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Searches the whole space. `can_finish` is left out: it would need all states to be kept.
fn search(managers: u8, threads: usize) -> Exploration {
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<TwoPhase>());
    explore(&TwoPhase::new(managers), &Options { threads, properties, ..Options::default() }, &())
}

fn main() {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let found = search(arguments.managers, arguments.threads);
    let statistics = &found.statistics;
    println!(
        "{} resource managers: {} distinct, {} generated, depth {}, {:.2} s",
        arguments.managers,
        statistics.distinct,
        statistics.generated,
        statistics.depth(),
        start.elapsed().as_secs_f64(),
    );
    for discovery in &found.discoveries {
        println!("violated: property {} after {} steps", discovery.property.0, discovery.steps);
    }
}

#[cfg(test)]
mod tests {
    use super::search;

    /// The counts are those of the TLA+ module, obtained with three other tools.
    #[test]
    fn the_spaces_have_their_known_sizes() {
        for (managers, distinct, generated) in
            [(3, 288, 1_146), (5, 8_832, 58_146), (7, 296_448, 2_744_706)]
        {
            for threads in [1, 2] {
                let found = search(managers, threads);
                assert!(found.discoveries.is_empty() && found.stopped.is_none());
                assert_eq!(found.statistics.distinct, distinct);
                assert_eq!(found.statistics.generated, generated);
                assert_eq!(found.statistics.depth(), 3 * usize::from(managers) + 1);
            }
        }
    }
}
