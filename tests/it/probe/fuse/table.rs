//! A table of byte-range locks, as a daemon would write it, and its defects. It shares no code with the
//! models.

use std::collections::BTreeMap;

/// A defect of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A write lock is granted although another owner has a read lock in its range.
    WriterAmongReaders,
    /// A lock that only touches the first byte of another one is taken to be free of it.
    OffByOne,
    /// An unlock succeeds, and the lock stays.
    ForgottenUnlock,
    /// An unlock in the middle of a range drops the part behind it as well.
    LostTail,
    /// A write lock that becomes a read lock is gone.
    DowngradeReleases,
    /// The locks of a process stay when it closes the file.
    KeptAtClose,
    /// The locks of an open file stay when its last descriptor is closed.
    KeptAtRelease,
    /// `F_GETLK` reports that a range is free if the lock in it is a read lock.
    BlindTest,
    /// A lock up to the end of the file ends where it begins.
    NoEnd,
    /// Adjacent ranges of one owner are not merged.
    NoMerge,
}

/// Where a lock is, as the kernel says it: both ends are inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub first: u64,
    pub last: u64,
}

impl Range {
    fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// A lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    pub range: Range,
    pub write: bool,
    pub owner: u64,
    pub pid: u32,
    /// The open file through which it was taken.
    pub handle: u64,
}

/// The locks of all files.
#[derive(Debug, Default)]
pub struct Table {
    fault: Option<Fault>,
    files: BTreeMap<u64, Vec<Lock>>,
}

impl Table {
    pub fn with(fault: Option<Fault>) -> Self {
        Self { fault, files: BTreeMap::new() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// A lock of another owner that excludes this one.
    pub fn in_the_way(&self, file: u64, asked: &Lock, tests: bool) -> Option<Lock> {
        let excludes = |held: &&Lock| {
            let range = match self.fault {
                Some(Fault::OffByOne) => Range { first: held.range.first + 1, ..held.range },
                _ => held.range,
            };
            let both_read = !held.write && !asked.write;
            held.owner != asked.owner && range.meets(asked.range) && !both_read
        };
        let held = self.files.get(&file)?.iter().find(excludes)?;
        let overlooked = !held.write
            && (self.has(Fault::WriterAmongReaders) && !tests
                || self.has(Fault::BlindTest) && tests);
        (!overlooked).then_some(*held)
    }

    /// Takes a lock that nothing is in the way of.
    pub fn take(&mut self, file: u64, mut lock: Lock) {
        if self.has(Fault::NoEnd) && lock.range.last >= i64::MAX as u64 {
            lock.range.last = lock.range.first;
        }
        let was_write = self.cut(file, &lock, false);
        if self.has(Fault::DowngradeReleases) && was_write && !lock.write {
            return;
        }
        let locks = self.files.entry(file).or_default();
        if self.fault != Some(Fault::NoMerge) {
            let joins = |held: &Lock| {
                (held.owner, held.write) == (lock.owner, lock.write)
                    && (held.range.last + 1 == lock.range.first
                        || lock.range.last + 1 == held.range.first)
            };
            let range = locks.iter().filter(|held| joins(held)).fold(lock.range, |all, held| {
                let (first, last) =
                    (all.first.min(held.range.first), all.last.max(held.range.last));
                Range { first, last }
            });
            locks.retain(|held| !joins(held));
            lock.range = range;
        }
        locks.push(lock);
    }

    /// Whether an owner has this very lock.
    pub fn has_lock(&self, file: u64, lock: &Lock) -> bool {
        let same = |held: &Lock| (held.owner, held.write) == (lock.owner, lock.write);
        self.files.get(&file).is_some_and(|locks| locks.iter().any(same))
    }

    /// Gives the locks of an owner in a range up.
    pub fn give_up(&mut self, file: u64, lock: &Lock) {
        if !self.has(Fault::ForgottenUnlock) {
            self.cut(file, lock, self.has(Fault::LostTail));
        }
    }

    /// Cuts a range out of the locks of its owner; whether a write lock was there.
    pub fn cut(&mut self, file: u64, out: &Lock, loses_tail: bool) -> bool {
        let mut was_write = false;
        let mut rest = Vec::new();
        for held in self.files.remove(&file).unwrap_or_default() {
            if held.owner != out.owner || !held.range.meets(out.range) {
                rest.push(held);
                continue;
            }
            was_write |= held.write;
            if held.range.first < out.range.first {
                let range = Range { last: out.range.first - 1, ..held.range };
                rest.push(Lock { range, ..held });
            }
            if held.range.last > out.range.last && !loses_tail {
                let range = Range { first: out.range.last + 1, ..held.range };
                rest.push(Lock { range, ..held });
            }
        }
        self.files.insert(file, rest);
        was_write
    }

    /// A descriptor is closed: the locks of the process go.
    pub fn close(&mut self, file: u64, owner: u64) {
        if !self.has(Fault::KeptAtClose)
            && let Some(locks) = self.files.get_mut(&file)
        {
            locks.retain(|lock| lock.owner != owner);
        }
    }

    /// The last descriptor of an open file is closed: its locks go.
    pub fn release(&mut self, file: u64, handle: u64) {
        let kept = self.has(Fault::KeptAtRelease) || self.has(Fault::KeptAtClose);
        if !kept && let Some(locks) = self.files.get_mut(&file) {
            locks.retain(|lock| lock.handle != handle);
        }
    }
}
