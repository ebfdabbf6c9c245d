//! A slice checked against its protocol in one configuration.

use crate::conform::slice::Slice;
use crate::engines::follow::frontier::Violating;
use crate::engines::follow::item::Item;
use crate::engines::follow::outcome::Followed;
use crate::engines::follow::space::Space;
use crate::engines::follow::sweep::{Sweep, Swept, follow};
use crate::engines::instance::Instance;
use crate::files::configuration::Configuration;

/// The maximum number of configurations to visit.
pub const MOST: usize = 2_000_000;

/// A slice of a recording under the rules of one configuration.
pub struct Conformed {
    /// The configuration.
    pub configuration: Configuration,
    /// The outcome of following the slice.
    pub outcome: Outcome,
    /// The number of states of the model that were visited.
    pub states: usize,
}

/// The outcome of following a slice.
pub enum Outcome {
    /// It was followed.
    Followed(Followed),
    /// The configuration allows no model, for this reason.
    NoModel(&'static str),
    /// The slice is empty.
    Vacuous,
}

impl Outcome {
    /// Returns whether the recording is a run of the model that violates nothing.
    pub fn is_admitted(&self) -> bool {
        matches!(self, Self::Followed(Followed::Admitted { .. }))
    }
}

/// Checks a slice against its protocol in a configuration. With `may`, also returns what a run that
/// explains the slice can violate.
///
/// # Errors
///
/// If the slice names something that the protocol does not have within its bounds.
pub fn conform(
    slice: &Slice,
    configuration: Configuration,
    may: bool,
) -> Result<Conformed, String> {
    let instance = match configuration.instance() {
        Ok(instance) => instance,
        Err(why) => {
            return Ok(Conformed { configuration, outcome: Outcome::NoModel(why), states: 0 });
        }
    };
    let items = slice.items(instance.as_ref())?;
    if items.is_empty() {
        return Ok(Conformed { configuration, outcome: Outcome::Vacuous, states: 0 });
    }
    let mut space = space(slice, instance);
    let outcome = Outcome::Followed(follow(&mut space, &items, may, MOST));
    Ok(Conformed { configuration, outcome, states: space.met() })
}

/// Returns the empty space of an instance that a slice is checked against.
pub(super) fn space(slice: &Slice, instance: Box<dyn Instance>) -> Space {
    let silent = slice.silent(instance.as_ref());
    Space::new(instance, silent)
}

/// Returns whether some run explains all items, regardless of violations; `None` if there are too
/// many configurations.
pub(super) fn is_explained(space: &mut Space, items: &[Item], most: usize) -> Option<bool> {
    let violating = Violating::Ignored;
    let sweep = Sweep { space, items, violating, extra: &[], most_cost: 0, most };
    sweep.run().ok().map(|swept| matches!(swept, Swept::End(_)))
}
