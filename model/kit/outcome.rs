//! The outcome of trying an action, and the guards that determine it.

/// The outcome of trying an action: fired, disabled, or over a bound.
pub type Fired = Result<(), Refused>;

/// The action fired: the last line of every action.
pub const FIRED: Fired = Ok(());

/// Why an action did not fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its guard does not hold. The state must be unchanged; otherwise the step is
    /// [`Cut::Changes`].
    Disabled,
    /// It would exceed a bound of the model, which engines report as `bound_exceeded`.
    Exceeded(&'static str),
}

/// Why a step that is not plainly disabled leads to no state. The space ends there, and what lies
/// beyond is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut<'a> {
    /// It would exceed this bound of the model.
    Exceeds(&'static str),
    /// The action changed the state before one of its guards failed.
    Changes,
    /// The model panics in it, with this message. Only engines report this: the kit catches no
    /// panics.
    Panics(&'a str),
}

/// A guard line: `when(n.busy)?` continues only if the node is busy.
#[inline(always)]
#[must_use = "a guard does nothing without `?`"]
#[cfg_attr(feature = "mutants", track_caller)]
pub fn when(guard: bool) -> Fired {
    #[cfg(feature = "mutants")]
    let guard = super::mutants::said(guard, true, core::panic::Location::caller());
    if guard { FIRED } else { Err(Refused::Disabled) }
}

/// The error of an action that would exceed the bound `what`:
/// `channel.push(message).or(exceeded("callbacks"))?`.
#[inline(always)]
pub fn exceeded(what: &'static str) -> Fired {
    Err(Refused::Exceeded(what))
}
