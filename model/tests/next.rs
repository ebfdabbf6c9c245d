//! The state that an action changes: what counts as a change, and that no change of a disabled
//! action is overlooked.

use latchwork_model::kit::{Actions, Cut, FIRED, Fired, Next, Refused, Step, when};
use latchwork_model::{actions, state};

state! {
    /// A counter, what may still be spent, and how often somebody looked.
    pub struct State {
        /// The counter.
        pub count: u8,
        /// What may be spent.
        pub budget: u8,
    }
}

/// Actions that are disabled before and after a change.
pub struct Counter;

actions! { Counter, State;
    /// Somebody.
    fair somebody {
        /// The guard holds never, and nothing is changed.
        somebody_looks();
        /// The change comes before the guard.
        somebody_slips();
        /// The change is taken back before the guard fails.
        somebody_repents();
        /// Takes one out of the budget.
        somebody_spends();
        /// Takes one out of the budget before the guard.
        somebody_overspends();
        /// Takes the state itself.
        somebody_slips_plainly();
        /// Counts.
        somebody_counts();
    }
}

impl Counter {
    fn somebody_looks(&self, s: &mut Next<State>) -> Fired {
        when(s.count > 9)?;
        s.count = 0;
        FIRED
    }

    fn somebody_slips(&self, s: &mut Next<State>) -> Fired {
        s.count += 1;
        when(s.count > 9)
    }

    fn somebody_repents(&self, s: &mut Next<State>) -> Fired {
        s.count += 1;
        s.count -= 1;
        when(s.count > 9)
    }

    fn somebody_spends(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget)
    }

    fn somebody_overspends(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget)?;
        when(s.count > 9)
    }

    fn somebody_slips_plainly(&self, s: &mut State) -> Fired {
        s.count += 2;
        when(s.count > 9)
    }

    fn somebody_counts(&self, s: &mut Next<State>) -> Fired {
        s.count += 1;
        FIRED
    }
}

/// What a step leads to: the counter and the budget.
type Found = Result<(u8, u8), Cut<'static>>;

/// The steps of a state.
fn steps(state: State) -> Vec<(&'static str, Found)> {
    let mut steps = Vec::new();
    Counter.successors(&state, |step, next| {
        let name = Counter::ACTIONS[usize::from(step.action)].name;
        steps.push((name, next.map(|next| (next.count, next.budget))));
    });
    steps
}

/// Red if a change is overlooked, if one outlives its action, or if a guard alone counts as one.
#[test]
fn a_change_before_a_guard_is_noticed_and_undone() {
    let rich = steps(State { count: 3, budget: 1 });
    let slips = Err(Cut::Changes);
    assert_eq!(
        rich,
        [
            ("somebody_slips", slips),
            ("somebody_spends", Ok((3, 0))),
            ("somebody_overspends", slips),
            ("somebody_slips_plainly", slips),
            ("somebody_counts", Ok((4, 1))),
        ]
    );
    let poor = steps(State { count: 3, budget: 0 });
    assert_eq!(
        poor,
        [
            ("somebody_slips", slips),
            ("somebody_slips_plainly", slips),
            ("somebody_counts", Ok((4, 0))),
        ]
    );
}

/// Red if a step that is taken alone loses its change.
#[test]
fn a_step_changes_the_state() {
    let mut state = State { count: 3, budget: 1 };
    let step = |action| Step { action, args: [0; Step::MAX_ARGS] };
    assert_eq!(Counter.fire(&mut state, step(3)), FIRED);
    assert_eq!((state.count, state.budget), (3, 0));
    assert_eq!(Counter.fire(&mut state, step(3)), Err(Refused::Disabled));
    assert_eq!((state.count, state.budget), (3, 0));
    assert_eq!(Counter.fire(&mut state, step(6)), FIRED);
    assert_eq!((state.count, state.budget), (4, 0));
    // Whoever takes a step must see that its guard failed too late.
    assert_eq!(Counter.fire(&mut state, step(1)), Err(Refused::Disabled));
    assert_eq!(state.count, 5);
}
