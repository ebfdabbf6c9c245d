//! Two-phase commit with logs: the coordinator and the participants crash, and read their logs again.
//!
//! A participant that has voted yes may no longer abort by itself, also after a crash. A coordinator
//! that has told its decision to anybody may not decide otherwise.
//!
//! Source: J. Gray and L. Lamport, "Consensus on Transaction Commit", section 3, with the logs of
//! C. Mohan, B. Lindsay and R. Obermarck, "Transaction Management in the R* Distributed Database
//! Management System" (presumed abort).
//! Known bug: without `log_vote` a participant forgets its vote in a crash, and aborts what commits.

use latchwork_model::kit::{
    Claim, Crash, Durable, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo,
    Set, Setup, Table, VariantInfo, awaits, claim, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most participants that a scenario may have.
pub const PARTICIPANTS: usize = 4;

ids! {
    /// A participant.
    pub ParticipantId p;
}

state! {
    /// What a participant has logged.
    pub enum Phase { Working, Prepared, Committed, Aborted }
}

state! {
    /// What the coordinator has decided.
    pub enum Decision { None, Commit, Abort }
}

state! {
    /// The coordinator.
    pub struct Coordinator {
        /// Its log.
        pub log: Durable<Decision>,
        /// It collects votes. A crash ends that.
        pub collects: bool,
    }
}

state! {
    /// The whole state. Messages are not lost: they are sent until they are answered.
    pub struct State {
        /// The logs of the participants.
        pub log: Table<ParticipantId, Durable<Phase>, PARTICIPANTS>,
        /// The coordinator.
        pub coordinator: Coordinator,
        /// Who has sent its vote.
        pub voted: Set<ParticipantId>,
        /// The coordinator has sent that it commits.
        pub commit: bool,
        /// The coordinator has sent that it aborts.
        pub abort: bool,
        /// How many crashes there may still be.
        pub crashes: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A participant logs that it is prepared before it votes.
        log_vote "Mohan et al., section 2" [1];
        /// The coordinator logs that it commits before it tells anybody.
        log_commit "Mohan et al., section 2" [1];
        /// A coordinator that finds no decision in its log aborts.
        presume_abort "Mohan et al., section 3" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct TwoPhaseCommit {
    participants: u8,
    crashes: u8,
    rules: Rules,
}

domains! { TwoPhaseCommit, self; ParticipantId: self.participants }

actions! { TwoPhaseCommit, State;
    /// A participant.
    fair participant {
        /// Vote yes.
        participant_vote(p: ParticipantId) => coordinator;
        /// Commit as decided.
        participant_commit(p: ParticipantId);
        /// Abort as decided.
        participant_abort(p: ParticipantId);
    }
    /// A participant that cannot go on.
    optional refusal {
        /// Abort without a vote.
        refusal_abort(p: ParticipantId) => coordinator;
    }
    /// The coordinator.
    fair coordinator {
        /// Everybody has voted yes: commit.
        coordinator_commit() => participant;
        /// A participant has aborted, or a crash has ended the collection of votes: abort.
        coordinator_abort() => participant;
    }
    /// The environment.
    fault environment {
        /// A participant crashes, and reads its log.
        fault_crash(p: ParticipantId);
        /// The coordinator crashes, and reads its log.
        fault_crash_coordinator();
    }
}

impl TwoPhaseCommit {
    fn log(&self, s: &mut State, p: ParticipantId, phase: Phase) {
        s.log[p].write(phase);
        s.log[p].sync();
    }

    fn participant_vote(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(*s.log[p] == Phase::Working)?;
        s.log[p].write(Phase::Prepared);
        if self.rules.log_vote {
            s.log[p].sync();
        }
        s.voted.insert(p);
        FIRED
    }

    fn participant_commit(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(s.commit && *s.log[p] == Phase::Prepared)?;
        self.log(s, p, Phase::Committed);
        FIRED
    }

    fn participant_abort(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(s.abort && matches!(*s.log[p], Phase::Working | Phase::Prepared))?;
        self.log(s, p, Phase::Aborted);
        FIRED
    }

    fn refusal_abort(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(*s.log[p] == Phase::Working)?;
        self.log(s, p, Phase::Aborted);
        FIRED
    }

    fn coordinator_commit(&self, s: &mut State) -> Fired {
        let all = values::<ParticipantId>(self).all(|p| s.voted.contains(p));
        when(s.coordinator.collects && *s.coordinator.log == Decision::None && all)?;
        s.coordinator.log.write(Decision::Commit);
        if self.rules.log_commit {
            s.coordinator.log.sync();
        }
        s.commit = true;
        FIRED
    }

    fn coordinator_abort(&self, s: &mut State) -> Fired {
        let refused = values::<ParticipantId>(self).any(|p| *s.log[p] == Phase::Aborted);
        let presumed = !s.coordinator.collects && self.rules.presume_abort;
        when(*s.coordinator.log == Decision::None && (refused || presumed))?;
        s.coordinator.log.write(Decision::Abort);
        s.coordinator.log.sync();
        s.abort = true;
        FIRED
    }

    fn fault_crash(&self, s: &mut State, p: ParticipantId) -> Fired {
        when(s.crashes > 0)?;
        s.crashes -= 1;
        s.log[p].crash();
        FIRED
    }

    fn fault_crash_coordinator(&self, s: &mut State) -> Fired {
        when(s.crashes > 0)?;
        s.crashes -= 1;
        s.coordinator.crash();
        FIRED
    }

    fn same_outcome(&self, s: &State) -> Claim {
        let any = |phase| values::<ParticipantId>(self).any(|p| *s.log[p] == phase);
        claim(!(any(Phase::Committed) && any(Phase::Aborted)))
    }

    fn prepared_is_told(&self, s: &State, p: ParticipantId) -> Claim {
        let phase = *s.log[p];
        awaits(phase == Phase::Prepared, matches!(phase, Phase::Committed | Phase::Aborted))
    }
}

impl Model for TwoPhaseCommit {
    const PROPERTIES: &'static [Property<Self>] = properties! { TwoPhaseCommit;
        /// No participant commits what another one aborts.
        invariant same_outcome;
        /// A participant that is prepared learns the decision in the end.
        leads_to prepared_is_told(p: ParticipantId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let coordinator = Coordinator { collects: true, ..Coordinator::default() };
        emit(&State { coordinator, crashes: self.crashes, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        let is_over = |phase| matches!(phase, Phase::Committed | Phase::Aborted);
        values::<ParticipantId>(self).all(|p| is_over(*s.log[p]))
    }
}

impl Protocol for TwoPhaseCommit {
    const NAME: &'static str = "two_phase_commit";
    const SUMMARY: &'static str = "two-phase commit with logs, presumed abort";
    const BOUNDS: &'static [Field] = &[Field::number(
        "participants",
        "How many participants there are.",
        1,
        PARTICIPANTS as u8,
        2,
    )];
    const FAULTS: &'static [Field] =
        &[Field::number("crash", "How many crashes there are.", 0, 3, 0)];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            participants: setup.bounds.get("participants").number(),
            crashes: setup.faults.get("crash").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
