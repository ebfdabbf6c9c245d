//! Parts that are common to many operations, and limits on their sizes.

use super::ops;
use crate::capture::names::Word;
use crate::capture::xdr::Xdr;

/// The maximum length of a list.
pub const MOST: u32 = 1 << 12;
/// The maximum length of a name.
pub const NAME: usize = 1 << 10;
/// The maximum length of opaque data.
pub const OPAQUE: usize = 1 << 10;

/// Reads a bitmap of attributes.
pub fn bitmap(x: &mut Xdr<'_>) -> Option<Vec<u32>> {
    x.list(8, Xdr::u32)
}

/// Reads attributes with their values, and returns which attributes they are.
pub fn fattr(x: &mut Xdr<'_>) -> Option<Vec<Word>> {
    let words = bitmap(x)?;
    x.skipped()?;
    let bits = words.iter().zip(0u32..).flat_map(|(word, at)| {
        (0..32).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 32 + bit)
    });
    Some(bits.map(ops::attr).collect())
}
