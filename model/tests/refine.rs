//! Refinement: a stray step, a wrong initial state and a mapping that says nothing are noticed.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::{
    Actions, Claim, FIRED, Fired, Model, Property, Refinement, Refines, Step, when,
};
use latchwork_model::{actions, properties, state};
use zerocopy::IntoBytes;

/// What a search of a refinement finds.
#[derive(Debug, Default)]
struct Found {
    states: usize,
    steps: usize,
    /// Steps that are none of the specification.
    stutters: usize,
    /// The shortest run that ends in a stray step.
    stray: Option<Vec<&'static str>>,
    /// The claim about the refinement in all states together.
    claim: Option<Claim>,
}

/// Searches a refinement breadth first.
fn search<S: Model, M: Refines<S>>(model: &Refinement<M, S>) -> Found {
    let mut found = Found::default();
    let mut seen: BTreeMap<Vec<u8>, Vec<&'static str>> = BTreeMap::new();
    let mut open = VecDeque::new();
    model.initial(&mut |state| {
        seen.insert(state.as_bytes().to_vec(), Vec::new());
        open.push_back(*state);
    });
    let refines = Refinement::<M, S>::PROPERTIES[0].check;
    while let Some(state) = open.pop_front() {
        let run = seen[state.as_bytes()].clone();
        found.claim = found.claim.max(Some(refines(model, &state)));
        if state.strays && found.stray.is_none() {
            found.stray = Some(run.clone());
        }
        model.successors(&state, |step: Step, next| {
            let next = next.expect("nothing is cut off");
            if next.as_bytes() == state.as_bytes() {
                return;
            }
            found.steps += 1;
            found.stutters += usize::from(next.spec.as_bytes() == state.spec.as_bytes());
            if !seen.contains_key(next.as_bytes()) {
                let name = Refinement::<M, S>::ACTIONS[usize::from(step.action)].name;
                let run = run.iter().copied().chain([name]).collect();
                seen.insert(next.as_bytes().to_vec(), run);
                open.push_back(*next);
            }
        });
    }
    found.states = seen.len();
    found
}

state! {
    /// A number.
    pub struct Count {
        /// It.
        pub count: u8,
    }
}

/// Counts up to three in steps.
struct Counter {
    step: u8,
    begin: u8,
    /// By what the mapping divides.
    by: u8,
}

actions! { Counter, Count;
    /// The counter.
    fair counter {
        /// Count.
        counter_count();
    }
}

impl Counter {
    fn counter_count(&self, s: &mut Count) -> Fired {
        when(s.count + self.step <= 3)?;
        s.count += self.step;
        FIRED
    }
}

impl Model for Counter {
    const PROPERTIES: &'static [Property<Self>] = properties! { Counter; };

    fn initial(&self, emit: &mut dyn FnMut(&Count)) {
        emit(&Count { count: self.begin });
    }

    fn done(&self, s: &Count) -> bool {
        s.count == 3
    }
}

impl Refines<Counter> for Counter {
    const REFINEMENT: &'static str = "counter_refines_counter";

    fn spec(&self) -> Counter {
        Counter { step: 1, begin: 0, by: 1 }
    }

    fn mapped(&self, own: &Count) -> Count {
        Count { count: own.count / self.by }
    }
}

/// Red if a step over a state of the specification, or a wrong initial state, is let through.
#[test]
fn steps_and_initial_states_are_those_of_the_specification() {
    let run = |step, begin, by| search(&Refinement::of(Counter { step, begin, by }));
    let same = run(1, 0, 1);
    assert_eq!((same.states, same.steps, same.stutters), (4, 3, 0));
    assert_eq!(same.claim, Some(Claim::Holds));
    let halves = run(1, 0, 2);
    assert_eq!((halves.steps, halves.stutters, halves.claim), (3, 2, Some(Claim::Holds)));
    assert_eq!(run(2, 0, 1).stray, Some(vec!["counter_count"]));
    let late = run(1, 2, 1);
    assert_eq!((late.states, late.stray), (1, Some(Vec::new())));
}

/// Red if a mapping in which nothing happens passes as a refinement.
#[test]
fn a_mapping_in_which_nothing_happens_is_vacuous() {
    let found = search(&Refinement::of(Counter { step: 1, begin: 0, by: 4 }));
    assert_eq!((found.steps, found.stutters, found.claim), (3, 3, Some(Claim::Vacuous)));
}
