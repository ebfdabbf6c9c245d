//! The chapter on the kit: its model is compiled and run, and its figures are found.

use std::fs;

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::Exploration;

use crate::repository;

#[path = "kit_page.rs"]
mod page;

use page::Leases;

/// The Rust blocks of the chapter, one after the other.
fn blocks(page: &str) -> String {
    let parts = page.split("```rust\n").skip(1).map(|part| part.split("```").next());
    parts.map(|block| block.expect("it ends")).collect::<Vec<_>>().join("\n")
}

fn search(ttl: u8, compares: bool) -> Exploration {
    explore(&Leases { ttl, compares }, &Options::default(), &())
}

/// Red if the model of the chapter is not the one that is run here.
#[test]
fn the_chapter_shows_the_model_that_is_tested() {
    let page = fs::read_to_string(repository("docs/kit.md")).expect("text");
    let model = fs::read_to_string(repository("tests/it/model/kit_page.rs")).expect("text");
    assert_eq!(blocks(&page), model);
}

/// Red if `tick` passes an expired timer, if a stamp is renumbered wrongly (a write is then refused
/// or taken that should not be), or if renumbering leaves gaps, so that the space is infinite.
#[test]
fn its_space_is_finite_and_its_figures_are_true() {
    let page = fs::read_to_string(repository("docs/kit.md")).expect("text");
    for ttl in [2, 8] {
        let found = search(ttl, true);
        assert!(found.discoveries.is_empty() && found.stopped.is_none());
        let row = format!("| {ttl} | {} |", found.statistics.distinct);
        assert!(page.contains(&row), "the chapter lacks `{row}`");
    }
}

/// Red if tokens no longer tell an old lease from a new one.
#[test]
fn without_the_comparison_an_old_write_is_taken() {
    let found = search(2, false);
    let lengths: Vec<_> = found.discoveries.iter().map(|found| found.steps).collect();
    assert_eq!(lengths, [7]);
}
