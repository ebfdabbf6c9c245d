//! Any model in Stateright's checker.
//!
//! The adapter hands over initial states, successors and one property for each [`Question`]. Search,
//! storage and verdicts are Stateright's.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use latchwork_model::kit::Model;
use stateright::{Checker, Property};
use zerocopy::IntoBytes;

use super::answer::Answer;
use super::judge::Question;

/// Searches the whole space breadth first; then, for each property that was found, as far as its first
/// state. With one thread that is a shortest run.
pub fn answer<M: Model>(model: &Arc<M>) -> Answer {
    let search = |adapter: Adapter<M>| stateright::Model::checker(adapter).spawn_bfs().join();
    let whole = search(Adapter::of(model, Question::all::<M>()));
    let found = whole.discoveries();
    let mut shown = BTreeMap::new();
    for question in Question::all::<M>() {
        let name = question.name::<M>();
        if found.contains_key(name) {
            // Later discoveries replace earlier ones, unless nothing else is wanted.
            let first = search(Adapter { whole: false, ..Adapter::of(model, vec![question]) });
            let run = first.discovery(name).expect("it was found before");
            // A step that is cut off is the one after the run.
            let cut = [Question::BoundExceeded, Question::GuardsFirst].contains(&question);
            shown.insert(name.to_string(), run.into_actions().len() as u64 + u64::from(cut));
        }
    }
    Answer {
        distinct: whole.unique_state_count() as u64,
        generated: Some(whole.state_count() as u64),
        // Stateright counts the states on the way.
        depth: whole.max_depth().saturating_sub(1) as u64,
        shown,
    }
}

/// Searches the whole space as fast as Stateright can, depth first; returns how many states there are.
pub fn distinct<M: Model>(model: M, threads: usize) -> u64 {
    let adapter = Adapter::of(&Arc::new(model), Question::all::<M>());
    let checker = stateright::Model::checker(adapter).threads(threads).spawn_dfs().join();
    checker.unique_state_count() as u64
}

/// A model as Stateright knows models.
pub struct Adapter<M: Model> {
    model: Arc<M>,
    questions: Vec<Question>,
    /// Whether to go on when everything that was asked is found.
    whole: bool,
}

impl<M: Model> Adapter<M> {
    /// Makes an adapter for a search of the whole space.
    fn of(model: &Arc<M>, questions: Vec<Question>) -> Self {
        Self { model: Arc::clone(model), questions, whole: true }
    }
}

/// A state: equal bytes are equal states.
#[derive(Clone, Copy)]
pub struct Bytes<S>(S);

impl<S: IntoBytes + zerocopy::Immutable> Hash for Bytes<S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.0.as_bytes());
    }
}

impl<S: IntoBytes + zerocopy::Immutable> PartialEq for Bytes<S> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes() == other.0.as_bytes()
    }
}

impl<S: IntoBytes + zerocopy::Immutable> std::fmt::Debug for Bytes<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_bytes().fmt(f)
    }
}

impl<M: Model> stateright::Model for Adapter<M> {
    type State = Bytes<M::State>;
    /// The state to which a step leads: guards and effects are evaluated once.
    type Action = Bytes<M::State>;

    fn init_states(&self) -> Vec<Self::State> {
        let mut states = Vec::new();
        self.model.initial(&mut |state| states.push(Bytes(*state)));
        states
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        self.model.successors(&state.0, |_, result| {
            actions.extend(result.ok().map(|next| Bytes(*next)));
        });
    }

    fn next_state(&self, _last: &Self::State, next: Self::Action) -> Option<Self::State> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let conditions = conditions::<M>();
        assert!(self.questions.len() <= conditions.len(), "more properties than conditions");
        let asked = self.questions.iter().zip(conditions);
        let asked = asked.map(|(question, holds)| Property::always(question.name::<M>(), holds));
        let more = self.whole.then(|| Property::always("the whole space", |_, _| true));
        asked.chain(more).collect()
    }
}

/// One function for each position: a condition is a function that carries nothing.
fn conditions<M: Model>() -> [fn(&Adapter<M>, &Bytes<M::State>) -> bool; 32] {
    macro_rules! at {
        ($($position:literal)*) => { [$(holds::<M, $position>),*] };
    }
    at!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31)
}

/// Whether a state does not show what is asked at this position.
fn holds<M: Model, const AT: usize>(adapter: &Adapter<M>, state: &Bytes<M::State>) -> bool {
    !adapter.questions[AT].is_shown(&*adapter.model, &state.0)
}
