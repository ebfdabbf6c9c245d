//! Exact storage: every state gets a 64-bit number that no other state has.
//!
//! A state is cut into pieces of at most seven bytes; their number is a power of two, and they are
//! the leaves of a binary tree. A table assigns a number to each leaf and to each pair of numbers
//! below a node, so equal parts of states share a number, regardless of their position. The pair at
//! the root, two 32-bit numbers, identifies the state: the tree below it contains all bytes. The
//! visited table holds these pairs instead of fingerprints. They have the same size, and no
//! information is lost. The additional cost is the table of parts. It is small, because states
//! share parts.
//!
//! A successor differs from its parent in few pieces, so only the paths from these pieces to the
//! root are looked up.

use std::io;

use crate::encoding::sealed::{Reader, Writer};

use super::visited::Visited;

/// The maximum number of bytes in a leaf.
const LEAF: usize = 7;
/// The number of bits in the number of a part, chosen so that two of them and the height of a pair
/// fit in a word.
const BITS: u32 = 29;
/// The initial capacity in entries.
const FIRST: usize = 48 << 10;

/// The parts of all states.
pub(super) struct Parts {
    /// Maps the content of a part to its number.
    table: Visited,
    /// The number of leaves of a state. Nodes are numbered as in a heap: the root is 1, the
    /// children of node `n` are `2n` and `2n + 1`, and the leaves come last.
    leaves: usize,
    /// The number of bytes in a leaf.
    width: usize,
}

/// A state split into parts.
#[derive(Clone, Default)]
pub(super) struct Tree {
    /// By leaf: its bytes as a word.
    words: Vec<u64>,
    /// By node, except the root: the number of the part.
    numbers: Vec<u32>,
}

/// Scratch memory for splitting successors into parts.
#[derive(Default)]
pub(super) struct Takings {
    /// The state whose successors are being split.
    pub parent: Tree,
    numbers: Vec<u32>,
    /// The nodes at one height that differ from the parent's.
    changed: Vec<usize>,
}

/// Mixes a word so that every bit depends on all of its bits. The mapping is one to one. It yields
/// 0 only for the word with all bits set, which is never a part: no height is that large.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let mut mixed = !word;
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}

/// Packs a pair of parts into a word. Parts of one height share their numbers, regardless of their
/// position. Leaves have height 0.
#[inline(always)]
fn pair(numbers: &[u32], node: usize, height: u64) -> u64 {
    let (left, right) = (u64::from(numbers[2 * node]), u64::from(numbers[2 * node + 1]));
    height << (2 * BITS) | left << BITS | right
}

/// Returns the number of a state: the pair at the root.
#[inline(always)]
fn root(numbers: &[u32]) -> u64 {
    mix(u64::from(numbers[2]) << 32 | u64::from(numbers[3]))
}

impl Parts {
    /// Creates a table for states of `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        let leaves = bytes.div_ceil(LEAF).next_power_of_two();
        let mut table = Visited::new(true);
        table.reserve(FIRST);
        Self { table, leaves, width: bytes.div_ceil(leaves) }
    }

    /// Returns a leaf as a word.
    #[inline(always)]
    fn leaf(&self, bytes: &[u8], at: usize) -> u64 {
        let rest = bytes.get(at * self.width..).unwrap_or_default();
        match rest.first_chunk() {
            Some(eight) => u64::from_le_bytes(*eight) & !(u64::MAX << (8 * self.width)),
            None => {
                let own = rest.iter().take(self.width);
                own.rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
        }
    }

    /// Returns the number of a part.
    #[inline(always)]
    fn part(&self, word: u64, alone: bool) -> u32 {
        self.table.intern(mix(word), alone)
    }

    /// Splits a state into parts and returns its number, which is not 0.
    pub fn take_apart(&self, bytes: &[u8], tree: &mut Tree, alone: bool) -> u64 {
        let Tree { words, numbers } = tree;
        words.clear();
        words.extend((0..self.leaves).map(|at| self.leaf(bytes, at)));
        if let [word] = words[..] {
            return mix(word);
        }
        numbers.resize(2 * self.leaves, 0);
        for (number, word) in numbers[self.leaves..].iter_mut().zip(words) {
            *number = self.part(*word, alone);
        }
        let (mut first, mut height) = (self.leaves / 2, 1);
        while first > 1 {
            for node in first..2 * first {
                numbers[node] = self.part(pair(numbers, node, height), alone);
            }
            first /= 2;
            height += 1;
        }
        root(numbers)
    }

    /// Splits a state that has no parent, while no other thread does. Makes room first.
    pub fn take_apart_alone(&mut self, bytes: &[u8]) -> u64 {
        if self.len() >= self.limit() {
            self.table.grow(1);
        }
        self.take_apart(bytes, &mut Tree::default(), true)
    }

    /// Returns the number of a state that differs little from the parent, whose tree is known.
    #[inline]
    pub fn number(&self, bytes: &[u8], takings: &mut Takings, alone: bool) -> u64 {
        let Takings { parent, numbers, changed } = takings;
        if self.leaves == 1 {
            return mix(self.leaf(bytes, 0));
        }
        numbers.clone_from(&parent.numbers);
        changed.clear();
        for (at, word) in parent.words.iter().enumerate() {
            let own = self.leaf(bytes, at);
            if own != *word {
                numbers[self.leaves + at] = self.part(own, alone);
                changed.push(self.leaves + at);
            }
        }
        let mut height = 1;
        // Nodes 2 and 3 are below the root.
        while changed.first().is_some_and(|node| *node > 3) {
            let mut above = 0;
            for at in 0..changed.len() {
                let node = changed[at] / 2;
                if above == 0 || changed[above - 1] != node {
                    numbers[node] = self.part(pair(numbers, node, height), alone);
                    changed[above] = node;
                    above += 1;
                }
            }
            changed.truncate(above);
            height += 1;
        }
        root(numbers)
    }

    /// Returns the number of parts.
    pub fn len(&self) -> usize {
        self.table.numbered()
    }

    /// Returns the number of parts at which the table should grow.
    pub fn limit(&self) -> usize {
        self.table.limit()
    }

    /// Returns the bytes in use and the bytes in use after growing; `None` if there are no numbers
    /// for more parts.
    pub fn bytes(&self) -> (u64, Option<u64>) {
        let bytes = |capacity| Visited::bytes(capacity, true);
        let next = self.table.next_capacity().filter(|next| *next <= 1 << BITS);
        (bytes(self.table.capacity()), next.map(bytes))
    }

    /// Grows the table.
    pub fn grow(&mut self, threads: usize) {
        self.table.grow(threads);
    }

    /// Writes the table.
    pub fn save(&self, writer: &mut Writer) -> io::Result<()> {
        writer.words(&[self.len() as u64])?;
        self.table.entries().try_for_each(|(word, number)| {
            writer.words(&[word])?;
            writer.words(&[number])
        })
    }

    /// Reads what [`Self::save`] has written.
    pub fn restore(&mut self, reader: &mut Reader) -> io::Result<()> {
        let len: u64 = reader.word()?;
        if !self.table.reserve(len as usize) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        for _ in 0..len {
            let (word, number) = (reader.word()?, reader.word()?);
            self.table.restore(word, number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Parts, Takings};

    /// For states of all sizes: different states have different numbers, and the same state has the
    /// same number, whichever way it was split.
    #[test]
    fn numbers_are_one_to_one() {
        for bytes in 0..70 {
            let parts = Parts::new(bytes);
            let mut takings = Takings::default();
            let mut known = BTreeMap::new();
            let mut state = vec![0xffu8; bytes];
            for round in 0..400usize {
                let number = parts.take_apart(&state, &mut takings.parent, true);
                assert_ne!(number, 0);
                assert_eq!(*known.entry(number).or_insert_with(|| state.clone()), state);
                // Changes one or two bytes, most of them back to earlier values.
                for at in [round * 7, round * 11 + 3].iter().filter(|_| bytes > 0) {
                    let at = at % bytes;
                    let value = [0, 1, 0xff][round % 3];
                    state[at] = value;
                    let number = parts.number(&state, &mut takings, true);
                    assert_eq!(*known.entry(number).or_insert_with(|| state.clone()), state);
                }
            }
            let states: std::collections::BTreeSet<_> = known.values().collect();
            assert_eq!(states.len(), known.len(), "{bytes} bytes: one state, one number");
        }
    }

    /// Equal parts have one number, regardless of their position.
    #[test]
    fn parts_are_shared() {
        let parts = Parts::new(56);
        let mut tree = super::Tree::default();
        parts.take_apart(&[1; 56], &mut tree, true);
        assert_eq!(parts.len(), 3, "a leaf, a pair of it, and a pair of that");
    }
}
