//! A fixed thousand of random models: the engine agrees with a naive reference on each of them.

#[path = "../random/mod.rs"]
mod models;

use latchwork::engines::explore::{Options, panics};

use models::{Counts, bytes_of, compare};

/// The seed of the thousand.
const SEED: u64 = 22;

#[test]
fn a_thousand_models_agree_with_the_reference() {
    keep_quiet();
    let mut counts = Counts::default();
    for number in 0.. {
        if counts.of("models") == 1_000 {
            break;
        }
        let found = compare(&bytes_of(SEED, number), &Options::default(), &mut counts);
        assert!(
            found.is_empty(),
            "cargo run --release --example random_models -- --seed {SEED} --first {number} \
             --models 1 --details\n{found:#?}"
        );
    }
    // None of what is to be compared is missing among them.
    for (what, least) in [("models that are cut", 100)] {
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
