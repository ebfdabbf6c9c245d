//! The states of the level that is being expanded, and those of the next one, in blocks.
//!
//! A block goes from thread to thread: a thread takes one and expands its states, fills another one
//! with the states that it finds, and hands both back. The emptied one is filled again. So a search
//! has as much memory for its frontiers as the largest of them, once, takes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bytes of a block: enough states that blocks change hands rarely.
const BLOCK: usize = 1 << 16;

/// Some states of a level, and how many of them were expanded.
pub(super) struct Block<S> {
    /// The states.
    pub states: Vec<S>,
    /// Those before this one were expanded.
    pub next: usize,
}

/// Two levels in blocks.
pub(super) struct Frontier<S> {
    blocks: Mutex<Blocks<S>>,
}

struct Blocks<S> {
    /// What is still to be expanded.
    current: Vec<Block<S>>,
    /// What was found.
    found: Vec<Block<S>>,
    /// Empty ones.
    spare: Vec<Vec<S>>,
}

impl<S> Frontier<S> {
    /// The states of a block.
    pub const STATES: usize = {
        let states = BLOCK / if size_of::<S>() == 0 { 1 } else { size_of::<S>() };
        if states < 16 { 16 } else { states }
    };

    pub fn new() -> Self {
        let blocks = Blocks { current: Vec::new(), found: Vec::new(), spare: Vec::new() };
        Self { blocks: Mutex::new(blocks) }
    }

    fn lock(&self) -> MutexGuard<'_, Blocks<S>> {
        // Blocks are moved in one piece: what a thread that panics leaves behind is whole.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The states that are still to be expanded.
    pub fn len(&self) -> usize {
        self.lock().current.iter().map(|block| block.states.len() - block.next).sum()
    }

    /// Some states to expand, if there are any left.
    pub fn take(&self) -> Option<Block<S>> {
        self.lock().current.pop()
    }

    /// Takes a block back: for later if it has states left to expand, else to be filled again.
    pub fn hand_back(&self, mut block: Block<S>) {
        let mut blocks = self.lock();
        if block.next < block.states.len() {
            blocks.current.push(block);
        } else {
            block.states.clear();
            blocks.spare.push(block.states);
        }
    }

    /// Takes states that were found, and leaves an empty block in their place.
    pub fn found(&self, states: &mut Vec<S>) {
        if states.is_empty() {
            return;
        }
        let mut blocks = self.lock();
        let spare = blocks.spare.pop().unwrap_or_else(|| Vec::with_capacity(Self::STATES));
        let states = std::mem::replace(states, spare);
        blocks.found.push(Block { states, next: 0 });
    }

    /// Makes what was found the level to expand.
    pub fn turn(&self) {
        let mut blocks = self.lock();
        let blocks = &mut *blocks;
        std::mem::swap(&mut blocks.current, &mut blocks.found);
        blocks.found.clear();
    }
}
