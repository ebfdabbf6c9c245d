//! The second expansion of a piece: finds the states whose fingerprints are new.

use std::io;
use std::sync::Mutex;

use latchwork_model::kit::{Cut, Model, Step};

use super::share::lock;
use super::states::{StateWriter, in_frame};
use super::table::Table;
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::panics::catch;
use crate::engines::explore::steps;

/// The number of successors that are looked up together, so that cache misses overlap.
const BATCH: usize = 64;
/// The number of fingerprints in a thread's own cache.
const RECENT: usize = 1 << 12;

/// Passes the steps of a state to `emit` as a search sees them: a state outside of the constraint
/// has none. Returns whether the constraint can be evaluated.
pub fn each_step<M: Model>(
    model: &M,
    state: &M::State,
    emit: impl FnMut(Step, Result<&M::State, Cut<'_>>),
) -> bool {
    let constraint = catch(|| model.constraint(state));
    if constraint != Ok(false) {
        steps::each(model, state, emit);
    }
    constraint.is_ok()
}

/// What all threads share.
pub struct Finding<'a, M: Model> {
    pub model: &'a M,
    /// The successors of the piece; those that are old, or were found already, are marked.
    pub table: &'a Table,
    /// Receives the new states.
    pub found: &'a Mutex<StateWriter<M::State>>,
}

/// One thread's part.
pub struct Finder<M: Model> {
    batch: Vec<(u64, M::State)>,
    recent: Box<[u64; RECENT]>,
    fresh: Vec<M::State>,
}

impl<M: Model> Finder<M> {
    /// Creates one that has found nothing.
    pub fn new() -> Self {
        Self { batch: Vec::with_capacity(BATCH), recent: Box::new([0; RECENT]), fresh: Vec::new() }
    }

    /// Finds the new successors of some states.
    pub fn states(&mut self, finding: &Finding<'_, M>, states: &[M::State]) -> io::Result<()> {
        let mut at = 0;
        while at < states.len() {
            // One panic guard covers many states. Finding a successor twice changes nothing.
            let all = catch(|| {
                while let Some(state) = states.get(at) {
                    at += 1;
                    if finding.model.constraint(state) {
                        let own = fingerprint(state);
                        finding.model.successors(state, |_, next| self.step(finding, own, next));
                    }
                }
            });
            if all.is_err() {
                let state = &states[at - 1];
                let own = fingerprint(state);
                each_step(finding.model, state, |_, next| self.step(finding, own, next));
            }
        }
        self.look_up(finding);
        if self.fresh.len() >= in_frame::<M::State>() { self.hand_over(finding) } else { Ok(()) }
    }

    #[inline(always)]
    fn step(&mut self, finding: &Finding<'_, M>, own: u64, next: Result<&M::State, Cut<'_>>) {
        let Ok(next) = next else { return };
        let print = fingerprint(next);
        let recent = &mut self.recent[print as usize % RECENT];
        // `|` instead of `||` avoids a branch.
        if (std::mem::replace(recent, print) == print) | (own == print) {
            return;
        }
        self.batch.push((print, *next));
        if self.batch.len() == BATCH {
            self.look_up(finding);
        }
    }

    #[inline(never)]
    fn look_up(&mut self, finding: &Finding<'_, M>) {
        for (print, _) in &self.batch {
            finding.table.visited.prefetch(*print);
        }
        for (print, state) in self.batch.drain(..) {
            // What is not in the table is the state of this piece that a step does not change.
            if let Some(slot) = finding.table.visited.find(print)
                && !finding.table.mark(slot)
            {
                self.fresh.push(state);
            }
        }
    }

    /// Writes what was found.
    pub fn hand_over(&mut self, finding: &Finding<'_, M>) -> io::Result<()> {
        lock(finding.found).append(&mut self.fresh)
    }

    /// Forgets which fingerprints it has looked up: the table was emptied.
    pub fn forget(&mut self) {
        self.recent.fill(0);
    }
}
