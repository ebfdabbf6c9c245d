//! One bit for each of some things: what an owner answers.

/// One bit for each of some things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// Creates bits that are all 0.
    pub fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(8)])
    }

    /// Reads bits from bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Sets a bit.
    #[inline]
    pub fn set(&mut self, at: usize) {
        self.0[at / 8] |= 1 << (at % 8);
    }

    /// Returns whether a bit is 1. A bit that is missing is 0.
    #[inline]
    pub fn get(&self, at: usize) -> bool {
        self.0.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }
}
