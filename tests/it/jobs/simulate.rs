//! Sampling: a run is a function of its number, failing runs are minimized, and nondeterminism
//! is found.

use std::collections::HashSet;

use latchwork::cli::Exit;
use latchwork::encoding::json::Document;
use latchwork::engines::explore::Options;
use latchwork::engines::simulate::{Mix, Plan, Simulation, Strategy, simulate};
use latchwork::engines::verdict::{BuiltIn, End, PropertyId, PropertySet};
use latchwork::files::case::{Case, Minimality};
use latchwork::jobs::campaign::{Sampled, sample};
use latchwork::jobs::check::case;
use latchwork::jobs::replay::{Replayed, replay};
use latchwork::jobs::shrink::shrink;
use latchwork::model::kit::{Claim, FIRED, Fired, Model, Property, claim, exceeded, when};
use latchwork::model::{actions, properties, state};
use latchwork::report::campaign::facts::Facts;

use crate::committed::scenario;
use crate::program::{refused, run};

const STRATEGIES: [Strategy; 3] = [Strategy::Walk, Strategy::Pct { depth: 3 }, Strategy::Swarm];

fn plan(strategy: Strategy) -> Plan {
    Plan {
        seed: 1,
        runs: 0..3_000,
        strategy: strategy.into(),
        steps: 200,
        fair: 300,
        properties: PropertySet::ALL,
        ways: 1,
        paranoid: false,
        threads: 1,
    }
}

const DEADLOCK: &str = "downconvert/ablations/without_pending_flag_two_apps_o2dlm_can_finish.json";

#[test]
fn a_campaign_is_the_same_at_any_number_of_threads() {
    let scenario = scenario(DEADLOCK);
    let instance = scenario.configuration.instance().expect("an instance");
    for strategy in STRATEGIES {
        let of = |threads| instance.simulate(&Plan { threads, ..plan(strategy) }, &());
        let one = of(1);
        assert!(one.failure.is_some(), "{strategy} finds it");
        assert_eq!(one, of(2));
        assert_eq!(one, of(8));
    }
}

#[test]
fn a_run_does_not_depend_on_the_runs_before_it() {
    let scenario = scenario(DEADLOCK);
    let instance = scenario.configuration.instance().expect("an instance");
    for strategy in STRATEGIES {
        let all = instance.simulate(&plan(strategy), &()).failure.expect("a failure");
        assert!(all.run > 0, "there are runs before it");
        let runs = all.run..all.run + 1;
        let alone = instance.simulate(&Plan { runs, ..plan(strategy) }, &());
        assert_eq!(alone.failure, Some(all));
        assert_eq!(alone.runs, 1);
    }
}

/// Mixed strategies alternate between runs, and each run is the one that its strategy alone does.
#[test]
fn mixed_strategies_take_turns() {
    let scenario = scenario(DEADLOCK);
    let instance = scenario.configuration.instance().expect("an instance");
    let mixed: Mix = "mixed".parse().expect("strategies");
    assert_eq!(mixed.to_string(), "walk,pct:3,swarm");
    let mut seen = [0; 3];
    for run in 0..300 {
        let runs = run..run + 1;
        let strategy = STRATEGIES[run as usize % 3];
        let alone = Plan { runs, ..plan(strategy) };
        let together = Plan { strategy: mixed.clone(), ..alone.clone() };
        let alone = instance.simulate(&alone, &());
        assert_eq!(alone, instance.simulate(&together, &()));
        seen[run as usize % 3] += u32::from(alone.failure.is_some());
    }
    assert!(seen.iter().sum::<u32>() > 0, "some of them fail: {seen:?}");
    assert!("walk,".parse::<Mix>().is_err() && "".parse::<Mix>().is_err());
}

/// Leaving out steps leads by other violations; each is a case of its own.
#[test]
fn what_is_met_on_the_way_is_kept() {
    let name = "downconvert/ablations/without_upf_kick_two_apps_deadlock.json";
    let sampled = sample(scenario(name), &plan(Strategy::Walk), &()).expect("an instance");
    let violation = sampled.violation.expect("a violation");
    assert_eq!(violation.case.verdict.property, "no_sleep_on_work");
    let [other] = violation.others.as_slice() else { panic!("one other: {:?}", violation.others) };
    assert_eq!(other.verdict.property, "deadlock");
    assert_eq!(replay(other, 1, &()), Ok(Replayed::Same));
}

/// Nine of ten runs that are minimized without knowing the space are as short as those that the
/// explorer finds. They never show another property, and their cases replay. `latchwork evaluate`
/// does the same in all protocols.
#[test]
fn what_fails_is_made_short() {
    let scenario = scenario(DEADLOCK);
    let configuration = &scenario.configuration;
    let instance = configuration.instance().expect("an instance");
    let proven = instance.explore(&Options::default(), &());
    let (mut failing, mut shortest, mut start) = (0, 0, 0);
    while failing < 30 {
        let runs = start..start + 3_000;
        // Only what single states show: the rest is left to the explorer.
        let plan = Plan { runs, fair: 0, ..plan(Strategy::Walk) };
        let failure = instance.simulate(&plan, &()).failure.expect("some run fails");
        start = failure.run + 1;
        let found = &failure.discovery;
        let shrunk = shrink(instance.as_ref(), found, PropertySet::ALL, 1, &()).expect("short");
        let ours = shrunk.shortened.as_ref().expect("made short");
        assert_eq!(shrunk.discovery.property, found.property);
        assert_eq!(ours.discovery.property, found.property);
        assert!(ours.discovery.steps <= ours.left_out && ours.left_out <= found.steps);
        assert_eq!(shrunk.minimality, Minimality::Proven);
        let known = proven.discoveries.iter().find(|known| known.property == found.property);
        let known = known.expect("the explorer knows it").steps;
        assert_eq!(shrunk.discovery.steps, known);
        failing += 1;
        shortest += u32::from(ours.discovery.steps == known);
        for short in [&shrunk.discovery, &ours.discovery] {
            let case = case(configuration, instance.as_ref(), short, "simulate", shrunk.minimality);
            assert_eq!(replay(&case, 1, &()), Ok(Replayed::Same));
        }
    }
    assert!(shortest * 10 >= failing * 9, "{shortest} of {failing}");
}

#[test]
fn a_case_says_which_run_it_was() {
    let sampled = sample(scenario(DEADLOCK), &plan(Strategy::Walk), &()).expect("an instance");
    let violation = sampled.violation.as_ref().expect("a violation");
    let text = violation.case.to_text();
    let run = violation.failure.run;
    let provenance =
        format!("{{\"engine\":\"simulate\",\"seed\":\"1\",\"run\":{run},\"strategy\":\"walk\"}}");
    assert!(text.contains(&provenance), "{text}");
    let read = Case::read(&Document::new("case", text.clone()), false).expect("a case");
    assert_eq!(read.provenance, violation.case.provenance);
    assert_eq!(read.to_text(), text);
    let schema = latchwork::report::schema::case();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let value = serde_json::from_str(&text).expect("JSON");
    assert!(validator.is_valid(&value));
}

state! {
    /// A worker that takes six steps.
    pub struct State {
        /// Steps taken.
        pub taken: u8,
        /// The environment has done its harm.
        pub harmed: bool,
        /// Something that was chosen.
        pub chosen: u8,
    }
}

/// The defect of [`Worker`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    Invariant,
    AtRest,
    Deadlock,
    Bound,
    Panic,
    /// A step depends on the order of a hash set, which is another one every time.
    Order,
}

struct Worker(Defect);

actions! { Worker, State;
    fair worker {
        /// Take one of six steps.
        worker_step();
        /// Take the first of a set.
        worker_choose();
    }
    fault environment {
        /// Do harm, once.
        environment_harm();
    }
}

impl Worker {
    fn worker_step(&self, s: &mut State) -> Fired {
        when(s.taken < 6)?;
        let trouble = s.harmed && s.taken == 4;
        match self.0 {
            Defect::Deadlock | Defect::AtRest => when(!trouble)?,
            Defect::Bound if trouble => exceeded("planted")?,
            Defect::Panic if trouble => panic!("a planted panic"),
            _ => {}
        }
        s.taken += 1;
        FIRED
    }

    fn worker_choose(&self, s: &mut State) -> Fired {
        when(self.0 == Defect::Order && s.taken == 3 && s.chosen == 0)?;
        let set: HashSet<u8> = (1..200).collect();
        s.chosen = set.into_iter().next().expect("it has some");
        FIRED
    }

    fn environment_harm(&self, s: &mut State) -> Fired {
        when(!s.harmed)?;
        s.harmed = true;
        FIRED
    }

    fn not_both(&self, s: &State) -> Claim {
        claim(self.0 != Defect::Invariant || !s.harmed || s.taken != 4)
    }

    fn rests_late(&self, s: &State) -> Claim {
        claim(self.0 != Defect::AtRest || s.taken == 6)
    }
}

impl Model for Worker {
    const PROPERTIES: &'static [Property<Self>] = properties! { Worker;
        /// No harm in the middle.
        invariant not_both;
        /// It rests when it has taken all steps.
        at_rest rests_late;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.taken == 6
    }
}

fn worker(defect: Defect, strategy: Strategy) -> Simulation {
    simulate(&Worker(defect), &plan(strategy), &())
}

/// The exit code of a campaign that came to this.
fn exit(simulation: Simulation) -> Exit {
    let plan = plan(Strategy::Walk);
    let (more, no_budget) = (Vec::new(), Vec::new());
    let scenario = scenario(DEADLOCK);
    let sampled = Sampled { scenario, plan, simulation, violation: None, more, no_budget };
    Exit::of_facts(&Facts::of(&sampled.plan.clone(), &[sampled]))
}

#[test]
fn each_kind_of_violation_is_found() {
    let expected = [
        (Defect::Invariant, PropertyId(0)),
        (Defect::AtRest, PropertyId(1)),
        (Defect::Deadlock, BuiltIn::Deadlock.id::<Worker>()),
        (Defect::Bound, BuiltIn::BoundExceeded.id::<Worker>()),
        (Defect::Panic, BuiltIn::NoPanic.id::<Worker>()),
    ];
    for strategy in STRATEGIES {
        assert_eq!(worker(Defect::None, strategy).failure, None);
        assert_eq!(worker(Defect::None, strategy).runs, 3_000);
        for (defect, property) in expected {
            let simulation = worker(defect, strategy);
            let found = simulation.failure.as_ref().expect("a failure");
            assert_eq!(found.discovery.property, property, "{strategy} {defect:?}");
            assert_eq!(found.discovery.steps, found.discovery.path.steps.len());
            let last_is_not_taken = matches!(found.discovery.end, End::Exceeds(_) | End::Panics(_));
            assert_eq!(last_is_not_taken, matches!(defect, Defect::Bound | Defect::Panic));
        }
    }
}

/// A worker whose two actions each break a property of their own, and one of them in two ways.
#[test]
fn several_ways_to_fail_are_found_and_each_once() {
    let model = Worker(Defect::Invariant);
    let plan = |ways| Plan { ways, ..plan(Strategy::Walk) };
    let one = simulate(&model, &plan(1), &());
    let all = simulate(&model, &plan(5), &());
    // With one way the campaign ends at it; with more, all runs are done.
    assert!(one.runs < 3_000 && one.others.is_empty());
    assert_eq!((all.runs, &all.failure), (3_000, &one.failure));
    // The step that breaks the invariant is the harm or the fourth step: two ways, and no third.
    let properties = latchwork::engines::verdict::properties::<Worker>();
    let first = all.failure.as_ref().expect("a failure").way(&properties);
    let [second] = all.others.as_slice() else { panic!("{:?}", all.others) };
    let second = second.way(&properties);
    assert_eq!(first.property, second.property);
    assert_ne!(first.decided_by, second.decided_by);
    assert_eq!(simulate(&model, &Plan { threads: 3, ..plan(5) }, &()), all);
    // A standstill is one way, whichever step was the last before it.
    let stuck = simulate(&Worker(Defect::Deadlock), &plan(5), &());
    assert!(stuck.failure.is_some() && stuck.others.is_empty(), "{:?}", stuck.others);
}

/// Red if a step is not counted, or a state is counted as often as it is visited.
#[test]
fn a_campaign_counts_steps_visits_and_distinct_states() {
    let simulation = worker(Defect::None, Strategy::Walk);
    assert_eq!(simulation.fired[0], 6 * 3_000, "six steps a run");
    assert_eq!(simulation.fired[1], 0);
    assert_eq!(simulation.fired.iter().sum::<u64>(), simulation.steps);
    // Fourteen states: steps taken, and whether harm was done.
    let estimate = simulation.visited.estimate();
    assert!((13..=15).contains(&estimate), "{estimate}");
    assert!(simulation.exercised[0] > simulation.steps, "an invariant speaks of every state");
    assert!(simulation.exercised[1] >= 3_000, "it rests in every run: {:?}", simulation.exercised);
}

/// Red if a fault whose budget is 0 is called never seen, or one whose budget is not 0 is hidden.
#[test]
fn faults_without_a_budget_are_not_missed() {
    let facts = |file: &str| {
        let sampled = sample(scenario(file), &Plan { runs: 0..50, ..plan(Strategy::Walk) }, &());
        let sampled = sampled.expect("an instance");
        let text = Facts::of(&sampled.plan.clone(), &[sampled]).to_text();
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["scenarios"][0].clone()
    };
    let facts = facts("downconvert/two_apps.json");
    let has = |list: &str, name: &str| {
        facts[list].as_array().expect("a list").iter().any(|one| one == name)
    };
    assert!(has("no_budget", "fault_signal") && !has("never_seen", "fault_signal"), "{facts}");
    let distinct = facts["distinct"]["estimate"].as_u64().expect("a number");
    assert!(distinct > 100, "{distinct}");
}

#[test]
fn swarm_switches_off_faults_and_nothing_else() {
    let alone = |number| {
        let runs = number..number + 1;
        simulate(&Worker(Defect::Invariant), &Plan { runs, ..plan(Strategy::Swarm) }, &())
    };
    let without = (0..200).filter(|number| alone(*number).fired[2] == 0).count();
    assert!((70..200).contains(&without), "harm is switched off in half of the runs: {without}");
    assert!((0..200).all(|number| alone(number).fired[0] > 0), "the worker always works");
}

#[test]
fn what_depends_on_the_order_of_a_hash_set_is_found() {
    for paranoid in [false, true] {
        let plan = Plan { paranoid, ..plan(Strategy::Walk) };
        let simulation = simulate(&Worker(Defect::Order), &plan, &());
        let found = simulation.nondeterminism.expect("it is found");
        assert!(found.step > 3, "three steps come before the choice: {found:?}");
        assert_eq!(exit(simulation).code(), 6);
        let sound = simulate(&Worker(Defect::None), &plan, &());
        assert_eq!(sound.nondeterminism, None);
        assert_eq!(exit(sound), Exit::Expected);
    }
}

#[test]
fn the_program_samples_and_says_that_it_is_no_proof() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let file = "scenarios/downconvert/two_apps_o2dlm.json";
    let (code, said, _) = run(&["simulate", file, "--runs", "0..50", "--out", out]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("no violation in 50 runs") && said.contains("not a proof"), "{said}");
    let broken = |threads| {
        let ask = ["simulate", file, "--without", "pending_flag", "--runs", "0..3000", "--seed"];
        let rest = ["c0ffee", "--out", out, "--threads", threads];
        run(&[&ask[..], &rest[..]].concat())
    };
    let (code, said, _) = broken("1");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("VIOLATED deadlock after 23 steps"), "{said}");
    assert_eq!(broken("3").1, said);
    let again = said.lines().find_map(|line| line.strip_prefix("again:   "));
    let mut again: Vec<&str> = again.expect("how to see it again").split(' ').skip(1).collect();
    again.extend(["--out", out]);
    assert_eq!(run(&again).0, 1);
    let case = said.lines().find_map(|line| line.strip_prefix("case:    ")).expect("a case");
    assert_eq!(run(&["replay", case]).0, 1);
    let (code, said, _) = run(&["shrink", case, "--out", out]);
    assert_eq!(code, 0);
    assert!(said.contains("23 steps before, 23 now (proven)"), "{said}");
    assert!(refused(&["simulate", file, "--runs", "5..5"]).contains("two numbers"));
    assert!(refused(&["simulate", file, "--strategy", "pct:0"]).contains("from 1 to 16"));
    assert!(refused(&["simulate", file, "--seed", "seed"]).contains("hexadecimal"));
    assert!(refused(&["simulate", "downconverted"]).contains("did you mean"));
}
