//! A model that panics is a violation of the built-in property `no_panic`, not a crash.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::ScopedJoinHandle;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this thread is inside [`catch`]. Lets a panic hook stay silent.
pub fn is_catching() -> bool {
    CATCHING.get()
}

/// Runs code of a model. On a panic, returns its message as the error.
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

/// Calls `run` with the position of each state and the state, and catches panics. Returns the positions
/// at which it panicked.
pub fn in_each<S>(states: &[S], mut run: impl FnMut(usize, &S)) -> Vec<usize> {
    let (mut at, mut panicked) = (0, Vec::new());
    while at < states.len() {
        let all = catch(|| {
            while let Some(state) = states.get(at) {
                at += 1;
                run(at - 1, state);
            }
        });
        if all.is_err() {
            panicked.push(at - 1);
        }
    }
    panicked
}

/// Returns the result of a thread, and resumes its panic if it panicked.
pub fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|payload| resume_unwind(payload))
}
