//! The order of what was recorded: moments become positions.

use super::slice::Recorded;

/// Something recorded, while its place among all others is not yet known.
pub struct Placed<M> {
    /// What it is; positions are filled in.
    pub recorded: Recorded,
    /// The first moment at which it may have happened.
    pub from: M,
    /// The last one; `None`: it has no end.
    pub to: Option<M>,
}

/// Gives everything its positions: equal moments are one position.
pub fn positions<M: Ord + Copy>(placed: Vec<Placed<M>>) -> Vec<Recorded> {
    let mut moments: Vec<M> =
        placed.iter().flat_map(|placed| [Some(placed.from), placed.to]).flatten().collect();
    moments.sort();
    moments.dedup();
    let position = |moment: &M| moments.partition_point(|known| known < moment) as u64 + 1;
    let end = moments.len() as u64 + 1;
    placed
        .into_iter()
        .map(|Placed { mut recorded, from, to }| {
            recorded.from = position(&from);
            recorded.to = to.as_ref().map_or(end, position);
            recorded
        })
        .collect()
}
