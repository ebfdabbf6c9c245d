//! Ids, and tables and sets over them.

use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, Id, Items, Param, Permutation, Permute, Visit, Visitor};

/// Declares an id: `ids! { /// A node of the cluster. pub NodeId n; }` is spelled `n0`, `n1`, ...
#[macro_export]
macro_rules! ids {
    ($($(#[$meta:meta])* $vis:vis $name:ident $prefix:ident;)*) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
            $crate::kit::zerocopy::FromZeros,
            $crate::kit::zerocopy::Immutable,
            $crate::kit::zerocopy::IntoBytes,
            $crate::kit::zerocopy::KnownLayout,
            $crate::kit::zerocopy::Unaligned,
        )]
        #[zerocopy(crate = "latchwork_model::kit::zerocopy")]
        #[repr(transparent)]
        $vis struct $name(pub u8);

        impl Default for $name {
            fn default() -> Self {
                Self(0)
            }
        }

        impl $crate::kit::Param for $name {
            const KIND: &'static str = stringify!($prefix);

            #[inline(always)]
            fn from_index(index: u8) -> Self {
                Self(index)
            }

            #[inline(always)]
            fn index(self) -> u8 {
                self.0
            }
        }

        impl $crate::kit::Id for $name {}

        impl $crate::kit::Permute for $name {
            const HAS_IDS: bool = true;

            #[inline]
            fn permuted(&self, by: &$crate::kit::Permutation) -> Self {
                by.id(*self)
            }
        }

        impl $crate::kit::Crash for $name {}

        impl $crate::kit::Visit for $name {
            fn visit(&self, visitor: &mut dyn $crate::kit::Visitor) {
                visitor.id(stringify!($prefix), self.0);
            }
        }
    )*};
}

/// An array indexed by an id: `node[n].busy`. `N` is the capacity of the protocol. The bounds
/// determine how many entries are in use.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Table<I, T, const N: usize> {
    entries: [T; N],
    index: PhantomData<I>,
}

impl<I: Id, T: Copy, const N: usize> Table<I, T, N> {
    /// Creates a table in which every entry is `value`.
    pub const fn filled(value: T) -> Self {
        Self { entries: [value; N], index: PhantomData }
    }

    /// Returns all entries, including unused ones.
    pub fn entries(&self) -> &[T; N] {
        &self.entries
    }
}

impl<I: Id, T, const N: usize> Index<I> for Table<I, T, N> {
    type Output = T;

    #[inline(always)]
    fn index(&self, id: I) -> &T {
        &self.entries[id.index() as usize]
    }
}

impl<I: Id, T, const N: usize> IndexMut<I> for Table<I, T, N> {
    #[inline(always)]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.index() as usize]
    }
}

impl<I: Id, T: Visit, const N: usize> Visit for Table<I, T, N> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        for (index, entry) in (0u8..).zip(&self.entries) {
            if visitor.entry(I::KIND, index) {
                entry.visit(visitor);
                visitor.leave();
            }
        }
    }
}

impl<I: Id, T: Permute, const N: usize> Permute for Table<I, T, N> {
    const HAS_IDS: bool = true;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        let mut permuted = *self;
        if T::HAS_IDS {
            permuted.entries = self.entries.map(|entry| entry.permuted(by));
        }
        let Some(to) = by.of(I::KIND) else { return permuted };
        for (index, to) in to.iter().map(|to| usize::from(*to)).enumerate().take(N) {
            // Most entries do not move, and are already in place.
            if to != index {
                permuted.entries[to] = self.entries[index].permuted(by);
            }
        }
        permuted
    }
}

/// Every entry crashes.
impl<I: Id, T: Copy + Crash, const N: usize> Crash for Table<I, T, N> {
    #[inline]
    fn crash(&mut self) {
        self.entries.crash();
    }
}

/// A set of ids, one bit each, in `BYTES` bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Set<I, const BYTES: usize = 1> {
    bits: [u8; BYTES],
    index: PhantomData<I>,
}

impl<I: Param, const BYTES: usize> Set<I, BYTES> {
    /// The empty set.
    pub const EMPTY: Self = Self { bits: [0; BYTES], index: PhantomData };

    #[inline(always)]
    fn bit(index: u8) -> (usize, u8) {
        (usize::from(index / 8), 1 << (index % 8))
    }

    /// Returns whether `id` is in the set.
    #[inline(always)]
    pub fn contains(&self, id: I) -> bool {
        let (byte, mask) = Self::bit(id.index());
        self.bits[byte] & mask != 0
    }

    /// Inserts `id`.
    #[inline(always)]
    pub fn insert(&mut self, id: I) {
        let (byte, mask) = Self::bit(id.index());
        self.bits[byte] |= mask;
    }

    /// Removes `id`.
    #[inline(always)]
    pub fn remove(&mut self, id: I) {
        let (byte, mask) = Self::bit(id.index());
        self.bits[byte] &= !mask;
    }

    /// Returns whether the set is empty.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.bits == [0; BYTES]
    }

    /// Returns the number of ids in the set.
    #[inline(always)]
    pub fn len(&self) -> u8 {
        self.bits.iter().map(|byte| byte.count_ones() as u8).sum()
    }

    /// Returns the ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = I> + '_ {
        (0..BYTES as u8 * 8)
            .filter(|index| {
                let (byte, mask) = Self::bit(*index);
                self.bits[byte] & mask != 0
            })
            .map(I::from_index)
    }
}

impl<I: Param + Visit, const BYTES: usize> Visit for Set<I, BYTES> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Set);
        for id in self.iter() {
            visitor.item();
            id.visit(visitor);
        }
        visitor.end();
    }
}

impl<I: Id, const BYTES: usize> Permute for Set<I, BYTES> {
    const HAS_IDS: bool = true;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        let mut permuted = Self::EMPTY;
        self.iter().for_each(|id| permuted.insert(by.id(id)));
        permuted
    }
}

impl<I: Param, const BYTES: usize> Crash for Set<I, BYTES> {}
