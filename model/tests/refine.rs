//! Refinement: two-phase commit of the gallery is a transaction commit, and a wrong mapping is
//! noticed.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::{
    Actions, Claim, FIRED, Fired, Model, Property, Protocol, Refinement, Refines, Setup, Step,
    Switches, Value, step_between, when,
};
use latchwork_model::{actions, properties, state};
use zerocopy::IntoBytes;

#[allow(dead_code, reason = "only its model is used")]
#[path = "../../examples/gallery/specs/transaction_commit.rs"]
mod transaction_commit;
#[allow(dead_code, reason = "only its model is used")]
#[path = "../../examples/gallery/protocols/two_phase_commit.rs"]
mod two_phase_commit;

use transaction_commit::{Commits, TransactionCommit};

/// A record in which every number is two: two participants, two crashes.
struct Twos;

impl Value for Twos {
    fn number(&self) -> u8 {
        2
    }

    fn len(&self) -> u8 {
        0
    }

    fn item(&self, _: u8) -> &dyn Value {
        self
    }

    fn get(&self, _: &str) -> &dyn Value {
        self
    }
}

fn commits(without: Option<&str>) -> Commits {
    let at = |rule| Commits::RULES.iter().position(|own| own.name == rule).expect("it is there");
    let all = Switches((1 << Commits::RULES.len()) - 1);
    let rules = without.map_or(all, |rule| all.without(at(rule)));
    Commits::new(&Setup { bounds: &Twos, faults: &Twos, rules, variants: Switches(0) })
        .expect("the values go together")
}

/// What a search of a refinement finds.
#[derive(Debug, Default)]
struct Found {
    states: usize,
    steps: usize,
    /// Steps that are none of the specification.
    stutters: usize,
    /// How many steps each action of the specification explains.
    by: BTreeMap<&'static str, usize>,
    /// The shortest run that ends in a stray step.
    stray: Option<Vec<&'static str>>,
    /// The claim about the refinement in all states together.
    claim: Option<Claim>,
}

/// Searches a refinement breadth first.
fn search<S: Model, M: Refines<S>>(model: &Refinement<M, S>, spec: &S) -> Found {
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
            if next.spec.as_bytes() == state.spec.as_bytes() {
                found.stutters += 1;
            } else if let Some(step) = step_between(spec, &state.spec, &next.spec) {
                *found.by.entry(S::ACTIONS[usize::from(step.action)].name).or_default() += 1;
            }
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

fn spec() -> TransactionCommit {
    let rules = Switches((1 << Commits::RULES.len()) - 1);
    let setup = Setup { bounds: &Twos, faults: &Twos, rules, variants: Switches(0) };
    two_phase_commit::TwoPhaseCommit::new(&setup).expect("the values go together").spec()
}

/// Red if a step of two-phase commit is no longer one of transaction commit, or if an action of the
/// specification explains nothing.
#[test]
fn two_phase_commit_refines_transaction_commit() {
    let found = search(&commits(None), &spec());
    assert_eq!(found.claim, Some(Claim::Holds), "{found:?}");
    assert_eq!(found.stray, None);
    let by: Vec<_> = found.by.keys().copied().collect();
    assert_eq!(by, ["participant_abort", "participant_commit", "participant_prepare"]);
    let explained: usize = found.by.values().sum();
    assert!(found.stutters > 0 && explained + found.stutters == found.steps, "{found:?}");
}

/// Red if a stray step is missed, or if the first one that is found is not the nearest.
#[test]
fn a_vote_that_is_not_logged_is_a_stray_step() {
    let found = search(&commits(Some("log_vote")), &spec());
    assert_eq!(found.claim, Some(Claim::Violated));
    assert_eq!(found.stray.as_deref(), Some(&["participant_vote", "fault_crash"][..]));
}

/// Red if a decision that is forgotten is no stray step.
#[test]
fn a_commit_that_is_not_logged_is_a_stray_step() {
    let found = search(&commits(Some("log_commit")), &spec());
    let stray = found.stray.expect("it strays");
    assert_eq!(stray.len(), 7, "{stray:?}");
    assert_eq!(stray.last(), Some(&"participant_abort"));
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
    let run = |step, begin, by| {
        let own = Counter { step, begin, by };
        let spec = own.spec();
        search(&Refinement::of(own), &spec)
    };
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
    let own = Counter { step: 1, begin: 0, by: 4 };
    let spec = own.spec();
    let found = search(&Refinement::of(own), &spec);
    assert_eq!((found.steps, found.stutters, found.claim), (3, 3, Some(Claim::Vacuous)));
}
