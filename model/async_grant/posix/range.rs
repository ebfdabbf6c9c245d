//! Bytes of a file: offsets, and ranges with the rules of `l_start` and `l_len`.

use core::fmt::Debug;

use crate::kit::zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The position of a byte.
pub trait Offset: Copy + Ord + Debug {
    /// The first byte.
    const ZERO: Self;
    /// The last byte that a file can have.
    const MAX: Self;

    /// The byte at a signed position, if a file can have it.
    fn at(position: i64) -> Option<Self>;
    /// The signed position of the byte.
    fn position(self) -> i64;

    /// The byte after this one.
    fn next(self) -> Option<Self> {
        self.position().checked_add(1).and_then(Self::at)
    }

    /// The byte before this one.
    fn previous(self) -> Option<Self> {
        Self::at(self.position() - 1)
    }
}

impl Offset for u8 {
    const ZERO: Self = 0;
    const MAX: Self = u8::MAX;

    #[inline]
    fn at(position: i64) -> Option<Self> {
        Self::try_from(position).ok()
    }

    #[inline]
    fn position(self) -> i64 {
        i64::from(self)
    }
}

/// A 64-bit file offset, as Linux has it: never negative, so that the last byte is 2^63 - 1.
impl Offset for u64 {
    const ZERO: Self = 0;
    const MAX: Self = i64::MAX as Self;

    #[inline]
    fn at(position: i64) -> Option<Self> {
        Self::try_from(position).ok()
    }

    #[inline]
    fn position(self) -> i64 {
        self as i64
    }
}

/// Bytes without a gap, both ends included.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Range<O> {
    /// The first byte.
    pub first: O,
    /// The last byte, not less than the first.
    pub last: O,
}

/// Why a start and a length are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// `EINVAL`: it would begin before the file.
    Invalid,
    /// `EOVERFLOW`: it would end behind the last byte that a file can have.
    Overflow,
}

impl<O: Offset> Range<O> {
    /// The range of a `struct flock` whose start counts from the beginning of the file. The length
    /// 0 means: to the last byte that a file can have; a negative one: the bytes before the start.
    pub fn of_flock(start: i64, len: i64) -> Result<Self, RangeError> {
        if start < 0 {
            return Err(RangeError::Invalid);
        }
        let first = O::at(start).ok_or(RangeError::Overflow)?;
        if len == 0 {
            return Ok(Self { first, last: O::MAX });
        }
        if len > 0 {
            let last = start.checked_add(len - 1).and_then(O::at).ok_or(RangeError::Overflow)?;
            return Ok(Self { first, last });
        }
        // A start that is not negative and a negative length cannot overflow.
        let first = O::at(start + len).ok_or(RangeError::Invalid)?;
        let last = O::at(start - 1).ok_or(RangeError::Invalid)?;
        Ok(Self { first, last })
    }

    /// Whether the ranges have a byte in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether the ranges have a byte in common or lie side by side.
    pub fn touches(&self, other: &Self) -> bool {
        let follows = |end: O, start: O| end.next() == Some(start);
        self.overlaps(other) || follows(self.last, other.first) || follows(other.last, self.first)
    }

    /// Whether a byte is in the range.
    pub fn contains(&self, byte: O) -> bool {
        self.first <= byte && byte <= self.last
    }
}
