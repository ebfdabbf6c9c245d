//! Symmetry: the same answers from fewer states, with names that replay, and verified.

use latchwork::encoding::json::Document;
use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{Exploration, PropertyId, PropertyKind, PropertySet, Refused};
use latchwork::files::case::{Case, Minimality};
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::case;
use latchwork::jobs::replay::{Replayed, replay};
use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Permutation, Property, Set, Table, claim, implies, values,
    when,
};
use latchwork_model::{actions, ids, properties, state};

use crate::program::latchwork;
use crate::{paths, repository};

/// Scenarios that a test searches twice have no more states.
const STATES: u64 = 10_000;

/// The properties of a scenario's protocol that do not speak of fair runs.
fn of_states(scenario: &Scenario) -> PropertySet {
    let properties = (scenario.configuration.entry.properties)();
    let temporal = |kind| matches!(kind, PropertyKind::Model(kind) if kind.is_temporal());
    let ids = (0..).map(PropertyId).zip(&properties);
    ids.filter(|(_, property)| !temporal(property.kind)).map(|(id, _)| id).collect()
}

/// A scenario searched without symmetry and with it, if there is any and its space is small enough.
fn both(scenario: &Scenario, most: u64) -> Option<(Exploration, Exploration)> {
    let instance = scenario.configuration.instance().expect("an instance");
    let run = |symmetry, threads, states| {
        let properties = of_states(scenario);
        let witnesses = (0..scenario.configuration.entry.actions.len() as u8).collect();
        let options =
            Options { symmetry, threads, properties, witnesses, states, ..Options::default() };
        instance.explore(&options, &())
    };
    let first = run(true, 1, Some(1)).symmetry.expect("it was asked for");
    if first.interchangeable.is_empty() {
        return None;
    }
    let whole = run(false, 2, Some(most));
    whole.stopped.is_none().then(|| {
        let (one, two) = (run(true, 1, None), run(true, 2, None));
        assert_eq!(one, two, "{}: at any number of threads", scenario.name);
        (whole, one)
    })
}

/// Every scenario and every ablation of every protocol: what is found is the same, run by run.
#[test]
fn verdicts_and_runs_are_those_without_symmetry() {
    let (mut reduced, mut violated) = (0, 0);
    for path in paths(&repository("scenarios"), ".json") {
        let text = path.to_string_lossy();
        if ["cases", "large", "threads", "medium"].iter().any(|part| text.contains(part)) {
            continue;
        }
        let scenario = Scenario::open(&path).expect("a scenario");
        let Some((whole, found)) = both(&scenario, STATES) else { continue };
        let symmetry = found.symmetry.as_ref().expect("it was asked for");
        assert_eq!(symmetry.refused, None, "{text}");
        assert_eq!(found.stopped, None, "{text}");
        assert_eq!(found.discoveries, whole.discoveries, "{text}");
        assert_eq!(found.witnesses, whole.witnesses, "{text}");
        assert_eq!(found.statistics.depth(), whole.statistics.depth(), "{text}");
        reduced += 1;
        violated += usize::from(!found.discoveries.is_empty());
        let (less, more) = (found.statistics.distinct, whole.statistics.distinct);
        assert!(less < more && more <= 24 * less, "{text}: {less} of {more}");
        assert!(symmetry.examined > 0 && symmetry.examined <= less, "{text}");
    }
    assert!(reduced >= 40 && violated >= 20, "{reduced} scenarios are symmetric, {violated} fail");
}

/// Configurations that no scenario has: three at once, operations that do the same, readers.
#[test]
fn who_is_interchangeable_follows_from_the_configuration() {
    let ex = |node: u8| format!(r#"{{"node": {node}, "program": ["EX"]}}"#);
    let nodes = format!(r#""nodes": 3, "apps": [{}, {}, {}]"#, ex(0), ex(1), ex(2));
    let apps = format!(r#""apps": [{}, {}, {}]"#, ex(0), ex(0), ex(1));
    let op = r#"{"kind": "unlink", "mode": "nfs"}"#;
    let asked = |by| format!(r#"{{"kind": "setattr", "mode": "nfs", "by": "{by}"}}"#);
    let asked = format!(r#""clients": 2, "ops": [{}, {}]"#, asked("c0"), asked("c1"));
    let three_tries = r#""kinds": ["try", "try", "try"]"#;
    let two_tries = r#""kinds": ["try", "try"], "range": [[0, 1], [0, 1]]"#;
    for (protocol, bounds, without, sets) in [
        ("downconvert", nodes.as_str(), "", "a0 a1 a2, n0 n1 n2"),
        ("downconvert", apps.as_str(), "", "a0 a1"),
        ("recall", &format!(r#""ops": [{op}, {op}]"#), "", "o0 o1"),
        ("recall", &asked, "", "c0 c1, o0 o1"),
        ("delegation_return", r#""apps": ["lock", "read", "read", "setattr"]"#, "", "a1 a2"),
        ("async_grant", three_tries, "", "c0 c1 c2, o0 o1 o2"),
        ("async_grant", two_tries, r#""owner_id""#, "c0 c1, o0 o1"),
        ("async_grant", two_tries, r#""owner_id", "reply_match""#, ""),
        ("async_grant", r#""kinds": ["try", "try"], "owner_of": [0, 0]"#, "", ""),
        ("delegation_return", r#""apps": ["lock", "lock"]"#, "", ""),
    ] {
        let text = format!(
            r#"{{"format": 1, "protocol": "{protocol}", "bounds": {{{bounds}}},
                "without": [{without}], "expect": {{"holds": true}}}}"#
        );
        let scenario = Scenario::read(&Document::new("test", &text), protocol.to_string());
        let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
        let found = both(&scenario, 300_000);
        let Some((whole, found)) = found else {
            assert_eq!(sets, "", "{text}: nobody is interchangeable");
            continue;
        };
        let symmetry = found.symmetry.as_ref().expect("it was asked for");
        assert_eq!(symmetry.refused, None, "{text}");
        let said: Vec<String> = symmetry.interchangeable.iter().map(|set| set.join(" ")).collect();
        assert_eq!(said.join(", "), sets, "{text}");
        assert_eq!(found.discoveries, whole.discoveries, "{text}");
        assert_eq!(found.witnesses, whole.witnesses, "{text}");
        // Those who have only begun or ended are four states together, and three without a name.
        let (least, order) =
            if sets.contains("0 ") && sets.contains('2') { (4.0, 6.0) } else { (1.3, 2.0) };
        let share = whole.statistics.distinct as f64 / found.statistics.distinct as f64;
        assert!(share > least && share <= order, "{text}: {share}");
    }
}

/// A run that was found with symmetry is a case of the model as it is.
#[test]
fn a_counterexample_replays() {
    let file = "scenarios/downconvert/cross_lost_bast.json";
    let scenario = Scenario::open(&repository(file)).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let properties = of_states(&scenario);
    let options = Options { symmetry: true, properties, ..Options::default() };
    let found = instance.explore(&options, &());
    assert!(!found.discoveries.is_empty());
    for found in &found.discoveries {
        let configuration = &scenario.configuration;
        let case = case(configuration, instance.as_ref(), found, "explore", Minimality::Proven);
        let case = Case::read(&Document::new("case", case.to_text()), false).expect("a case");
        let replayed = replay(&case, 1, &()).expect("an instance");
        assert!(matches!(replayed, Replayed::Same), "{}", case.verdict.property);
    }
}

/// The output of a command, on both streams, and its exit code.
fn said(arguments: &[&str]) -> (String, i32) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_string_lossy().into_owned();
    let arguments = [&["check"], arguments, &["--out", &out]].concat();
    let output = latchwork(&arguments).current_dir(repository("")).output().expect("it runs");
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (text.concat(), output.status.code().expect("a code"))
}

#[test]
fn the_command_line_says_who_is_interchangeable_and_what_is_refused() {
    let cross = "scenarios/downconvert/cross.json";
    let (text, code) = said(&[cross, "--symmetry"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("downconvert/cross: symmetry does not go with"), "{text}");
    assert!(text.contains("hint: --ignore all_apps_finish,bast_is_served leaves"), "{text}");

    let ignore = "--ignore=all_apps_finish,bast_is_served";
    let (text, code) = said(&[cross, "--symmetry", ignore]);
    assert_eq!(code, 0, "{text}");
    let says = "symmetry: downconvert/cross: a0 a1, n0 n1 are interchangeable (examined in ";
    assert!(text.contains(says), "{text}");
    let (text, _) = said(&[cross, "--symmetry", ignore, "--json"]);
    let facts: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let symmetry = &facts["scenarios"][0]["symmetry"];
    let sets = serde_json::json!([["a0", "a1"], ["n0", "n1"]]);
    assert_eq!(symmetry["interchangeable"], sets, "{text}");
    assert!(symmetry["examined"].as_u64() > Some(1000), "{text}");

    // Without interchangeable processes the result is the same as without symmetry.
    let (text, code) = said(&["scenarios/downconvert/two_apps.json", "--symmetry"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nobody is interchangeable"), "{text}");
}

#[test]
fn properties_are_left_out_by_name() {
    let lost = "scenarios/downconvert/cross_lost_bast.json";
    let (text, code) = said(&[lost, "--ignore", "can_finsh"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("`can_finsh`") && text.contains("can_finish"), "{text}");
    let (text, code) = said(&[lost, "--ignore", "can_finish"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("skipped: downconvert/cross_lost_bast: it is about"), "{text}");
    assert!(text.contains("--ignore excludes every scenario"), "{text}");
    let (text, code) = said(&["downconvert", "--engine", "loom", "--symmetry"]);
    assert_eq!(code, 2, "{text}");
}

ids! {
    /// A philosopher.
    Seat p;
}

state! {
    /// Three at a table with a bowl in the middle.
    struct Table3 {
        eats: Table<Seat, bool, 3>,
        had: Set<Seat>,
        turns: u8,
        laps: u8,
    }
}

/// The ways in which [`Diners`] is not symmetric.
#[derive(Clone, Copy, PartialEq)]
enum Planted {
    Nothing,
    /// The last one needs the others to have eaten.
    Guard,
    /// The second one has a different effect.
    Effect,
    /// Far from the beginning, where not every state is looked at.
    Late,
    /// A property knows one of them by name.
    Property,
    /// Whether it is done depends on one of them.
    Done,
    /// The order that sorts them does not know who has eaten.
    Sorting,
    /// There is no order.
    Unsorted,
}

struct Diners {
    planted: Planted,
    /// How often 250 turns of time go by.
    laps: u8,
}

actions! { Diners, Table3;
    fair diner {
        /// Sit down and eat.
        diner_eats(p: Seat);
        /// Stop.
        diner_stops(p: Seat);
    }
    fault clock {
        /// Time goes by.
        clock_ticks();
    }
}

impl Domain<Seat> for Diners {
    fn size(&self) -> u8 {
        3
    }
}

impl Diners {
    fn diner_eats(&self, s: &mut Table3, p: Seat) -> Fired {
        when(values::<Seat>(self).all(|other| !s.eats[other]))?;
        when(self.planted != Planted::Guard || p.0 < 2 || !s.had.is_empty())?;
        when(self.planted != Planted::Late || p.0 < 2 || s.laps < 6)?;
        s.eats[p] = true;
        FIRED
    }

    fn diner_stops(&self, s: &mut Table3, p: Seat) -> Fired {
        when(s.eats[p])?;
        s.eats[p] = false;
        if self.planted != Planted::Effect || p.0 != 1 {
            s.had.insert(p);
        }
        FIRED
    }

    fn clock_ticks(&self, s: &mut Table3) -> Fired {
        when(s.turns < 250 || s.laps + 1 < self.laps)?;
        s.laps += s.turns / 250;
        s.turns = (s.turns + 1) % 251;
        FIRED
    }

    fn one_eats(&self, s: &Table3) -> Claim {
        let others = self.planted != Planted::Property || !s.eats[Seat(2)];
        claim(others && values::<Seat>(self).filter(|p| s.eats[*p]).count() <= 1)
    }

    fn somebody_eats(&self, s: &Table3) -> Claim {
        claim(!s.had.is_empty())
    }
}

impl Model for Diners {
    const PROPERTIES: &'static [Property<Self>] = properties! { Diners;
        /// One at a time.
        invariant one_eats;
        /// Not for nothing.
        eventually somebody_eats;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Table3)) {
        emit(&Table3::default());
    }

    fn done(&self, s: &Table3) -> bool {
        self.planted != Planted::Done || s.had.contains(Seat(0))
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        emit(Permutation::IDENTITY.exchanging(Seat(0), Seat(1)));
        emit(Permutation::IDENTITY.exchanging(Seat(1), Seat(2)));
    }

    fn sorting(&self, s: &Table3) -> Option<Permutation> {
        let knows = self.planted != Planted::Sorting;
        let mut order = [0u8, 1, 2];
        order.sort_by_key(|p| (s.eats[Seat(*p)], knows && s.had.contains(Seat(*p))));
        let place = |p| order.iter().position(|at| *at == p).unwrap_or(0) as u8;
        let to = [place(0), place(1), place(2)];
        (self.planted != Planted::Unsorted).then(|| Permutation::IDENTITY.with::<Seat>(&to))
    }
}

fn dine(planted: Planted, laps: u8, properties: PropertySet) -> Exploration {
    let options = Options { symmetry: true, properties, threads: 2, ..Options::default() };
    explore(&Diners { planted, laps }, &options, &())
}

fn without_temporal() -> PropertySet {
    let mut properties = PropertySet::ALL;
    properties.remove(PropertyId(1));
    properties
}

#[test]
fn a_symmetric_model_is_reduced_with_an_order_and_without() {
    for planted in [Planted::Nothing, Planted::Unsorted] {
        let found = dine(planted, 1, without_temporal());
        assert!(found.stopped.is_none() && found.discoveries.is_empty());
        // Who eats, if anybody, and how many others have eaten, at 251 times.
        assert_eq!(found.statistics.distinct, 251 * (4 + 2 * 3));
        let symmetry = found.symmetry.expect("it was asked for");
        assert_eq!(symmetry.interchangeable, [["p0", "p1", "p2"]]);
        assert_eq!(symmetry.examined, found.statistics.distinct);
    }
}

/// Every state up to a size, and then one out of some.
#[test]
fn a_large_space_is_examined_by_sample() {
    let found = dine(Planted::Nothing, 8, without_temporal());
    assert_eq!(found.statistics.distinct, 8 * 251 * (4 + 2 * 3));
    let examined = found.symmetry.expect("it was asked for").examined;
    let rest = found.statistics.distinct - 10_000;
    assert!(examined > 10_000 + rest / 128 && examined < 10_000 + rest / 32, "{examined}");
}

#[test]
fn what_is_not_symmetric_is_refused() {
    for (planted, says) in [
        (Planted::Guard, "`diner_eats(p"),
        (Planted::Effect, "`diner_stops(p"),
        (Planted::Late, "`diner_eats(p"),
        (Planted::Property, "the property `one_eats` says something else"),
        (Planted::Done, "whether the protocol is done"),
        (Planted::Sorting, "sorting does not come to the same state"),
    ] {
        let found = dine(planted, 8, without_temporal());
        assert!(found.discoveries.is_empty() && found.stopped.is_some());
        let refused = found.symmetry.and_then(|symmetry| symmetry.refused).expect("it is refused");
        let text = refused.to_string();
        assert!(text.contains(says) && text.contains("becomes p"), "{text}");
    }
}

#[test]
fn properties_of_fair_runs_are_refused_by_name() {
    let found = dine(Planted::Nothing, 1, PropertySet::ALL);
    let refused = found.symmetry.and_then(|symmetry| symmetry.refused);
    assert_eq!(refused, Some(Refused::Temporal(vec!["somebody_eats"])));
}

state! {
    /// Two runners with one baton.
    struct Relay {
        /// Who has it.
        holder: Seat,
    }
}

/// Two runners who pass a baton back and forth without end.
struct Runners;

actions! { Runners, Relay;
    fair runner {
        /// Hand the baton over.
        runner_passes(p: Seat, to: Seat);
    }
}

impl Domain<Seat> for Runners {
    fn size(&self) -> u8 {
        2
    }
}

impl Runners {
    fn runner_passes(&self, s: &mut Relay, p: Seat, to: Seat) -> Fired {
        when(s.holder == p && to != p)?;
        s.holder = to;
        FIRED
    }

    fn nobody_keeps_it(&self, s: &Relay, p: Seat) -> Claim {
        implies(s.holder == p, true)
    }

    fn nobody_runs(&self, _: &Relay) -> Claim {
        claim(true)
    }
}

impl Model for Runners {
    const PROPERTIES: &'static [Property<Self>] = properties! { Runners;
        /// No runner keeps the baton while something happens.
        no_fair_cycle nobody_keeps_it(p: Seat);
        /// Nothing happens for ever.
        no_fair_cycle nobody_runs;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Relay)) {
        emit(&Relay::default());
    }

    fn done(&self, _: &Relay) -> bool {
        true
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        emit(Permutation::IDENTITY.exchanging(Seat(0), Seat(1)));
    }
}

/// One state stands for both, and there the baton seems never to move.
#[test]
fn a_cycle_of_one_process_is_no_question_for_symmetry() {
    let search = |symmetry, properties| {
        let options = Options { symmetry, properties, ..Options::default() };
        explore(&Runners, &options, &())
    };
    let found = |exploration: Exploration| {
        let discoveries = exploration.discoveries.into_iter();
        discoveries.map(|found| (found.property, found.steps)).collect::<Vec<_>>()
    };
    let runs = [(PropertyId(1), 0)];
    assert_eq!(found(search(false, PropertySet::ALL)), runs);
    let symmetry = search(true, PropertySet::ALL).symmetry.expect("it was asked for");
    assert_eq!(symmetry.refused, Some(Refused::Temporal(vec!["nobody_keeps_it"])));
    let mut others = PropertySet::ALL;
    others.remove(PropertyId(0));
    let exploration = search(true, others);
    assert_eq!(exploration.statistics.distinct, 1);
    assert_eq!(found(exploration), runs);
}
