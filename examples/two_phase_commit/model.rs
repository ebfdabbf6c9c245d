//! The model, written as an outsider would: one file, no other part of this repository.
//!
//! Source: Gray and Lamport, "Consensus on Transaction Commit", module TwoPhase.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Permutation, Property, Set, Table, claim, values, when,
};
use latchwork_model::{actions, ids, properties, state};

/// The most resource managers.
pub const MANAGERS: usize = 11;

ids! {
    /// A resource manager.
    pub Manager rm;
}

state! {
    /// What a resource manager has decided.
    pub enum Vote { Working, Prepared, Committed, Aborted }
}

state! {
    /// What the transaction manager has decided.
    pub enum Decision { Open, Committed, Aborted }
}

state! {
    /// The whole state.
    pub struct State {
        /// The resource managers.
        pub vote: Table<Manager, Vote, MANAGERS>,
        /// The transaction manager. Its Commit or Abort message is sent with its decision and
        /// never goes away, so the decision says which messages there are.
        pub decision: Decision,
        /// Whose Prepared message the transaction manager has taken in.
        pub collected: Set<Manager, 2>,
        /// The Prepared messages that were sent: a set that only grows.
        pub prepared: Set<Manager, 2>,
    }
}

/// The protocol with this many resource managers.
pub struct TwoPhase {
    managers: u8,
}

actions! { TwoPhase, State;
    fair tm {
        /// Take in a Prepared message.
        tm_collect(r: Manager);
        /// All are prepared: commit.
        tm_commit();
        /// Abort, at any time before.
        tm_abort();
    }
    fair rm {
        /// Prepare, and say so.
        rm_prepare(r: Manager) => tm;
        /// Abort by itself.
        rm_abort(r: Manager);
        /// Receive Commit.
        rm_receive_commit(r: Manager);
        /// Receive Abort.
        rm_receive_abort(r: Manager);
    }
}

impl Domain<Manager> for TwoPhase {
    fn size(&self) -> u8 {
        self.managers
    }
}

impl TwoPhase {
    /// With so many resource managers, of which there can be eleven.
    pub fn new(managers: u8) -> Self {
        Self { managers }
    }

    fn tm_collect(&self, s: &mut State, r: Manager) -> Fired {
        when(s.decision == Decision::Open && s.prepared.contains(r))?;
        s.collected.insert(r);
        FIRED
    }

    fn tm_commit(&self, s: &mut State) -> Fired {
        when(s.decision == Decision::Open && s.collected.len() == self.managers)?;
        s.decision = Decision::Committed;
        FIRED
    }

    fn tm_abort(&self, s: &mut State) -> Fired {
        when(s.decision == Decision::Open)?;
        s.decision = Decision::Aborted;
        FIRED
    }

    fn rm_prepare(&self, s: &mut State, r: Manager) -> Fired {
        when(s.vote[r] == Vote::Working)?;
        s.vote[r] = Vote::Prepared;
        s.prepared.insert(r);
        FIRED
    }

    fn rm_abort(&self, s: &mut State, r: Manager) -> Fired {
        when(s.vote[r] == Vote::Working)?;
        s.vote[r] = Vote::Aborted;
        FIRED
    }

    fn rm_receive_commit(&self, s: &mut State, r: Manager) -> Fired {
        when(s.decision == Decision::Committed)?;
        s.vote[r] = Vote::Committed;
        FIRED
    }

    fn rm_receive_abort(&self, s: &mut State, r: Manager) -> Fired {
        when(s.decision == Decision::Aborted)?;
        s.vote[r] = Vote::Aborted;
        FIRED
    }

    fn consistent(&self, s: &State) -> Claim {
        let any = |vote| values::<Manager>(self).any(|r| s.vote[r] == vote);
        claim(!(any(Vote::Committed) && any(Vote::Aborted)))
    }
}

impl Model for TwoPhase {
    const PROPERTIES: &'static [Property<Self>] = properties! { TwoPhase;
        /// No resource manager commits while another one aborts.
        invariant consistent;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<Manager>(self).all(|r| matches!(s.vote[r], Vote::Committed | Vote::Aborted))
    }

    /// Any two neighbours can change places, and so anybody.
    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        for next in 1..self.managers {
            emit(Permutation::IDENTITY.exchanging(Manager(next - 1), Manager(next)));
        }
    }

    /// By what is known of each.
    fn sorting(&self, s: &State) -> Option<Permutation> {
        let known = |r: u8| {
            let r = Manager(r);
            (s.vote[r], s.prepared.contains(r), s.collected.contains(r))
        };
        let mut order: [u8; MANAGERS] = core::array::from_fn(|r| r as u8);
        let order = &mut order[..usize::from(self.managers)];
        order.sort_by_key(|r| known(*r));
        let mut to = [0; MANAGERS];
        for (place, r) in (0..).zip(order) {
            to[usize::from(*r)] = place;
        }
        Some(Permutation::IDENTITY.with::<Manager>(&to[..usize::from(self.managers)]))
    }
}
