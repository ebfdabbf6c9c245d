//! Every scenario is a test.

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
