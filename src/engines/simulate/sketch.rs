//! How many distinct states the runs of a campaign visited, as an estimate: a HyperLogLog.
//!
//! It depends on the set of states only, not on their order and not on threads. Two of them are merged
//! without loss.

use std::fmt;

use hyperloglockless::HyperLogLog;

/// There are two to this power registers.
const PRECISION: u8 = 10;
/// The number of registers.
pub const REGISTERS: usize = 1 << PRECISION;
/// The greatest value of a register: the number of trailing zeros of a hash, plus one.
const GREATEST: u8 = 64;

/// The standard error of the estimate, in percent: 104 / sqrt(1024), rounded up.
pub const ERROR_PERCENT: f64 = 3.3;

/// An estimate of a number of distinct states.
#[derive(Clone)]
pub struct Sketch(HyperLogLog);

impl Default for Sketch {
    fn default() -> Self {
        // The seed is that of a hasher which is not used: what is counted are hashes.
        Self(HyperLogLog::seeded(PRECISION, 0))
    }
}

impl Sketch {
    /// Returns the sketch with these registers; `None` if there are more or fewer, or greater ones.
    pub fn of_registers(registers: &[u8]) -> Option<Self> {
        let fits = registers.len() == REGISTERS && registers.iter().all(|one| *one <= GREATEST);
        let zeros = registers.iter().filter(|one| **one == 0).count();
        let sum = registers.iter().map(|one| 0.5_f64.powi(i32::from(*one))).sum();
        let empty = Self::default();
        let (_, hasher, ..) = empty.0.parts();
        let sketch = || HyperLogLog::from_parts(registers.into(), hasher.clone(), zeros, sum);
        fits.then(sketch).map(Self)
    }

    /// Returns the registers.
    pub fn registers(&self) -> &[u8] {
        self.0.parts().0
    }

    /// Adds the state with this fingerprint.
    pub fn insert(&mut self, fingerprint: u64) {
        self.0.insert_hash(fingerprint);
    }

    /// Adds the states of another sketch.
    pub fn add(&mut self, other: &Self) {
        // Both have the same number of registers.
        let _ = self.0.union(&other.0);
    }

    /// Returns the estimated number of distinct states.
    pub fn estimate(&self) -> u64 {
        self.0.raw_count().round() as u64
    }
}

impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.registers() == other.registers()
    }
}

impl Eq for Sketch {}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {}", self.estimate())
    }
}

#[cfg(test)]
mod tests {
    use super::{ERROR_PERCENT, REGISTERS, Sketch};
    use crate::engines::explore::fingerprint::fingerprint;

    fn of(numbers: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        numbers.for_each(|number| sketch.insert(fingerprint(&number.to_le_bytes())));
        sketch
    }

    /// A hash with few good bits, or a sum that is wrong after a merge, gives another figure.
    #[test]
    fn an_estimate_is_near_at_every_size() {
        assert_eq!(Sketch::default().estimate(), 0);
        for count in [1, 2, 10, 100, 1_000, 10_000, 300_000] {
            let estimate = of(0..count).estimate() as f64;
            let error = (estimate / count as f64 - 1.0).abs() * 100.0;
            assert!(error < 3.0 * ERROR_PERCENT, "{estimate} for {count}");
        }
    }

    #[test]
    fn a_sketch_is_about_a_set() {
        let (mut one, other) = (of(0..3_000), of(2_000..5_000));
        one.add(&other);
        one.add(&other);
        assert_eq!(one, of(0..5_000));
        assert_eq!(one.estimate(), of(0..5_000).estimate());
        let read = Sketch::of_registers(one.registers()).expect("a sketch");
        assert_eq!((read.estimate(), &read), (one.estimate(), &one));
        assert!(Sketch::of_registers(&[0; REGISTERS - 1]).is_none());
        assert!(Sketch::of_registers(&[65; REGISTERS]).is_none());
    }
}
