//! What goes to the owners of fingerprints, if several processes share a search.

use super::memory::prefetch;

/// Things to ask an owner about: fingerprints, and what each of them stands for.
pub(super) struct Outgoing<T> {
    /// The fingerprints.
    pub prints: Vec<u64>,
    /// The states, or where they are.
    pub items: Vec<T>,
}

impl<T> Outgoing<T> {
    /// Creates an empty one.
    pub fn new() -> Self {
        Self { prints: Vec::new(), items: Vec::new() }
    }

    /// Adds one.
    #[inline(always)]
    pub fn push(&mut self, print: u64, item: T) {
        self.prints.push(print);
        self.items.push(item);
    }

    /// Takes what another one has.
    pub fn absorb(&mut self, mut other: Self) {
        self.prints.append(&mut other.prints);
        self.items.append(&mut other.items);
    }

    /// Takes the last ones, at most `most`; `None` if there are fewer than `least`.
    pub fn take(&mut self, least: usize, most: usize) -> Option<Self> {
        let len = self.prints.len();
        let from = len - len.min(most);
        (len >= least).then(|| Self {
            prints: self.prints.split_off(from),
            items: self.items.split_off(from),
        })
    }
}

/// Successors of a thread, by the owners of their fingerprints.
pub(super) struct ByOwner<S> {
    /// What the owners were not asked about yet.
    pub outgoing: Vec<Outgoing<S>>,
    /// A cache of the fingerprints that they were or will be asked about: they need no second
    /// question.
    asked: Vec<u64>,
}

impl<S: Copy> ByOwner<S> {
    /// The number of fingerprints in the cache. The system gives it memory where it is used.
    const ASKED: usize = 1 << 19;

    /// Creates an empty one; without owners there is no cache.
    pub fn new(owners: usize) -> Self {
        let asked = vec![0; if owners > 0 { Self::ASKED } else { 0 }];
        Self { outgoing: (0..owners).map(|_| Outgoing::new()).collect(), asked }
    }

    /// Returns the place of a fingerprint in the cache. Its owner depends on the low bits.
    #[inline(always)]
    fn place(print: u64) -> usize {
        (print >> 32) as usize % Self::ASKED
    }

    /// Returns whether there are owners.
    #[inline(always)]
    pub fn is_used(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Adds successors with their fingerprints, except those that the cache knows.
    pub fn add<'a>(&mut self, successors: impl Iterator<Item = (u64, &'a S)> + Clone)
    where
        S: 'a,
    {
        // All at once: the cache misses overlap.
        successors.clone().for_each(|(print, _)| prefetch(&self.asked[Self::place(print)]));
        let owners = self.outgoing.len();
        for (print, state) in successors {
            let asked = &mut self.asked[Self::place(print)];
            if std::mem::replace(asked, print) != print {
                self.outgoing[owner(print, owners)].push(print, *state);
            }
        }
    }
}

/// Returns which of some processes owns a fingerprint. (The place in its table depends on the high
/// bits.)
#[inline(always)]
pub(super) fn owner(print: u64, owners: usize) -> usize {
    (((print & 0xffff_ffff) * owners as u64) >> 32) as usize
}
