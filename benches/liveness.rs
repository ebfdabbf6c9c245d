//! What liveness costs: the same spaces searched for safety alone, with `can_finish`, and with all
//! properties.
//!
//! `cargo bench --bench liveness` searches each space on one thread in a process of its own, so that
//! the peak memory is that of the search. Of several runs the fastest counts.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use latchwork::engines::explore::Options;
use latchwork::engines::verdict::{PropertySet, of_graph};
use latchwork::files::scenario::Scenario;

/// A scenario of every protocol, with some hundred thousand states.
const SCENARIOS: [&str; 4] = [
    "async_grant/medium/wait_pair_all",
    "recall/medium/lost_and_restarted",
    "downconvert/medium/pr_ex_pr_ex_twice_late_bast_remote",
    "delegation_return/medium/variant_detach_after_rpc",
];
/// How often each search is repeated.
const RUNS: usize = 3;

/// The properties that are checked.
const WHAT: [&str; 3] = ["safety", "can_finish", "all"];

/// The cost of a search.
#[derive(Clone, Copy)]
struct Cost {
    distinct: u64,
    seconds: f64,
    /// The peak memory, in bytes; 0 where the system does not say.
    bytes: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, file] = &arguments[..] {
        return search(what, file);
    }
    println!("On one thread, each search in a process of its own; the fastest of {RUNS} runs.");
    println!();
    println!(
        "| scenario | states | safety | with `can_finish` | all properties | time | bytes a state |"
    );
    println!("|---|---|---|---|---|---|---|");
    for scenario in SCENARIOS {
        row(scenario);
    }
}

/// Prints what a scenario costs.
fn row(scenario: &str) {
    let [safety, can_finish, all] = WHAT.map(|what| best(what, scenario));
    let cell = |cost: Cost| format!("{:.2} s, {} MB", cost.seconds, cost.bytes / 1_000_000);
    let a_state = |cost: Cost| cost.bytes / cost.distinct;
    println!(
        "| {scenario} | {} | {} | {} | {} | × {:.1}, × {:.1} | {}, {}, {} |",
        safety.distinct,
        cell(safety),
        cell(can_finish),
        cell(all),
        can_finish.seconds / safety.seconds,
        all.seconds / safety.seconds,
        a_state(safety),
        a_state(can_finish),
        a_state(all),
    );
}

/// The fastest of several searches.
fn best(what: &str, scenario: &str) -> Cost {
    let costs = (0..RUNS).map(|_| in_process(what, scenario));
    let least = costs.min_by(|one, other| one.seconds.total_cmp(&other.seconds));
    least.unwrap_or_else(|| panic!("{scenario}: nothing was run"))
}

/// A search in a process of its own.
fn in_process(what: &str, scenario: &str) -> Cost {
    let itself = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(itself).args([what, scenario]).output();
    let output = output.unwrap_or_else(|error| panic!("{scenario}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<&str> = text.split_whitespace().collect();
    let cost = |figures: &[&str]| -> Option<Cost> {
        let [distinct, seconds, bytes] = figures else { return None };
        let (distinct, bytes) = (distinct.parse().ok()?, bytes.parse().ok()?);
        Some(Cost { distinct, seconds: seconds.parse().ok()?, bytes })
    };
    cost(&figures).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Searches, and prints what it has taken.
fn search(what: &str, scenario: &str) {
    let file = format!("{}/scenarios/{scenario}.json", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::open(Path::new(&file)).unwrap_or_else(|problem| panic!("{problem}"));
    let entry = scenario.configuration.entry;
    let all = (entry.properties)();
    let can_finish: PropertySet = entry.property("can_finish").into_iter().collect();
    let left_out = match what {
        "safety" => of_graph(&all),
        "can_finish" => of_graph(&all).minus(can_finish),
        _ => PropertySet::EMPTY,
    };
    let options = Options { properties: PropertySet::ALL.minus(left_out), ..Options::default() };
    // Not `check`, which also looks for witnesses of goals.
    let instance = scenario.configuration.instance().unwrap_or_else(|why| panic!("{why}"));
    let start = Instant::now();
    let exploration = instance.explore(&options, &());
    let seconds = start.elapsed().as_secs_f64();
    assert!(exploration.stopped.is_none(), "{file}: the space is not closed");
    println!("{} {seconds} {}", exploration.statistics.distinct, peak());
}

/// The most memory that the process has had, in bytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
