//! The definition of a model: actions, initial states, done states, and properties.

use super::{Actions, Permutation, Permute, Property};

/// A description of a protocol that engines can run.
///
/// The transitions are in [`Actions`], written by [`actions!`](crate::actions!).
pub trait Model: Actions {
    /// The properties, in the order in which reports list them.
    const PROPERTIES: &'static [Property<Self>];

    /// Passes every initial state to `emit`, always in the same order.
    fn initial(&self, emit: &mut dyn FnMut(&Self::State));

    /// Returns whether the protocol may stop in `state`. A state in which nothing is enabled and
    /// that is not done is a deadlock.
    fn done(&self, state: &Self::State) -> bool;

    /// Returns whether the search goes on from `state`: the constraint, which cuts a space that is
    /// too large or infinite. It holds everywhere unless it is overridden.
    ///
    /// A state outside of it is checked, but not what follows from it. A check without a violation
    /// then holds *within the constraint*. `can_finish` and properties of fair runs are undecided,
    /// because they depend on what follows. Unlike [`exceeded`](super::exceeded), a constraint is
    /// no violation. Sampled runs and replays go beyond it.
    #[inline]
    fn constraint(&self, state: &Self::State) -> bool {
        let _ = state;
        true
    }

    /// Passes permutations of interchangeable processes to `emit`: processes with the same program,
    /// whose order is visible to no other process. Compositions of these permutations are included
    /// implicitly. An engine that uses them verifies that they change nothing.
    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        let _ = emit;
    }

    /// Returns a state after processes have been exchanged. Override this for parts that the state
    /// alone cannot permute, such as an enum that stands for ids.
    #[inline]
    fn permuted(&self, state: &Self::State, by: &Permutation) -> Self::State {
        state.permuted(by)
    }

    /// Returns a permutation that maps all states that differ only by an exchange to the same
    /// state, by sorting interchangeable processes by their part of the state. Implement this if
    /// there are many permutations: without it, all of them are tried.
    fn sorting(&self, state: &Self::State) -> Option<Permutation> {
        let _ = state;
        None
    }
}
