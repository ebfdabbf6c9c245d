//! Transaction commit: what any commit protocol must do, without messages, logs or crashes.
//!
//! It is the specification that `two_phase_commit` refines:
//! `check two_phase_commit --refines transaction_commit`. Participants stand for one another here:
//! one may commit when all are prepared, and abort while nobody has committed.
//!
//! Source: J. Gray and L. Lamport, "Consensus on Transaction Commit", section 2 (`TCommit`).

use latchwork_model::kit::{FIRED, Fired, Model, Property, Refines, Table, values, when};
use latchwork_model::{actions, domains, properties, state};

use super::two_phase_commit::{self, PARTICIPANTS, ParticipantId, Phase, TwoPhaseCommit};

state! {
    /// The whole state.
    pub struct State {
        /// How far each participant is.
        pub phase: Table<ParticipantId, Phase, PARTICIPANTS>,
    }
}

/// The specification for a number of participants.
pub struct TransactionCommit {
    participants: u8,
}

domains! { TransactionCommit, self; ParticipantId: self.participants }

actions! { TransactionCommit, State;
    /// A participant.
    fair participant {
        /// Prepare.
        participant_prepare(p: ParticipantId);
        /// Commit: everybody is prepared, or has committed.
        participant_commit(p: ParticipantId);
        /// Abort: nobody has committed.
        participant_abort(p: ParticipantId);
    }
}

impl TransactionCommit {
    fn participant_prepare(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(s.phase[p] == Phase::Working)?;
        s.phase[p] = Phase::Prepared;
        FIRED
    }

    fn participant_commit(&self, s: &mut State, p: ParticipantId) -> Fired {
        let agrees = |phase| matches!(phase, Phase::Prepared | Phase::Committed);
        when(s.phase[p] == Phase::Prepared)?;
        when(values::<ParticipantId>(self).all(|p| agrees(s.phase[p])))?;
        s.phase[p] = Phase::Committed;
        FIRED
    }

    fn participant_abort(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(matches!(s.phase[p], Phase::Working | Phase::Prepared))?;
        when(values::<ParticipantId>(self).all(|p| s.phase[p] != Phase::Committed))?;
        s.phase[p] = Phase::Aborted;
        FIRED
    }
}

impl Model for TransactionCommit {
    const PROPERTIES: &'static [Property<Self>] = properties! { TransactionCommit; };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        let is_over = |phase| matches!(phase, Phase::Committed | Phase::Aborted);
        values::<ParticipantId>(self).all(|p| is_over(s.phase[p]))
    }
}

impl Refines<TransactionCommit> for TwoPhaseCommit {
    const REFINEMENT: &'static str = "two_phase_commit_refines_transaction_commit";

    fn spec(&self) -> TransactionCommit {
        TransactionCommit { participants: values::<ParticipantId>(self).count() as u8 }
    }

    /// A participant is as far as it says, whether it is logged or not.
    fn mapped(&self, own: &two_phase_commit::State) -> State {
        let mut state = State::default();
        for p in values::<ParticipantId>(self) {
            state.phase[p] = *own.log[p];
        }
        state
    }
}
