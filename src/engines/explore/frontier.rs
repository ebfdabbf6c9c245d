//! The states of the level being expanded and of the next level, in blocks.
//!
//! Blocks are passed between threads. A thread takes a block, expands its states, fills another
//! block with the states it finds, and hands both back. Emptied blocks are reused, so all frontiers
//! of a search together need only as much memory as the largest one. Blocks beyond the memory
//! budget are kept on disk ([`super::spill`]).

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use latchwork_model::kit::State;

use crate::encoding::sealed::{Reader, Writer};

use super::spill::{Place, Spill, parse};

/// The bytes of a block: large enough that blocks rarely change hands.
const BLOCK: usize = 1 << 16;

/// A block of states of a level, and how many of them have been expanded.
pub(super) struct Block<S> {
    /// The states.
    pub states: Vec<S>,
    /// The states before this one have been expanded.
    pub next: usize,
}

/// Two levels in blocks.
pub(super) struct Frontier<S> {
    blocks: Mutex<Blocks<S>>,
}

/// A block in memory, or its place on disk.
enum Stored<S> {
    Here(Block<S>),
    OnDisk(Place),
}

/// The blocks of a level that are not in use.
struct Level<S> {
    blocks: Vec<Stored<S>>,
    spill: Spill,
}

struct Blocks<S> {
    /// The states that are still to be expanded.
    current: Level<S>,
    /// The states found for the next level.
    found: Level<S>,
    /// Empty blocks.
    spare: Vec<Vec<S>>,
    /// The number of blocks in memory, including those that threads hold.
    held: usize,
    /// The maximum number of blocks to keep in memory.
    most: usize,
    /// Whether the disk has failed. Then a block is missing, or there are too many in memory.
    failed: bool,
}

impl<S: State> Frontier<S> {
    /// The number of states in a block.
    pub const STATES: usize = {
        let states = BLOCK / if size_of::<S>() == 0 { 1 } else { size_of::<S>() };
        if states < 16 { 16 } else { states }
    };

    /// Creates a frontier for this many threads, each of which fills a block.
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
        // Blocks are moved whole, so a thread that panics leaves a consistent frontier.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of states that are still to be expanded.
    pub fn len(&self) -> usize {
        self.lock().current.blocks.iter().map(Stored::len).sum()
    }

    /// Takes a block of states to expand, if any are left.
    pub fn take(&self) -> Option<Block<S>> {
        let mut blocks = self.lock();
        match blocks.current.blocks.pop()? {
            Stored::Here(block) => Some(block),
            Stored::OnDisk(place) => blocks.fetch(&place),
        }
    }

    /// Takes a block back: it is kept for later if it has states left to expand, and reused
    /// otherwise.
    pub fn hand_back(&self, mut block: Block<S>) {
        let mut blocks = self.lock();
        if block.next < block.states.len() {
            blocks.current.blocks.push(Stored::Here(block));
        } else {
            block.states.clear();
            blocks.give_up(block.states);
        }
    }

    /// Takes states that were found and leaves an empty block in their place.
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

    /// Limits the memory to this many bytes, plus a block or two per thread.
    pub fn keep_to(&self, bytes: u64) {
        let mut blocks = self.lock();
        blocks.most = usize::try_from(bytes / BLOCK as u64).unwrap_or(usize::MAX);
        if blocks.held > blocks.most {
            blocks.spill();
        }
    }

    /// Returns the bytes of memory in use.
    pub fn bytes(&self) -> u64 {
        (self.lock().held * BLOCK) as u64
    }

    /// Returns whether the disk has failed. Then states are missing, or more memory is in use than
    /// allowed.
    pub fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Makes the states that were found the level to expand.
    pub fn turn(&self) {
        let mut blocks = self.lock();
        let blocks = &mut *blocks;
        std::mem::swap(&mut blocks.current, &mut blocks.found);
        blocks.found.blocks.clear();
        blocks.failed |= blocks.found.spill.clear().is_err();
    }
}

impl<S: State> Frontier<S> {
    /// Writes the states that are still to be expanded and those that were found.
    pub fn save(&self, writer: &mut Writer) -> io::Result<()> {
        let mut blocks = self.lock();
        let Blocks { current, found, .. } = &mut *blocks;
        current.save(writer)?;
        found.save(writer)
    }

    /// Reads what [`Self::save`] has written into an empty frontier.
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
    /// Returns an empty block.
    fn empty(&mut self) -> Vec<S> {
        self.spare.pop().unwrap_or_else(|| {
            self.held += 1;
            Vec::with_capacity(Frontier::<S>::STATES)
        })
    }

    /// Takes back an empty block and frees it if there are too many.
    fn give_up(&mut self, states: Vec<S>) {
        if self.held > self.most {
            self.held -= 1;
        } else {
            self.spare.push(states);
        }
    }

    /// Reads a block from disk.
    fn fetch(&mut self, place: &Place) -> Option<Block<S>> {
        let mut states = self.empty();
        if self.current.spill.read(place, &mut states).is_err() {
            self.failed = true;
            return None;
        }
        Some(Block { states, next: 0 })
    }

    /// Writes excess blocks to disk, starting with those that are needed last.
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
