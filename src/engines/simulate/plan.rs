//! What to sample.

use std::ops::Range;

use crate::engines::verdict::PropertySet;

use super::strategy::Mix;

/// What to sample.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the campaign.
    pub seed: u64,
    /// The numbers of its runs.
    pub runs: Range<u64>,
    /// How steps are chosen.
    pub strategy: Mix,
    /// The most steps of the first phase of a run.
    pub steps: usize,
    /// The most steps of its second, fair phase; with 0 there is none.
    pub fair: usize,
    /// The properties to look at.
    pub properties: PropertySet,
    /// Whether every run is done twice and compared.
    pub paranoid: bool,
    /// How many threads run.
    pub threads: usize,
}
