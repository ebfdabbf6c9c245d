//! Stamps: epochs, generations and sequence numbers that are only compared.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, Permute, Visit, Visitor};

/// An epoch, a generation, a token: a number that is only compared with others.
///
/// A counter makes a state space infinite, although only the order of its values matters. The
/// stamps of a state are therefore numbered again: the order is kept, gaps are closed, and
/// [`Stamp::NONE`] stays what it is. Reports show the new number, so a stamp may have another
/// number after a step in which a smaller one was forgotten.
///
/// There is no arithmetic on stamps: a model that could tell 3 from 7 would notice the renumbering.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    FromZeros,
    Immutable,
    IntoBytes,
    KnownLayout,
    Unaligned,
)]
#[repr(transparent)]
pub struct Stamp {
    number: u8,
}

impl Stamp {
    /// No stamp yet: smaller than every other.
    pub const NONE: Self = Self { number: 0 };

    /// Renumbers the stamps of a state, and returns a new one that is larger than all of them.
    ///
    /// `stamps` passes on every stamp of the state. One that it leaves out is not renumbered, and
    /// comparisons with it are wrong.
    ///
    /// ```
    /// use latchwork_model::kit::Stamp;
    /// let mut stamps = [Stamp::NONE; 3];
    /// let every = |stamps: &mut [Stamp; 3], each: &mut dyn FnMut(&mut Stamp)| {
    ///     stamps.iter_mut().for_each(each);
    /// };
    /// stamps[0] = Stamp::fresh(&mut stamps, every);
    /// stamps[1] = Stamp::fresh(&mut stamps, every);
    /// assert!(Stamp::NONE < stamps[0] && stamps[0] < stamps[1]);
    /// ```
    ///
    /// # Panics
    ///
    /// If a state has 255 different stamps.
    #[inline]
    pub fn fresh<S>(state: &mut S, stamps: impl Fn(&mut S, &mut dyn FnMut(&mut Self))) -> Self {
        let largest = renumber(state, stamps);
        Self { number: largest.number.checked_add(1).expect("a state has at most 254 stamps") }
    }
}

/// Renumbers the stamps of a state, and returns the largest. Call it at the end of an action that
/// forgets or overwrites a stamp: without it the space has more states, and the verdict is the same.
///
/// ```
/// use latchwork_model::kit::{Stamp, renumber};
/// let mut stamps = [Stamp::NONE; 3];
/// let every = |stamps: &mut [Stamp; 3], each: &mut dyn FnMut(&mut Stamp)| {
///     stamps.iter_mut().for_each(each);
/// };
/// for at in 0..3 {
///     stamps[at] = Stamp::fresh(&mut stamps, every);
/// }
/// let [first, second, _] = stamps;
/// stamps[0] = Stamp::NONE;
/// renumber(&mut stamps, every);
/// assert_eq!(stamps, [Stamp::NONE, first, second]);
/// ```
pub fn renumber<S>(state: &mut S, stamps: impl Fn(&mut S, &mut dyn FnMut(&mut Stamp))) -> Stamp {
    let mut used = [false; 256];
    stamps(state, &mut |stamp| used[usize::from(stamp.number)] = true);
    let (mut new, mut largest) = ([0; 256], 0);
    for (old, new) in new.iter_mut().enumerate().skip(1) {
        largest += u8::from(used[old]);
        *new = largest;
    }
    stamps(state, &mut |stamp| stamp.number = new[usize::from(stamp.number)]);
    Stamp { number: largest }
}

impl Visit for Stamp {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.number(self.number);
    }
}

impl Permute for Stamp {}

impl Crash for Stamp {}

#[cfg(test)]
mod tests {
    use super::{Stamp, renumber};

    type Stamps = [Stamp; 4];

    fn every(stamps: &mut Stamps, each: &mut dyn FnMut(&mut Stamp)) {
        stamps.iter_mut().for_each(each);
    }

    fn stamps(numbers: [u8; 4]) -> Stamps {
        numbers.map(|number| Stamp { number })
    }

    /// Every comparison between two stamps has the result that it had before.
    #[test]
    fn the_order_is_kept_and_gaps_are_closed() {
        let before = stamps([9, 0, 200, 9]);
        let mut after = before;
        assert_eq!(renumber(&mut after, every), Stamp { number: 2 });
        assert_eq!(after, stamps([1, 0, 2, 1]));
        for (one, other) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            assert_eq!(before[one].cmp(&before[other]), after[one].cmp(&after[other]));
        }
    }

    /// A counter that counts for a long time stays in a few states: nothing overflows.
    #[test]
    fn a_new_stamp_is_larger_than_all_and_numbers_stay_small() {
        let mut all = Stamps::default();
        for round in 0..1_000 {
            let new = Stamp::fresh(&mut all, every);
            assert!(all.iter().all(|old| *old < new));
            all[round % 4] = new;
            assert!(all.iter().all(|stamp| stamp.number <= 5));
        }
    }
}
