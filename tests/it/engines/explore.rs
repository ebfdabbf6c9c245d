//! The explorer: the same answer at any number of threads, and each kind of violation found.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{BuiltIn, End, Exploration, PropertyId, PropertySet, Stopped};
use latchwork::files::scenario::Scenario;
use latchwork::model::kit::{
    Claim, Domain, FIRED, Fired, Model, Param, Property, claim, exceeded, when,
};
use latchwork::model::{actions, ids, properties, state};
use latchwork::protocols::trace;

use crate::repository;

#[test]
fn the_answer_is_the_same_at_any_number_of_threads() {
    let file = "scenarios/downconvert/ablations/without_upf_two_apps_grant_not_wasted.json";
    let scenario = Scenario::open(&repository(file)).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let run = |threads| instance.explore(&Options { threads, ..Options::default() }, &());
    let one = run(1);
    assert!(one.statistics.levels.iter().any(|states| *states > 10_000), "threads have work");
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
    for found in &one.discoveries {
        let states = trace::states(instance.as_ref(), &found.path);
        assert_eq!(states.len(), found.path.steps.len() + 1, "the counterexample runs");
        let shown = match found.end {
            End::Stuck { cycle, .. } => {
                instance.shows_for_ever(&states, &found.path.steps, cycle, found.property)
            }
            _ => instance.shows(&states[found.steps], found.property),
        };
        assert!(shown);
    }
}

ids! {
    /// A counter.
    pub CounterId c;
}

state! {
    /// Two counters.
    pub struct State {
        /// Their values.
        pub value: [u8; 2],
    }
}

/// The defect of [`Counters`].
#[derive(Clone, Copy, PartialEq)]
enum Defect {
    None,
    Bound,
    Panic,
    PanicInProperty,
    Deadlock,
    Livelock,
}

/// Two counters that count up to a goal, turn by turn or not.
struct Counters {
    goal: u8,
    defect: Defect,
}

actions! { Counters, State;
    fair count {
        /// One more.
        count_up(c: CounterId);
    }
    fair toggle {
        /// Never get on.
        toggle_once();
    }
}

impl Domain<CounterId> for Counters {
    fn size(&self) -> u8 {
        2
    }
}

impl Counters {
    fn count_up(&self, s: &mut State, c: CounterId) -> Fired {
        let value = s.value[usize::from(c.index())];
        when(value < self.goal)?;
        let trouble = value == 2 && c.0 == 1;
        match self.defect {
            Defect::Bound if trouble => exceeded("the second counter")?,
            Defect::Panic if trouble => panic!("the second counter is three"),
            Defect::Deadlock | Defect::Livelock => when(!trouble)?,
            _ => {}
        }
        s.value[usize::from(c.index())] += 1;
        FIRED
    }

    fn toggle_once(&self, s: &mut State) -> Fired {
        when(self.defect == Defect::Livelock && s.value[0] == self.goal && s.value[1] >= 2)?;
        s.value[1] = 252 - s.value[1];
        FIRED
    }

    fn first_is_not_three(&self, s: &State) -> Claim {
        assert!(self.defect != Defect::PanicInProperty || s.value[0] < 3, "a property panics");
        claim(s.value[0] != 3)
    }

    fn both_equal(&self, s: &State) -> Claim {
        claim(s.value[0] == s.value[1] && s.value[0] > 0)
    }
}

impl Model for Counters {
    const PROPERTIES: &'static [Property<Self>] = properties! { Counters;
        /// The first counter is never three.
        invariant first_is_not_three;
        /// Both get on together.
        reachable both_equal;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.value == [self.goal; 2]
    }
}

const NOT_THREE: PropertyId = PropertyId(0);
const EQUAL: PropertyId = PropertyId(1);

fn run(goal: u8, defect: Defect) -> Exploration {
    explore(&Counters { goal, defect }, &Options::default(), &())
}

fn found(exploration: &Exploration) -> Vec<(PropertyId, usize)> {
    exploration.discoveries.iter().map(|found| (found.property, found.steps)).collect()
}

#[test]
fn an_invariant_is_found_at_its_shortest_and_the_search_goes_on() {
    let exploration = run(4, Defect::None);
    assert_eq!(found(&exploration), [(NOT_THREE, 3), (EQUAL, 2)]);
    assert_eq!(exploration.statistics.distinct, 25);
    assert_eq!(exploration.statistics.generated, 1 + 2 * 4 * 5);
    assert_eq!(exploration.statistics.levels, [1, 2, 3, 4, 5, 4, 3, 2, 1]);
    assert_eq!(exploration.coverage.actions[0].fired, 40);
    assert_eq!(exploration.coverage.actions[0].enabled, 24);
    assert_eq!(exploration.coverage.actions[1].fired, 0);
}

#[test]
fn a_bound_that_would_be_exceeded() {
    let exploration = run(4, Defect::Bound);
    let bound = BuiltIn::BoundExceeded.id::<Counters>();
    let discovery = exploration.discoveries.iter().find(|found| found.property == bound);
    let discovery = discovery.expect("the bound is exceeded");
    assert_eq!((discovery.steps, discovery.path.steps.len()), (3, 3));
    assert_eq!(discovery.end, End::Exceeds("the second counter".into()));
}

#[test]
fn a_panic_in_an_action_or_a_property() {
    let panic = BuiltIn::NoPanic.id::<Counters>();
    for (defect, steps, message) in [
        (Defect::Panic, 3, "the second counter is three"),
        (Defect::PanicInProperty, 3, "a property panics"),
    ] {
        let exploration = run(4, defect);
        let discovery = exploration.discoveries.iter().find(|found| found.property == panic);
        let discovery = discovery.expect("a panic is found");
        assert_eq!(discovery.steps, steps);
        assert_eq!(discovery.end, End::Panics(message.to_string()));
    }
}

#[test]
fn deadlock_and_can_finish_have_their_own_lengths() {
    let exploration = run(4, Defect::Deadlock);
    let (deadlock, can_finish) =
        (BuiltIn::Deadlock.id::<Counters>(), BuiltIn::CanFinish.id::<Counters>());
    assert!(found(&exploration).contains(&(deadlock, 6)));
    assert!(found(&exploration).contains(&(can_finish, 0)));
    let stuck = exploration.discoveries.iter().find(|found| found.property == can_finish);
    assert_eq!(stuck.expect("stuck").end, End::Stuck { prefix: 0, cycle: None, proven: true });
}

#[test]
fn a_way_on_that_never_rests_ends_in_a_cycle() {
    let exploration = run(4, Defect::Livelock);
    let can_finish = BuiltIn::CanFinish.id::<Counters>();
    let stuck = exploration.discoveries.iter().find(|found| found.property == can_finish);
    let stuck = stuck.expect("stuck");
    assert_eq!(stuck.end, End::Stuck { prefix: 0, cycle: Some(6), proven: true });
    assert_eq!(stuck.path.steps.len(), 8, "six steps and a cycle of two");
}

/// Of all shortest paths to (2, 2), the search returns the one with the fewest switches: c0 c0 c1 c1.
#[test]
fn of_the_shortest_paths_the_one_with_the_fewest_switches() {
    let model = Counters { goal: 2, defect: Defect::None };
    let exploration = explore(&model, &Options::default(), &());
    let equal = exploration.discoveries.iter().find(|found| found.property == EQUAL);
    assert_eq!(equal.expect("reached").steps, 2);
    let model = Counters { goal: 4, defect: Defect::Bound };
    let exploration = explore(&model, &Options::default(), &());
    let bound = BuiltIn::BoundExceeded.id::<Counters>();
    let path = exploration.discoveries.iter().find(|found| found.property == bound);
    let path = &path.expect("found").path.steps;
    assert!(path.iter().all(|step| step.args[0] == 1), "only the second counter acts: {path:?}");
}

#[test]
fn budgets_end_a_search_and_say_what_is_open() {
    let model = Counters { goal: 100, defect: Defect::None };
    let options = Options { states: Some(100), ..Options::default() };
    let exploration = explore(&model, &options, &());
    assert_eq!(exploration.stopped, Some(Stopped::States));
    assert!(exploration.undecided.contains(BuiltIn::Deadlock.id::<Counters>()));
    assert!(exploration.undecided.contains(BuiltIn::CanFinish.id::<Counters>()));
    assert!(!exploration.undecided.contains(NOT_THREE), "it is violated, whatever comes");
    let options = Options { memory: Some(1000), ..Options::default() };
    assert_eq!(explore(&model, &options, &()).stopped, Some(Stopped::Memory));
    let until: PropertySet = [NOT_THREE].into_iter().collect();
    let exploration = explore(&model, &Options { until, ..Options::default() }, &());
    assert_eq!(exploration.stopped, Some(Stopped::Found));
    assert!(exploration.statistics.distinct < 30);
}

/// If memory is enough for the search but not for whole-space properties, only those properties
/// are undecided.
#[test]
fn the_budget_of_memory_counts_what_is_done_with_the_graph() {
    let model = Counters { goal: 100, defect: Defect::None };
    let can_finish = BuiltIn::CanFinish.id::<Counters>();
    let all = explore(&model, &Options::default(), &());
    assert_eq!(all.stopped, None);
    let mut only_safety = 0;
    for kibibytes in (64..4096).step_by(32) {
        let options = Options { memory: Some(kibibytes * 1024), ..Options::default() };
        let exploration = explore(&model, &options, &());
        if exploration.stopped.is_some() && exploration.statistics == all.statistics {
            assert_eq!(exploration.stopped, Some(Stopped::Memory));
            assert_eq!(exploration.undecided, [can_finish].into_iter().collect());
            only_safety += 1;
        }
    }
    assert!(only_safety > 0, "no budget was in between");
}

/// Red if whether memory is enough depends on how many properties are decided at a time.
#[test]
fn a_budget_of_memory_is_enough_at_any_number_of_threads_or_at_none() {
    let scenario = Scenario::open(&repository("scenarios/downconvert/cross.json"));
    let instance = scenario.expect("a scenario").configuration.instance().expect("an instance");
    let (mut enough, mut too_little) = (0, 0);
    for budget in (1..100).map(|step| step << 15) {
        let run = |threads| {
            let options = Options { threads, memory: Some(budget), ..Options::default() };
            instance.explore(&options, &())
        };
        let one = run(1);
        for threads in [2, 8] {
            assert_eq!(one, run(threads), "{threads} threads in {budget} bytes");
        }
        let count = if one.stopped.is_none() { &mut enough } else { &mut too_little };
        *count += 1;
    }
    assert!(enough > 0 && too_little > 0, "{enough} and {too_little}");
}

/// A search that keeps no graph finds the same, with a second search for the paths.
#[test]
fn without_a_graph_the_counterexample_is_the_same() {
    let model = Counters { goal: 4, defect: Defect::None };
    let with = explore(&model, &Options::default(), &());
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<Counters>());
    let without = explore(&model, &Options { properties, ..Options::default() }, &());
    assert_eq!(with, without);
}
