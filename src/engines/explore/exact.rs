//! States stored whole: every state has a number of 64 bits that no other state has.
//!
//! A state is cut into a power of two of pieces of at most seven bytes, the leaves of a binary tree. A
//! piece, or a pair of numbers below, has a number in a table, so equal parts of states have the same
//! number wherever they stand. The pair at the root, two numbers of 32 bits, is the state: from it the
//! tree can be followed down to all bytes. So the visited table holds pairs where it would hold
//! fingerprints, of the same size, and nothing is lost. What it takes beside them is the table of the
//! parts, of which there are few: parts are shared by many states.
//!
//! A successor differs from its state in few pieces: only the ways from these to the root are looked
//! up.

use std::io;

use crate::encoding::sealed::{Reader, Writer};

use super::visited::Visited;

/// The most bytes of a leaf.
const LEAF: usize = 7;
/// The bits of the number of a part, so that two of them and the height of a pair are a word.
const BITS: u32 = 29;
/// The entries for which there is room at first.
const FIRST: usize = 48 << 10;

/// The parts of all states.
pub(super) struct Parts {
    /// By what a part is: its number.
    table: Visited,
    /// How many leaves a state has. Nodes are counted as in a heap: the root is 1, those below a node
    /// are twice as much and one more, and the leaves come last.
    leaves: usize,
    /// The bytes of a leaf.
    width: usize,
}

/// A state that was taken apart.
#[derive(Clone, Default)]
pub(super) struct Tree {
    /// By leaf: its bytes.
    words: Vec<u64>,
    /// By node, but for the root.
    numbers: Vec<u32>,
}

/// What is needed to take successors apart.
#[derive(Default)]
pub(super) struct Takings {
    /// The state whose successors they are.
    pub parent: Tree,
    numbers: Vec<u32>,
    /// The nodes of a height that differ from the parent's.
    changed: Vec<usize>,
}

/// Mixes a word, so that what tells it from others is in all bits. One to one, and 0 only for the
/// word that has all bits, which is no part: a height is not that large.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let mut mixed = !word;
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}

/// A pair of parts as a word. Parts of one height share their numbers, wherever they stand; leaves
/// have height 0.
#[inline(always)]
fn pair(numbers: &[u32], node: usize, height: u64) -> u64 {
    let (left, right) = (u64::from(numbers[2 * node]), u64::from(numbers[2 * node + 1]));
    height << (2 * BITS) | left << BITS | right
}

/// The number of a state: the pair at the root.
#[inline(always)]
fn root(numbers: &[u32]) -> u64 {
    mix(u64::from(numbers[2]) << 32 | u64::from(numbers[3]))
}

impl Parts {
    /// For states of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let leaves = bytes.div_ceil(LEAF).next_power_of_two();
        let mut table = Visited::new(true);
        table.reserve(FIRST);
        Self { table, leaves, width: bytes.div_ceil(leaves) }
    }

    /// A leaf as a word.
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

    /// The number of a part.
    #[inline(always)]
    fn part(&self, word: u64, alone: bool) -> u32 {
        self.table.intern(mix(word), alone)
    }

    /// Takes a state apart; its number, which is not 0.
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

    /// Takes a state apart that comes from nowhere, while no other thread does; makes room before.
    pub fn take_apart_alone(&mut self, bytes: &[u8]) -> u64 {
        if self.len() >= self.limit() {
            self.table.grow(1);
        }
        self.take_apart(bytes, &mut Tree::default(), true)
    }

    /// The number of a state that differs little from the one whose tree is there.
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

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.table.numbered()
    }

    /// The parts with which the table is full enough to grow.
    pub fn limit(&self) -> usize {
        self.table.limit()
    }

    /// The bytes that it takes, and those that it takes after growing; `None` if there are no
    /// numbers for more.
    pub fn bytes(&self) -> (u64, Option<u64>) {
        let bytes = |capacity| Visited::bytes(capacity, true);
        let next = self.table.next_capacity().filter(|next| *next <= 1 << BITS);
        (bytes(self.table.capacity()), next.map(bytes))
    }

    /// Makes room.
    pub fn grow(&mut self, threads: usize) {
        self.table.grow(threads);
    }

    /// Writes them down.
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

    /// States of all sizes: every two that differ have different numbers, whichever way they were
    /// taken apart, and the same state has the same.
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
                // A byte or two are changed, most of them back to values that were there.
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

    /// Parts that are equal have one number, wherever they stand.
    #[test]
    fn parts_are_shared() {
        let parts = Parts::new(56);
        let mut tree = super::Tree::default();
        parts.take_apart(&[1; 56], &mut tree, true);
        assert_eq!(parts.len(), 3, "a leaf, a pair of it, and a pair of that");
    }
}
