//! The order of what was recorded: moments become positions.

use super::slice::{NamedWay, Recorded};

/// Something recorded, while its place among all others is not yet known.
pub struct Placed<M> {
    /// What it is; positions are filled in.
    pub recorded: Recorded,
    /// The first moment at which it may have happened.
    pub from: M,
    /// The last one; `None`: it has no end.
    pub to: Option<M>,
}

/// Everything that was recorded in a slice, in the making.
pub struct Placing<M>(Vec<Placed<M>>);

impl<M: Ord + Copy> Placing<M> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds something, and returns its position in the slice.
    pub fn put(
        &mut self,
        says: String,
        place: String,
        (from, to): (M, Option<M>),
        must: bool,
        ways: Vec<NamedWay>,
        needs: Vec<usize>,
    ) -> usize {
        let recorded = Recorded { says, place, from: 0, to: 0, must, ways, needs };
        self.0.push(Placed { recorded, from, to });
        self.0.len() - 1
    }

    /// Returns all of it, with positions.
    pub fn recorded(self) -> Vec<Recorded> {
        positions(self.0)
    }
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
