//! A model that panics is a violation of the built-in property `no_panic`, not a crash.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use latchwork_model::kit::{Model, Step};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside [`catch`]: a panic hook can keep silent then.
pub fn is_catching() -> bool {
    CATCHING.get()
}

/// Runs code of a model; the error is what it says when it panics.
pub fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let before = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(before);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_string())
    })
}

/// Every step that the bounds of a model allow, enabled or not, in order.
pub fn all_steps<M: Model>(model: &M) -> Vec<Step> {
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

/// The first step in which the model panics in a state, or `None` for the step if it is a property
/// or `done` that panics; with the message.
pub fn in_state<M: Model>(model: &M, state: &M::State) -> Option<(Option<Step>, String)> {
    for step in all_steps(model) {
        let mut next = *state;
        if let Err(message) = catch(|| model.fire(&mut next, step)) {
            return Some((Some(step), message));
        }
    }
    let properties = || {
        model.done(state);
        for property in M::PROPERTIES {
            (property.check)(model, state);
        }
    };
    catch(properties).err().map(|message| (None, message))
}
