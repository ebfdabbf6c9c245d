//! Where a search spends its time, by part, in the four protocols and in two-phase commit.
//!
//! `cargo bench --bench profile` takes states from all over a space, and measures each part of the
//! search on them separately, several times; the fastest run counts. Fingerprints are looked up in the
//! table of the whole space. A part is given in nanoseconds a successor, so that rows can be compared;
//! the whole is a search on one thread without a graph and without runs to goals.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use latchwork::engines::explore::fingerprint::fingerprint;
use latchwork::engines::explore::visited::{Inserted, Visited};
use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{PropertyId, PropertySet, of_graph, properties};
use latchwork::files::scenario::Scenario;
use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::kit::{Kind, Model, Protocol};
use latchwork_model::recall::Recall;

#[path = "../examples/two_phase_commit/model.rs"]
mod two_phase_commit;

/// About how many states are measured.
const STATES: usize = 20_000;
/// How often each part is measured.
const RUNS: usize = 9;
/// Fingerprints that are prefetched before they are inserted.
const BATCH: usize = 64;

fn main() {
    println!("Nanoseconds a successor, each part by itself; the fastest of {RUNS} runs.");
    println!();
    println!(
        "| model | bytes a state | successors a state | guards and effects | copies | hashing | \
         probing | properties | sum | whole search | hashed in it |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    profile("two-phase commit, 7", &two_phase_commit::TwoPhase::new(7));
    profile("two-phase commit, 8", &two_phase_commit::TwoPhase::new(8));
    of::<AsyncGrant>("deadlock_answer");
    of::<Recall>("medium/two_by_two");
    of::<Downconvert>("two_apps_late_and_dup_bast_o2dlm");
    of::<DelegationReturn>("variant_courtesy");
}

/// A scenario of a protocol.
fn of<M: Protocol>(name: &str) {
    let file = format!("scenarios/{}/{name}.json", M::NAME);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    let scenario = Scenario::open(&path).unwrap_or_else(|problem| panic!("{problem}"));
    let model =
        M::new(&scenario.configuration.setup()).unwrap_or_else(|why| panic!("{file}: {why}"));
    profile(&format!("{}/{name}", M::NAME), &model);
}

/// The shortest time that something takes, in nanoseconds.
fn least<T>(mut part: impl FnMut() -> T) -> f64 {
    let mut times = (0..RUNS).map(|_| {
        let start = Instant::now();
        black_box(part());
        start.elapsed().as_secs_f64() * 1e9
    });
    let first = times.next().unwrap_or(0.0);
    times.fold(first, f64::min)
}

fn profile<M: Model>(name: &str, model: &M) {
    let (states, mut visited) = sample(model);
    let mut successors = Vec::new();
    for state in &states {
        model.successors(state, |_, next| successors.extend(next.ok().copied()));
    }
    let prints: Vec<u64> = successors.iter().map(fingerprint).collect();
    let fired = least(|| {
        let mut count = 0u64;
        for state in &states {
            model.successors(black_box(state), |step, _| count += u64::from(step.action));
        }
        count
    });
    let mut copies = successors.clone();
    let copied = least(|| copies.copy_from_slice(black_box(&successors)));
    let hashed =
        least(|| successors.iter().fold(0, |sum, state| sum ^ fingerprint(black_box(state))));
    let probed = least(|| look_up(&mut visited, &prints));
    let claimed = least(|| {
        for state in &states {
            black_box(model.done(black_box(state)));
            for property in M::PROPERTIES {
                black_box((property.check)(model, black_box(state)));
            }
        }
    });
    let goals = (0..).map(PropertyId).zip(M::PROPERTIES);
    let goals = goals.filter(|(_, own)| own.kind == Kind::Reachable).map(|(id, _)| id);
    let asked = PropertySet::ALL.minus(of_graph(&properties::<M>())).minus(goals.collect());
    let mut generated = 0;
    let whole = least(|| {
        let options = Options { properties: asked, ..Options::default() };
        generated = explore(model, &options, &()).statistics.generated;
    });
    let each = |part: f64| part / successors.len() as f64;
    let bytes = size_of::<M::State>();
    println!(
        "| {name} | {bytes} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} GB/s |",
        successors.len() as f64 / states.len() as f64,
        each(fired),
        each(copied),
        each(hashed),
        each(probed),
        each(claimed),
        each(fired + copied + hashed + probed + claimed),
        whole / generated as f64,
        (generated as usize * bytes) as f64 / whole,
    );
}

/// States from all over a space, and the table of all of its states.
fn sample<M: Model>(model: &M) -> (Vec<M::State>, Visited) {
    let mut visited = Visited::new(false);
    let mut states: Vec<M::State> = Vec::new();
    model.initial(&mut |state| states.push(*state));
    let mut at = 0;
    while let Some(state) = states.get(at).copied() {
        while states.len() >= visited.limit() {
            visited.grow(1);
        }
        at += 1;
        model.successors(&state, |_, next| {
            if let Ok(next) = next
                && let Inserted::New(..) = visited.insert(fingerprint(next), true)
            {
                states.push(*next);
            }
        });
    }
    let every = (states.len() / STATES).max(1);
    (states.into_iter().step_by(every).collect(), visited)
}

/// Looks fingerprints up that are in the table.
fn look_up(visited: &mut Visited, prints: &[u64]) -> usize {
    let mut new = 0;
    for batch in prints.chunks(BATCH) {
        batch.iter().for_each(|print| visited.prefetch(*print));
        let is_new = |print: &&u64| matches!(visited.insert(**print, true), Inserted::New(..));
        new += batch.iter().filter(is_new).count();
    }
    new
}
