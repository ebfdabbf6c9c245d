//! Explains why a recording is rejected.

use crate::conform::slice::Slice;
use crate::engines::follow::closest::{self, closest};
use crate::engines::follow::item::Item;
use crate::engines::follow::outcome::{Followed, Rejection};
use crate::engines::follow::space::Space;
use crate::engines::follow::sweep::follow;
use crate::engines::follow::why::{Why, instead, why};
use crate::files::configuration::Configuration;

use super::slice::{MOST, space};
use super::switches::{Admitting, Tried, admitting};

/// The maximum number of configurations visited by the search for the closest run.
const MOST_NEAR: usize = 50_000;

/// Why a recording is rejected.
pub struct Diagnosis {
    /// The item of the recording that happens in no run, by position in the slice.
    pub item: usize,
    /// For each way in which the item could have happened, why it did not.
    pub ways: Vec<WayRefused>,
    /// What the model could have done instead.
    pub instead: Vec<String>,
    /// How the recording would have to be changed.
    pub closest: Closest,
    /// How the rules would have to be changed.
    pub admitting: Vec<Admitting>,
    /// How many sets of switches were tried.
    pub tried: Tried,
}

/// Why a way is not possible.
pub struct WayRefused {
    /// The step; `None` for an observation.
    pub step: Option<String>,
    /// The reason.
    pub why: Why,
}

/// How a recording would have to be changed.
pub enum Closest {
    /// Leave out these items, and insert these steps, each after an item.
    At {
        /// By position in the slice.
        left_out: Vec<usize>,
        /// Steps as text, each with the item before it.
        put_in: Vec<(String, Option<usize>)>,
    },
    /// By more than two changes.
    Far,
    /// No run was found within the limit on configurations.
    Unknown,
}

/// Explains why a slice is rejected in a configuration; `None` if it is not.
///
/// # Errors
///
/// As [`conform`](super::conform).
pub fn diagnose(slice: &Slice, configuration: &Configuration) -> Result<Option<Diagnosis>, String> {
    let instance = configuration.instance()?;
    let items = slice.items(instance.as_ref())?;
    let mut space = space(slice, instance);
    match follow(&mut space, &items, false, MOST) {
        Followed::Rejected(rejection) => {
            diagnosis(slice, configuration, &mut space, &items, &rejection).map(Some)
        }
        _ => Ok(None),
    }
}

/// Returns the diagnosis of a rejection.
fn diagnosis(
    slice: &Slice,
    configuration: &Configuration,
    space: &mut Space,
    items: &[Item],
    rejection: &Rejection,
) -> Result<Diagnosis, String> {
    let named = &slice.recorded[rejection.item].ways;
    let ways = why(space, items, rejection)
        .into_iter()
        .zip(named)
        .map(|(why, way)| WayRefused { step: way.step.clone(), why })
        .collect();
    let instead = instead(space, rejection);
    let (admitting, tried) = admitting(slice, configuration, space, items)?;
    let visible = slice.visible_steps(space.instance());
    let actions = space.instance().actions();
    let closest = match closest(space, items, &visible, MOST_NEAR) {
        closest::Closest::Far => Closest::Far,
        closest::Closest::TooMany => Closest::Unknown,
        closest::Closest::At(alignment) => Closest::At {
            left_out: alignment.left_out,
            put_in: alignment
                .put_in
                .into_iter()
                .map(|(step, behind)| (step.spell(actions).to_string(), behind))
                .collect(),
        },
    };
    Ok(Diagnosis { item: rejection.item, ways, instead, closest, admitting, tried })
}
