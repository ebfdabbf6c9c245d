//! The random numbers of a run: a function of the seed and the run number. They are the same on
//! every machine, and stable because ChaCha8 is.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one run.
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// Returns the random numbers of run number `run` of the campaign with this seed: a separate
    /// stream.
    pub fn of(seed: u64, run: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(run);
        Self(rng)
    }

    /// Returns a number below `n`; all have the same probability.
    ///
    /// This is implemented here because a library may change how it samples.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "there is no number below 0");
        // A multiplication spreads 32 bits over n intervals. Values that would make some intervals
        // larger than others are rejected.
        loop {
            let wide = u64::from(self.0.next_u32()) * u64::from(n);
            // A division is expensive, and its remainder is less than n.
            if wide as u32 >= n || wide as u32 >= n.wrapping_neg() % n {
                return (wide >> 32) as u32;
            }
        }
    }

    /// Returns true or false with equal probability.
    pub fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Shuffles a list.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing one of these numbers invalidates every recorded seed.
    #[test]
    fn the_first_words_are_those_of_always() {
        let words = |seed, run| {
            let mut draws = Draws::of(seed, run);
            [(); 4].map(|()| draws.0.next_u32())
        };
        assert_eq!(words(42, 0), [962_419_617, 2_928_721_845, 628_724_104, 4_081_401_798]);
        assert_ne!(words(42, 1), words(42, 0));
        let mut draws = Draws::of(42, 0);
        // The same words, each scaled by hand: floor(word * 10 / 2^32).
        assert_eq!([(); 4].map(|()| draws.below(10)), [2, 6, 1, 9]);
    }

    #[test]
    fn every_number_comes_as_often() {
        let mut draws = Draws::of(7, 0);
        let mut seen = [0u32; 6];
        (0..60_000).for_each(|_| seen[draws.below(6) as usize] += 1);
        assert!(seen.iter().all(|times| (9_500..10_500).contains(times)), "{seen:?}");
    }
}
