//! Many models, one after the other, on some threads.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use latchwork::engines::explore::{Options, panics};

use super::compare::{Disagreement, compare};
use super::counts::Counts;
use super::draw::bytes_of;

/// What some models came to.
#[derive(Default)]
pub struct Outcome {
    /// What was compared.
    pub counts: Counts,
    /// By model: where engine and reference disagree.
    pub disagreements: BTreeMap<u64, Vec<Disagreement>>,
}

/// Compares the models of a seed that have these numbers. `base` has the options of the searches
/// that are not varied.
pub fn run(seed: u64, numbers: Range<u64>, threads: usize, base: &Options) -> Outcome {
    keep_quiet();
    let next = AtomicU64::new(numbers.start);
    let work = || {
        let mut outcome = Outcome::default();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= numbers.end {
                return outcome;
            }
            let counts = &mut outcome.counts;
            let compared = || compare(&bytes_of(seed, number), base, counts);
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
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for thread in others {
            let outcome = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.counts.absorb(&outcome.counts);
            all.disagreements.extend(outcome.disagreements);
        }
        all
    })
}

impl Outcome {
    /// The disagreements by their kinds, each with the command that repeats one; with `details` all
    /// that is known of each.
    pub fn told(&self, seed: u64, details: bool) -> String {
        let mut classes: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut told = String::new();
        for (number, found) in &self.disagreements {
            for Disagreement { class, detail } in found {
                classes.entry(class).or_default().push(*number);
                if details {
                    told += &format!("model {number}: {class}\n  {detail}\n");
                }
            }
        }
        for (class, models) in classes {
            let (count, first) = (models.len(), models[0]);
            told += &format!(
                "{count} times: {class}\n  cargo run --release --example random_models -- \
                 --seed {seed} --first {first} --models 1 --details\n"
            );
        }
        told
    }
}

/// Keeps silent about panics of models, which are many, and meant.
pub fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !panics::is_catching() {
                hook(info);
            }
        }));
    });
}
