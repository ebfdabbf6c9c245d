//! Fairness of processes and fairness of actions: what the first does not promise, and that reports
//! say so.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::simulate::{Plan, Strategy, simulate};
use latchwork::engines::verdict::{PropertyId, PropertySet, Stopped};
use latchwork::files::configuration::{Configuration, Tree};
use latchwork::files::scenario::{Expect, Scenario};
use latchwork::jobs::check::{Checked, Verdict, check};
use latchwork::jobs::replay::{Replayed, replay};
use latchwork::model::kit::{
    Claim, Domain, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    VariantInfo, claim, when,
};
use latchwork::model::{actions, ids, properties, rules, state};
use latchwork::protocols::Entry;
use latchwork::report::check::{json, markdown, text};
use latchwork::report::layout::Layout;
use latchwork::report::run::html;
use latchwork::report::run::passed_over::passed_over;
use latchwork::report::run::story::Story;

ids! {
    /// Somebody who works.
    pub WorkerId w;
}

rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {}
    variants {}
}

state! {
    /// What has been done.
    pub struct State {
        /// Which way the last turn went.
        pub turn: bool,
        /// It has been done, by a worker of that number.
        pub done: bool,
        /// The same where it can be done every other time only.
        pub done_in_turn: bool,
    }
}

/// A model of workers that turn permanently, and could do something else at any time, or repeatedly.
macro_rules! workers {
    ($module:ident, $name:literal, $($fairness:ident)+) => {
        mod $module {
            use super::*;

            /// So many workers.
            pub struct Workers(pub u8);

            actions! { Workers, State;
                /// Whoever works.
                $($fairness)+ worker {
                    /// Turn.
                    worker_turn(w: WorkerId);
                    /// Do it.
                    worker_do(w: WorkerId);
                    /// Do it where a turn allows it.
                    worker_do_in_turn(w: WorkerId);
                }
            }

            impl Workers {
                fn worker_turn(&self, s: &mut State, _: WorkerId) -> Fired {
                    s.turn = !s.turn;
                    FIRED
                }

                fn worker_do(&self, s: &mut State, _: WorkerId) -> Fired {
                    s.done = true;
                    FIRED
                }

                fn worker_do_in_turn(&self, s: &mut State, _: WorkerId) -> Fired {
                    when(s.turn)?;
                    s.done_in_turn = true;
                    FIRED
                }

                fn is_done(&self, s: &State) -> Claim {
                    claim(s.done)
                }

                fn is_done_in_turn(&self, s: &State) -> Claim {
                    claim(s.done_in_turn)
                }
            }

            impl Domain<WorkerId> for Workers {
                fn size(&self) -> u8 {
                    self.0
                }
            }

            impl Model for Workers {
                const PROPERTIES: &'static [Property<Self>] = properties! { Workers;
                    /// It is done.
                    eventually is_done;
                    /// It is done where a turn allows it.
                    eventually is_done_in_turn;
                };

                fn initial(&self, emit: &mut dyn FnMut(&State)) {
                    emit(&State::default());
                }

                fn done(&self, _: &State) -> bool {
                    true
                }
            }

            impl Protocol for Workers {
                const NAME: &'static str = $name;
                const SUMMARY: &'static str = "workers";
                const BOUNDS: &'static [Field] = &[];
                const FAULTS: &'static [Field] = &[];
                const RULES: &'static [RuleInfo] = RULES;
                const VARIANTS: &'static [VariantInfo] = VARIANTS;
                const PROFILES: &'static [ProfileInfo] = PROFILES;

                fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
                    let _: (Rules, Variants) = (setup.rules.into(), setup.variants.into());
                    Ok(Self(1))
                }
            }

            pub static ENTRY: Entry = Entry::of::<Workers>();
        }
    };
}

workers!(weak, "weak", fair);
workers!(strong, "strong", strong);
workers!(weak_each, "weak_each", fair each);
workers!(strong_each, "strong_each", strong each);

const IS_DONE: PropertyId = PropertyId(0);
const IS_DONE_IN_TURN: PropertyId = PropertyId(1);

/// The temporal properties that are violated.
fn violated<M: Model>(model: &M) -> Vec<PropertyId> {
    let exploration = explore(model, &Options::default(), &());
    assert_eq!(exploration.stopped, None);
    exploration.discoveries.into_iter().map(|found| found.property).collect()
}

/// Fair processes need not do what they always could; fair actions are done, weakly where they stay
/// enabled, strongly where they are enabled again and again.
#[test]
fn an_action_that_is_fair_by_itself_is_done() {
    for workers in 1..=3 {
        assert_eq!(violated(&weak::Workers(workers)), [IS_DONE, IS_DONE_IN_TURN]);
        assert_eq!(violated(&strong::Workers(workers)), [IS_DONE, IS_DONE_IN_TURN]);
        assert_eq!(violated(&weak_each::Workers(workers)), [IS_DONE_IN_TURN]);
        assert_eq!(violated(&strong_each::Workers(workers)), Vec::new());
    }
}

/// In the fair phase of a run each action has its turn, in the order of the list: the second one is
/// taken in the second step.
#[test]
fn in_a_run_each_action_has_its_turn() {
    let waiting = |fair: usize| {
        let plan = Plan {
            seed: 0,
            runs: 0..200,
            strategy: Strategy::Walk.into(),
            steps: 1,
            ways: 1,
            fair,
            properties: [IS_DONE].into_iter().collect(),
            paranoid: true,
            threads: 1,
        };
        let simulation = simulate(&weak_each::Workers(2), &plan, &());
        assert_eq!(simulation.failure, None, "{fair}");
        simulation.unsettled
    };
    assert_eq!(waiting(2), 0);
    assert!(waiting(1) > 0);
}

fn checked(entry: &'static Entry) -> Checked {
    let (bounds, faults) = (Tree::Record(Vec::new()), Tree::Record(Vec::new()));
    let (without, with) = (Vec::new(), Vec::new());
    let configuration = Configuration { entry, bounds, faults, profile: 0, without, with };
    let scenario = Scenario {
        name: "one".to_string(),
        configuration,
        ignore: PropertySet::EMPTY,
        reach: Vec::new(),
        expect: Expect::Holds,
        finding: None,
    };
    check(scenario, &Options::default(), &()).expect("an instance")
}

/// Every report that says that `is_done` is violated after 0 steps also says why.
#[test]
fn what_a_fair_process_passes_over_is_said() {
    const SENTENCE: &str = "worker@w0 acts, but never takes `worker_do`, which it always could";
    for entry in [&weak::ENTRY, &strong::ENTRY] {
        let checked = checked(entry);
        assert_eq!(checked.verdict, Verdict::Violated);
        let found = checked.main_violation().expect("a violation");
        assert_eq!((found.property, found.steps), (IS_DONE, 0));
        let case = checked.case(found);
        let all = passed_over(&case);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].process.as_str(), all[0].actions.as_slice()),
            ("worker@w0", &["worker_do"][..])
        );
        let mut terminal = Vec::new();
        text::write_check(&mut terminal, &[checked], None, Layout::WHOLE).expect("memory");
        assert!(String::from_utf8(terminal).expect("UTF-8").contains(SENTENCE));
        let mut page = String::new();
        markdown::write_case(&mut page, &case).expect("memory");
        assert!(page.contains(SENTENCE), "{page}");
        let story = Story::of(&case).expect("a story");
        let as_code = SENTENCE.replacen('`', "<code>", 1).replacen('`', "</code>", 1);
        assert!(html::case::page(&story, "case.json").contains(&as_code));
    }
    let facts: serde_json::Value =
        serde_json::from_str(&json::scenario_text(&checked(&weak::ENTRY))).expect("JSON");
    let said = &facts["counterexample"]["passed_over"];
    assert_eq!(*said, serde_json::json!([{ "process": "worker@w0", "actions": ["worker_do"] }]));
}

/// Where each action is fair nothing is passed over: what is violated is so although it is.
#[test]
fn where_actions_are_fair_nothing_is_passed_over() {
    let checked = checked(&weak_each::ENTRY);
    let found = checked.main_violation().expect("it is not always enabled");
    assert_eq!(found.property, IS_DONE_IN_TURN);
    let case = checked.case(found);
    assert_eq!(passed_over(&case), Vec::new());
    assert_eq!(replay(&case, 1, &()), Ok(Replayed::Same));
    assert_eq!(self::checked(&strong_each::ENTRY).verdict, Verdict::Holds);
}

/// Properties of fair runs are decided with 64 units and no more; what needs none of them is decided
/// all the same.
#[test]
fn with_more_fair_units_than_can_be_followed_nothing_is_claimed() {
    assert_eq!(violated(&weak::Workers(64)), [IS_DONE, IS_DONE_IN_TURN]);
    assert_eq!(violated(&weak_each::Workers(21)), [IS_DONE_IN_TURN], "63 units");
    for options in [Options::default(), Options { threads: 2, ..Options::default() }] {
        let found = explore(&weak_each::Workers(22), &options, &());
        assert_eq!(found.stopped, Some(Stopped::TooManyFair), "66 units");
        assert!(found.discoveries.is_empty());
        assert_eq!(found.undecided, [IS_DONE, IS_DONE_IN_TURN].into_iter().collect());
    }
}
