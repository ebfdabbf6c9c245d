//! What symmetry saves: the same spaces searched with and without it.
//!
//! `cargo bench --bench symmetry` searches each space on one thread, for everything but the properties
//! of fair runs and without a graph. Of several runs the fastest counts; where one takes long, it is
//! the only one.

use std::path::Path;
use std::time::Instant;

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{Exploration, PropertySet, of_graph, properties};
use latchwork::files::scenario::Scenario;

#[path = "../examples/two_phase_commit/model.rs"]
mod two_phase_commit;

use two_phase_commit::TwoPhase;

/// Small, medium and large scenarios of the protocols that have interchangeable processes.
const SCENARIOS: [&str; 12] = [
    "async_grant/two_wait",
    "async_grant/medium/try_pair_all",
    "async_grant/medium/three",
    "async_grant/medium/wait_pair_all",
    "recall/two_clients_w",
    "recall/medium/two_by_two",
    "recall/medium/lost_and_restarted",
    "recall/large/dirs_full",
    "downconvert/cross",
    "downconvert/cross_late_and_dup_bast_o2dlm",
    "downconvert/medium/pr_ex_pr_ex_twice_late_bast_remote",
    "downconvert/medium/three_nodes",
];
/// How often each short search is repeated.
const RUNS: usize = 5;
/// A search is not repeated if it takes longer than this.
const LONG: f64 = 5.0;

fn main() {
    println!("On one thread; the fastest of {RUNS} runs.");
    println!();
    println!("| space | states | with symmetry | | time | with symmetry | |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for managers in [3, 5, 7, 9] {
        let model = TwoPhase::new(managers);
        let own = PropertySet::ALL.minus(of_graph(&properties::<TwoPhase>()));
        row(&format!("two-phase commit, {managers}"), |symmetry| {
            explore(&model, &Options { symmetry, properties: own, ..Options::default() }, &())
        });
    }
    for name in SCENARIOS {
        let (protocol, file) = name.split_once('/').unwrap_or_default();
        let path = format!("scenarios/{protocol}/{file}.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let scenario = Scenario::open(&path).unwrap_or_else(|problem| panic!("{problem}"));
        let instance = scenario.configuration.instance().unwrap_or_else(|why| panic!("{why}"));
        let own = of_graph(&(scenario.configuration.entry.properties)());
        let properties = PropertySet::ALL.minus(own);
        row(name, |symmetry| {
            instance.explore(&Options { symmetry, properties, ..Options::default() }, &())
        });
    }
}

/// Prints a space without symmetry and with it.
fn row(name: &str, search: impl Fn(bool) -> Exploration) {
    let (states, whole) = best(|| search(false));
    let (fewer, reduced) = best(|| search(true));
    println!(
        "| {name} | {states} | {fewer} | × {:.1} | {:.4} s | {:.4} s | × {:.1} |",
        states as f64 / fewer as f64,
        whole,
        reduced,
        whole / reduced,
    );
}

/// The states of a search, and the seconds that it takes.
fn best(search: impl Fn() -> Exploration) -> (u64, f64) {
    let mut least = f64::INFINITY;
    let mut states = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        let found = search();
        let seconds = start.elapsed().as_secs_f64();
        let refused = found.symmetry.and_then(|symmetry| symmetry.refused);
        assert!(refused.is_none(), "{refused:?}");
        states = found.statistics.distinct;
        least = least.min(seconds);
        if seconds > LONG {
            break;
        }
    }
    (states, least)
}
