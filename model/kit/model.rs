//! What a model is: actions, initial states, when it is done, and its properties.

use super::{Actions, Permutation, Permute, Property};

/// A description of a protocol that engines can run.
///
/// The transitions are in [`Actions`], written by [`actions!`](crate::actions!).
pub trait Model: Actions {
    /// The properties, in the order in which reports list them.
    const PROPERTIES: &'static [Property<Self>];

    /// Hands every initial state to `emit`, always in the same order.
    fn initial(&self, emit: &mut dyn FnMut(&Self::State));

    /// Whether the protocol may rest in `state`: a state in which nothing is enabled and that is
    /// not done is a deadlock.
    fn done(&self, state: &Self::State) -> bool;

    /// Hands permutations of processes to `emit` that are interchangeable under the bounds: with
    /// the same program, known to nobody by their order. What can be composed of them is meant as
    /// well. An engine that is asked to use them checks that they change nothing.
    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        let _ = emit;
    }

    /// A state after processes have changed places. What the state alone cannot know of, such as
    /// an enum that stands for ids, is to be added here.
    #[inline]
    fn permuted(&self, state: &Self::State, by: &Permutation) -> Self::State {
        state.permuted(by)
    }

    /// A permutation that leads to the same state from all states that differ by an exchange only:
    /// it sorts interchangeable processes by what the state says of each. Worth writing where there
    /// are many permutations, for without it all of them are tried.
    fn sorting(&self, state: &Self::State) -> Option<Permutation> {
        let _ = state;
        None
    }
}
