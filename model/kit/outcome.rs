//! What comes of trying an action, and the guards that say so.

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
#[must_use = "a guard does nothing without `?`"]
pub fn when(guard: bool) -> Fired {
    if guard { FIRED } else { Err(Refused::Disabled) }
}

/// The answer of an action that would run over the bound `what`:
/// `channel.push(message).or(exceeded("callbacks"))?`.
#[inline(always)]
pub fn exceeded(what: &'static str) -> Fired {
    Err(Refused::Exceeded(what))
}
