//! The chapter on the kit: its models are compiled and run, and its figures are found.

use std::fs;

use latchwork::engines::explore::{Options, explore, forgets_nothing_needed};
use latchwork::engines::verdict::{Exploration, Stopped};
use latchwork::model::kit::Model;

use crate::repository;

#[path = "kit_composition.rs"]
mod composition;
#[path = "kit_constraint.rs"]
mod constraint;
#[path = "kit_drift.rs"]
mod drift;
#[path = "kit_page.rs"]
mod page;
#[path = "kit_references.rs"]
mod references;
#[path = "kit_storage.rs"]
mod storage;
#[path = "kit_view.rs"]
mod view;

use composition::{Lock, LockedCache};
use constraint::Requests;
use drift::Drifting;
use page::Leases;
use references::Cache;
use storage::Locks;
use view::Numbered;

/// The files of the models of the chapter, in its order.
const FILES: [&str; 7] =
    ["page", "drift", "storage", "references", "composition", "constraint", "view"];

fn chapter() -> String {
    fs::read_to_string(repository("docs/kit.md")).expect("text")
}

/// The models of the chapter: the Rust blocks from one that begins with `//!` to the next.
fn models(page: &str) -> Vec<String> {
    let parts = page.split("```rust\n").skip(1).map(|part| part.split("```").next());
    let mut models: Vec<Vec<&str>> = Vec::new();
    for block in parts.map(|block| block.expect("it ends")) {
        if block.starts_with("//!") {
            models.push(Vec::new());
        }
        models.last_mut().expect("the first block begins a model").push(block);
    }
    models.into_iter().map(|blocks| blocks.join("\n")).collect()
}

fn search<M: Model>(model: &M) -> Exploration {
    explore(model, &Options::default(), &())
}

/// Returns the names of the violated properties of a model, with the lengths.
fn violated<M: Model>(model: &M) -> Vec<(&'static str, usize)> {
    let found = search(model).discoveries;
    let own = |at: usize| M::PROPERTIES.get(at).map_or("built in", |own| own.name);
    found.iter().map(|found| (own(usize::from(found.property.0)), found.steps)).collect()
}

/// Returns the number of states of a model that holds.
fn states<M: Model>(model: &M) -> u64 {
    let found = search(model);
    assert!(found.discoveries.is_empty() && found.stopped.is_none());
    found.statistics.distinct
}

fn demand(row: &str) {
    assert!(chapter().contains(row), "the chapter lacks `{row}`");
}

/// Red if a model of the chapter is not the one that is run here.
#[test]
fn the_chapter_shows_the_models_that_are_tested() {
    let models = models(&chapter());
    assert_eq!(models.len(), FILES.len());
    for (file, model) in FILES.iter().zip(models) {
        let path = repository(&format!("tests/it/model/kit_{file}.rs"));
        assert_eq!(model, fs::read_to_string(path).expect("text"), "{file}");
    }
}

/// Red if `tick` passes an expired timer, if a stamp is renumbered wrongly (a write is then refused
/// or taken that should not be), or if renumbering leaves gaps, so that the space is infinite.
#[test]
fn its_space_is_finite_and_its_figures_are_true() {
    for ttl in [2, 8] {
        demand(&format!("| {ttl} | {} |", states(&Leases { ttl, compares: true })));
    }
}

/// Red if tokens no longer tell an old lease from a new one.
#[test]
fn without_the_comparison_an_old_write_is_taken() {
    let found = violated(&Leases { ttl: 2, compares: false });
    assert_eq!(found, [("writes_are_in_order", 7)]);
}

/// Red if clocks drift further than the bound, or less far: a margin of twice the drift is needed,
/// and it is enough.
#[test]
fn a_lease_needs_a_margin_of_twice_the_drift() {
    demand(&format!("| 0 | 0 | holds, {} states |", states(&Drifting { drift: 0, margin: 0 })));
    for margin in [0, 1] {
        let found = violated(&Drifting { drift: 1, margin });
        let [("server_ends_last", steps)] = found[..] else { panic!("{found:?}") };
        demand(&format!("| 1 | {margin} | violated after {steps} steps |"));
    }
    demand(&format!("| 1 | 2 | holds, {} states |", states(&Drifting { drift: 1, margin: 2 })));
}

/// Red if a pending write survives a crash, or if a write that was synced does not.
#[test]
fn a_grant_that_is_not_on_disk_is_forgotten() {
    demand(&format!("has {} states", states(&Locks { waits: true })));
    let found = violated(&Locks { waits: false });
    assert_eq!(found, [("one_holder", 5)]);
    demand("`one_holder` is violated after 5 steps");
}

/// Red if a missing `get` or a missing `put` is not noticed.
#[test]
fn a_missing_get_and_a_missing_put_are_found() {
    demand(&format!("has {} states", states(&Cache { gets: true, puts: true })));
    let no_get = violated(&Cache { gets: false, puts: true });
    assert_eq!(no_get, [("no_use_after_free", 3)]);
    let no_put = violated(&Cache { gets: true, puts: false });
    assert_eq!(no_put, [("no_leak", 3)]);
    demand("`no_use_after_free` is violated after 3 steps");
    demand("`no_leak` is violated after 3 steps");
}

/// Red if a part is no longer a model of its own, or if a shared action takes the step of one part
/// alone.
#[test]
fn a_lock_and_a_cache_hold_together() {
    demand(&format!("The lock alone holds, with {} states", states(&Lock)));
    assert_eq!(violated(&composition::Cache), [("copies_are_current", 2)]);
    demand("The cache alone is violated after 2 steps");
    demand(&format!("Together they hold, with {} states", states(&LockedCache { forgets: true })));
    assert_eq!(violated(&LockedCache { forgets: false }), [("copies_are_current", 4)]);
    demand("`copies_are_current` is violated after 4\nsteps");
}

/// Red if the constraint cuts at another place than the chapter says.
#[test]
fn the_requests_hold_within_the_constraint() {
    let found = search(&Requests { most: 5 });
    assert!(found.discoveries.is_empty());
    assert_eq!(found.stopped, Some(Stopped::Constraint));
    demand(&format!("has {} states", found.statistics.distinct));
}

/// Red if an engine does not forget (the space then has no end), or if what is kept does not decide
/// the properties.
#[test]
fn what_is_forgotten_closes_the_space() {
    demand(&format!("With `window: 1` this model has {} states", states(&Numbered { window: 1 })));
    let model = Numbered { window: 2 };
    let found = search(&model);
    assert_eq!(found.stopped, None);
    demand(&format!("it\nhas {} states", found.statistics.distinct));
    assert_eq!(violated(&model), [("request_is_answered", 1)]);
    demand("`request_is_answered` is violated after 1 step:");
    assert_eq!(forgets_nothing_needed(&model, 100), Ok(2));
}
