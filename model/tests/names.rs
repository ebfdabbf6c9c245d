//! Names in the lists of a model: the macros assert with these functions that each stands for one
//! thing. What they refuse is shown here; that the macros call them, by `tests/it/model/purity.rs`.

use std::panic::catch_unwind;

use latchwork_model::kit::names::{refuse, same};
use latchwork_model::kit::{
    ActionInfo, Declared, Fairness, LaneInfo, ProfileInfo, RuleInfo, VariantInfo, demand_actions,
    demand_rules,
};

/// What a list is refused with; nothing if it is not.
fn refusal(demand: impl Fn() + std::panic::UnwindSafe) -> String {
    match catch_unwind(demand) {
        Ok(()) => String::new(),
        Err(why) => why.downcast_ref::<String>().cloned().unwrap_or_else(|| {
            why.downcast_ref::<&str>().map_or("?".to_string(), ToString::to_string)
        }),
    }
}

const fn lane(name: &'static str) -> LaneInfo {
    LaneInfo { name, doc: "", fairness: Fairness::Fair, each: false }
}

const fn action(name: &'static str, target: Option<&'static str>) -> ActionInfo {
    ActionInfo { name, doc: "", lane: 0, target, params: &[] }
}

#[test]
fn lanes_and_actions_have_names_of_their_own() {
    let two = [lane("app"), lane("server")];
    let twice = [lane("app"), lane("server"), lane("app")];
    let fine = [action("app_ask", Some("server")), action("app_asks", None)];
    assert_eq!(refusal(move || demand_actions(&two, &fine)), "");
    assert_eq!(refusal(move || demand_actions(&twice, &fine)), "two lanes are called `app`");
    let same = [action("app_ask", None), action("app_answer", None), action("app_ask", None)];
    assert_eq!(refusal(move || demand_actions(&two, &same)), "two actions are called `app_ask`");
}

#[test]
fn an_arrow_leads_to_a_lane() {
    let lanes = [lane("app"), lane("server")];
    let actions = [action("app_ask", Some("server")), action("app_answer", Some("serve"))];
    let said = refusal(move || demand_actions(&lanes, &actions));
    assert_eq!(said, "an action calls or sends to a lane that is not there: `serve`");
}

const fn rule(name: &'static str, given: Option<&'static [&'static str]>) -> RuleInfo {
    let declared = match given {
        Some(rules) => Some(Declared::RedundantGiven { rules, why: "" }),
        None => None,
    };
    RuleInfo { name, doc: "", source: "", sources: &[], profiles: &[], declared }
}

#[test]
fn what_is_declared_of_a_rule_speaks_of_other_rules() {
    let refusal = |one: &'static [&'static str]| {
        refusal(move || demand_rules(&[rule("mark", Some(one)), rule("kick", None)], &[], &[]))
    };
    assert_eq!(refusal(&["kick"]), "");
    assert_eq!(refusal(&["kick", "kic"]), "a rule is redundant given one that is not there: `kic`");
    assert_eq!(refusal(&["mark"]), "a rule is redundant given itself: `mark`");
}

#[test]
fn rules_variants_and_profiles_have_names_of_their_own() {
    let rules = [rule("mark", None), rule("mark", None)];
    let variants =
        ["slow", "slow"].map(|name| VariantInfo { name, doc: "", sources: &[], profiles: &[] });
    let profiles = ["full", "full"].map(|name| ProfileInfo { name, doc: "" });
    assert_eq!(refusal(move || demand_rules(&rules, &[], &[])), "two rules are called `mark`");
    let said = refusal(move || demand_rules(&[], &variants, &[]));
    assert_eq!(said, "two variants are called `slow`");
    let said = refusal(move || demand_rules(&[], &[], &profiles));
    assert_eq!(said, "two profiles are called `full`");
}

#[test]
fn names_are_the_same_in_every_byte() {
    assert!(same("", "") && same("kick", "kick"));
    for (one, other) in [("kick", "kic"), ("kic", "kick"), ("kick", "kicK"), ("", "k")] {
        assert!(!same(one, other), "{one} {other}");
    }
    // A name too long to be shown whole is cut, not lost.
    let said = refusal(|| refuse("this is no name:", &"x".repeat(300)));
    assert!(said.starts_with("this is no name: `xxx") && said.len() == 200, "{said}");
}
