//! Composition: actions that several parts of a state share.

use super::{Fired, State};

/// Takes the steps of several parts as one step: all of them, or none.
///
/// A state may consist of the states of other models. An action of one part is lifted by calling it
/// with that part. An action that parts share calls the actions of all of them in `steps`: if one
/// of them is refused, what the earlier ones changed is undone, so the guards of all parts come
/// first.
///
/// ```
/// use latchwork_model::kit::{FIRED, together, when};
/// let mut parts = [0u8, 3];
/// let fired = together(&mut parts, |parts| {
///     parts[0] += 1;
///     when(parts[1] < 3)?;
///     parts[1] += 1;
///     FIRED
/// });
/// assert!(fired.is_err());
/// assert_eq!(parts, [0, 3]);
/// ```
pub fn together<S: State>(state: &mut S, steps: impl FnOnce(&mut S) -> Fired) -> Fired {
    let mut next = *state;
    steps(&mut next)?;
    *state = next;
    Ok(())
}
