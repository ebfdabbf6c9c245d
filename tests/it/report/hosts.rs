//! What CI hosts read: every field, for a run with one violation, one vacuous scenario, one that is
//! inconclusive, one that is as it should be, and a known finding.

use std::fs;
use std::path::Path;

use latchwork::engines::explore::Options;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::check;
use latchwork::protocols::{Entry, find};
use latchwork::report::Results;
use latchwork::report::hosts::sarif::{self, Limits};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use serde_json::{Value, json};

use crate::program::nobody_reads;
use crate::program::{latchwork, path};
use crate::repository;

/// The reason for a known finding.
const KNOWN: &str = "It is #1 of those that are known: 100%, <so> & so.";

/// A folder with scenarios.
fn scenarios() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let apps = json!([{ "node": 0, "program": ["EX"] }, { "node": 1, "program": ["EX"] }]);
    let more = json!([
        { "node": 0, "program": ["EX"] }, { "node": 0, "program": ["PR"] },
        { "node": 1, "program": ["EX"] },
    ]);
    let write = |name: &str, more: Value| {
        let mut scenario = json!({
            "format": 1, "protocol": "downconvert", "bounds": { "apps": apps },
            "expect": { "holds": true },
        });
        let all = scenario.as_object_mut().expect("an object");
        all.extend(more.as_object().expect("an object").clone());
        let path = folder.path().join(format!("scenarios/{name}.json"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, scenario.to_string()).expect("written");
    };
    write("a_violated", json!({ "without": ["holder_check"] }));
    write("b_vacuous", json!({ "reach": ["fault_late_bast"] }));
    write("c_inconclusive", json!({ "bounds": { "apps": more } }));
    write("d_holds", json!({ "ignore": ["can_finish"] }));
    let finding = json!({ "violates": "holders_within_level", "steps": 14, "finding": KNOWN });
    write("e_known", json!({ "without": ["holder_check"], "expect": finding }));
    folder
}

/// Runs the check on the scenarios with these arguments; the exit code, stdout and stderr.
fn run(folder: &Path, arguments: &[&str], env: &[(&str, &Path)]) -> (i32, String, String) {
    let scenarios = folder.join("scenarios");
    let out = folder.join("out");
    let always = ["check", path(&scenarios), "--states", "2000", "--out", path(&out)];
    let mut command = latchwork(&always);
    let output = command.args(arguments).envs(env.iter().copied()).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
}

fn downconvert() -> &'static Entry {
    find("downconvert").expect("a protocol")
}

const SUITES: [&str; 5] = [
    "downconvert/a_violated without holder_check",
    "downconvert/b_vacuous",
    "downconvert/c_inconclusive",
    "downconvert/d_holds",
    "downconvert/e_known without holder_check",
];

/// Validates a report with the schema of the standard.
fn validate_sarif(report: &Value) {
    let schema =
        fs::read_to_string(repository("tests/it/report/schemas/sarif-2.1.0.json")).expect("text");
    // A regular expression in it, about fields that no report has, has a bracket too many.
    let (wrong, right) = ("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    assert!(schema.contains(wrong), "the schema was mended: so can this be");
    let schema = serde_json::from_str(&schema.replace(wrong, right)).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    if let Err(error) = schema.validate(report) {
        panic!("{} {error}", error.instance_path());
    }
}

/// Validates a report with the schema that Jenkins uses, if a validator is installed.
fn validate_junit(text: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("junit.xml");
    fs::write(&file, text).expect("written");
    let mut xmllint = std::process::Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema"]);
    xmllint.arg(repository("tests/it/report/schemas/junit-10.xsd")).arg(file);
    match xmllint.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(_) => eprintln!("skipped: no xmllint is here, so JUnit is not held against its schema"),
    }
}

/// Runs the check with one kind of file; what is in it.
fn written(flag: &str) -> String {
    let folder = scenarios();
    let file = folder.path().join("new/folder/file");
    let (code, _, said) = run(folder.path(), &[&format!("{flag}={}", path(&file))], &[]);
    assert_eq!(code, 1, "{said}");
    fs::read_to_string(file).expect("it is written")
}

#[test]
fn junit_has_a_case_a_property_and_counts_that_agree() {
    let text = written("--junit");
    validate_junit(&text);
    let report = Report::deserialize_from_str(&text).expect("JUnit");
    assert!(!text.contains("time") && !text.contains("uuid"), "the same each time");
    let properties = (downconvert().properties)();
    let names: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, SUITES);
    let kind_of = |case: &TestCase| match &case.status {
        TestCaseStatus::Success { .. } => "success".to_string(),
        TestCaseStatus::Skipped { ty, .. } => match ty {
            Some(ty) => format!("skipped {}", ty.as_str()),
            None => "skipped".to_string(),
        },
        TestCaseStatus::NonSuccess { kind, ty, message, .. } => {
            assert!(message.as_ref().is_some_and(|message| !message.as_str().is_empty()));
            let element = if *kind == NonSuccessKind::Error { "error" } else { "failure" };
            format!("{element} {}", ty.as_ref().expect("a type").as_str())
        }
    };
    let mut counted = (0, 0, 0);
    for suite in &report.test_suites {
        let cases: Vec<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
        let known = properties.iter().map(|property| property.name);
        assert_eq!(cases, ["expectation"].into_iter().chain(known).collect::<Vec<_>>());
        let kinds: Vec<String> = suite.test_cases.iter().map(kind_of).collect();
        let count = |word: &str| kinds.iter().filter(|kind| kind.starts_with(word)).count();
        let counts = (kinds.len(), count("failure"), count("error"), count("skipped"));
        assert_eq!((suite.tests, suite.failures, suite.errors, suite.skipped), counts);
        counted.0 += counts.0;
        counted.1 += counts.1;
        counted.2 += counts.2;
        for case in &suite.test_cases {
            assert_eq!(
                case.classname.as_ref().map(|name| name.as_str()),
                Some(suite.name.as_str())
            );
        }
    }
    assert_eq!((report.tests, report.failures, report.errors), counted);
    let kind = |suite: usize, name: &str| {
        let cases = &report.test_suites[suite].test_cases;
        kind_of(cases.iter().find(|case| case.name.as_str() == name).expect("a case"))
    };
    let expectations: Vec<String> = (0..5).map(|suite| kind(suite, "expectation")).collect();
    assert_eq!(
        expectations,
        ["failure unmet", "failure vacuous", "error inconclusive", "success", "success"]
    );
    assert_eq!(kind(4, "holders_within_level"), "skipped known finding");
    assert_eq!(kind(0, "holders_within_level"), "failure violated");
    assert_eq!(kind(0, "compatible_grants"), "success");
    assert_eq!(kind(2, "can_finish"), "error inconclusive");
    assert_eq!(kind(3, "can_finish"), "skipped");
    assert!(text.contains("VIOLATED holders_within_level after 14 steps"), "the story is in it");
}

#[test]
fn sarif_points_at_the_rule_and_tells_each_process() {
    let report: Value = serde_json::from_str(&written("--sarif")).expect("JSON");
    validate_sarif(&report);
    let run = &report["runs"][0];
    let invocation = json!([{ "executionSuccessful": true, "toolExecutionNotifications": [] }]);
    assert_eq!(run["invocations"], invocation);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    let facts = |result: &Value| {
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let text = |value: &Value| value.as_str().expect("text").to_string();
        let of = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        (text(&result["ruleId"]), text(&result["level"]), text(of))
    };
    let fact = |rule: &str, level: &str, suite: usize| {
        (rule.to_string(), level.to_string(), SUITES[suite].to_string())
    };
    assert_eq!(
        results.iter().map(facts).collect::<Vec<_>>(),
        [
            fact("holders_within_level", "error", 0),
            fact("compatible_holders", "error", 0),
            fact("vacuous", "error", 1),
            fact("inconclusive", "warning", 2),
            fact("holders_within_level", "note", 4),
        ]
    );
    let known = json!([{ "kind": "external", "status": "accepted", "justification": KNOWN }]);
    assert_eq!(results[4]["suppressions"], known);
    assert!(results[..4].iter().all(|result| result["suppressions"].is_null()));
    let mut prints: Vec<&Value> =
        results.iter().map(|result| &result["partialFingerprints"]["latchwork/v1"]).collect();
    prints.dedup();
    assert_eq!(prints.len(), 5);
    let line = |location: &Value| {
        let location = &location["physicalLocation"];
        let file = location["artifactLocation"]["uri"].as_str().expect("a file");
        let line = location["region"]["startLine"].as_u64().expect("a line") as usize;
        let text = fs::read_to_string(repository(file)).expect("the file is there");
        text.lines().nth(line - 1).expect("the line is there").trim().to_string()
    };
    assert!(
        line(&results[0]["locations"][0]).starts_with("holder_check \""),
        "the rule that is off"
    );
    assert!(line(&results[2]["locations"][0]).starts_with("actions! {"));
    let flows = results[0]["codeFlows"][0]["threadFlows"].as_array().expect("flows");
    let mut steps = Vec::new();
    for flow in flows {
        let locations = flow["locations"].as_array().expect("steps");
        let orders = locations.iter().map(|at| at["executionOrder"].as_u64().expect("a number"));
        assert!(orders.clone().is_sorted());
        steps.extend(orders);
        for step in locations {
            let told = step["location"]["message"]["text"].as_str().expect("text");
            let (action, _) = told.split_once('(').expect("an action");
            let at = line(&step["location"]);
            assert!(at.contains(&format!("fn {action}(")), "{told} is not at {at}");
        }
    }
    steps.sort_unstable();
    assert_eq!(steps, (1..=14).collect::<Vec<u64>>());
    let ids: Vec<&Value> = flows.iter().map(|flow| &flow["id"]).collect();
    assert_eq!(ids, ["app@a0", "app@a1", "cb@n0", "dc@n0"]);
}

/// A host silently cuts what exceeds its limits; the report is cut before that, and says so.
#[test]
fn sarif_stays_below_the_limits_of_a_host() {
    let folder = scenarios();
    let scenario = Scenario::open(&folder.path().join("scenarios/a_violated.json")).expect("read");
    let checked = check(scenario, &Options::default(), &()).expect("it runs");
    let results = Results { checked: &[checked], matrices: &[], covered: &[] };
    let cut = |results_left: usize, steps: usize, steps_of_run: usize| {
        let limits = Limits { results: results_left, steps, steps_of_run };
        let report = sarif::to_json(results, limits);
        validate_sarif(&report);
        let run = &report["runs"][0];
        let told = run["results"].as_array().expect("results");
        let flows = told.iter().filter(|result| !result["codeFlows"].is_null()).count();
        let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notes");
        let said = notes.iter().map(|note| note["message"]["text"].as_str().expect("text"));
        (told.len(), flows, said.map(ToString::to_string).collect::<Vec<_>>())
    };
    let all = sarif::to_json(results, sarif::HOST)["runs"][0]["results"].as_array().map(Vec::len);
    let all = all.expect("results");
    assert!(all >= 2);
    assert_eq!(cut(all, 1000, 1000), (all, all, vec![]));
    let (told, flows, said) = cut(1, 1000, 1000);
    assert_eq!((told, flows), (1, 1));
    assert_eq!(said, [format!("{} results are left out: a host takes no more", all - 1)]);
    // The first run has 14 steps: there is room for it, and then for no other one.
    let (told, flows, said) = cut(all, 14, 1000);
    assert_eq!((told, flows), (all, 1));
    assert_eq!(said, [format!("{} results are without their runs: a host takes no more", all - 1)]);
    assert_eq!(cut(all, 1000, 13).1, 0);
}

#[test]
fn tap_has_its_plan_and_readable_diagnostics() {
    let text = written("--tap");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let points: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
        .collect();
    assert_eq!(lines.next(), Some(format!("1..{}", points.len()).as_str()));
    for (at, point) in points.iter().enumerate() {
        assert!(point.contains(&format!("ok {} - downconvert/", at + 1)), "{point}");
    }
    assert!(
        points.iter().any(|point| point.ends_with("can_finish # SKIP the scenario leaves it out"))
    );
    let mut types = Vec::new();
    for block in text.split("\n  ---\n").skip(1) {
        let (block, _) = block.split_once("\n  ...").expect("it ends");
        let block: Vec<&str> =
            block.lines().map(|line| line.get(2..).unwrap_or_default()).collect();
        let block: Value = serde_saphyr::from_str(&block.join("\n")).expect("YAML");
        assert!(block["message"].is_string());
        if block["message"] == "violated after 14 steps" {
            let story = block["story"].as_str().expect("a story");
            assert!(story.starts_with("VIOLATED holders_within_level"), "{story}");
            assert!(story.contains("\n  14 cb@n0  cb_deliver(n0)"), "{story}");
        }
        types.push(block["type"].as_str().expect("a type").to_string());
    }
    let (todo, not_ok): (Vec<&str>, Vec<&str>) = points
        .iter()
        .filter(|point| point.starts_with("not ok"))
        .partition(|point| point.contains(" # TODO "));
    let known = "e_known without holder_check: holders_within_level # TODO known finding, violated \
                 after 14 steps: It is \\#1 of";
    assert!(todo.iter().any(|point| point.contains(known)), "{todo:?}");
    let not_ok = not_ok.len();
    assert_eq!(types.len(), not_ok);
    types.sort();
    types.dedup();
    assert_eq!(types, ["inconclusive", "unmet", "vacuous", "violated"]);
}

#[test]
fn json_in_a_file_is_what_is_printed() {
    let folder = scenarios();
    let (code, printed, _) = run(folder.path(), &["--json"], &[]);
    assert_eq!((code, written("--json")), (1, printed));
}

#[test]
fn a_page_of_markdown_names_what_is_red_first() {
    let page = written("--markdown");
    assert!(page.starts_with("# latchwork: 2 of 5 scenarios as expected\n"), "{page}");
    let red = page.find("**not as expected**").expect("a red line");
    assert!(red < page.find("| scenario |").expect("a table"));
    assert!(page.contains("**vacuous**") && page.contains("**inconclusive**"));
    assert!(
        page.contains("```mermaid\nsequenceDiagram\n") && page.contains("14. `cb_deliver(n0)`")
    );
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let folder = scenarios();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").expect("written");
    let env = [("GITHUB_ACTIONS", Path::new("true")), ("GITHUB_STEP_SUMMARY", summary.as_path())];
    let (code, out, said) = run(folder.path(), &["--json"], &env);
    assert_eq!(code, 1);
    assert!(serde_json::from_str::<Value>(&out).is_ok(), "stdout is JSON alone");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    let first = "::error file=model/downconvert/rules.rs,line=";
    assert!(lines[0].starts_with(first), "{said}");
    assert!(lines[0].contains(",title=downconvert/a_violated without holder_check::"), "{said}");
    let page = fs::read_to_string(&summary).expect("text");
    assert!(page.starts_with("before\n# latchwork: 2 of 5 scenarios"), "{page}");
}

#[test]
fn github_gets_ten_annotations_and_no_more() {
    let folder = scenarios();
    let from = folder.path().join("scenarios/b_vacuous.json");
    for at in 0..9 {
        fs::copy(&from, folder.path().join(format!("scenarios/b_{at}.json"))).expect("copied");
    }
    let (_, _, said) = run(folder.path(), &[], &[("GITHUB_ACTIONS", Path::new("true"))]);
    assert_eq!(said.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert_eq!(said.lines().last(), Some("::notice::and 2 more"));
}

#[test]
fn a_summary_is_cut_below_what_the_host_takes() {
    let folder = scenarios();
    let summary = folder.path().join("summary.md");
    let limit = 1 << 20;
    fs::write(&summary, " ".repeat(limit - 5_000)).expect("written");
    let env = [("GITHUB_STEP_SUMMARY", summary.as_path())];
    assert_eq!(run(folder.path(), &[], &env).0, 1);
    let page = fs::read_to_string(&summary).expect("text");
    assert!(page.len() < limit, "{}", page.len());
    assert!(page.trim_end().ends_with("more parts do not fit into this page.**"));
}

#[test]
fn a_reader_who_goes_away_does_not_hide_a_violation() {
    let folder = scenarios();
    for flag in ["--json", "--verbose"] {
        let all = folder.path().join("scenarios");
        let args = ["check", path(&all), flag, "--states", "2000"];
        let output = nobody_reads(folder.path(), &args);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(1));
    }
}

/// The cells of an ablation matrix are cases as well.
#[test]
fn an_ablation_has_a_case_a_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("scenarios/downconvert/ex_ex.json");
    fs::create_dir_all(scenario.parent().expect("a folder")).expect("made");
    fs::copy(repository("scenarios/downconvert/ex_ex.json"), scenario).expect("copied");
    let mut command = latchwork(&["ablate", "downconvert", "--sets", "1"]);
    let files = ["--junit", "a.xml", "--sarif", "a.sarif", "--tap", "a.tap", "--markdown", "a.md"];
    let output = command.args(files).current_dir(folder.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(5), "one small scenario does not show every rule");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is written");
    validate_junit(&read("a.xml"));
    let report = Report::deserialize_from_str(&read("a.xml")).expect("JUnit");
    let rules = downconvert().rules.len();
    assert_eq!((report.test_suites.len(), report.tests), (1, rules));
    assert!(report.failures > 0 && report.failures < rules);
    assert_eq!(report.test_suites[0].name.as_str(), "downconvert ablation of full");
    let sarif: Value = serde_json::from_str(&read("a.sarif")).expect("JSON");
    validate_sarif(&sarif);
    let results = sarif["runs"][0]["results"].as_array().expect("results").len();
    assert_eq!(results, report.failures);
    let red = read("a.tap").lines().filter(|line| line.starts_with("not ok")).count();
    assert_eq!(red, report.failures);
    assert!(read("a.md").starts_with("# What each rule of downconvert is for\n"));
}
