//! The fair phase of a run: what was promised must happen, and a run that only takes too long is not
//! a violation.

use latchwork::engines::simulate::{Plan, Simulation, Strategy, simulate};
use latchwork::engines::verdict::{BuiltIn, End, PropertyId, PropertySet};
use latchwork::files::scenario::Scenario;
use latchwork::jobs::campaign::sample;
use latchwork::jobs::replay::{Replayed, replay};
use latchwork::model::kit::{Actions, Claim, FIRED, Fired, Model, Property, claim, exceeded, when};
use latchwork::model::{actions, properties, state};

use crate::repository;

fn plan(steps: usize, fair: usize) -> Plan {
    Plan {
        seed: 1,
        runs: 0..50,
        strategy: Strategy::Walk.into(),
        steps,
        fair,
        properties: PropertySet::ALL,
        ways: 1,
        paranoid: true,
        threads: 1,
    }
}

/// Protocols without a rule, whose violation no single state shows: the run cycles or waits
/// permanently, or can never finish. Its case is replayed like one of `explore`.
#[test]
fn what_waits_for_ever_is_found_and_replays() {
    let known = [
        ("async_grant/ablations/profile_before_poll_plain", "no_retry_storm"),
        ("recall/ablations/without_own_exempt_own", "op_terminates"),
        ("delegation_return/ablations/without_manager_lets_others_run_reboot", "can_finish"),
        (
            "downconvert/ablations/without_pending_flag_two_apps_o2dlm_other_traffic",
            "all_apps_finish",
        ),
    ];
    for (name, property) in known {
        let path = repository("scenarios").join(format!("{name}.json"));
        let scenario = Scenario::open(&path).expect("a scenario");
        let plan = Plan { runs: 0..3_000, paranoid: false, ..plan(200, 300) };
        let plan = Plan { strategy: "mixed".parse().expect("strategies"), threads: 2, ..plan };
        let only = scenario.configuration.entry.property(property).expect("a property");
        let plan = Plan { properties: [only].into_iter().collect(), ..plan };
        let without = Plan { fair: 0, ..plan.clone() };
        let sampled = sample(scenario.clone(), &plan, &()).expect("an instance");
        let violation = sampled.violation.expect(name);
        assert_eq!(violation.case.verdict.property, property);
        assert_eq!(replay(&violation.case, 1, &()), Ok(Replayed::Same), "{name}");
        assert!(matches!(violation.failure.discovery.end, End::Stuck { .. }));
        // The first phase alone cannot see it.
        let sampled = sample(scenario, &without, &()).expect("an instance");
        assert!(sampled.violation.is_none(), "{name}");
    }
}

state! {
    /// A counter.
    pub struct State {
        /// How far it is.
        pub count: u8,
        /// It goes round.
        pub turn: bool,
        /// The environment has stopped it.
        pub stopped: bool,
    }
}

/// Counts to 100; if it is `lazy`, or was stopped, it turns round and round instead.
struct Counter {
    lazy: bool,
    stops: bool,
    /// There is no room for a turn.
    narrow: bool,
}

actions! { Counter, State;
    fair counter {
        /// Count.
        counter_count();
        /// Turn.
        counter_turn();
    }
    fault environment {
        /// Stop it.
        environment_stop();
    }
}

impl Counter {
    fn counter_count(&self, s: &mut State) -> Fired {
        when(s.count < 100 && !self.lazy && !s.stopped)?;
        s.count += 1;
        FIRED
    }

    fn counter_turn(&self, s: &mut State) -> Fired {
        when(self.lazy || s.stopped)?;
        if self.narrow {
            exceeded("turns")?;
        }
        s.turn = !s.turn;
        FIRED
    }

    fn environment_stop(&self, s: &mut State) -> Fired {
        when(self.stops && !s.stopped)?;
        s.stopped = true;
        FIRED
    }

    fn comes_to_the_end(&self, s: &State) -> Claim {
        claim(s.count == 100)
    }
}

impl Model for Counter {
    const PROPERTIES: &'static [Property<Self>] = properties! { Counter;
        /// It comes to 100.
        eventually comes_to_the_end;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.count == 100
    }
}

fn counter(lazy: bool, stops: bool, plan: &Plan) -> Simulation {
    simulate(&Counter { lazy, stops, narrow: false }, plan, &())
}

#[test]
fn what_takes_too_long_is_no_violation() {
    let slow = counter(false, false, &plan(10, 40));
    assert_eq!(slow.failure, None);
    assert_eq!(slow.unsettled, 50, "10 steps, 40, and 40 that may be taken to finish");
    let first = slow.first_unsettled.expect("one waits");
    assert_eq!((first.run, first.property), (0, PropertyId(0)));
    let enough = counter(false, false, &plan(10, 90));
    assert_eq!((enough.failure, enough.unsettled), (None, 0));
}

#[test]
fn what_goes_round_for_ever_is_a_violation_with_its_cycle() {
    let round = counter(true, false, &plan(10, 40)).failure.expect("a violation");
    assert_eq!(round.discovery.property, PropertyId(0));
    let End::Stuck { prefix, cycle, .. } = round.discovery.end else {
        panic!("it goes on for ever")
    };
    assert_eq!(cycle, Some(prefix));
    assert!(round.discovery.path.steps.len() > prefix);
}

/// Faults of the first phase count; in the second one there are no more.
#[test]
fn faults_stop_when_the_fair_phase_begins() {
    let stopped = counter(false, true, &plan(10, 90)).failure.expect("some run is stopped");
    assert_eq!(stopped.discovery.property, PropertyId(0));
    let spared = counter(false, true, &plan(1, 100));
    let only_fair = Plan { runs: 0..1, ..plan(1, 100) };
    assert!(spared.failure.is_some(), "half of the runs begin with the fault");
    // A run that was not stopped in its first phase is not stopped later.
    let fine = (0..50).filter(|run| {
        let plan = Plan { runs: *run..run + 1, ..only_fair.clone() };
        counter(false, true, &plan).failure.is_none()
    });
    assert!(fine.count() > 10);
}

#[test]
fn what_cannot_finish_is_seen_from_near() {
    let can_finish = BuiltIn::CanFinish.id::<Counter>();
    let only = Plan { properties: [can_finish].into_iter().collect(), ..plan(10, 40) };
    let round = counter(true, false, &only).failure.expect("a violation");
    assert_eq!(round.discovery.property, can_finish);
    assert_eq!(counter(false, false, &Plan { fair: 50, ..only }).failure, None);
}

/// Turns, and never counts as done; a guest may stop it, but not in one of the initial states.
struct Never;

actions! { Never, State;
    fair counter {
        /// Turn.
        never_turn();
    }
    optional guest {
        /// Stop it.
        guest_stop();
    }
}

impl Never {
    fn never_turn(&self, s: &mut State) -> Fired {
        when(!s.stopped)?;
        s.turn = !s.turn;
        FIRED
    }

    fn guest_stop(&self, s: &mut State) -> Fired {
        when(s.turn && s.count == 0 && !s.stopped)?;
        s.stopped = true;
        FIRED
    }
}

impl Model for Never {
    const PROPERTIES: &'static [Property<Self>] = properties! { Never; };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
        emit(&State { count: 1, ..State::default() });
    }

    fn done(&self, _: &State) -> bool {
        false
    }
}

/// What is kept of a run that can never finish goes on to where nothing can happen, or round a cycle:
/// that it stands still is said only where it does.
#[test]
fn a_run_that_can_never_finish_is_kept_with_how_it_goes_on() {
    let can_finish = BuiltIn::CanFinish.id::<Never>();
    let plan = Plan { properties: [can_finish].into_iter().collect(), ..plan(4, 5) };
    let (mut stand, mut turn) = (0, 0);
    for run in 0..100 {
        let plan = Plan { runs: run..run + 1, ..plan.clone() };
        let simulation = simulate(&Never, &plan, &());
        let failure = simulation.failure.expect("it is never done");
        let End::Stuck { prefix, cycle, .. } = failure.discovery.end else { panic!("it is stuck") };
        let path = &failure.discovery.path;
        assert_eq!(failure.discovery.steps, prefix);
        assert_eq!(simulation.steps, prefix as u64, "how it would go on was not done");
        let mut all = Vec::new();
        Never.initial(&mut |state| all.push(*state));
        let mut states = vec![all[path.initial]];
        for step in &path.steps {
            let mut next = states[states.len() - 1];
            Never.fire(&mut next, *step).expect("it is enabled");
            states.push(next);
        }
        let last = states[states.len() - 1];
        match cycle {
            Some(at) => {
                assert!(at >= prefix && at < path.steps.len() && states[at] == last);
                turn += 1;
            }
            None => {
                assert!(last.stopped, "run {run} does not stand still: {last:?}");
                stand += 1;
            }
        }
    }
    assert!(stand > 10 && turn > 10, "{stand} stand still, {turn} go round");
}

/// A run that stops because a bound is reached does not show that it can never finish.
#[test]
fn what_lies_behind_a_bound_is_not_known() {
    let narrow = Counter { lazy: true, stops: false, narrow: true };
    let can_finish = BuiltIn::CanFinish.id::<Counter>();
    let only = Plan { properties: [can_finish].into_iter().collect(), ..plan(10, 40) };
    let unknown = simulate(&narrow, &only, &());
    assert_eq!((unknown.failure, unknown.unsettled), (None, 50));
    assert_eq!(unknown.first_unsettled.map(|first| first.property), Some(can_finish));
    let exceeds = simulate(&narrow, &plan(10, 40), &()).failure.expect("there is no room");
    assert_eq!(exceeds.discovery.property, BuiltIn::BoundExceeded.id::<Counter>());
}
