//! Where the labels of arrows stand: on their arrow, where no other label is.

/// How high a label is.
const HEIGHT: i64 = 12;

/// The place of a label. What is low stands at a high number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Where it begins.
    pub left: i64,
    /// Where it ends.
    pub right: i64,
    /// The line on which it stands.
    pub bottom: i64,
}

impl Area {
    /// How much of it another one covers, in both directions together.
    fn covered_by(&self, other: &Self) -> i64 {
        let wide = self.right.min(other.right) - self.left.max(other.left);
        let high = HEIGHT - (self.bottom - other.bottom).abs();
        wide.max(0) * high.max(0)
    }
}

/// The labels of a drawing so far.
#[derive(Default)]
pub struct Labels {
    taken: Vec<Area>,
}

impl Labels {
    /// A place is taken.
    pub fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Finds the place for the middle of a label that is so wide: the first free one of some, or the
    /// one of which least is covered.
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
        // Two labels on one arrow do not stand on each other.
        assert_eq!(labels.place(30, down), (100, 70));
        labels.take(Area { left: 0, right: 200, bottom: 35 });
        assert_eq!(labels.place(30, down), (100, 20));
    }
}
