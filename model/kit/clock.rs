//! Clocks of several owners that drift apart, within a bound.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Crash, FIRED, Fired, Permute, Timer, Visit, Visitor, tick, when};

/// The clock of one owner: by how many ticks it is ahead of the slowest clock of the state.
///
/// Time is relative, as with a [`Timer`]: only the differences between clocks are part of a state.
/// [`tick_of`] keeps them within a bound.
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
pub struct Clock {
    ahead: u8,
}

impl Clock {
    /// Returns by how many ticks the clock is ahead of the slowest one.
    #[inline]
    pub const fn ahead(&self) -> u8 {
        self.ahead
    }
}

/// Hardware keeps the time: a crash of the owner does not change it.
impl Crash for Clock {
    fn crash(&mut self) {}
}

impl Visit for Clock {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.number(self.ahead);
    }
}

impl Permute for Clock {}

/// Lets one unit of time pass on the clock of one owner: the body of an action with a process for
/// each owner.
///
/// The clock of an owner counts down the timers of that owner alone. No two clocks are ever more
/// than `bound` ticks apart, so a clock that is `bound` ticks ahead waits for the slowest one. Over
/// a stretch of time two clocks measure times that differ by at most twice the bound: one goes from
/// behind to ahead. Clocks stand still, and the action is disabled, while no timer is armed, other
/// than timers that have expired and that no owner notices. With a bound of 0 there is one time for
/// all owners, as with [`tick`].
///
/// `clocks` passes on every clock, and `timers` every timer, each with its owner. As with [`tick`],
/// a timer comes with whether its owner would notice that it expires. The time of an owner does not
/// pass a timer that it would notice; the clocks of others go on within the bound.
///
/// ```
/// use latchwork_model::kit::{Clock, Timer, tick_of};
/// let mut nodes = [(Clock::default(), Timer::default()); 2];
/// nodes.iter_mut().for_each(|(_, timer)| timer.arm(3));
/// let pass = |nodes: &mut [(Clock, Timer); 2], owner: usize| {
///     tick_of(
///         nodes,
///         owner,
///         1,
///         |nodes, each| (0..2).for_each(|owner| each(owner, &mut nodes[owner].0)),
///         |nodes, each| (0..2).for_each(|owner| each(owner, &mut nodes[owner].1, true)),
///     )
/// };
/// assert!(pass(&mut nodes, 0).is_ok());
/// assert_eq!(nodes.map(|(_, timer)| timer.remaining()), [Some(2), Some(3)]);
/// assert!(pass(&mut nodes, 0).is_err(), "it is one tick ahead, which is the bound");
/// assert!(pass(&mut nodes, 1).is_ok());
/// assert!(nodes.iter().all(|(clock, _)| clock.ahead() == 0));
/// ```
pub fn tick_of<S, I: Copy + PartialEq>(
    state: &mut S,
    owner: I,
    bound: u8,
    clocks: impl Fn(&mut S, &mut dyn FnMut(I, &mut Clock)),
    timers: impl Fn(&mut S, &mut dyn FnMut(I, &mut Timer, bool)),
) -> Fired {
    if bound == 0 {
        return tick(state, |state, each| {
            timers(state, &mut |_, timer, noticed| each(timer, noticed));
        });
    }
    let (mut runs, mut waits) = (false, false);
    timers(state, &mut |of, timer, noticed| {
        let expired = noticed && timer.is_expired();
        runs |= timer.runs() || expired;
        waits |= of == owner && expired;
    });
    let (mut own, mut slowest) = (0, u8::MAX);
    clocks(state, &mut |of, clock| {
        if of == owner {
            own = clock.ahead;
        } else {
            slowest = slowest.min(clock.ahead);
        }
    });
    when(runs && !waits && own < bound)?;
    // The slowest clock stays at 0. It may be the one that goes on.
    let base = slowest.min(own + 1);
    clocks(state, &mut |of, clock| {
        let ahead = clock.ahead.saturating_add(u8::from(of == owner));
        clock.ahead = ahead.saturating_sub(base);
    });
    timers(state, &mut |of, timer, _| {
        if of == owner {
            timer.count_down();
        }
    });
    FIRED
}

#[cfg(test)]
mod tests {
    use super::{Clock, Fired, Timer, tick_of};

    type Node = (Clock, Timer, bool);

    fn pass<const N: usize>(nodes: &mut [Node; N], owner: usize, bound: u8) -> Fired {
        tick_of(
            nodes,
            owner,
            bound,
            |nodes, each| (0..N).for_each(|owner| each(owner, &mut nodes[owner].0)),
            |nodes, each| {
                (0..N).for_each(|owner| {
                    let noticed = nodes[owner].2;
                    each(owner, &mut nodes[owner].1, noticed);
                });
            },
        )
    }

    /// Returns nodes whose timers have this many ticks, or are stopped.
    fn nodes<const N: usize>(ticks: [Option<u8>; N]) -> [Node; N] {
        ticks.map(|ticks| {
            let mut timer = Timer::default();
            ticks.into_iter().for_each(|ticks| timer.arm(ticks));
            (Clock::default(), timer, true)
        })
    }

    fn ahead<const N: usize>(nodes: &[Node; N]) -> [u8; N] {
        nodes.map(|(clock, ..)| clock.ahead())
    }

    /// Red if a clock overtakes the bound, or if it is refused a tick within it: every order of ticks
    /// of three clocks is compared with absolute readings.
    #[test]
    fn every_order_within_the_bound_is_possible_and_no_other() {
        for order in 0..3_u32.pow(7) {
            let mut nodes = nodes([Some(100); 3]);
            let mut readings = [0_u8; 3];
            let digits = (0..7).map(|digit| order / 3_u32.pow(digit) % 3);
            for owner in digits.map(|owner| owner as usize) {
                let slowest = readings.into_iter().min().expect("there are three");
                let before = nodes;
                let passed = pass(&mut nodes, owner, 2).is_ok();
                assert_eq!(passed, readings[owner] < slowest + 2);
                readings[owner] += u8::from(passed);
                let slowest = readings.into_iter().min().expect("there are three");
                assert_eq!(ahead(&nodes), readings.map(|reading| reading - slowest));
                let left = nodes.map(|(_, timer, _)| timer.remaining());
                assert_eq!(left, readings.map(|reading| Some(100 - reading)));
                assert!(passed || nodes == before, "a refused tick changes nothing");
            }
        }
    }

    /// Red if time passes an expired timer of its owner, or if one owner's timer stops another's.
    #[test]
    fn an_expired_timer_stops_the_clock_of_its_owner_alone() {
        let mut nodes = nodes([Some(0), Some(3)]);
        assert!(pass(&mut nodes, 0, 1).is_err());
        assert!(pass(&mut nodes, 1, 1).is_ok());
        assert!(pass(&mut nodes, 1, 1).is_err(), "the bound");
        nodes[0].2 = false;
        assert!(pass(&mut nodes, 0, 1).is_ok(), "its owner is paused");
        assert_eq!(ahead(&nodes), [0, 0]);
    }

    /// Red if an owner without a timer stops the others for good, if it cannot get ahead before a
    /// timer is acted on, or if clocks drift although nobody looks: a model would never be at rest.
    #[test]
    fn idle_owners_keep_up_and_idle_clocks_rest() {
        let mut nodes = nodes([Some(2), None]);
        for owner in [0, 1, 0] {
            assert!(pass(&mut nodes, owner, 1).is_ok());
        }
        assert_eq!(ahead(&nodes), [1, 0]);
        let mut stopped = nodes;
        stopped[0].1.stop();
        assert!(pass(&mut stopped, 1, 1).is_err(), "no timer is armed");
        nodes[0].2 = false;
        assert!(pass(&mut nodes, 1, 1).is_err(), "nobody notices the one that has expired");
        nodes[0].2 = true;
        assert!(pass(&mut nodes, 1, 1).is_ok() && pass(&mut nodes, 1, 1).is_ok());
        assert_eq!(ahead(&nodes), [0, 1]);
        assert!(pass(&mut nodes, 1, 1).is_err(), "the bound");
    }

    /// Red if a bound of 0 lets clocks differ, or costs a state.
    #[test]
    fn without_drift_there_is_one_time() {
        let mut nodes = nodes([Some(3), Some(1), None]);
        assert!(pass(&mut nodes, 2, 0).is_ok());
        assert_eq!(nodes.map(|(_, timer, _)| timer.remaining()), [Some(2), Some(0), None]);
        assert_eq!(ahead(&nodes), [0; 3]);
        assert!(pass(&mut nodes, 0, 0).is_err(), "the second timer has expired");
    }
}
