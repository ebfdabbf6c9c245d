//! The visited table: lock-free, open addressing, 64-bit fingerprints.
//!
//! Threads insert concurrently. The table grows between rounds, when no thread inserts. A table
//! that numbers its entries gives every fingerprint an id, counted from 0 in order of insertion.
//! The order depends on the threads, so nothing that is reported may depend on it.
//!
//! The home slot of a fingerprint is its proportional position in the table:
//! `fingerprint * capacity / 2^64`. So the table can have any capacity, entries are in the order of
//! their fingerprints except for collisions, and growth moves every entry upwards, from the last to
//! the first, within the same memory.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::memory::{Zeroes, prefetch};

/// The outcome of an insertion. The slot is valid until the table grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The fingerprint is new; with its id if the table numbers its entries.
    New(usize, u32),
    /// The fingerprint was already in the table.
    Seen(usize),
}

/// A set of fingerprints.
pub struct Visited {
    /// 0 is an empty slot. There are more slots than `capacity`: entries that collide at the end
    /// are placed beyond it.
    slots: Zeroes<AtomicU64>,
    /// One more than the id of the entry in a slot; 0 until it has one.
    ids: Option<Zeroes<AtomicU32>>,
    next_id: AtomicU32,
    capacity: usize,
    /// A planted defect, for the tests that must detect it.
    #[cfg(test)]
    /// The defect that a test has planted.
    pub planted: super::planted::Planted,
}

impl Visited {
    /// The number of slots of an empty table.
    const LEAST: usize = 1 << 12;
    /// Up to this size a table doubles. Then it grows by half, so that less of it is empty.
    const SMALL: usize = 1 << 18;
    /// The number of slots that a thread moves at a time.
    const STRETCH: usize = 1 << 14;

    /// Creates an empty table; if `numbered`, every entry gets an id.
    pub fn new(numbered: bool) -> Self {
        Self {
            slots: Zeroes::reserve(),
            ids: numbered.then(Zeroes::reserve),
            next_id: AtomicU32::new(0),
            capacity: Self::LEAST,
            #[cfg(test)]
            planted: super::planted::Planted::Nothing,
        }
    }

    /// Returns the number of slots.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the number of entries at which the table should grow.
    pub fn limit(&self) -> usize {
        self.capacity / 4 * 3
    }

    /// Returns the capacity after growing once; `None` if the system has no addresses for more.
    pub fn next_capacity(&self) -> Option<usize> {
        let next = self.capacity + self.capacity / if self.capacity < Self::SMALL { 1 } else { 2 };
        // An eighth is more than can ever collide at the end.
        (next + next / 8 < self.slots.len()).then_some(next)
    }

    /// Returns the bytes of a table of `capacity` slots.
    pub fn bytes(capacity: usize, numbered: bool) -> u64 {
        capacity as u64 * if numbered { 12 } else { 8 }
    }

    /// Grows an empty table to the size of one that has grown for this many entries. Returns
    /// `false` if there is no room.
    pub fn reserve(&mut self, entries: usize) -> bool {
        while entries >= self.limit() {
            let Some(next) = self.next_capacity() else { return false };
            self.capacity = next;
        }
        true
    }

    /// Inserts an entry of another table, with its id if entries are numbered.
    pub fn restore(&self, print: u64, id: u32) {
        self.put_back((print, id), true);
        self.next_id.fetch_max(id.wrapping_add(1), Relaxed);
    }

    /// Returns the entries, with ids, in the order of the slots.
    pub fn entries(&self) -> impl Iterator<Item = (u64, u32)> {
        let entry = |slot: usize| (self.slots[slot].load(Relaxed), self.id(slot));
        let within = (0..self.capacity).map(entry).filter(|entry| entry.0 != 0);
        within.chain((self.capacity..).map(entry).take_while(|entry| entry.0 != 0))
    }

    /// Prefetches the slot at which the search for `fingerprint` begins.
    #[inline(always)]
    pub fn prefetch(&self, fingerprint: u64) {
        if let Some(slot) = self.slots.get(self.home(fingerprint)) {
            prefetch(slot);
        }
    }

    #[inline(always)]
    fn home(&self, fingerprint: u64) -> usize {
        ((u128::from(fingerprint) * self.capacity as u128) >> 64) as usize
    }

    /// Inserts a fingerprint, which must not be 0. The caller keeps the table from filling up.
    /// `alone` promises that no other thread inserts, which allows cheaper operations.
    #[inline]
    pub fn insert(&self, fingerprint: u64, alone: bool) -> Inserted {
        let (slot, new) = self.place(fingerprint, alone);
        if new { Inserted::New(slot, self.number(slot)) } else { Inserted::Seen(slot) }
    }

    /// Returns the slot of a fingerprint, and whether it was inserted just now.
    #[inline(always)]
    fn place(&self, fingerprint: u64, alone: bool) -> (usize, bool) {
        let slots = &*self.slots;
        let mut slot = self.home(fingerprint);
        loop {
            let mut there = slots[slot].load(Relaxed);
            if there == 0 {
                if alone {
                    slots[slot].store(fingerprint, Relaxed);
                    return (slot, true);
                }
                #[cfg(test)]
                if self.planted == super::planted::Planted::LostUpdate {
                    // Occasional yielding is enough: on a busy machine each one takes long.
                    if fingerprint & 31 == 0 {
                        std::thread::yield_now();
                    }
                    slots[slot].store(fingerprint, Relaxed);
                    return (slot, true);
                }
                match slots[slot].compare_exchange(0, fingerprint, Relaxed, Relaxed) {
                    Ok(_) => return (slot, true),
                    Err(other) => there = other,
                }
            }
            if there == fingerprint {
                return (slot, false);
            }
            slot = slot.wrapping_add(1);
        }
    }

    /// Returns the slot of a fingerprint, if it is in the table.
    #[inline(always)]
    pub fn find(&self, fingerprint: u64) -> Option<usize> {
        let slots = &*self.slots;
        let mut slot = self.home(fingerprint);
        loop {
            match slots[slot].load(Relaxed) {
                0 => return None,
                there if there == fingerprint => return Some(slot),
                _ => slot = slot.wrapping_add(1),
            }
        }
    }

    /// Returns the fingerprint in a slot; 0 if the slot is empty.
    #[inline(always)]
    pub fn at(&self, slot: usize) -> u64 {
        self.slots[slot].load(Relaxed)
    }

    /// Returns the first empty slot at or beyond the capacity. All entries are before it.
    pub fn end(&self) -> usize {
        (self.capacity..).find(|slot| self.at(*slot) == 0).unwrap_or(self.capacity)
    }

    /// Removes all entries. The capacity stays.
    pub fn clear(&mut self) {
        self.slots[..self.end()].iter().for_each(|slot| slot.store(0, Relaxed));
    }

    /// Returns the id of a fingerprint in a table that numbers its entries. Inserts it if it is
    /// missing. All threads get the same id.
    #[inline]
    pub fn intern(&self, fingerprint: u64, alone: bool) -> u32 {
        let (slot, new) = self.place(fingerprint, alone);
        let Some(ids) = self.ids.as_ref().filter(|_| !new) else { return self.number(slot) };
        loop {
            match ids[slot].load(Relaxed) {
                // Another thread has inserted it and is about to number it.
                0 => std::thread::yield_now(),
                id => return id - 1,
            }
        }
    }

    #[inline]
    fn number(&self, slot: usize) -> u32 {
        let Some(ids) = &self.ids else { return 0 };
        let id = self.next_id.fetch_add(1, Relaxed);
        ids[slot].store(id + 1, Relaxed);
        id
    }

    /// Returns how many entries have an id.
    pub fn numbered(&self) -> usize {
        self.next_id.load(Relaxed) as usize
    }

    /// Returns the id of the entry in `slot`, in a table that numbers its entries. No insertion may
    /// be in progress.
    pub fn id(&self, slot: usize) -> u32 {
        self.ids.as_ref().map_or(0, |ids| ids[slot].load(Relaxed).saturating_sub(1))
    }

    /// Grows the table in place. Returns `false` if there is no memory.
    pub fn grow(&mut self, threads: usize) -> bool {
        let Some(next) = self.next_capacity() else { return false };
        let old = std::mem::replace(&mut self.capacity, next);
        let empty = |slot: &usize| self.slots[*slot].load(Relaxed) == 0;
        // Slots below `end` still hold entries of the old table.
        let mut end = (old..).find(empty).unwrap_or(old);
        while end > 0 {
            // The new homes of the entries from `start` on are at or above `end`. Their old homes
            // are there too, because the range begins after an empty slot.
            let share = end.saturating_mul(old).div_ceil(next);
            let start = (share..end).find(|slot| *slot > 0 && empty(&(slot - 1)));
            match start {
                Some(start) if end > Self::LEAST => self.move_up(start, end, threads),
                _ => self.move_first(end),
            }
            end = start.filter(|_| end > Self::LEAST).unwrap_or(0);
        }
        true
    }

    /// Moves the entries in `start..end`, all of which go to `end` or beyond.
    fn move_up(&self, start: usize, end: usize, threads: usize) {
        let threads = threads.min((end - start) / Self::STRETCH).max(1);
        let next = AtomicUsize::new(start);
        let work = || {
            loop {
                let from = next.fetch_add(Self::STRETCH, Relaxed);
                if from >= end {
                    break;
                }
                for slot in from..(from + Self::STRETCH).min(end) {
                    self.put_back(self.take(slot), threads == 1);
                }
            }
        };
        std::thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
    }

    /// Moves the first entries, whose old and new places overlap.
    fn move_first(&self, end: usize) {
        let entries: Vec<(u64, u32)> = (0..end).map(|slot| self.take(slot)).collect();
        entries.into_iter().for_each(|entry| self.put_back(entry, true));
    }

    #[inline(always)]
    fn take(&self, slot: usize) -> (u64, u32) {
        let fingerprint = self.slots[slot].load(Relaxed);
        self.slots[slot].store(0, Relaxed);
        let id = self.id(slot);
        if let Some(ids) = &self.ids {
            ids[slot].store(0, Relaxed);
        }
        (fingerprint, id)
    }

    #[inline(always)]
    fn put_back(&self, (fingerprint, id): (u64, u32), alone: bool) {
        if fingerprint != 0 {
            let (slot, _) = self.place(fingerprint, alone);
            if let Some(ids) = &self.ids {
                ids[slot].store(id + 1, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inserted, Visited};

    fn fingerprint(k: u64) -> u64 {
        (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Small and large steps of growth, with and without collisions at both ends.
    #[test]
    fn growing_keeps_entries_and_their_ids() {
        let mut visited = Visited::new(true);
        let all = || (0..1_000_000).map(fingerprint).chain(1..200).chain((1..200).map(|k| !k));
        let mut entries = 0;
        for print in all() {
            if entries >= visited.limit() {
                assert!(visited.grow(1 + entries % 3));
            }
            assert_eq!(visited.insert(print, true), {
                let Inserted::Seen(slot) = visited.insert(print, true) else {
                    panic!("it is lost")
                };
                Inserted::New(slot, entries as u32)
            });
            entries += 1;
        }
        for (print, id) in all().zip(0..) {
            match visited.insert(print, true) {
                Inserted::Seen(slot) => assert_eq!(visited.id(slot), id),
                Inserted::New(..) => panic!("{print} was lost"),
            }
        }
        let used = visited.slots[..visited.capacity + 1_000].iter();
        let used = used.filter(|slot| slot.load(std::sync::atomic::Ordering::Relaxed) != 0);
        assert_eq!(used.count(), entries, "nothing is left behind");
    }

    #[test]
    fn of_many_threads_one_wins() {
        let visited = Visited::new(false);
        let wins: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (1..2_000u64)
                            .filter(|k| {
                                let new = visited.insert(k << 51 | k, false);
                                matches!(new, Inserted::New(..))
                            })
                            .count()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!(wins, 1_999);
    }
}
