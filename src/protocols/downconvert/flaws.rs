//! What can be wrong with the code.

use latchwork_model::downconvert::Entry;
use latchwork_model::downconvert::state::Level;

flaws! {
    /// PENDING is set only after `l_lock` was dropped: a swapped store.
    late_pending Planted;
    /// The AST does not complete those who wait: a missing wake-up.
    silent_ast Planted;
}

/// Returns the level that an entry of a program asks for. Nested entries have no threaded form.
pub fn level(entry: Entry) -> Level {
    if entry == Entry::Ex { Level::EX } else { Level::PR }
}
