//! Stable storage: fields that survive a crash of their owner, and writes that have not reached it.

use core::ops::Deref;

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, Permutation, Permute, Visit, Visitor};

/// A value in stable storage: what a crash would leave, and what its owner wrote last.
///
/// The owner reads what it wrote last: `server.disk.epoch`. A [`write`](Self::write) is *pending*
/// until a [`sync`](Self::sync); a crash before that loses it. Without a pending write both parts are
/// equal, so two states that differ only in the writes before the last `sync` are the same state.
///
/// - Storage that loses nothing: `write` and `sync` in the same action.
/// - Storage that syncs at any time: an action of its own that calls `sync`.
/// - A write that is torn: at the crash, call [`tear`](Self::tear) first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromZeros,
    Immutable,
    IntoBytes,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct Durable<T> {
    stable: T,
    latest: T,
}

impl<T: Copy + PartialEq> Durable<T> {
    /// Creates storage that contains `value`.
    #[inline]
    pub const fn of(value: T) -> Self {
        Self { stable: value, latest: value }
    }

    /// Writes `value`. The write is pending until a [`sync`](Self::sync).
    #[inline]
    pub const fn write(&mut self, value: T) {
        self.latest = value;
    }

    /// Makes the pending write stable.
    #[inline]
    pub const fn sync(&mut self) {
        self.stable = self.latest;
    }

    /// Returns what a crash would leave.
    #[inline]
    pub const fn stable(&self) -> &T {
        &self.stable
    }

    /// Returns whether no write is pending.
    #[inline]
    pub fn is_synced(&self) -> bool {
        self.stable == self.latest
    }

    /// Makes a part of the pending write stable: `tear` copies it from its second argument to its
    /// first. A crash right after it leaves a torn write.
    ///
    /// ```
    /// use latchwork_model::kit::{Crash, Durable};
    /// latchwork_model::state! {
    ///     /// A record on disk.
    ///     pub struct Record {
    ///         /// The epoch in which it was written.
    ///         pub epoch: u8,
    ///         /// The client may reclaim.
    ///         pub active: bool,
    ///     }
    /// }
    /// let mut record = Durable::of(Record { epoch: 1, active: false });
    /// record.write(Record { epoch: 2, active: true });
    /// record.tear(|stable, pending| stable.epoch = pending.epoch);
    /// record.crash();
    /// assert_eq!(*record, Record { epoch: 2, active: false });
    /// ```
    #[inline]
    pub fn tear(&mut self, tear: impl FnOnce(&mut T, &T)) {
        tear(&mut self.stable, &self.latest);
    }
}

/// What the owner reads: the last write, stable or not.
impl<T> Deref for Durable<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.latest
    }
}

/// The pending write is lost.
impl<T: Copy + FromZeros> Crash for Durable<T> {
    #[inline]
    fn crash(&mut self) {
        self.latest = self.stable;
    }
}

impl<T: Visit> Visit for Durable<T> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.field("stable", "What a crash would leave.");
        self.stable.visit(visitor);
        visitor.leave();
        visitor.field("latest", "What was written last.");
        self.latest.visit(visitor);
        visitor.leave();
    }
}

impl<T: Permute> Permute for Durable<T> {
    const HAS_IDS: bool = T::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        Self { stable: self.stable.permuted(by), latest: self.latest.permuted(by) }
    }
}
