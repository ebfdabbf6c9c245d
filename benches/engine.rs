//! The inner parts of the explorer: the hash, the table, expansion.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use latchwork::engines::explore::fingerprint::fingerprint;
use latchwork::engines::explore::visited::{Inserted, Visited};
use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{BuiltIn, PropertySet};
use latchwork_model::kit::{Actions, Model};

#[path = "../examples/two_phase_commit/model.rs"]
mod two_phase_commit;

use two_phase_commit::{State, TwoPhase};

/// The hash, of a small state and of a large one.
fn hash(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash");
    group.throughput(Throughput::Bytes(size_of::<State>() as u64));
    group.bench_function("16 bytes", |bench| {
        bench.iter(|| fingerprint(black_box(&State::default())));
    });
    group.throughput(Throughput::Bytes(300));
    group.bench_function("300 bytes", |bench| {
        bench.iter(|| fingerprint(black_box(&[7u8; 300])));
    });
    group.finish();
}

fn prints(count: u64) -> Vec<u64> {
    (1..=count).map(|k| fingerprint(&k.to_le_bytes())).collect()
}

/// The table: fingerprints that are new, with growth, and fingerprints that are there.
fn table(criterion: &mut Criterion) {
    let prints = prints(1 << 20);
    let fill = || {
        let mut visited = Visited::new(false);
        let mut entries = 0;
        for batch in prints.chunks(64) {
            while entries >= visited.limit() {
                visited.grow(1);
            }
            batch.iter().for_each(|print| visited.prefetch(*print));
            let new = |print: &&u64| matches!(visited.insert(**print, true), Inserted::New(..));
            entries += batch.iter().filter(new).count();
        }
        visited
    };
    let mut group = criterion.benchmark_group("table");
    group.sample_size(10).throughput(Throughput::Elements(prints.len() as u64));
    group.bench_function("insert", |bench| bench.iter(fill));
    let visited = fill();
    group.bench_function("probe", |bench| {
        bench.iter(|| {
            for batch in prints.chunks(64) {
                batch.iter().for_each(|print| visited.prefetch(*print));
                batch.iter().for_each(|print| {
                    black_box(visited.insert(*print, true));
                });
            }
        });
    });
    group.bench_function("grow", |bench| {
        bench.iter_batched(fill, |mut visited| visited.grow(1), BatchSize::PerIteration);
    });
    group.finish();
}

/// Successors of a state, and a whole search.
fn expand(criterion: &mut Criterion) {
    let model = TwoPhase::new(6);
    let mut group = criterion.benchmark_group("expand");
    group.bench_function("successors", |bench| {
        let mut state = State::default();
        model.initial(&mut |initial| state = *initial);
        bench.iter(|| {
            model.successors(black_box(&state), |step, _| {
                black_box(step);
            });
        });
    });
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<TwoPhase>());
    let options = Options { properties, ..Options::default() };
    group.throughput(Throughput::Elements(explore(&model, &options, &()).statistics.generated));
    group.bench_function("search", |bench| bench.iter(|| explore(&model, &options, &())));
    group.finish();
}

criterion_group!(benches, hash, table, expand);
criterion_main!(benches);
