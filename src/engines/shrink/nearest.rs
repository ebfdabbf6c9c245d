//! A bounded search from one state of a run: for a shorter way to what the run shows, or back to
//! one of its later states.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Model, Step};
use zerocopy::IntoBytes;

use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::simulate::look::Looker;
use crate::engines::verdict::PropertyId;

/// What to search.
pub(super) struct Question<'a, M: Model> {
    /// The states to begin with.
    pub starts: Vec<M::State>,
    /// The steps that may be taken, in order; all if there are none.
    pub steps: Option<&'a [Step]>,
    /// What must be shown in the end.
    pub property: PropertyId,
    /// The states of the run behind the first one, and for each how many steps are left to its end.
    pub later: &'a [(M::State, usize)],
    /// A way must have fewer steps than this, with those that are left where it comes back.
    pub fewer_than: usize,
    /// The most states to look at.
    pub states: usize,
}

/// A shorter way.
pub(super) struct Way {
    /// The position of the state with which it begins.
    pub start: usize,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The steps that are left where it comes back to the run; 0 if it shows the property itself.
    pub left: usize,
}

/// A state that was found: where it came from, by which step, and how far it is.
struct Found<S> {
    state: S,
    from: Option<(usize, Step)>,
    depth: usize,
}

/// Searches breadth-first: the shortest way, of those that were looked at.
pub(super) fn nearest<M: Model>(
    looker: &mut Looker<'_, M>,
    asked: &Question<'_, M>,
) -> Option<Way> {
    let later: BTreeMap<&[u8], usize> =
        asked.later.iter().map(|(state, left)| (state.as_bytes(), *left)).collect();
    let mut seen = BTreeSet::new();
    let mut found: Vec<Found<M::State>> = Vec::new();
    for state in &asked.starts {
        seen.insert(fingerprint(state));
        found.push(Found { state: *state, from: None, depth: 0 });
    }
    let (mut way, mut fewer_than) = (None, asked.fewer_than);
    let mut at = 0;
    while at < found.len().min(asked.states) && found[at].depth < fewer_than {
        let Found { state, depth, .. } = found[at];
        let look = looker.look(&state);
        if let Some((_, last, _)) = look.ending_in(asked.property) {
            let mut shown = back(&found, at, 0);
            shown.steps.extend(last);
            if shown.steps.len() < fewer_than {
                fewer_than = shown.steps.len();
                way = Some(shown);
            }
        } else if let Some(left) =
            later.get(state.as_bytes()).filter(|left| depth + **left < fewer_than)
        {
            fewer_than = depth + left;
            way = Some(back(&found, at, *left));
        }
        let may = |step: &&Step| asked.steps.is_none_or(|steps| steps.binary_search(step).is_ok());
        let near = depth + 1 < fewer_than;
        for step in looker.enabled().iter().filter(may).take_while(|_| near) {
            let mut state = state;
            if looker.fire(&mut state, *step) && seen.insert(fingerprint(&state)) {
                found.push(Found { state, from: Some((at, *step)), depth: depth + 1 });
            }
        }
        at += 1;
    }
    way
}

/// The way to a state that was found.
fn back<S>(found: &[Found<S>], end: usize, left: usize) -> Way {
    let (mut at, mut steps) = (end, Vec::new());
    while let Some((from, step)) = found[at].from {
        steps.push(step);
        at = from;
    }
    steps.reverse();
    Way { start: at, steps, left }
}
