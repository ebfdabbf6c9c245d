//! The fingerprints that a rank owns: a table that any thread may grow, with a mark for each.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::bits::Bits;
use crate::engines::explore::visited::{Inserted, Visited};

/// The number of fingerprints that are looked up together, so that cache misses overlap.
const BATCH: usize = 64;

/// The fingerprints that a rank owns.
pub struct Owned {
    table: RwLock<Table>,
    /// The number of entries, including those that are about to be inserted.
    entries: AtomicUsize,
    /// The maximum number of bytes.
    most: u64,
    threads: usize,
}

struct Table {
    visited: Visited,
    marks: Vec<AtomicU64>,
}

/// The table cannot grow within its budget.
#[derive(Debug)]
pub struct Full;

impl Owned {
    /// Creates an empty table of at most this many bytes.
    pub fn new(most: u64, threads: usize) -> Self {
        let table = Table { visited: Visited::new(false), marks: Vec::new() };
        Self { table: RwLock::new(table), entries: AtomicUsize::new(0), most, threads }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the bytes in use.
    pub fn bytes(&self) -> u64 {
        Visited::bytes(self.read().visited.capacity(), false)
    }

    /// Inserts fingerprints. Returns which of them are new.
    pub fn insert(&self, prints: &[u64]) -> Result<Bits, Full> {
        let mut entries = self.entries.fetch_add(prints.len(), Relaxed) + prints.len();
        let mut table = self.read();
        while entries >= table.visited.limit() {
            drop(table);
            if let Err(full) = self.grow() {
                self.entries.fetch_sub(prints.len(), Relaxed);
                return Err(full);
            }
            table = self.read();
            entries = self.entries.load(Relaxed);
        }
        let mut new = Bits::new(prints.len());
        let mut old = 0;
        let alone = self.threads == 1;
        for (batch, first) in prints.chunks(BATCH).zip((0..).step_by(BATCH)) {
            batch.iter().for_each(|print| table.visited.prefetch(*print));
            for (print, at) in batch.iter().zip(first..) {
                match table.visited.insert(*print, alone) {
                    Inserted::New(..) => new.set(at),
                    Inserted::Seen(_) => old += 1,
                }
            }
        }
        self.entries.fetch_sub(old, Relaxed);
        Ok(new)
    }

    /// Grows the table, unless another thread has done so.
    fn grow(&self) -> Result<(), Full> {
        let mut table = self.write();
        while self.entries.load(Relaxed) >= table.visited.limit() {
            let next = table.visited.next_capacity().map(|next| Visited::bytes(next, false));
            if next.is_none_or(|next| next > self.most) || !table.visited.grow(self.threads) {
                return Err(Full);
            }
        }
        Ok(())
    }

    /// Removes all marks. Nothing is inserted any more.
    pub fn unmark_all(&self) {
        let mut table = self.write();
        let words = table.visited.end().div_ceil(64);
        table.marks.clear();
        table.marks.resize_with(words, AtomicU64::default);
    }

    /// Marks fingerprints.
    pub fn mark(&self, prints: &[u64]) {
        let table = self.read();
        for slot in prints.iter().filter_map(|print| table.visited.find(*print)) {
            if let Some(word) = table.marks.get(slot / 64) {
                word.fetch_or(1 << (slot % 64), Relaxed);
            }
        }
    }

    /// Returns which fingerprints are marked.
    pub fn marked(&self, prints: &[u64]) -> Bits {
        let table = self.read();
        let mut marked = Bits::new(prints.len());
        prints.iter().for_each(|print| table.visited.prefetch(*print));
        for (print, at) in prints.iter().zip(0..) {
            let slot = table.visited.find(*print);
            let word = slot.and_then(|slot| Some((slot, table.marks.get(slot / 64)?)));
            if word.is_some_and(|(slot, word)| word.load(Relaxed) >> (slot % 64) & 1 == 1) {
                marked.set(at);
            }
        }
        marked
    }

    /// Removes all entries, and frees the memory.
    pub fn give_up(&self) {
        let mut table = self.write();
        *table = Table { visited: Visited::new(false), marks: Vec::new() };
        self.entries.store(0, Relaxed);
    }
}
