//! Replay: cases survive changes of the model that do not affect them; changes that do are
//! reported.

use std::fs;

use latchwork::engines::explore::Options;
use latchwork::engines::fields::FieldValue;
use latchwork::engines::verdict::PropertySet;
use latchwork::files::case::Case;
use latchwork::files::configuration::{Configuration, Tree};
use latchwork::files::scenario::{Expect, Scenario};
use latchwork::jobs::check::check;
use latchwork::jobs::replay::{Difference, Onward, Replayed, Why, replay};
use latchwork::model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    VariantInfo, claim, when,
};
use latchwork::model::{actions, properties, rules, state};
use latchwork::protocols::Entry;

use crate::committed::pending_case;
use crate::program::run;
use crate::repository;

/// A lamp that goes up step by step, written in several versions: what each adds or leaves out.
macro_rules! lamp {
    ($module:ident, { $($field:ident),* }, { $($action:ident),* }, $step:expr) => {
        mod $module {
            use super::*;

            rules! {
                profiles {
                    /// Everything.
                    full;
                }
                rules {}
                variants {}
            }
            state! {
                /// The lamp.
                pub struct State {
                    $(/** A field that was added. */ pub $field: u8,)*
                    /// How bright it is.
                    pub level: u8,
                }
            }
            /// The lamp.
            pub struct Lamp {
                _rules: Rules,
                _variants: Variants,
            }
            actions! { Lamp, State;
                fair lamp {
                    $(/** An action. */ $action();)*
                }
            }
            impl Lamp {
                #[allow(dead_code, reason = "not every version has it")]
                fn lamp_up(&self, s: &mut State) -> Fired {
                    when(s.level < 4)?;
                    s.level += $step;
                    FIRED
                }
                #[allow(dead_code, reason = "not every version has it")]
                fn lamp_blink(&self, s: &mut State) -> Fired {
                    when(s.level == 200)?;
                    FIRED
                }
                #[allow(dead_code, reason = "not every version has it")]
                fn lamp_flicker(&self, s: &mut State) -> Fired {
                    when(s.level == 1)?;
                    s.level = 3;
                    FIRED
                }
                fn not_bright(&self, s: &State) -> Claim {
                    claim(s.level < 3)
                }
            }
            impl Model for Lamp {
                const PROPERTIES: &'static [Property<Self>] = properties! { Lamp;
                    /// It is never bright.
                    invariant not_bright;
                };
                fn initial(&self, emit: &mut dyn FnMut(&State)) {
                    emit(&State::default());
                }
                fn done(&self, _: &State) -> bool {
                    true
                }
            }
            impl Protocol for Lamp {
                const NAME: &'static str = "lamp";
                const SUMMARY: &'static str = "a lamp";
                const BOUNDS: &'static [Field] = &[];
                const FAULTS: &'static [Field] = &[];
                const RULES: &'static [RuleInfo] = RULES;
                const VARIANTS: &'static [VariantInfo] = VARIANTS;
                const PROFILES: &'static [ProfileInfo] = PROFILES;
                fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
                    Ok(Self { _rules: setup.rules.into(), _variants: setup.variants.into() })
                }
            }
            pub static ENTRY: Entry = Entry::of::<Lamp>();
        }
    };
}

lamp!(first, {}, { lamp_up }, 1);
lamp!(with_more, { colour }, { lamp_blink, lamp_up }, 1);
lamp!(renamed, {}, { lamp_flicker, lamp_blink }, 1);
lamp!(faster, {}, { lamp_up }, 2);

/// The case of the first version, said to be of another one.
fn case_for(entry: &'static Entry) -> Case {
    let configuration = Configuration {
        entry: &first::ENTRY,
        bounds: Tree::Record(Vec::new()),
        faults: Tree::Record(Vec::new()),
        profile: 0,
        without: Vec::new(),
        with: Vec::new(),
    };
    let scenario = Scenario {
        name: "lamp".to_string(),
        configuration,
        ignore: PropertySet::EMPTY,
        reach: Vec::new(),
        expect: Expect::Holds,
        finding: None,
    };
    let checked = check(scenario, &Options::default(), &()).expect("an instance");
    let mut case = checked.case(checked.main_violation().expect("a violation"));
    case.configuration.entry = entry;
    case
}

#[test]
fn an_unrelated_action_and_an_unrelated_field_change_nothing() {
    assert_eq!(replay(&case_for(&first::ENTRY), 1, &()), Ok(Replayed::Same));
    assert_eq!(replay(&case_for(&with_more::ENTRY), 1, &()), Ok(Replayed::Same));
}

#[test]
fn an_action_that_is_gone_is_diagnosed() {
    let Ok(Replayed::Diverged(divergence)) = replay(&case_for(&renamed::ENTRY), 1, &()) else {
        panic!("it diverges");
    };
    assert_eq!((divergence.step, divergence.why), (1, Why::NoSuchAction));
    assert_eq!(divergence.recorded.as_deref(), Some("lamp_up()"));
    assert!(divergence.enabled.is_empty());
    assert_eq!(divergence.onward, Onward::Never(1));
}

#[test]
fn a_field_that_differs_is_named() {
    let Ok(Replayed::Diverged(divergence)) = replay(&case_for(&faster::ENTRY), 1, &()) else {
        panic!("it diverges");
    };
    let difference = Difference {
        path: "level".to_string(),
        recorded: FieldValue::Number(1),
        now: Some(FieldValue::Number(2)),
    };
    assert_eq!((divergence.step, divergence.why), (1, Why::Field(difference)));
    assert_eq!(divergence.onward, Onward::After(2));
}

#[test]
fn a_case_that_was_edited_diverges_with_a_short_diagnosis() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("case.json");
    let text = pending_case(1).to_text();
    let replay = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replace(from, to)).expect("written");
        let (code, out, _) = run(&["replay", "--edited", file.to_str().expect("UTF-8")]);
        assert!(out.lines().count() < 25, "{out}");
        (code, out)
    };
    let (code, out) = replay("dc_cancel(n0)", "dc_cancel(n1)");
    assert_eq!(code, 4);
    for said in [
        "DIVERGED at step 10 of 23",
        "recorded: dc_cancel(n1)",
        "it is not enabled",
        "enabled now:",
        "one step later",
    ] {
        assert!(out.contains(said), "{said} in {out}");
    }
    let (code, out) =
        replay("\"lkb.n1.request\":[\"NL\",\"EX\"]", "\"lkb.n1.request\":[\"NL\",\"PR\"]");
    assert_eq!(code, 4);
    assert!(out.contains("lkb.n1.request is EX, recorded PR"), "{out}");
    let (code, out) = replay("\"without\": [\"pending_flag\"]", "\"without\": []");
    assert_eq!(code, 4);
    assert!(out.contains("node.n0.pending is 1, recorded 0"), "{out}");
    assert!(out.contains("states searched): likely fixed"), "{out}");
    let (code, out) = replay("\"can_finish\",\"steps\":10", "\"can_finish\",\"steps\":9");
    assert_eq!(code, 4);
    assert!(out.contains("every step is the same, but can_finish is not shown"), "{out}");
}

/// A lasso goes round twice; a case that says it begins elsewhere, or that leaves the last step of
/// the cycle out, shows nothing.
#[test]
fn a_fair_cycle_is_gone_round_again() {
    let path = "scenarios/downconvert/liveness/without_upf_ex_ex_all_apps_finish.json";
    let scenario = Scenario::open(&repository(path)).expect("a scenario");
    let checked = check(scenario, &Options::default(), &()).expect("an instance");
    let found = checked.main_violation().expect("it is violated");
    let mut case = checked.case(found);
    assert!(case.verdict.cycle.is_some() && case.verdict.cycle == Some(case.verdict.steps));
    assert_eq!(replay(&case, 1, &()), Ok(Replayed::Same));
    let shows = |case: &Case| replay(case, 1, &()) == Ok(Replayed::Same);
    let begin = case.verdict.cycle;
    case.verdict.cycle = None;
    assert!(!shows(&case), "it does not rest");
    case.verdict.cycle = begin.map(|at| at + 1);
    assert!(!shows(&case), "it does not come back to there");
    case.verdict.cycle = begin;
    case.steps.pop();
    assert!(!shows(&case), "it is not closed");
}
