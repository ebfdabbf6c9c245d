//! The ledger of predictions: what is searched, what counts as one way, and what is refused.

use std::fs;

use latchwork::files::case::Case;
use latchwork::files::configuration::profile;
use latchwork::jobs::predict::{Ledger, Plan, Widening, predict};
use latchwork::protocols::find;

use crate::committed::scenario;
use crate::program::{path, refused, run};

/// The ledger of `linux_6_12` for scenarios of a protocol.
fn ledger(protocol: &str, scenarios: &[&str], threads: usize) -> Ledger {
    let entry = find(protocol).expect("a protocol");
    let profile = profile(entry, "linux_6_12").expect("a profile");
    let scenarios = scenarios.iter().map(|name| scenario(&format!("{protocol}/{name}.json")));
    let scenarios = scenarios.collect();
    predict(&Plan { entry, profile, scenarios, faults: 2, states: 20_000, threads }, &(), &())
}

/// What is told of each prediction.
fn rows(ledger: &Ledger) -> Vec<(&'static str, Option<&'static str>, usize, String)> {
    let row = |one: &latchwork::jobs::predict::Prediction| {
        (one.way.property, one.way.decided_by, one.case.verdict.steps, one.case.to_text())
    };
    ledger.predictions.iter().map(row).collect()
}

/// Red if a fault is not raised, if a way is told twice, or if a run does not show what its row says.
#[test]
fn each_way_is_predicted_once_by_a_run_that_shows_it() {
    let ledger = ledger("recall", &["open_write", "linux_6_12_acl"], 1);
    let all = rows(&ledger);
    assert_eq!(all, rows(&self::ledger("recall", &["open_write", "linux_6_12_acl"], 2)));
    let mut ways: Vec<_> = ledger.predictions.iter().map(|one| one.way).collect();
    ways.dedup();
    assert_eq!(ways.len(), all.len());
    let failing = ledger
        .predictions
        .iter()
        .find(|one| one.way.decided_by == Some("environment_cb_fail"))
        .expect("a recall that cannot be queued leaves an operation waiting");
    assert_eq!(failing.widened, Some(Widening { key: "cb_fail", value: 2 }));
    assert_eq!(failing.faults, [("environment_cb_fail", 1)]);
    let known = ledger.predictions.iter().find_map(|one| one.finding.as_ref());
    assert_eq!(known.expect("a finding").0, "linux_6_12_acl");
    let folder = tempfile::tempdir().expect("a folder");
    for one in &ledger.predictions {
        let file = folder.path().join("case.json");
        fs::write(&file, one.case.to_text()).expect("written");
        let (code, out, said) = run(&["replay", path(&file)]);
        assert_eq!(code, 1, "{out}{said}");
        let case = Case::open(&file, false).expect("a case");
        let Some(by) = one.way.decided_by else { continue };
        let deciding = &case.steps[case.verdict.steps - 1].action;
        assert!(case.verdict.property == "deadlock" || deciding.starts_with(by), "{by}: {out}");
    }
}

/// Red if a standstill in a space that is not searched whole is a way of its own.
#[test]
fn a_standstill_is_decided_where_nothing_finishes_any_more() {
    let ledger = ledger("downconvert", &["ex_ex", "two_apps_dlm_error"], 2);
    assert!(ledger.cut > 0, "some spaces are larger");
    let properties: Vec<_> = ledger.predictions.iter().map(|one| one.way.property).collect();
    assert!(properties.contains(&"can_finish") && !properties.contains(&"deadlock"));
}

/// Red if an outcome of something that is not predicted is passed over, or a bad name.
#[test]
fn what_is_not_predicted_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("outcomes.json");
    let outcome = r#"{ "profile": "linux_6_12", "protocol": "dirlock", "property": "deadlock",
        "decided_by": "lock", "seen": "refuted", "how": "once" }"#;
    fs::write(&file, format!(r#"{{ "faults": [], "outcomes": [{outcome}] }}"#)).expect("written");
    let predict = ["predict", "linux_6_12", "--protocol", "dirlock", "--most-states", "100"];
    let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
    assert!(said.contains("`deadlock` in dirlock under linux_6_12, decided by `lock`"), "{said}");
    fs::write(&file, outcome).expect("written");
    let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
    assert!(
        said.contains("outcomes.json:1:") && said.contains("unknown field `profile`"),
        "{said}"
    );
    let said = refused(&["predict", "linux_6_13"]);
    assert!(said.contains("did you mean `linux_6_1`"), "{said}");
}
