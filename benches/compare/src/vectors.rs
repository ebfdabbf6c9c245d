//! Two-phase commit for Stateright as its users would write it: vectors, and a set of messages.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use crate::two_phase::{Action, Vote, consistent, search_all};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Message {
    Prepared(u8),
    Commit,
    Abort,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    votes: Vec<Vote>,
    /// What the transaction manager has decided.
    decision: Option<bool>,
    /// Whose message the transaction manager has taken in.
    collected: Vec<bool>,
    messages: BTreeSet<Message>,
}

#[derive(Clone)]
struct TwoPhase {
    managers: u8,
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let managers = usize::from(self.managers);
        vec![State {
            votes: vec![Vote::Working; managers],
            decision: None,
            collected: vec![false; managers],
            messages: BTreeSet::new(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.decision.is_none() {
            actions.push(Action::Abort);
            if state.collected.iter().all(|collected| *collected) {
                actions.push(Action::Commit);
            }
        }
        for r in 0..self.managers {
            if state.decision.is_none() && state.messages.contains(&Message::Prepared(r)) {
                actions.push(Action::Collect(r));
            }
            if state.votes[usize::from(r)] == Vote::Working {
                actions.extend([Action::Prepare(r), Action::Refuse(r)]);
            }
            if state.messages.contains(&Message::Commit) {
                actions.push(Action::ReceiveCommit(r));
            }
            if state.messages.contains(&Message::Abort) {
                actions.push(Action::ReceiveAbort(r));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Collect(r) => next.collected[usize::from(r)] = true,
            Action::Commit => {
                next.decision = Some(true);
                next.messages.insert(Message::Commit);
            }
            Action::Abort => {
                next.decision = Some(false);
                next.messages.insert(Message::Abort);
            }
            Action::Prepare(r) => {
                next.votes[usize::from(r)] = Vote::Prepared;
                next.messages.insert(Message::Prepared(r));
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
