//! What both forms of two-phase commit for Stateright have in common.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, Model};

/// The state of a resource manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vote {
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// A step; the number is that of a resource manager.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    Collect(u8),
    Commit,
    Abort,
    Prepare(u8),
    Refuse(u8),
    ReceiveCommit(u8),
    ReceiveAbort(u8),
}

/// Whether no resource manager has committed while another one has aborted.
pub fn consistent(votes: &[Vote]) -> bool {
    !(votes.contains(&Vote::Committed) && votes.contains(&Vote::Aborted))
}

/// Searches depth first, which is Stateright's fastest way.
pub fn search_all<M>(model: M, threads: usize)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    let checker = model.checker().threads(threads).spawn_dfs().join();
    checker.assert_properties();
    println!("{} distinct", checker.unique_state_count());
}
