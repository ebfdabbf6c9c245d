//! Bounded channels: canonical, so that equal contents are equal bytes.

use core::ops::{Deref, DerefMut};

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, Items, Permutation, Permute, Visit, Visitor};

/// The error that a channel is full: `channel.push(m).or(exceeded("callbacks"))?` reports which
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A queue that keeps its order. Unused slots are zero.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Fifo<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Copy + Default + PartialEq, const N: usize> Fifo<T, N> {
    /// Appends `item`.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), Full> {
        *self.items.get_mut(usize::from(self.len)).ok_or(Full)? = item;
        self.len += 1;
        Ok(())
    }

    /// Takes the first item out.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        (self.len > 0).then(|| self.remove(0))
    }

    /// Takes the item at `index` out, which must be less than [`len`](Fifo::len).
    #[inline]
    pub fn remove(&mut self, index: usize) -> T {
        let item = self.items[index];
        self.items.copy_within(index + 1..usize::from(self.len), index);
        self.len -= 1;
        self.items[usize::from(self.len)] = T::default();
        item
    }

    /// Keeps the items for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(T) -> bool) {
        for index in (0..usize::from(self.len)).rev() {
            if !keep(self.items[index]) {
                self.remove(index);
            }
        }
    }

    /// Empties the channel.
    #[inline]
    pub fn clear(&mut self) {
        *self = Self { len: 0, items: [T::default(); N] };
    }

    /// Returns the items in order.
    #[inline]
    pub fn items(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }

    /// Returns the items, to change them in place.
    #[inline]
    pub fn items_mut(&mut self) -> &mut [T] {
        &mut self.items[..usize::from(self.len)]
    }

    /// Returns the first item.
    #[inline]
    pub fn head(&self) -> Option<T> {
        self.items().first().copied()
    }

    /// Returns whether `item` is in the channel.
    #[inline]
    pub fn contains(&self, item: T) -> bool {
        self.items().contains(&item)
    }

    /// Returns the number of items.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Returns whether the channel is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<T: Copy + Default + PartialEq + Visit, const N: usize> Visit for Fifo<T, N> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Channel);
        for item in self.items() {
            visitor.item();
            item.visit(visitor);
        }
        visitor.end();
    }
}

impl<T: Copy + Default + PartialEq + Permute, const N: usize> Permute for Fifo<T, N> {
    const HAS_IDS: bool = T::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        let mut permuted = *self;
        if T::HAS_IDS {
            permuted.items_mut().iter_mut().for_each(|item| *item = item.permuted(by));
        }
        permuted
    }
}

impl<T: FromZeros, const N: usize> Crash for Fifo<T, N> {}

/// A list kept by a process, for example of waiters or of work: a [`Fifo`] that is not a channel,
/// so reports do not draw its items as messages.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Queue<T, const N: usize> {
    waiting: Fifo<T, N>,
}

impl<T, const N: usize> Deref for Queue<T, N> {
    type Target = Fifo<T, N>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.waiting
    }
}

impl<T, const N: usize> DerefMut for Queue<T, N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.waiting
    }
}

impl<T: Copy + Default + PartialEq + Visit, const N: usize> Visit for Queue<T, N> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Queue);
        for item in self.items() {
            visitor.item();
            item.visit(visitor);
        }
        visitor.end();
    }
}

impl<T: Copy + Default + PartialEq + Permute, const N: usize> Permute for Queue<T, N> {
    const HAS_IDS: bool = T::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        Self { waiting: self.waiting.permuted(by) }
    }
}

impl<T: FromZeros, const N: usize> Crash for Queue<T, N> {}

/// A channel without order: a multiset, kept sorted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Bag<T, const N: usize> {
    sorted: Fifo<T, N>,
}

impl<T: Copy + Default + Ord, const N: usize> Bag<T, N> {
    /// Adds `item`, even if there are equal ones.
    #[inline]
    pub fn insert(&mut self, item: T) -> Result<(), Full> {
        let at = self.items().partition_point(|other| *other <= item);
        self.sorted.push(item)?;
        self.sorted.items_mut()[at..].rotate_right(1);
        Ok(())
    }

    /// Takes one `item` out; `false` if there is none.
    #[inline]
    pub fn take(&mut self, item: T) -> bool {
        let at = self.items().binary_search(&item);
        at.map(|at| self.sorted.remove(at)).is_ok()
    }

    /// Returns the items in order.
    #[inline]
    pub fn items(&self) -> &[T] {
        self.sorted.items()
    }

    /// Returns whether `item` is in the bag.
    #[inline]
    pub fn contains(&self, item: T) -> bool {
        self.items().binary_search(&item).is_ok()
    }

    /// Empties the bag.
    #[inline]
    pub fn clear(&mut self) {
        self.sorted.clear();
    }
}

impl<T: Copy + Default + Ord + Visit, const N: usize> Visit for Bag<T, N> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.sorted.visit(visitor);
    }
}

impl<T: Copy + Default + Ord + Permute, const N: usize> Permute for Bag<T, N> {
    const HAS_IDS: bool = T::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        let mut permuted = Self { sorted: self.sorted.permuted(by) };
        if T::HAS_IDS {
            permuted.sorted.items_mut().sort_unstable();
        }
        permuted
    }
}

impl<T: FromZeros, const N: usize> Crash for Bag<T, N> {}

#[cfg(test)]
mod tests {
    use super::{Bag, Fifo, Full};

    #[test]
    fn a_fifo_keeps_order_and_clears_what_it_gives_back() {
        let mut fifo = Fifo::<u8, 3>::new_zeroed();
        for item in [7, 8, 9] {
            fifo.push(item).expect("there is room for three");
        }
        assert_eq!(fifo.push(1), Err(Full));
        assert_eq!(fifo.pop(), Some(7));
        fifo.retain(|item| item != 9);
        let mut same = Fifo::<u8, 3>::new_zeroed();
        same.push(8).expect("there is room");
        assert_eq!(fifo, same);
        assert_eq!(fifo.as_bytes(), same.as_bytes());
    }

    #[test]
    fn a_bag_is_canonical() {
        let (mut left, mut right) = (Bag::<u8, 4>::new_zeroed(), Bag::<u8, 4>::new_zeroed());
        for (a, b) in [(1, 3), (3, 2), (2, 1)] {
            left.insert(a).expect("there is room");
            right.insert(b).expect("there is room");
        }
        assert_eq!(left.as_bytes(), right.as_bytes());
        assert!(left.take(2) && !left.take(2));
        assert_eq!(left.items(), [1, 3]);
    }

    use zerocopy::{FromZeros, IntoBytes};
}
