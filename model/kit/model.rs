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

/// What comes of trying an action: it fired, or why not.
pub type Fired = Result<(), Refused>;

/// The action happened: the last line of every action.
pub const FIRED: Fired = Ok(());

/// Why an action did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its guard does not hold; the state must be untouched, or it is [`Cut::Changes`].
    Disabled,
    /// It would run over a bound of the model, which engines report as `bound_exceeded`.
    Exceeded(&'static str),
}

/// Why a step that is not plainly disabled leads to no state. The space ends there, and nothing is
/// known of what lies behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut<'a> {
    /// It would run over this bound of the model.
    Exceeds(&'static str),
    /// The action changed the state before one of its guards failed.
    Changes,
    /// The model panics in it, with this message. Only engines say so: the kit catches no panic.
    Panics(&'a str),
}

/// A guard line: `when(n.busy)?` goes on only if the node is busy.
#[inline(always)]
pub fn when(guard: bool) -> Fired {
    if guard { FIRED } else { Err(Refused::Disabled) }
}

/// The answer of an action that would run over the bound `what`:
/// `channel.push(message).or(exceeded("callbacks"))?`.
#[inline(always)]
pub fn exceeded(what: &'static str) -> Fired {
    Err(Refused::Exceeded(what))
}

/// What a property says about one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Nothing was asked of this state: the antecedent is false.
    Vacuous,
    /// The antecedent is true and so is the rest.
    Holds,
    /// The state is a counterexample.
    Violated,
}

/// A statement without an antecedent.
#[inline(always)]
pub fn claim(statement: bool) -> Claim {
    if statement { Claim::Holds } else { Claim::Violated }
}

/// "If `antecedent`, then `consequent`"; coverage counts how often the antecedent was true.
#[inline(always)]
pub fn implies(antecedent: bool, consequent: bool) -> Claim {
    if antecedent { claim(consequent) } else { Claim::Vacuous }
}

/// All of the claims: violated if one is, vacuous if all are.
#[inline(always)]
pub fn every(claims: impl IntoIterator<Item = Claim>) -> Claim {
    claims.into_iter().fold(Claim::Vacuous, Ord::max)
}
