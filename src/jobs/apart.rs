//! The first action that only one of two versions of a protocol can take, although both have taken the
//! same actions before.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::jobs::finish::{Came, way};

/// Where two versions can first take different actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The actions that both have taken. The values that they left may differ.
    pub steps: Vec<Step>,
    /// The actions that only the first can take then.
    pub only_first: Vec<Step>,
    /// The actions that only the second can take then.
    pub only_second: Vec<Step>,
}

/// The states of both versions after the same actions.
type Pair = (StateBytes, StateBytes);

/// Searches up to `most` pairs of states, level by level. `Ok(None)` means that after the same actions
/// both can always take the same ones; the error is the number of pairs that were searched in vain.
pub fn apart(
    first: &dyn Instance,
    second: &dyn Instance,
    most: usize,
) -> Result<Option<Apart>, usize> {
    let mut came: Came<Pair> = BTreeMap::new();
    let mut open = VecDeque::new();
    for pair in first.initial().into_iter().zip(second.initial()) {
        came.insert(pair.clone(), None);
        open.push_back(pair);
    }
    while let Some(pair) = open.pop_front() {
        let one = BTreeMap::from_iter(first.steps_from(&pair.0));
        let other = BTreeMap::from_iter(second.steps_from(&pair.1));
        let only = |mine: &BTreeMap<Step, StateBytes>, theirs: &BTreeMap<Step, StateBytes>| {
            mine.keys().filter(|step| !theirs.contains_key(step)).copied().collect::<Vec<Step>>()
        };
        let (only_first, only_second) = (only(&one, &other), only(&other, &one));
        if !only_first.is_empty() || !only_second.is_empty() {
            return Ok(Some(Apart { steps: way(&came, &pair), only_first, only_second }));
        }
        for ((step, next), (_, other)) in one.into_iter().zip(other) {
            let next = (next, other);
            if !came.contains_key(&next) {
                came.insert(next.clone(), Some((pair.clone(), step)));
                open.push_back(next);
            }
        }
        if came.len() > most {
            return Err(came.len());
        }
    }
    Ok(None)
}
