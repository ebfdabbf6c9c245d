//! Configurations that are generated and minimized.

use std::fs;
use std::path::Path;

use latchwork::engines::verdict::PropertyId;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::generate::{Generated, generate};
use latchwork::model::kit::Value;

use crate::program::{refused, run};
use crate::repository;

fn base() -> Scenario {
    Scenario::open(&repository("scenarios/recall/one_local.json")).expect("a scenario")
}

/// What is planted: more than one operation, and a crash. The smallest has two and one, and
/// everything else as small as it can be.
fn planted(seed: u64) -> Generated {
    let fails = |configuration: &latchwork::files::configuration::Configuration| {
        let ops = configuration.bounds.get("ops").len();
        let crashes = configuration.faults.get("crash").number();
        (ops > 1 && crashes > 0).then_some(PropertyId(0))
    };
    generate(&base().configuration, 500, seed, &fails, &())
}

#[test]
fn what_fails_is_made_as_small_as_it_can_be() {
    let mut drawn = Vec::new();
    for seed in 0..5 {
        let generated = planted(seed);
        let (smallest, property) = generated.smallest.clone().expect("a failing one");
        assert_eq!(property, PropertyId(0));
        assert_eq!(smallest.bounds.get("ops").len(), 2);
        assert_eq!(smallest.faults.get("crash").number(), 1);
        for other in ["partition", "stubborn", "enomem", "restart"] {
            assert_eq!(smallest.faults.get(other).number(), 0, "{other}");
        }
        assert_eq!(smallest.bounds.get("threads").number(), 1);
        assert!(generated.attempts > 0 && generated.tried > 0);
        drawn.push((generated.tried, generated.refused, generated.attempts));
        // The same seed draws the same.
        assert_eq!(format!("{generated:?}"), format!("{:?}", planted(seed)));
    }
    drawn.dedup();
    assert!(drawn.len() > 1, "another seed draws something else: {drawn:?}");
}

#[test]
fn none_is_made_up_if_nothing_fails() {
    let generated = generate(&base().configuration, 100, 3, &|_| None, &());
    assert_eq!(generated.tried, 100, "{generated:?}");
    assert!(generated.smallest.is_none() && generated.refused > 0, "{generated:?}");
}

/// From the command line: a rule is off, a configuration that shows it is found, and kept as a
/// scenario that anybody can check.
#[test]
fn a_generated_scenario_is_kept_and_fails_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let ask = ["simulate", "downconvert", "--without", "holder_check", "--generate", "200"];
    let rest = ["--runs", "0..60", "--seed", "5", "--out", out];
    let (code, said, _) = run(&[&ask[..], &rest].concat());
    assert_eq!(code, 1, "{said}");
    assert_eq!(run(&[&ask[..], &rest].concat()).1, said);
    let file = format!("{out}/downconvert/generated-5.json");
    assert!(said.contains(&file) && said.contains("minimized in"), "{said}");
    let scenario = Scenario::open(Path::new(&file)).expect("a scenario");
    assert_eq!(scenario.configuration.rule_names(), ["holder_check"]);
    let (code, said, _) = run(&["simulate", &file, "--runs", "0..60", "--seed", "5", "--out", out]);
    assert_eq!(code, 1, "{said}");
    let (code, _, _) = run(&["check", &file, "--out", out]);
    assert_eq!(code, 1);
    assert!(fs::read_to_string(&file).expect("text").contains("\"holds\": true"));
    let (code, said, _) =
        run(&["simulate", "dirlock", "--generate", "5", "--runs", "0..20", "--out", out]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("5 configurations were generated and tried with up to 20 runs"),
        "{said}"
    );
    assert!(said.contains("no proof"), "{said}");
    assert!(refused(&["simulate", "downconvert", "--generate", "0"]).contains("1.."));
}
