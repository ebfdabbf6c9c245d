//! The order of recorded items: converts moments to positions.

use super::slice::{NamedWay, Recorded};

/// A recorded item whose position among all others is not yet known.
pub struct Placed<M> {
    /// The item. Its positions are filled in later.
    pub recorded: Recorded,
    /// The first moment at which it may have happened.
    pub from: M,
    /// The last moment at which it may have happened; `None` if there is no limit.
    pub to: Option<M>,
}

/// The recorded items of a slice under construction.
pub struct Placing<M>(Vec<Placed<M>>);

impl<M: Ord + Copy> Placing<M> {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds an item, and returns its position in the slice.
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

    /// Returns all items, with positions.
    pub fn recorded(self) -> Vec<Recorded> {
        positions(self.0)
    }
}

/// Assigns positions to all items. Equal moments share a position.
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
