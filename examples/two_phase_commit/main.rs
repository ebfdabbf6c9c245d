//! Two-phase commit, searched exhaustively.
//!
//! `cargo run --release --example two_phase_commit -- N [--threads T] [--symmetry]
//! [--exact] [--disk FOLDER [--memory MEBIBYTES]]` searches it with `N` resource managers.

mod model;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::disk::{Disk, explore_on_disk};
use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{BuiltIn, Exploration, PropertySet};

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
    /// Explore one representative of states that differ only by swapping resource managers.
    #[arg(long)]
    symmetry: bool,
    /// Store states whole, and not by their fingerprints.
    #[arg(long)]
    exact: bool,
    /// Search on disk, in this folder.
    #[arg(long, conflicts_with_all = ["symmetry", "exact"])]
    disk: Option<PathBuf>,
    /// How much memory a search on disk may use, in mebibytes.
    #[arg(long, default_value_t = 256)]
    memory: u64,
}

/// Every property but `can_finish`, which would need all states to be kept.
fn properties() -> PropertySet {
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<TwoPhase>());
    properties
}

/// Searches the whole space.
fn search(managers: u8, options: Options) -> Exploration {
    let options = Options { properties: properties(), ..options };
    explore(&TwoPhase::new(managers), &options, &())
}

/// Searches it on disk.
fn search_on_disk(managers: u8, options: Options, folder: PathBuf) -> Exploration {
    std::fs::create_dir_all(&folder).expect("a folder");
    let word = |word: &str| word.to_string();
    let of = format!("{managers} managers");
    let stamp = Stamp { version: word("1"), build: word("two_phase_commit"), of };
    let disk = Disk { folder, stamp, every: 1_000_000 };
    let options = Options { properties: properties(), ..options };
    explore_on_disk(&TwoPhase::new(managers), &options, &disk, &())
        .unwrap_or_else(|problem| panic!("{problem}"))
}

fn main() {
    let Arguments { managers, threads, symmetry, exact, disk, memory } = Arguments::parse();
    let start = Instant::now();
    let options = Options { threads, symmetry, exact, ..Options::default() };
    let found = match disk {
        Some(folder) => {
            search_on_disk(managers, Options { memory: Some(memory << 20), ..options }, folder)
        }
        None => search(managers, options),
    };
    let statistics = &found.statistics;
    println!(
        "{} resource managers: {} distinct, {} generated, depth {}, {:.2} s",
        managers,
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
    use super::{Options, search};

    /// The counts are those of the TLA+ module, obtained with three other tools.
    #[test]
    fn the_spaces_have_their_known_sizes() {
        for (managers, distinct, generated) in
            [(3, 288, 1_146), (5, 8_832, 58_146), (7, 296_448, 2_744_706)]
        {
            for (threads, exact) in [(1, false), (2, false), (2, true)] {
                let found = search(managers, Options { threads, exact, ..Options::default() });
                assert!(found.discoveries.is_empty() && found.stopped.is_none());
                assert_eq!(found.statistics.distinct, distinct);
                assert_eq!(found.statistics.generated, generated);
                assert_eq!(found.statistics.depth(), 3 * usize::from(managers) + 1);
            }
        }
    }

    /// The numbers of multisets: 3, 5 and 7 are those of a paper and of another tool as well.
    #[test]
    fn of_states_that_differ_by_an_exchange_one_is_searched() {
        for (managers, distinct) in [(1, 12), (3, 80), (5, 314), (7, 920), (9, 2_232)] {
            for (threads, exact) in [(1, false), (2, false), (2, true)] {
                let options = Options { threads, exact, symmetry: true, ..Options::default() };
                let found = search(managers, options);
                assert!(found.discoveries.is_empty() && found.stopped.is_none());
                assert_eq!(found.statistics.distinct, distinct);
                assert_eq!(found.statistics.depth(), 3 * usize::from(managers) + 1);
                let symmetry = found.symmetry.expect("it was asked for");
                if managers > 1 {
                    assert_eq!(symmetry.interchangeable.len(), 1);
                    assert_eq!(symmetry.interchangeable[0].len(), usize::from(managers));
                    assert_eq!(symmetry.examined, distinct);
                }
            }
        }
    }
}
