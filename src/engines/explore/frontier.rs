//! The states of the level that is being expanded, and those of the next one, in blocks.
//!
//! A block goes from thread to thread: a thread takes one and expands its states, fills another one
//! with the states that it finds, and hands both back. The emptied one is filled again. So a search
//! has as much memory for its frontiers as the largest of them, once, takes. What is more than a
//! budget stands on disk ([`super::spill`]).

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use latchwork_model::kit::State;

use crate::encoding::sealed::{Reader, Writer};

use super::spill::{Place, Spill, parse};

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

/// A block, or where it is.
enum Stored<S> {
    Here(Block<S>),
    OnDisk(Place),
}

/// A level, or what there is of it.
struct Level<S> {
    blocks: Vec<Stored<S>>,
    spill: Spill,
}

struct Blocks<S> {
    /// What is still to be expanded.
    current: Level<S>,
    /// What was found.
    found: Level<S>,
    /// Empty ones.
    spare: Vec<Vec<S>>,
    /// Blocks in memory, those included that threads have.
    held: usize,
    /// The most that are to be in memory.
    most: usize,
    /// Whether the disk has failed: then a block is missing, or there are too many here.
    failed: bool,
}

impl<S: State> Frontier<S> {
    /// The states of a block.
    pub const STATES: usize = {
        let states = BLOCK / if size_of::<S>() == 0 { 1 } else { size_of::<S>() };
        if states < 16 { 16 } else { states }
    };

    /// For so many threads, each of which fills a block.
    pub fn new(threads: usize) -> Self {
        let blocks = Blocks {
            current: Level { blocks: Vec::new(), spill: Spill::default() },
            found: Level { blocks: Vec::new(), spill: Spill::default() },
            spare: Vec::new(),
            held: threads,
            most: usize::MAX,
            failed: false,
        };
        Self { blocks: Mutex::new(blocks) }
    }

    fn lock(&self) -> MutexGuard<'_, Blocks<S>> {
        // Blocks are moved in one piece: what a thread that panics leaves behind is whole.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The states that are still to be expanded.
    pub fn len(&self) -> usize {
        self.lock().current.blocks.iter().map(Stored::len).sum()
    }

    /// Some states to expand, if there are any left.
    pub fn take(&self) -> Option<Block<S>> {
        let mut blocks = self.lock();
        match blocks.current.blocks.pop()? {
            Stored::Here(block) => Some(block),
            Stored::OnDisk(place) => blocks.fetch(&place),
        }
    }

    /// Takes a block back: for later if it has states left to expand, else to be filled again.
    pub fn hand_back(&self, mut block: Block<S>) {
        let mut blocks = self.lock();
        if block.next < block.states.len() {
            blocks.current.blocks.push(Stored::Here(block));
        } else {
            block.states.clear();
            blocks.give_up(block.states);
        }
    }

    /// Takes states that were found, and leaves an empty block in their place.
    pub fn found(&self, states: &mut Vec<S>) {
        if states.is_empty() {
            return;
        }
        let mut blocks = self.lock();
        let spare = blocks.empty();
        let states = std::mem::replace(states, spare);
        blocks.found.blocks.push(Stored::Here(Block { states, next: 0 }));
        if blocks.held > blocks.most {
            blocks.spill();
        }
    }

    /// Keeps to so many bytes in memory, but for a block or two of each thread.
    pub fn keep_to(&self, bytes: u64) {
        let mut blocks = self.lock();
        blocks.most = usize::try_from(bytes / BLOCK as u64).unwrap_or(usize::MAX);
        if blocks.held > blocks.most {
            blocks.spill();
        }
    }

    /// The bytes that it takes in memory.
    pub fn bytes(&self) -> u64 {
        (self.lock().held * BLOCK) as u64
    }

    /// Whether the disk has failed: what is here is not all, or more than was allowed.
    pub fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Makes what was found the level to expand.
    pub fn turn(&self) {
        let mut blocks = self.lock();
        let blocks = &mut *blocks;
        std::mem::swap(&mut blocks.current, &mut blocks.found);
        blocks.found.blocks.clear();
        blocks.failed |= blocks.found.spill.clear().is_err();
    }
}

impl<S: State> Frontier<S> {
    /// Writes down what is still to be expanded and what was found.
    pub fn save(&self, writer: &mut Writer) -> io::Result<()> {
        let mut blocks = self.lock();
        let Blocks { current, found, .. } = &mut *blocks;
        current.save(writer)?;
        found.save(writer)
    }

    /// Reads what [`Self::save`] has written, into an empty one.
    pub fn restore(&self, reader: &mut Reader) -> io::Result<()> {
        self.restore_level(reader)?;
        self.turn();
        self.restore_level(reader)
    }

    fn restore_level(&self, reader: &mut Reader) -> io::Result<()> {
        let mut left: u64 = reader.word()?;
        while left > 0 {
            let count = left.min(Self::STATES as u64);
            let mut states = self.lock().empty();
            parse(&reader.words::<u8>(count as usize * size_of::<S>())?, &mut states)?;
            self.found(&mut states);
            self.lock().give_up(states);
            left -= count;
        }
        Ok(())
    }
}

impl<S: State> Level<S> {
    fn save(&mut self, writer: &mut Writer) -> io::Result<()> {
        let states: usize = self.blocks.iter().map(Stored::len).sum();
        writer.words(&[states as u64])?;
        let mut fetched: Vec<S> = Vec::new();
        for stored in &self.blocks {
            match stored {
                Stored::Here(block) => writer.words(&block.states[block.next..])?,
                Stored::OnDisk(place) => {
                    self.spill.read(place, &mut fetched)?;
                    writer.words(&fetched)?;
                    fetched.clear();
                }
            }
        }
        Ok(())
    }
}

impl<S> Stored<S> {
    fn len(&self) -> usize {
        match self {
            Self::Here(block) => block.states.len() - block.next,
            Self::OnDisk(place) => place.states,
        }
    }
}

impl<S: State> Blocks<S> {
    /// A block to fill.
    fn empty(&mut self) -> Vec<S> {
        self.spare.pop().unwrap_or_else(|| {
            self.held += 1;
            Vec::with_capacity(Frontier::<S>::STATES)
        })
    }

    /// Takes an empty block; it goes away if there are too many.
    fn give_up(&mut self, states: Vec<S>) {
        if self.held > self.most {
            self.held -= 1;
        } else {
            self.spare.push(states);
        }
    }

    /// A block that stands on disk.
    fn fetch(&mut self, place: &Place) -> Option<Block<S>> {
        let mut states = self.empty();
        if self.current.spill.read(place, &mut states).is_err() {
            self.failed = true;
            return None;
        }
        Some(Block { states, next: 0 })
    }

    /// Writes as many blocks to disk as there are too many: first those that are needed last.
    fn spill(&mut self) {
        self.held -= self.spare.len();
        self.spare.clear();
        for level in [&mut self.found, &mut self.current] {
            for stored in &mut level.blocks {
                if self.held <= self.most {
                    return;
                }
                let Stored::Here(block) = stored else { continue };
                match level.spill.write(&block.states[block.next..]) {
                    Ok(place) => *stored = Stored::OnDisk(place),
                    Err(_) => {
                        self.failed = true;
                        return;
                    }
                }
                self.held -= 1;
            }
        }
    }
}
