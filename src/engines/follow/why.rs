//! Why an item happens in none of the states in which the model can be.

use std::collections::BTreeSet;

use super::item::Item;
use super::outcome::Rejection;
use super::space::{Refused, Space};

/// Why one way of an item cannot be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// In all of the states its step is not enabled.
    Disabled,
    /// In the states that come nearest, this is so, and the recording says that it is not.
    Differs(Vec<Difference>),
}

/// What is not so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What the recording says.
    pub fact: super::item::Fact,
    /// The value that the field has in the model.
    pub found: String,
    /// Whether it is about the state after the step.
    pub after: bool,
}

/// For each way of the rejected item why it cannot be gone.
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
        // A state in which the step happens and its outcome differs says more than one in which
        // something is amiss before it.
        let outcome: Vec<_> = differences.iter().filter(|one| one.after).cloned().collect();
        match (differences.is_empty(), outcome.is_empty()) {
            (true, _) => Why::Disabled,
            (false, true) => Why::Differs(differences.into_iter().collect()),
            (false, false) => Why::Differs(outcome),
        }
    };
    ways.iter().map(of).collect()
}

/// The steps that the model can take where the item is missing, in order, as they are written.
pub fn instead(space: &Space, rejection: &Rejection) -> Vec<String> {
    let enabled =
        rejection.states.iter().flat_map(|state| space.instance().enabled(space.bytes(*state)));
    let steps: BTreeSet<_> = enabled.collect();
    let actions = space.instance().actions();
    steps.into_iter().map(|step| step.spell(actions).to_string()).collect()
}
