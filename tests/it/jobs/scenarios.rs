//! Every scenario is a test.

use std::collections::BTreeSet;
use std::path::Path;

use latchwork::engines::explore::Options;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::{Standing, check};

use crate::{paths, repository};

/// The small scenarios, which the default check runs too; and the ablations of each protocol, so
/// that a guard that no longer guards, or a fault that no longer fires, shows here.
#[test]
fn small_scenarios_are_as_expected() {
    let mut bad = Vec::new();
    let mut run = 0;
    for path in paths(&repository("scenarios"), ".json") {
        let folder = path.parent().expect("a file stands in a folder");
        let small = folder.parent() == Some(repository("scenarios").as_path());
        if !small {
            continue;
        }
        run += 1;
        let scenario = Scenario::open(&path).expect("a scenario");
        let checked = check(scenario, &Options::default(), &()).expect("an instance");
        if !matches!(checked.standing, Standing::Met | Standing::Finding(_)) {
            bad.push(format!("{}: {:?}", path.display(), checked.standing));
        }
    }
    assert!(run >= 60, "only {run} scenarios were found");
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// All files can be read, also those that are too long to be run here.
#[test]
fn every_scenario_can_be_read() {
    for path in paths(&repository("scenarios"), ".json") {
        if !path.to_string_lossy().contains("/cases/") {
            Scenario::open(&path).unwrap_or_else(|problem| panic!("{problem}"));
        }
    }
}

/// Each rule that the committed matrix says is needed has a scenario that shows what breaks without
/// it. Changed guards are noticed by scenarios, not by the matrix.
#[test]
fn every_rule_of_the_matrices_has_an_ablation() {
    let json = |path: &Path| -> serde_json::Value {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        serde_json::from_str(&text).expect("JSON")
    };
    let mut missing = Vec::new();
    let mut rules = 0;
    for matrix in paths(&repository("reports"), "/ablation.json") {
        let matrix = json(&matrix);
        let protocol = matrix["protocol"].as_str().expect("a protocol");
        let mut shown = BTreeSet::new();
        for path in paths(&repository("scenarios").join(protocol), ".json") {
            let scenario = json(&path);
            if scenario["expect"]["violates"].is_string() {
                let without = scenario["without"].as_array().into_iter().flatten();
                shown.extend(without.filter_map(|rule| rule.as_str().map(str::to_string)));
            }
        }
        for rule in matrix["rules"].as_array().expect("rules") {
            let name = rule["rule"].as_str().expect("a rule");
            if rule["ruling"] == "breaks" {
                rules += 1;
                if !shown.contains(name) {
                    missing.push(format!("{protocol}: {name}"));
                }
            }
        }
    }
    assert!(rules > 100, "only {rules} rules were found");
    assert_eq!(missing, [""; 0]);
}
