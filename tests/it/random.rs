//! A fixed thousand of random models: the engine agrees with a naive reference on each of them.

#[path = "../random/mod.rs"]
mod models;

use latchwork::engines::explore::{Options, panics};

use models::{Counts, Disagreement, bytes_of, compare};

/// The seed of the thousand.
const SEED: u64 = 22;

/// What models with some numbers come to: what was compared, and what disagrees.
fn compared(numbers: impl Iterator<Item = u64>) -> (Counts, Vec<(u64, Disagreement)>) {
    let (mut counts, mut found) = (Counts::default(), Vec::new());
    for number in numbers {
        let disagreements = compare(&bytes_of(SEED, number), &Options::default(), &mut counts);
        found.extend(disagreements.into_iter().map(|disagreement| (number, disagreement)));
    }
    (counts, found)
}

#[test]
fn a_thousand_models_agree_with_the_reference() {
    keep_quiet();
    let (counts, mut found) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| compared((1..1_000).step_by(2)));
        let (mut counts, mut found) = compared((0..1_000).step_by(2));
        let (more, others) = odd.join().expect("the comparison does not panic");
        counts.absorb(&more);
        found.extend(others);
        (counts, found)
    });
    found.sort_by_key(|(number, _)| *number);
    if let Some((number, Disagreement { class, detail })) = found.first() {
        panic!(
            "{} disagreements; cargo run --release --example random_models -- --seed {SEED} \
             --first {number} --models 1 --details\n{class}\n{detail}",
            found.len()
        );
    }
    // None of what is to be compared is missing among them.
    for (what, least) in [("models", 900), ("models that are cut", 100), ("runs judged", 1_000)] {
        assert!(counts.of(what) >= least, "{what}: {}", counts.of(what));
    }
}

/// Keeps silent about panics of models, which are many.
fn keep_quiet() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !panics::is_catching() {
            hook(info);
        }
    }));
}
