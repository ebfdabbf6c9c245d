//! How fast sampling is, side by side with a bare loop that picks one of the successors and checks
//! nothing: `cargo run --release --example rates`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use latchwork::engines::simulate::{Mix, Plan, simulate};
use latchwork::engines::verdict::PropertySet;
use latchwork::files::scenario::Scenario;
use latchwork::model::async_grant::AsyncGrant;
use latchwork::model::delegation_return::DelegationReturn;
use latchwork::model::downconvert::Downconvert;
use latchwork::model::kit::Protocol;
use latchwork::model::recall::Recall;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Steps per second of one core, in a scenario of each protocol.
#[derive(Parser)]
struct Arguments {
    /// How long each measurement takes, in milliseconds.
    #[arg(long, default_value_t = 500)]
    millis: u64,
    /// The number of measurements; the best one counts.
    #[arg(long, default_value_t = 3)]
    times: u32,
    /// The protocols to measure; all of them if none is named.
    protocols: Vec<String>,
}

/// Steps of runs that pick the k-th successor and nothing else.
fn bare<M: Protocol>(model: &M, run: u64) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(run);
    let (mut steps, mut enabled) = (0, Vec::new());
    model.initial(&mut |first| {
        let mut state = *first;
        while steps < 200 {
            enabled.clear();
            model.successors(&state, |_, result| enabled.extend(result.ok().copied()));
            if enabled.is_empty() {
                break;
            }
            let wide = u64::from(rng.next_u32()) * enabled.len() as u64;
            state = enabled[(wide >> 32) as usize];
            steps += 1;
        }
    });
    steps
}

/// The time that this thread was on a core: others may be busy on the same machine. Where the
/// system does not tell, the time that has passed.
fn on_core(begin: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}

/// The steps per second of something that does a few runs at a time.
fn rate(arguments: &Arguments, mut steps: impl FnMut(u64) -> u64) -> f64 {
    let program = Instant::now();
    let once = |_| {
        let (begin, mut done, mut block) = (on_core(program), 0, 0);
        let wanted = Duration::from_millis(arguments.millis);
        while on_core(program) - begin < wanted {
            done += steps(block);
            block += 1;
        }
        done as f64 / (on_core(program) - begin).as_secs_f64()
    };
    (0..arguments.times).map(once).fold(0.0, f64::max)
}

fn measure<M: Protocol>(arguments: &Arguments, name: &str) {
    let protocols = &arguments.protocols;
    if !protocols.is_empty() && !protocols.iter().any(|protocol| protocol == M::NAME) {
        return;
    }
    let path = PathBuf::from("scenarios").join(M::NAME).join(name);
    let scenario = Scenario::open(&path).unwrap_or_else(|problem| panic!("{problem}"));
    let model = M::new(&scenario.configuration.setup()).expect("a model");
    let bare = rate(arguments, |block| (0..256).map(|run| bare(&model, block * 256 + run)).sum());
    print!("{:<18} {:<24} {:>6.2} M/s", M::NAME, name, bare / 1e6);
    for (strategy, fair) in
        [("walk", 0), ("pct:3", 0), ("swarm", 0), ("walk", 300), ("pct:3", 300), ("swarm", 300)]
    {
        let strategy: Mix = strategy.parse().expect("a strategy");
        let sampled = rate(arguments, |block| {
            let plan = Plan {
                seed: 1,
                runs: block * 4096..(block + 1) * 4096,
                strategy: strategy.clone(),
                steps: 200,
                fair,
                properties: PropertySet::ALL.minus(scenario.ignore),
                ways: 1,
                paranoid: false,
                threads: 1,
            };
            let simulation = simulate(&model, &plan, &());
            assert_eq!(simulation.failure, None, "the scenario holds");
            simulation.steps
        });
        print!(" {:>7.2}", sampled / bare);
    }
    println!();
}

fn main() {
    let arguments = Arguments::parse();
    println!("steps per second of a bare loop, and what share of that each strategy does:");
    print!("{:<18} {:<24} {:>10}", "protocol", "scenario", "bare");
    println!(" {:>23} {:>23}", "walk   pct:3   swarm", "with the fair phase");
    measure::<AsyncGrant>(&arguments, "two_wait.json");
    measure::<Recall>(&arguments, "two_ops.json");
    measure::<Downconvert>(&arguments, "cross.json");
    measure::<DelegationReturn>(&arguments, "lock_open_reboot.json");
}
