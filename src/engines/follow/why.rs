//! Explains why an item happens in none of the states that the model can be in.

use std::collections::BTreeSet;

use super::item::Item;
use super::outcome::Rejection;
use super::space::{Refused, Space};

/// Why one way of an item is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its step is not enabled in any of the states.
    Disabled,
    /// In the states that come closest, these facts of the recording do not hold.
    Differs(Vec<Difference>),
}

/// A fact that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The fact in the recording.
    pub fact: super::item::Fact,
    /// The value that the field has in the model.
    pub found: String,
    /// Whether it is about the state after the step.
    pub after: bool,
}

/// Returns, for each way of the rejected item, why it is not possible.
pub fn why(space: &mut Space, items: &[Item], rejection: &Rejection) -> Vec<Why> {
    let ways = &items[rejection.item].ways;
    let of = |way| {
        let mut differences = BTreeSet::new();
        for state in &rejection.states {
            match space.go(*state, way) {
                Err(Refused::Differs { fact, found, after }) => {
                    differences.insert(Difference { fact, found, after });
                }
                Err(Refused::Disabled) | Ok(_) => {}
            }
        }
        // A state in which the step happens with a different outcome is more informative than one
        // in which a fact before the step does not hold.
        let outcome: Vec<_> = differences.iter().filter(|one| one.after).cloned().collect();
        match (differences.is_empty(), outcome.is_empty()) {
            (true, _) => Why::Disabled,
            (false, true) => Why::Differs(differences.into_iter().collect()),
            (false, false) => Why::Differs(outcome),
        }
    };
    ways.iter().map(of).collect()
}

/// Returns the steps that the model can take where the item is missing, in order, as text.
pub fn instead(space: &Space, rejection: &Rejection) -> Vec<String> {
    let enabled =
        rejection.states.iter().flat_map(|state| space.instance().enabled(space.bytes(*state)));
    let steps: BTreeSet<_> = enabled.collect();
    let actions = space.instance().actions();
    steps.into_iter().map(|step| step.spell(actions).to_string()).collect()
}
