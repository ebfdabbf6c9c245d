//! The fingerprints of one piece of a level: a table in their order, with a mark for each.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::folder::Disk;
use super::runs::{RunWriter, Runs, prints_of};
use super::share::{lock, on_threads};
use crate::engines::explore::visited::Visited;

/// A table of fingerprints with marks.
pub struct Table {
    pub visited: Visited,
    /// A bit for each slot.
    marks: Vec<AtomicU64>,
    /// The number of entries.
    pub entries: usize,
    /// The maximum number of slots.
    most: usize,
}

impl Table {
    /// The bytes of a slot and its mark, in eighths.
    const EIGHTHS: u64 = 65;

    /// Creates a table of at most this many bytes, but of at least `least` slots.
    pub fn new(bytes: u64, least: usize) -> Self {
        let most = usize::try_from(bytes * 8 / Self::EIGHTHS).unwrap_or(usize::MAX).max(least);
        Self { visited: Visited::new(false), marks: Vec::new(), entries: 0, most }
    }

    /// Returns the bytes in use.
    pub fn bytes(&self) -> u64 {
        self.visited.capacity() as u64 * Self::EIGHTHS / 8
    }

    /// Grows if the table is full. Returns `false` if it is full and cannot grow.
    pub fn has_room(&mut self, threads: usize) -> bool {
        while self.entries >= self.visited.limit() {
            let fits = self.visited.next_capacity().is_some_and(|next| next <= self.most);
            if !fits || !self.visited.grow(threads) {
                return false;
            }
        }
        true
    }

    /// Grows to at least this many slots, as far as the bound allows.
    pub fn widen(&mut self, slots: usize, threads: usize) {
        while self.visited.capacity() < slots
            && self.visited.next_capacity().is_some_and(|next| next <= self.most)
            && self.visited.grow(threads)
        {}
    }

    /// Removes all entries. A table that is much larger than what it held becomes small again.
    pub fn clear(&mut self) {
        if self.entries < self.visited.capacity() / 32 && self.visited.capacity() > 1 << 15 {
            self.visited = Visited::new(false);
        } else {
            self.visited.clear();
        }
        self.marks.clear();
        self.entries = 0;
    }

    /// Removes all entries, and frees the memory.
    pub fn give_up(&mut self) {
        (self.visited, self.marks, self.entries) = (Visited::new(false), Vec::new(), 0);
    }

    /// Removes all marks, and makes room for one at each slot.
    pub fn unmark_all(&mut self) {
        let words = self.visited.end().div_ceil(64);
        self.marks.clear();
        self.marks.resize_with(words, AtomicU64::default);
    }

    /// Marks a slot. Returns whether it was marked before.
    #[inline(always)]
    pub fn mark(&self, slot: usize) -> bool {
        let (word, bit) = (&self.marks[slot / 64], 1 << (slot % 64));
        word.load(Relaxed) & bit != 0 || word.fetch_or(bit, Relaxed) & bit != 0
    }

    /// Removes the mark of a slot.
    pub fn unmark(&self, slot: usize) {
        self.marks[slot / 64].fetch_and(!(1 << (slot % 64)), Relaxed);
    }

    /// Returns whether a slot is marked.
    #[inline(always)]
    pub fn is_marked(&self, slot: usize) -> bool {
        self.marks[slot / 64].load(Relaxed) >> (slot % 64) & 1 == 1
    }

    /// Marks all fingerprints that are in the runs.
    pub fn mark_old(&mut self, runs: &Runs, disk: &Disk, threads: usize) -> io::Result<()> {
        self.unmark_all();
        let frames = Mutex::new(runs.frames(disk));
        let table = &*self;
        // A thread is not worth it for a few frames.
        let threads = if runs.len() < 1 << 16 { 1 } else { threads };
        on_threads(threads, || {
            let mut content = Vec::new();
            loop {
                let Some(count) = lock(&frames).next(&mut content)? else { return Ok(()) };
                let old = |print| {
                    if let Some(slot) = table.visited.find(print) {
                        table.mark(slot);
                    }
                };
                let valid = prints_of(&mut content, count, old);
                valid.ok_or_else(|| {
                    io::Error::new(io::ErrorKind::InvalidData, "a run of fingerprints is damaged")
                })?;
            }
        })
    }

    /// Passes the fingerprints without a mark on, in ascending order.
    pub fn write_new(&self, writer: &mut RunWriter) -> io::Result<()> {
        // Entries are in order, except within a cluster of neighbours.
        let mut cluster: Vec<u64> = Vec::new();
        for slot in 0..=self.visited.end() {
            let print = self.visited.at(slot);
            if print != 0 {
                if !self.is_marked(slot) {
                    cluster.push(print);
                }
            } else if !cluster.is_empty() {
                cluster.sort_unstable();
                cluster.drain(..).try_for_each(|print| writer.push(print))?;
            }
        }
        Ok(())
    }
}
