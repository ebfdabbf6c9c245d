//! The locks that are held.

use crate::kit::zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};
use crate::kit::{Items, Permute, Visit, Visitor};

use super::{Offset, Range};

state! {
    /// What a lock allows: many readers or one writer.
    pub enum Access {
        /// `F_RDLCK`.
        Read,
        /// `F_WRLCK`.
        Write,
    }
}

/// A lock: who may do what with which bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Held<O> {
    /// Whose it is.
    pub owner: u8,
    /// What it allows.
    pub access: Access,
    /// The bytes.
    pub range: Range<O>,
}

/// Why a lock was not taken. The table is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<O> {
    /// `EAGAIN`: this lock is in the way, the first one in the order of the table.
    Conflict(Held<O>),
    /// `ENOLCK`: the table has no room for what would come of it.
    Full,
}

/// The locks of one file, at most `K` of them.
///
/// The order is that in which `F_GETLK` looks: the owners by the age of the first lock that they
/// have without a break, the locks of an owner by their bytes. Locks of one owner never overlap,
/// and those of one access never touch. Slots that are not in use are zero, so that equal tables
/// are equal bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct LockTable<O, const K: usize> {
    len: u8,
    slots: [Held<O>; K],
}

impl<O: Offset, const K: usize> LockTable<O, K> {
    const UNUSED: Held<O> =
        Held { owner: 0, access: Access::Read, range: Range { first: O::ZERO, last: O::ZERO } };

    /// A table without locks.
    pub const EMPTY: Self = Self { len: 0, slots: [Self::UNUSED; K] };

    /// The locks in the order of the table.
    #[inline]
    pub fn locks(&self) -> &[Held<O>] {
        &self.slots[..usize::from(self.len)]
    }

    /// `F_GETLK`: the first lock in the order of the table that a lock would run into.
    #[inline]
    pub fn conflict(&self, owner: u8, access: Access, range: Range<O>) -> Option<&Held<O>> {
        self.conflicts(owner, access, range).next()
    }

    /// All locks that a lock would run into.
    pub fn conflicts(
        &self,
        owner: u8,
        access: Access,
        range: Range<O>,
    ) -> impl Iterator<Item = &Held<O>> {
        self.locks().iter().filter(move |held| {
            held.owner != owner
                && (held.access == Access::Write || access == Access::Write)
                && held.range.overlaps(&range)
        })
    }

    /// What an owner may do with a byte.
    #[inline]
    pub fn held(&self, owner: u8, byte: O) -> Option<Access> {
        let mut own = self.locks().iter().filter(|held| held.owner == owner);
        own.find(|held| held.range.contains(byte)).map(|held| held.access)
    }

    /// `F_SETLK`: takes a lock if no other owner is in the way. What the owner had in the range is
    /// replaced: an upgrade, a downgrade, a part of a larger lock, or several at once.
    pub fn lock(&mut self, owner: u8, access: Access, range: Range<O>) -> Result<(), Refusal<O>> {
        if let Some(held) = self.conflict(owner, access, range) {
            return Err(Refusal::Conflict(*held));
        }
        self.replace(owner, Some(access), range)
    }

    /// `F_SETLK` with `F_UNLCK`: gives up what the owner has in the range, if anything. It fails
    /// only where a lock is cut in two and there is no room for the second part.
    pub fn unlock(&mut self, owner: u8, range: Range<O>) -> Result<(), Refusal<O>> {
        self.replace(owner, None, range)
    }

    /// Makes `access` what the owner has in the range, without looking at others.
    fn replace(
        &mut self,
        owner: u8,
        access: Option<Access>,
        range: Range<O>,
    ) -> Result<(), Refusal<O>> {
        let mut new = access.map(|access| Held { owner, access, range });
        if let Some(new) = &mut new {
            let joins = |held: &&Held<O>| {
                held.owner == owner && held.access == new.access && held.range.touches(&range)
            };
            for held in self.locks().iter().filter(joins) {
                new.range.first = new.range.first.min(held.range.first);
                new.range.last = new.range.last.max(held.range.last);
            }
        }
        let cut = new.map_or(range, |new| new.range);
        let locks = self.locks();
        let group = locks.iter().position(|held| held.owner == owner).unwrap_or(locks.len());
        let behind = group + locks[group..].iter().take_while(|held| held.owner == owner).count();
        let mut next = Self::EMPTY;
        locks[..group].iter().try_for_each(|held| next.push(*held))?;
        // What is left of the owner's locks before the range, the new lock, what is left behind.
        for held in locks[group..behind].iter().filter(|held| held.range.first < cut.first) {
            let last = cut.first.previous().map_or(held.range.last, |end| end.min(held.range.last));
            next.push(Held { range: Range { last, ..held.range }, ..*held })?;
        }
        if let Some(new) = new {
            next.push(new)?;
        }
        for held in locks[group..behind].iter().filter(|held| held.range.last > cut.last) {
            let first = cut.last.next().map_or(held.range.first, |from| from.max(held.range.first));
            next.push(Held { range: Range { first, ..held.range }, ..*held })?;
        }
        locks[behind..].iter().try_for_each(|held| next.push(*held))?;
        *self = next;
        Ok(())
    }

    /// The same locks, in the same order, of owners with other numbers.
    #[must_use]
    pub fn renamed(mut self, new: impl Fn(u8) -> u8) -> Self {
        let locks = &mut self.slots[..usize::from(self.len)];
        locks.iter_mut().for_each(|held| held.owner = new(held.owner));
        self
    }

    fn push(&mut self, held: Held<O>) -> Result<(), Refusal<O>> {
        *self.slots.get_mut(usize::from(self.len)).ok_or(Refusal::Full)? = held;
        self.len += 1;
        Ok(())
    }
}

/// Owners are numbers, not ids: whoever keeps the table says what they mean.
impl<O: Offset, const K: usize> Permute for LockTable<O, K> {}

impl<O: Offset + Visit, const K: usize> Visit for LockTable<O, K> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Set);
        for held in self.locks() {
            visitor.item();
            visitor.id("o", held.owner);
            held.access.visit(visitor);
            held.range.first.visit(visitor);
            held.range.last.visit(visitor);
        }
        visitor.end();
    }
}
