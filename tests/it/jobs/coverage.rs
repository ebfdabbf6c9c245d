//! What runs cover: actions, antecedents, decisive rules.

use std::collections::BTreeSet;

use latchwork::engines::explore::Options;
use latchwork::engines::instance::Instance;
use latchwork::jobs::coverage::{covered, decisive};
use latchwork::report::{self, Results};

use crate::committed::checked;
use crate::program::run;

const SMALLEST: &str = "scenarios/downconvert/two_apps.json";

/// All states of an instance, found step by step.
fn states(run: &dyn Instance) -> BTreeSet<latchwork::engines::instance::StateBytes> {
    let mut found: BTreeSet<_> = run.initial().into_iter().collect();
    let mut open: Vec<_> = found.iter().cloned().collect();
    while let Some(state) = open.pop() {
        for (_, next) in run.steps_from(&state) {
            if found.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    found
}

#[test]
fn a_rule_is_decisive_where_something_else_could_happen_without_it() {
    let checked = checked(SMALLEST, 1);
    let configuration = &checked.scenario.configuration;
    let own = checked.instance.as_ref();
    let states = states(own);
    assert_eq!(states.len() as u64, checked.exploration.statistics.distinct);
    let counts = decisive(&checked, &Options::default(), &());
    let three = decisive(&checked, &Options { threads: 3, ..Options::default() }, &());
    assert_eq!(counts, three);
    // Each of these is compared with all rules.
    let all = |instance: &dyn Instance| -> Vec<_> {
        states.iter().map(|state| instance.steps_from(state)).collect()
    };
    let listed = all(own);
    let every = own.all_steps();
    for (state, steps) in states.iter().zip(&listed) {
        let fired = every.iter().filter_map(|step| Some((*step, own.fire(state, *step).ok()?)));
        assert!(fired.eq(steps.iter().cloned()), "a list of steps is not what firing them gives");
    }
    for (rule, count) in counts {
        let without = configuration.rules().without(rule);
        let other = configuration.instance_with(without).expect("it goes without");
        let other = all(other.as_ref());
        let expected = listed.iter().zip(&other).filter(|(own, other)| own != other).count() as u64;
        assert_eq!(count, expected, "{}", configuration.entry.rules[rule].name);
    }
}

#[test]
fn what_nothing_touches_is_named() {
    let mut one = checked(SMALLEST, 1);
    let names = |one: &_| covered(std::slice::from_ref(one))[0].vacuous();
    let idle = names(&one);
    assert!(idle.contains(&"in no scenario of downconvert `fault_late_bast` fires".to_string()));
    assert!(!idle.iter().any(|sentence| sentence.contains("decisive")), "it was not measured");
    one.decisive = decisive(&one, &Options::default(), &());
    let rule = |name| one.scenario.configuration.entry.rule(name).expect("a rule");
    let (flag, gate) = (rule("pending_flag"), one.decisive.iter().find(|(_, states)| *states == 0));
    assert!(one.decisive.iter().any(|(rule, states)| *rule == flag && *states > 0));
    let (gate, _) = *gate.expect("a rule that does nothing in so small a space");
    let entry = one.scenario.configuration.entry;
    let sentence =
        format!("in no scenario of downconvert `{}` is decisive", entry.rules[gate].name);
    assert_eq!(names(&one).contains(&sentence), entry.rules[gate].declared.is_none());
}

#[test]
fn what_nothing_touches_turns_reports_red() {
    let one = checked(SMALLEST, 1);
    let covered = covered(std::slice::from_ref(&one));
    let results = |covered| Results { checked: &[], matrices: &[], covered };
    let junit = report::hosts::junit::to_xml(results(&covered)).expect("XML");
    assert!(
        junit.contains("type=\"vacuous\"") && junit.contains("`fault_late_bast` fires"),
        "{junit}"
    );
    let sarif =
        report::hosts::sarif::to_json(results(&covered), report::hosts::sarif::HOST).to_string();
    assert!(sarif.contains("`fault_late_bast` fires"), "{sarif}");
    assert!(!report::hosts::junit::to_xml(results(&[])).expect("XML").contains("vacuous"));
}

#[test]
fn coverage_is_printed_when_it_is_asked_for() {
    let (code, out, _) = run(&["check", SMALLEST, "--coverage"]);
    assert_eq!(code, 0);
    for head in ["coverage of downconvert in 1 scenario", "action ", "property ", "rule "] {
        assert!(out.contains(head), "{out}");
    }
    let (code, out, _) = run(&["check", SMALLEST, "--coverage", "--json"]);
    assert_eq!(code, 0);
    assert!(out.contains("\"decisive\": "), "{out}");
    assert!(!run(&["check", SMALLEST, "--json"]).1.contains("\"decisive\""));
}
