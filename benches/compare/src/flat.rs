//! Two-phase commit for Stateright with a state of bytes, as small as Latchwork's.

use stateright::{Model, Property};

use crate::two_phase::{Action, Vote, consistent, search_all};

/// The most resource managers.
const MOST: usize = 11;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    votes: [Vote; MOST],
    /// What the transaction manager has decided: its message is sent with it.
    decision: Option<bool>,
    /// Whose message the transaction manager has taken in.
    collected: u16,
    /// Whose Prepared messages were sent.
    prepared: u16,
}

#[derive(Clone)]
struct TwoPhase {
    managers: u8,
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { votes: [Vote::Working; MOST], decision: None, collected: 0, prepared: 0 }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.decision.is_none() {
            actions.push(Action::Abort);
            if state.collected.count_ones() == u32::from(self.managers) {
                actions.push(Action::Commit);
            }
        }
        for r in 0..self.managers {
            if state.decision.is_none() && state.prepared >> r & 1 == 1 {
                actions.push(Action::Collect(r));
            }
            if state.votes[usize::from(r)] == Vote::Working {
                actions.extend([Action::Prepare(r), Action::Refuse(r)]);
            }
            if state.decision == Some(true) {
                actions.push(Action::ReceiveCommit(r));
            }
            if state.decision == Some(false) {
                actions.push(Action::ReceiveAbort(r));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        match action {
            Action::Collect(r) => next.collected |= 1 << r,
            Action::Commit => next.decision = Some(true),
            Action::Abort => next.decision = Some(false),
            Action::Prepare(r) => {
                next.votes[usize::from(r)] = Vote::Prepared;
                next.prepared |= 1 << r;
            }
            Action::Refuse(r) | Action::ReceiveAbort(r) => {
                next.votes[usize::from(r)] = Vote::Aborted;
            }
            Action::ReceiveCommit(r) => next.votes[usize::from(r)] = Vote::Committed,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("consistent", |_, state: &State| consistent(&state.votes))]
    }
}

/// Searches the whole space.
pub fn search(managers: u8, threads: usize) {
    search_all(TwoPhase { managers }, threads);
}
