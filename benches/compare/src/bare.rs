//! Inserts the fingerprints of the search, in its order, into Latchwork's table and does nothing
//! else: the least that any search must do.

use std::time::Instant;

use latchwork::engines::explore::fingerprint::fingerprint;
use latchwork::engines::explore::visited::{Inserted, Visited};
use latchwork_model::kit::{Actions, Model};

#[path = "../../../examples/two_phase_commit/model.rs"]
mod two_phase_commit;

use two_phase_commit::TwoPhase;

/// Fingerprints that are asked for together.
const BATCH: usize = 64;

/// Collects the fingerprints, and then measures how long it takes to insert them.
pub fn search(managers: u8) {
    let fingerprints = fingerprints(&TwoPhase::new(managers));
    let start = Instant::now();
    let mut visited = Visited::new(false);
    let mut distinct = 0;
    let mut batches = fingerprints.chunks(BATCH).peekable();
    while let Some(batch) = batches.next() {
        while distinct >= visited.limit() {
            visited.grow(1);
        }
        // As in the search: one batch is on its way to the cache while another one is looked up.
        if let Some(next) = batches.peek() {
            next.iter().for_each(|print| visited.prefetch(*print));
        }
        let new = |print: &&u64| matches!(visited.insert(**print, true), Inserted::New(..));
        distinct += batch.iter().filter(new).count();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{distinct} distinct of {}, {seconds} s inserting", fingerprints.len());
}

fn fingerprints(model: &TwoPhase) -> Vec<u64> {
    let (mut all, mut frontier, mut next) = (Vec::new(), Vec::new(), Vec::new());
    let mut visited = Visited::new(false);
    let mut distinct = 0;
    model.initial(&mut |state| frontier.push(*state));
    for state in &frontier {
        visited.insert(fingerprint(state), true);
    }
    all.extend(frontier.iter().map(fingerprint));
    while !frontier.is_empty() {
        for state in frontier.drain(..) {
            while distinct >= visited.limit() {
                visited.grow(1);
            }
            model.successors(&state, |_, successor| {
                let Ok(successor) = successor else { return };
                let print = fingerprint(successor);
                all.push(print);
                if let Inserted::New(..) = visited.insert(print, true) {
                    distinct += 1;
                    next.push(*successor);
                }
            });
        }
        std::mem::swap(&mut frontier, &mut next);
    }
    all
}
