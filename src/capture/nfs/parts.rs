//! Parts that many operations have, and how much of them is read at most.

use super::ops;
use crate::capture::names::Word;
use crate::capture::xdr::Xdr;

/// The longest list of anything that is read.
pub const MOST: u32 = 1 << 12;
/// The longest name.
pub const NAME: usize = 1 << 10;
/// The longest opaque data that is looked at.
pub const OPAQUE: usize = 1 << 10;

/// A bitmap of attributes.
pub fn bitmap(x: &mut Xdr<'_>) -> Option<Vec<u32>> {
    x.list(8, Xdr::u32)
}

/// Attributes with their values: which they are.
pub fn fattr(x: &mut Xdr<'_>) -> Option<Vec<Word>> {
    let words = bitmap(x)?;
    x.skipped()?;
    let bits = words.iter().zip(0u32..).flat_map(|(word, at)| {
        (0..32).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 32 + bit)
    });
    Some(bits.map(ops::attr).collect())
}
