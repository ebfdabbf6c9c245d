//! The steps of a state: those that lead to another state, and those that are cut off.

use latchwork_model::kit::{Cut, Model, Refused, Step, same};

use super::panics::catch;

/// Why a step is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its guard does not hold.
    Disabled,
    /// It would exceed the named bound.
    Exceeds(&'static str),
    /// Its guard fails after the step has already changed the state.
    Changes,
    /// The model panics in it, with this message.
    Panics(String),
}

impl Refusal {
    /// Returns the reason in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Disabled => "it cannot happen there".to_string(),
            Self::Exceeds(bound) => format!("it would exceed a bound of the model: {bound}"),
            Self::Changes => "a guard of it fails after it has changed the state".to_string(),
            Self::Panics(message) => format!("the model panics: {message}"),
        }
    }
}

/// Takes a step.
pub fn take<M: Model>(model: &M, state: &M::State, step: Step) -> Result<M::State, Refusal> {
    let mut next = *state;
    match catch(|| model.fire(&mut next, step)) {
        Ok(Ok(())) => Ok(next),
        Ok(Err(Refused::Exceeded(what))) => Err(Refusal::Exceeds(what)),
        Ok(Err(Refused::Disabled)) if same(&next, state) => Err(Refusal::Disabled),
        Ok(Err(Refused::Disabled)) => Err(Refusal::Changes),
        Err(message) => Err(Refusal::Panics(message)),
    }
}

/// Returns every step that the bounds of a model allow, enabled or not, in order.
pub fn all<M: Model>(model: &M) -> Vec<Step> {
    let mut steps = Vec::new();
    for (action, info) in (0u8..).zip(M::ACTIONS) {
        let mut args = vec![[0u8; Step::MAX_ARGS]];
        for (at, param) in info.params.iter().enumerate() {
            let size = model.domain_size(param.kind).unwrap_or(0);
            args = args
                .into_iter()
                .flat_map(|args| {
                    (0..size).map(move |value| {
                        let mut args = args;
                        args[at] = value;
                        args
                    })
                })
                .collect();
        }
        steps.extend(args.into_iter().map(|args| Step { action, args }));
    }
    steps
}

/// Passes the steps of a state to `emit`, in order, as [`successors`] does. A step in which the
/// model panics is included, and the steps after it are not lost.
///
/// [`successors`]: latchwork_model::kit::Actions::successors
pub fn each<M: Model>(
    model: &M,
    state: &M::State,
    mut emit: impl FnMut(Step, Result<&M::State, Cut<'_>>),
) {
    let mut last = None;
    let all = catch(|| {
        model.successors(state, |step, next| {
            last = Some(step);
            emit(step, next);
        });
    });
    if all.is_err() {
        after(model, state, last, emit);
    }
}

/// Does the same for the steps after a given one, which are tried one by one.
pub fn after<M: Model>(
    model: &M,
    state: &M::State,
    last: Option<Step>,
    mut emit: impl FnMut(Step, Result<&M::State, Cut<'_>>),
) {
    for step in all(model).into_iter().filter(|step| Some(*step) > last) {
        match take(model, state, step) {
            Ok(next) => emit(step, Ok(&next)),
            Err(Refusal::Disabled) => {}
            Err(Refusal::Exceeds(what)) => emit(step, Err(Cut::Exceeds(what))),
            Err(Refusal::Changes) => emit(step, Err(Cut::Changes)),
            Err(Refusal::Panics(message)) => emit(step, Err(Cut::Panics(&message))),
        }
    }
}
