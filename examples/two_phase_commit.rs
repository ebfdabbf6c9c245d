//! Two-phase commit, written as an outsider would: one file, no other part of this repository.
//!
//! `cargo run --release --example two_phase_commit -- N [--threads T] [--exact]` searches it with
//! `N` resource managers. Source: Gray and Lamport, "Consensus on Transaction Commit", module TwoPhase.

use std::time::Instant;

use clap::Parser;
use latchwork::explore::{Options, explore};
use latchwork::verdict::{BuiltIn, Exploration, PropertySet};
use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, Table, claim, values, when,
};
use latchwork_model::{actions, ids, properties, state};

/// The most resource managers.
const MANAGERS: usize = 11;

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
}

/// Two-phase commit, searched exhaustively.
#[derive(Parser)]
struct Arguments {
    /// How many resource managers.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=MANAGERS as i64))]
    managers: u8,
    /// How many threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Store states whole, and not by their fingerprints.
    #[arg(long)]
    exact: bool,
}

/// Searches the whole space. `can_finish` is left out: it would need all states to be kept.
fn search(managers: u8, threads: usize, exact: bool) -> Exploration {
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<TwoPhase>());
    let options = Options { threads, exact, properties, ..Options::default() };
    explore(&TwoPhase::new(managers), &options, &())
}

fn main() {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let found = search(arguments.managers, arguments.threads, arguments.exact);
    let statistics = &found.statistics;
    println!(
        "{} resource managers: {} distinct, {} generated, depth {}, {:.2} s",
        arguments.managers,
        statistics.distinct,
        statistics.generated,
        statistics.depth(),
        start.elapsed().as_secs_f64(),
    );
    for discovery in &found.discoveries {
        println!("violated: property {} after {} steps", discovery.property.0, discovery.steps);
    }
}

#[cfg(test)]
mod tests {
    use super::search;

    /// The counts are those of the TLA+ module, obtained with three other tools.
    #[test]
    fn the_spaces_have_their_known_sizes() {
        for (managers, distinct, generated) in
            [(3, 288, 1_146), (5, 8_832, 58_146), (7, 296_448, 2_744_706)]
        {
            for (threads, exact) in [(1, false), (2, false), (2, true)] {
                let found = search(managers, threads, exact);
                assert!(found.discoveries.is_empty() && found.stopped.is_none());
                assert_eq!(found.statistics.distinct, distinct);
                assert_eq!(found.statistics.generated, generated);
                assert_eq!(found.statistics.depth(), 3 * usize::from(managers) + 1);
            }
        }
    }
}
