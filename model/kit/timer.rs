//! Timers: time that is counted down, so that states do not multiply with the time of day.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, Fired, Items, Permute, Visit, Visitor, when};

/// A timer that one process sets and looks at: stopped, or armed with a number of remaining ticks.
///
/// Time is relative. Two states that differ only in how much time has passed before are the same
/// state. A stopped timer has no ticks, so stop a timer that no process will look at again.
/// Reports show a stopped timer as an empty list, and an armed one as a list with its remaining ticks.
///
/// ```
/// use latchwork_model::kit::Timer;
/// let mut timer = Timer::default();
/// assert!(!timer.is_armed() && !timer.is_expired());
/// timer.arm(2);
/// assert_eq!(timer.remaining(), Some(2));
/// timer.arm(0);
/// assert!(timer.is_expired());
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromZeros,
    Immutable,
    IntoBytes,
    KnownLayout,
    Unaligned,
)]
#[repr(transparent)]
pub struct Timer {
    /// 0 for a stopped timer, or the remaining ticks plus one.
    count: u8,
}

impl Timer {
    /// Arms the timer: it expires after this many ticks. A timer that is armed already starts again.
    ///
    /// # Panics
    ///
    /// If there are more than 254 ticks.
    #[inline]
    pub const fn arm(&mut self, ticks: u8) {
        assert!(ticks < u8::MAX, "a timer has at most 254 ticks");
        self.count = ticks + 1;
    }

    /// Stops the timer.
    #[inline]
    pub const fn stop(&mut self) {
        self.count = 0;
    }

    /// Returns whether the timer is armed. An expired timer is armed until it is stopped.
    #[inline]
    pub const fn is_armed(&self) -> bool {
        self.count > 0
    }

    /// Returns whether the timer is armed and has no ticks left.
    #[inline]
    pub const fn is_expired(&self) -> bool {
        self.count == 1
    }

    /// Returns the number of ticks that are left, or `None` if the timer is stopped.
    #[inline]
    pub const fn remaining(&self) -> Option<u8> {
        self.count.checked_sub(1)
    }

    /// Returns whether the timer has ticks left.
    #[inline]
    pub(super) const fn runs(&self) -> bool {
        self.count > 1
    }

    /// Lets one tick pass for the timer, if it has any left.
    #[inline]
    pub(super) const fn count_down(&mut self) {
        if self.runs() {
            self.count -= 1;
        }
    }
}

impl Visit for Timer {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.begin(Items::Queue);
        if let Some(ticks) = self.remaining() {
            visitor.item();
            visitor.number(ticks);
        }
        visitor.end();
    }
}

impl Permute for Timer {}

impl Crash for Timer {}

/// Lets one unit of time pass for every timer of a state: the body of the one action of a clock.
///
/// `timers` passes on each timer of the state, and whether its owner would notice that it expires.
/// Time does not pass an expired timer whose owner would notice: the owner acts first, within the
/// same tick. The timer of a paused process is passed on with `false`, so time goes on, and the
/// process finds its timer expired when it wakes up. The action is disabled if no timer runs.
///
/// ```
/// use latchwork_model::kit::{Timer, tick};
/// let mut timers = [Timer::default(); 2];
/// timers[0].arm(1);
/// timers[1].arm(3);
/// let every = |timers: &mut [Timer; 2], each: &mut dyn FnMut(&mut Timer, bool)| {
///     timers.iter_mut().for_each(|timer| each(timer, true));
/// };
/// assert!(tick(&mut timers, every).is_ok());
/// assert_eq!(timers.map(|timer| timer.remaining()), [Some(0), Some(2)]);
/// assert!(tick(&mut timers, every).is_err(), "the first timer has expired");
/// timers[0].stop();
/// assert!(tick(&mut timers, every).is_ok());
/// ```
pub fn tick<S>(state: &mut S, timers: impl Fn(&mut S, &mut dyn FnMut(&mut Timer, bool))) -> Fired {
    let (mut runs, mut waits) = (false, false);
    timers(state, &mut |timer, noticed| {
        runs |= timer.runs();
        waits |= noticed && timer.is_expired();
    });
    when(runs && !waits)?;
    timers(state, &mut |timer, _| timer.count_down());
    super::FIRED
}

#[cfg(test)]
mod tests {
    use super::{Timer, tick};

    /// The timer of a process that is paused does not hold time up, and stays expired.
    #[test]
    fn time_passes_the_timer_of_a_paused_process() {
        let mut timers = [Timer::default(); 2];
        timers[0].arm(0);
        timers[1].arm(2);
        let paused = |timers: &mut [Timer; 2], each: &mut dyn FnMut(&mut Timer, bool)| {
            each(&mut timers[0], false);
            each(&mut timers[1], true);
        };
        assert!(tick(&mut timers, paused).is_ok() && tick(&mut timers, paused).is_ok());
        assert_eq!(timers.map(|timer| timer.remaining()), [Some(0); 2]);
        assert!(tick(&mut timers, paused).is_err(), "no timer has ticks left");
    }

    /// A refused tick leaves every timer as it was: a guard comes before the first change.
    #[test]
    fn a_refused_tick_changes_nothing() {
        let mut timers = [Timer::default(); 2];
        timers[0].arm(5);
        timers[1].arm(0);
        let before = timers;
        let every = |timers: &mut [Timer; 2], each: &mut dyn FnMut(&mut Timer, bool)| {
            timers.iter_mut().for_each(|timer| each(timer, true));
        };
        assert!(tick(&mut timers, every).is_err());
        assert_eq!(timers, before);
    }
}
