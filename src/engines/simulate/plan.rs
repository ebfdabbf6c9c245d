//! What to sample.

use std::ops::Range;

use crate::engines::verdict::PropertySet;

use super::strategy::Mix;

/// What to sample.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the campaign.
    pub seed: u64,
    /// The range of run numbers.
    pub runs: Range<u64>,
    /// How steps are chosen.
    pub strategy: Mix,
    /// The maximum number of steps in the first phase of a run.
    pub steps: usize,
    /// The maximum number of steps in the second, fair phase; 0 disables it.
    pub fair: usize,
    /// The properties to check.
    pub properties: PropertySet,
    /// The most ways to fail that are reported. With 1, the campaign ends at the first run that fails;
    /// with more, all runs are done.
    pub ways: usize,
    /// Whether every run is repeated and compared.
    pub paranoid: bool,
    /// The number of threads.
    pub threads: usize,
}
