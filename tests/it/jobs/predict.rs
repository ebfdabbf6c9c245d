//! The ledger of predictions: what is searched, what counts as one way, and what is refused.

use std::fs;

use latchwork::files::case::Case;
use latchwork::files::configuration::profile;
use latchwork::jobs::finish::{Finish, finish};
use latchwork::jobs::predict::{Ledger, MOST_AHEAD, Plan, Prediction, Widening, predict};
use latchwork::protocols::find;
use latchwork::report::run::on_model::Run;
use serde_json::Value;

use crate::committed::scenario;
use crate::program::{path, refused, run};
use crate::{paths, repository};

/// The ledger of `linux_6_12` for scenarios of a protocol.
fn ledger(protocol: &str, scenarios: &[&str], threads: usize) -> Ledger {
    let entry = find(protocol).expect("a protocol");
    let profile = profile(entry, "linux_6_12").expect("a profile");
    let scenarios = scenarios.iter().map(|name| scenario(&format!("{protocol}/{name}.json")));
    let scenarios = scenarios.collect();
    predict(&Plan { entry, profile, scenarios, faults: 2, states: 30_000, threads }, &(), &())
}

/// What is told of each prediction.
fn rows(ledger: &Ledger) -> Vec<(&'static str, Option<&'static str>, usize, String)> {
    let row = |one: &Prediction| {
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

/// Red if a standstill in a space that is not searched whole is blamed on a step after which the
/// protocol could still finish, or on a later step than the first after which it cannot.
#[test]
fn a_standstill_is_decided_where_nothing_finishes_any_more() {
    let ledger = ledger("downconvert", &["two_apps_nonblock", "two_apps_lost_bast"], 2);
    assert!(ledger.cut > 0, "some spaces are larger");
    let is_standstill = |one: &&Prediction| one.case.verdict.property == "deadlock";
    let standstills: Vec<_> = ledger.predictions.iter().filter(is_standstill).collect();
    assert!(!standstills.is_empty());
    for one in standstills {
        assert_eq!(one.way.property, "can_finish");
        let instance = one.case.configuration.instance().expect("an instance");
        let run = Run::of_case(&one.case, instance.as_ref()).expect("the model takes it");
        let at = one.decided_after.expect("a step");
        let finishes = |at: usize| {
            let found = finish(ledger.entry, instance.as_ref(), &run.states[at], MOST_AHEAD);
            !matches!(found, Finish::Stuck(_))
        };
        assert!(!finishes(at) && finishes(at - 1), "{:?}", one.way);
        assert!(one.case.steps[at - 1].action.starts_with(one.way.decided_by.expect("an action")));
    }
}

/// Red if a case of the committed ledger shows something else than its row, or belongs to no row.
#[test]
fn the_committed_ledger_has_its_cases_and_no_others() {
    let text = fs::read_to_string(repository("reports/predictions.json")).expect("the ledger");
    let facts: Value = serde_json::from_str(&text).expect("JSON");
    let ledgers = facts["ledgers"].as_array().expect("a list").iter();
    let rows = ledgers.flat_map(|ledger| ledger["predictions"].as_array().expect("a list"));
    let mut named = vec![repository("reports/predictions/outcomes.json")];
    for row in rows {
        let file = repository("reports").join(row["case"].as_str().expect("a path"));
        let case = Case::open(&file, false).expect("a case");
        let shown = &case.verdict.property;
        assert!(row["property"] == *shown || shown == "deadlock", "{}", file.display());
        assert_eq!(row["steps"], case.verdict.steps);
        named.push(file);
    }
    named.sort();
    assert_eq!(named, paths(&repository("reports/predictions"), ""));
}

/// Red if an outcome of something that is not predicted is passed over, or a bad name.
#[test]
fn what_is_not_predicted_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("outcomes.json");
    let write = |outcome: &str| {
        let fault = r#"{ "protocol": "recall", "fault": "environment_crash", "by": "hand" }"#;
        let text = format!(r#"{{ "faults": [{fault}], "outcomes": [{outcome}] }}"#);
        fs::write(&file, text).expect("written");
    };
    let outcome = r#"{ "profile": "linux_6_12", "protocol": "dirlock", "property": "deadlock",
        "decided_by": "dirop_apply", "seen": "refuted", "how": "once" }"#;
    write(outcome);
    let predict = ["predict", "linux_6_12", "--protocol", "dirlock", "--most-states", "100"];
    let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
    assert!(
        said.contains("`deadlock` in dirlock under linux_6_12, decided by `dirop_apply`"),
        "{said}"
    );
    let again = format!("{outcome}, {outcome}");
    let fixed = outcome.replace(" }", r#", "fixed_by": "ancestor_first" }"#);
    for (outcome, why) in [
        (outcome.replace("dirlock", "dirlocks"), "did you mean `dirlock`"),
        (outcome.replace("linux_6_12", "linux_6_13"), "has no profile `linux_6_13`"),
        (outcome.replace("deadlock", "deadlocks"), "has no property `deadlocks`"),
        (outcome.replace("dirop_apply", "dirop_applies"), "has no action `dirop_applies`"),
        (again, "two entries about the same"),
        (outcome.replace("refuted", "confirmed"), "has no `workload`"),
        (fixed.replace("ancestor_first", "ancestors_first"), "has no rule `ancestors_first`"),
        (fixed.replace("refuted", "not_reached"), "`deadlock` is fixed, but not refuted"),
    ] {
        write(&outcome);
        let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
        assert!(said.contains("outcomes.json") && said.contains(why), "{said}");
    }
    // A prediction that a rule fixed is no longer made, and is still printed.
    write(&fixed);
    let (code, out, said) = run(&[&predict[..], &["--outcomes", path(&file)]].concat());
    let line = "refuted: deadlock, decided by dirop_apply; fixed by ancestor_first";
    assert!(code == 0 && out.contains(line), "{out}{said}");
    write("");
    let text = fs::read_to_string(&file).expect("text");
    fs::write(&file, text.replace("environment_crash", "op_apply")).expect("written");
    let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
    assert!(said.contains("has no fault `op_apply`"), "only faults are caused: {said}");
    fs::write(&file, outcome).expect("written");
    let said = refused(&[&predict[..], &["--outcomes", path(&file)]].concat());
    assert!(
        said.contains("outcomes.json:1:") && said.contains("unknown field `profile`"),
        "{said}"
    );
    let said = refused(&["predict", "linux_6_13"]);
    assert!(said.contains("did you mean `linux_6_1`"), "{said}");
}

/// Red if the case of a row that is gone stays beside the others, or a file of something else goes.
#[test]
fn the_case_of_a_row_that_is_gone_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = folder.path().join("predictions");
    fs::create_dir(&cases).expect("a folder");
    let [gone, other, outcomes] =
        ["linux_6_12-recall-gone.json", "linux_6_12-dirlock-gone.json", "outcomes.json"]
            .map(|name| cases.join(name));
    for file in [&gone, &other, &outcomes] {
        fs::write(file, "").expect("written");
    }
    let predict = ["predict", "linux_6_12", "--protocol", "recall", "--most-states", "300"];
    let (code, out, said) = run(&[&predict[..], &["--reports", path(folder.path())]].concat());
    assert_eq!(code, 0, "{out}{said}");
    assert!(!gone.exists() && other.exists() && outcomes.exists());
    let text = fs::read_to_string(folder.path().join("predictions.json")).expect("the ledger");
    let facts: Value = serde_json::from_str(&text).expect("JSON");
    let rows = facts["ledgers"][0]["predictions"].as_array().expect("a list").len();
    assert!(rows > 0);
    assert_eq!(fs::read_dir(&cases).expect("a folder").count(), rows + 2);
}
