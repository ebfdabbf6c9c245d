//! The placement of arrow labels: on their arrow, without covering other labels.

/// The height of a label.
pub const HEIGHT: i64 = 12;

/// The area of a label. The y axis points downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// The left edge.
    pub left: i64,
    /// The right edge.
    pub right: i64,
    /// The baseline.
    pub bottom: i64,
}

impl Area {
    /// Returns how much of it another area covers, in both directions together.
    fn covered_by(&self, other: &Self) -> i64 {
        let wide = self.right.min(other.right) - self.left.max(other.left);
        let high = HEIGHT - (self.bottom - other.bottom).abs();
        wide.max(0) * high.max(0)
    }
}

/// The labels placed in a drawing so far.
#[derive(Default)]
pub struct Labels {
    taken: Vec<Area>,
}

impl Labels {
    /// Marks an area as taken.
    pub fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Finds the position of the middle of a label of this width: the first free one of `places`,
    /// or the one that is covered least.
    pub fn place<const N: usize>(&mut self, width: i64, places: [(i64, i64); N]) -> (i64, i64) {
        let half = width / 2;
        let area = |(x, y): (i64, i64)| Area { left: x - half, right: x + half, bottom: y };
        let covered = |place: (i64, i64)| -> i64 {
            self.taken.iter().map(|other| area(place).covered_by(other)).sum()
        };
        let best = places.into_iter().min_by_key(|place| covered(*place)).unwrap_or(places[0]);
        self.take(area(best));
        best
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, Labels};

    #[test]
    fn a_label_goes_where_no_other_one_is() {
        let down = [(100, 50), (100, 60), (100, 70), (100, 20)];
        let mut labels = Labels::default();
        assert_eq!(labels.place(30, down), (100, 50));
        // Two labels on one arrow do not overlap.
        assert_eq!(labels.place(30, down), (100, 70));
        labels.take(Area { left: 0, right: 200, bottom: 35 });
        assert_eq!(labels.place(30, down), (100, 20));
    }
}
