//! A bounded search from one state of a run, for a shorter path to what the run shows, or back to
//! one of its later states.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Model, Step};
use zerocopy::IntoBytes;

use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::simulate::look::Looker;
use crate::engines::verdict::PropertyId;

/// What to search.
pub(super) struct Question<'a, M: Model> {
    /// The states to start from.
    pub starts: Vec<M::State>,
    /// The steps that may be taken, in order; all steps if `None`.
    pub steps: Option<&'a [Step]>,
    /// The property to show.
    pub property: PropertyId,
    /// The later states of the run, each with the number of steps left to its end.
    pub later: &'a [(M::State, usize)],
    /// The path, plus the steps left where it rejoins the run, must be shorter than this.
    pub fewer_than: usize,
    /// The maximum number of states to visit.
    pub states: usize,
}

/// A shorter path.
pub(super) struct Way {
    /// The position of its start state.
    pub start: usize,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The number of steps left where it rejoins the run; 0 if it shows the property itself.
    pub left: usize,
}

/// A visited state: its predecessor, the step from there, and its distance.
struct Found<S> {
    state: S,
    from: Option<(usize, Step)>,
    depth: usize,
}

/// Searches breadth-first, and returns the shortest path among the states visited.
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

/// Returns the path to a visited state.
fn back<S>(found: &[Found<S>], end: usize, left: usize) -> Way {
    let (mut at, mut steps) = (end, Vec::new());
    while let Some((from, step)) = found[at].from {
        steps.push(step);
        at = from;
    }
    steps.reverse();
    Way { start: at, steps, left }
}
