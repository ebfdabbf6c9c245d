//! The visited table: lock-free, open addressing, 64-bit fingerprints.
//!
//! Threads insert at the same time; growth happens between rounds, when nobody inserts. A table
//! that numbers its entries gives every fingerprint an id, counted from 0 in the order of
//! insertion (which depends on the threads; nothing that is reported may depend on it).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// What came of an insertion; the slot is valid until the table grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It was not there; with its id if the table numbers its entries.
    New(usize, u32),
    /// It was there.
    Seen(usize),
}

/// A set of fingerprints.
pub struct Visited {
    slots: Box<[AtomicU64]>,
    ids: Option<Box<[AtomicU32]>>,
    next_id: AtomicU32,
    shift: u32,
}

impl Visited {
    const MIN_BITS: u32 = 12;

    /// An empty table; `numbered` if every entry is to get an id.
    pub fn new(numbered: bool) -> Self {
        Self::with_bits(Self::MIN_BITS, numbered)
    }

    fn with_bits(bits: u32, numbered: bool) -> Self {
        let capacity = 1usize << bits;
        Self {
            slots: (0..capacity).map(|_| AtomicU64::new(0)).collect(),
            ids: numbered.then(|| (0..capacity).map(|_| AtomicU32::new(0)).collect()),
            next_id: AtomicU32::new(0),
            shift: 64 - bits,
        }
    }

    /// How many slots there are.
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The bytes that a table of `capacity` slots takes.
    pub fn bytes(capacity: usize, numbered: bool) -> u64 {
        capacity as u64 * if numbered { 12 } else { 8 }
    }

    /// Reads the slot at which the search for `fingerprint` begins, so that it is in the cache
    /// when it is needed.
    #[inline(always)]
    pub fn touch(&self, fingerprint: u64) -> u64 {
        self.slots[self.home(fingerprint)].load(Relaxed)
    }

    #[inline(always)]
    fn home(&self, fingerprint: u64) -> usize {
        (fingerprint >> self.shift) as usize
    }

    /// Puts a fingerprint in. The caller keeps the table from filling up.
    #[inline]
    pub fn insert(&self, fingerprint: u64) -> Inserted {
        let mask = self.slots.len() - 1;
        let mut slot = self.home(fingerprint);
        loop {
            let mut there = self.slots[slot].load(Relaxed);
            if there == 0 {
                match self.slots[slot].compare_exchange(0, fingerprint, Relaxed, Relaxed) {
                    Ok(_) => return Inserted::New(slot, self.number(slot)),
                    Err(other) => there = other,
                }
            }
            if there == fingerprint {
                return Inserted::Seen(slot);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline]
    fn number(&self, slot: usize) -> u32 {
        let Some(ids) = &self.ids else { return 0 };
        let id = self.next_id.fetch_add(1, Relaxed);
        ids[slot].store(id, Relaxed);
        id
    }

    /// The id of the entry in `slot`, in a table that numbers its entries, once no insertion is
    /// under way.
    pub fn id(&self, slot: usize) -> u32 {
        self.ids.as_ref().map_or(0, |ids| ids[slot].load(Relaxed))
    }

    /// Makes room: twice the slots.
    pub fn grow(&mut self) {
        let bigger = Self::with_bits(64 - self.shift + 1, self.ids.is_some());
        let mask = bigger.slots.len() - 1;
        for (at, fingerprint) in self.slots.iter().map(|slot| slot.load(Relaxed)).enumerate() {
            if fingerprint == 0 {
                continue;
            }
            let mut slot = bigger.home(fingerprint);
            while bigger.slots[slot].load(Relaxed) != 0 {
                slot = (slot + 1) & mask;
            }
            bigger.slots[slot].store(fingerprint, Relaxed);
            if let (Some(old), Some(new)) = (&self.ids, &bigger.ids) {
                new[slot].store(old[at].load(Relaxed), Relaxed);
            }
        }
        bigger.next_id.store(self.next_id.load(Relaxed), Relaxed);
        *self = bigger;
    }
}

#[cfg(test)]
mod tests {
    use super::{Inserted, Visited};

    #[test]
    fn growing_keeps_entries_and_their_ids() {
        let mut visited = Visited::new(true);
        let fingerprint = |k: u64| (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut ids = Vec::new();
        for k in 0..3_000 {
            match visited.insert(fingerprint(k)) {
                Inserted::New(_, id) => ids.push(id),
                Inserted::Seen(_) => panic!("{k} is new"),
            }
        }
        visited.grow();
        for (k, id) in (0..3_000).zip(ids) {
            match visited.insert(fingerprint(k)) {
                Inserted::Seen(slot) => assert_eq!(visited.id(slot), id),
                Inserted::New(..) => panic!("{k} was lost"),
            }
        }
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
                                let new = visited.insert(k << 51 | k);
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
