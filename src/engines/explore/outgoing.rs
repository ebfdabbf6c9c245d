//! What goes to the owners of fingerprints, if several processes share a search.

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

/// Returns which of some processes owns a fingerprint. (The place in its table depends on the high
/// bits.)
#[inline(always)]
pub(super) fn owner(print: u64, owners: usize) -> usize {
    (((print & 0xffff_ffff) * owners as u64) >> 32) as usize
}
