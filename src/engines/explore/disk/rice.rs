//! Ascending fingerprints in few bits: their differences, in Rice's code.
//!
//! A difference is split into a quotient in unary and a remainder of fixed width. With `n`
//! fingerprints of 64 bits the mean difference is `2^64 / n`, so a fingerprint takes about
//! `66 - log2(n)` bits.

/// The bytes that [`decode`] reads beyond the code.
pub const PADDING: usize = 16;

/// The number of bits of a window that are always valid.
const VALID: u32 = 121;
/// The maximum number of bits of a quotient that is read at once.
const MOST_ONES: u32 = VALID - 1 - 63;

/// Appends the code of some ascending fingerprints. The first one is not part of it.
pub fn encode(prints: &[u64], bytes: &mut Vec<u8>) {
    let ([first, ..], [.., last]) = (prints, prints) else { return };
    let mean = (last - first) / prints.len() as u64;
    let width = mean.max(1).ilog2();
    bytes.push(width as u8);
    let mut bits = Bits { bytes, held: 0, len: 0 };
    for pair in prints.windows(2) {
        let difference = pair[1] - pair[0];
        let mut quotient = difference >> width;
        while quotient >= 32 {
            bits.push(0xffff_ffff, 32);
            quotient -= 32;
        }
        bits.push((1 << quotient) - 1, quotient as u32 + 1);
        bits.push(difference & ((1 << width) - 1), width);
    }
    bits.finish();
}

/// Passes `count` fingerprints to `each`, beginning with `first`. Returns `None` if this is not
/// their code. `bytes` ends with [`PADDING`].
pub fn decode(first: u64, count: usize, bytes: &[u8], mut each: impl FnMut(u64)) -> Option<()> {
    let (width, bytes) = bytes.split_first()?;
    let width = u32::from(*width);
    if width > 63 || count == 0 {
        return None;
    }
    each(first);
    let (mut print, mut at) = (first, 0usize);
    for _ in 1..count {
        let mut quotient = 0u64;
        loop {
            let from = at / 8;
            let window: [u8; 16] = bytes.get(from..from + PADDING)?.try_into().ok()?;
            let window = u128::from_le_bytes(window) >> (at % 8);
            let ones = window.trailing_ones();
            if ones > MOST_ONES {
                quotient += u64::from(MOST_ONES);
                at += MOST_ONES as usize;
                continue;
            }
            let rest = (window >> (ones + 1)) as u64 & ((1 << width) - 1);
            quotient += u64::from(ones);
            at += (ones + 1 + width) as usize;
            print = print.checked_add(quotient.checked_mul(1 << width)?.checked_add(rest)?)?;
            break;
        }
        each(print);
    }
    Some(())
}

/// A writer of bits, the lowest first.
struct Bits<'a> {
    bytes: &'a mut Vec<u8>,
    held: u128,
    len: u32,
}

impl Bits<'_> {
    fn push(&mut self, value: u64, bits: u32) {
        self.held |= u128::from(value) << self.len;
        self.len += bits;
        if self.len >= 64 {
            self.bytes.extend_from_slice(&(self.held as u64).to_le_bytes());
            self.held >>= 64;
            self.len -= 64;
        }
    }

    fn finish(self) {
        let bytes = self.len.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.held.to_le_bytes()[..bytes]);
    }
}

#[cfg(test)]
mod tests {
    use super::{PADDING, decode, encode};

    fn through(prints: &[u64]) -> usize {
        let mut bytes = Vec::new();
        encode(prints, &mut bytes);
        let len = bytes.len();
        bytes.extend([0; PADDING]);
        let mut read = Vec::new();
        decode(prints[0], prints.len(), &bytes, |print| read.push(print)).expect("a code");
        assert_eq!(read, prints);
        assert!(decode(prints[0], prints.len() + 4_000, &bytes, |_| {}).is_none(), "it ends");
        len
    }

    /// Red if a quotient is cut, or a remainder is read from the wrong bits.
    #[test]
    fn what_is_written_is_read() {
        through(&[1, u64::MAX]);
        through(&[u64::MAX]);
        through(&[5, 6, 7, 8]);
        // One long gap among short ones: quotients of hundreds of bits.
        let mut prints: Vec<u64> = (1..3_000).collect();
        prints.extend([1 << 40, (1 << 40) + 1, u64::MAX - 1, u64::MAX]);
        through(&prints);
        let mut print = 0u64;
        for bits in 1..52 {
            let mut prints = Vec::new();
            for at in 0..500u64 {
                print = print.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(at | 1);
                prints.push(print >> (64 - bits));
            }
            prints.sort_unstable();
            prints.dedup();
            through(&prints);
        }
    }

    #[test]
    fn a_fingerprint_takes_few_bits() {
        let prints: Vec<u64> = (1..=10_000u64).map(|k| k * (u64::MAX / 10_001)).collect();
        let bits = through(&prints) as f64 * 8.0 / 10_000.0;
        assert!((51.0..53.0).contains(&bits), "{bits}");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert!(decode(1, 2, &[], |_| {}).is_none());
        assert!(decode(1, 2, &[64, 0, 0], |_| {}).is_none());
        assert!(decode(1, 2, &[1, 0, 0], |_| {}).is_none());
    }
}
