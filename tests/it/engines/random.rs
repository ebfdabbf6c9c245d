//! A fixed thousand of random models: the engine agrees with a naive reference on each of them.

#[path = "../../random/mod.rs"]
mod models;

use latchwork::engines::explore::Options;

use models::many::run;

/// The seed of the thousand.
const SEED: u64 = 22;

/// Of what is compared the least that must be among the models.
const LEAST: [(&str, u64); 3] = [
    ("models", 1_000),
    ("models that are cut", 50),
    ("models refused since they are wrong about their symmetry", 20),
];

#[test]
fn a_thousand_models_agree_with_the_reference() {
    let outcome = run(SEED, 0..1_120, 2, &Options::default());
    assert!(outcome.disagreements.is_empty(), "{}", outcome.told(SEED, false));
    for (what, least) in LEAST {
        let times = outcome.counts.of(what);
        assert!(times >= least, "{what}: {times} times, and not {least}\n{}", outcome.counts);
    }
}

/// A model whose sorting exchanges processes that it does not declare as interchangeable: what is
/// sorted is not the same as before. Its counterexample was a step too long.
#[test]
fn a_model_that_sorts_more_than_it_declares_is_refused() {
    let outcome = run(1, 82_686..82_687, 1, &Options::default());
    assert!(outcome.disagreements.is_empty(), "{}", outcome.told(1, false));
    assert_eq!(outcome.counts.of("models refused since they are wrong about their symmetry"), 1);
}
