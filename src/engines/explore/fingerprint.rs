//! The fingerprint of a state: a 64-bit hash of its bytes.
//!
//! It is stable within a build only, so a fingerprint is never written to a file.

use zerocopy::{Immutable, IntoBytes};

const SEEDS: [u64; 3] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3];

/// Returns the fingerprint of a state. It is never 0, which marks an empty slot of the visited
/// table.
#[inline]
pub fn fingerprint<S: IntoBytes + Immutable + ?Sized>(state: &S) -> u64 {
    let bytes = state.as_bytes();
    let mut hash = SEEDS[0] ^ bytes.len() as u64;
    let mut pairs = bytes.chunks_exact(16);
    for pair in &mut pairs {
        hash = fold(word(&pair[..8]) ^ SEEDS[1], word(&pair[8..]) ^ hash);
    }
    let rest = pairs.remainder();
    if !rest.is_empty() {
        let middle = rest.len().min(8);
        hash = fold(word(&rest[..middle]) ^ SEEDS[1], word(&rest[middle..]) ^ hash);
    }
    fold(hash ^ SEEDS[2], SEEDS[1]).max(1)
}

/// Returns the product of two words, folded to one word.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Returns up to eight bytes as a word.
#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    match bytes.try_into() {
        Ok(eight) => u64::from_le_bytes(eight),
        Err(_) => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use std::collections::BTreeSet;

    #[test]
    fn all_zero_is_not_zero() {
        assert_ne!(fingerprint(&[0u8; 24]), 0);
        assert_ne!(fingerprint(&[0u8; 0]), 0);
    }

    /// States differ in few bits: a hash that ignores a byte or folds badly fails here.
    #[test]
    fn states_that_differ_in_two_bytes_have_different_fingerprints_in_every_half() {
        let (mut whole, mut high, mut low) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut states = 0;
        for first in 0..45 {
            for second in first + 1..45 {
                for value in 1..16 {
                    let mut state = [0u8; 45];
                    state[first] = value;
                    state[second] = 16 - value;
                    let hash = fingerprint(&state);
                    whole.insert(hash);
                    high.insert(hash >> 32);
                    low.insert(hash & 0xffff_ffff);
                    states += 1;
                }
            }
        }
        assert_eq!(whole.len(), states);
        // 14,850 values in 32 bits: 0.03 collisions are expected.
        assert!(high.len() >= states - 1 && low.len() >= states - 1);
    }
}
