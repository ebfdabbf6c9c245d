//! What is committed and made by the program is what the program makes now: `reports/`, `schemas/`.
//!
//! `LATCHWORK_UPDATE=1 cargo test baselines` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use latchwork::check::check;
use latchwork::explore::Options;
use latchwork::protocols::PROTOCOLS;
use latchwork::report::{json, markdown, schema};
use latchwork::scenario::Scenario;

use crate::{files, repository};

/// Compares a file with what it should be, or writes it.
fn compare(path: &Path, text: &str, stale: &mut Vec<PathBuf>) {
    if fs::read_to_string(path).is_ok_and(|committed| committed == text) {
        return;
    }
    if std::env::var_os("LATCHWORK_UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    } else {
        stale.push(path.to_path_buf());
    }
}

fn none_stale(stale: &[PathBuf]) {
    assert!(
        stale.is_empty(),
        "LATCHWORK_UPDATE=1 cargo test baselines makes these anew: {stale:#?}"
    );
}

/// The small scenarios of a protocol.
fn small(protocol: &str) -> Vec<PathBuf> {
    let folder = repository("scenarios").join(protocol);
    files(&folder, ".json").into_iter().filter(|path| path.parent() == Some(&folder)).collect()
}

#[test]
fn baselines_of_the_reports() {
    let mut stale = Vec::new();
    let mut wanted = Vec::new();
    for entry in PROTOCOLS {
        let folder = repository("reports").join(entry.name).join("scenarios");
        for path in small(entry.name) {
            let scenario = Scenario::open(&path).expect("a scenario");
            let checked = check(scenario, &Options::default(), &()).expect("an instance");
            let page = folder.join(format!("{}.md", checked.scenario.name));
            compare(&page, &markdown::scenario_page(&checked), &mut stale);
            let facts = folder.join(format!("{}.json", checked.scenario.name));
            compare(&facts, &json::scenario_text(&checked), &mut stale);
            wanted.extend([page, facts]);
        }
        for path in files(&folder, "") {
            assert!(wanted.contains(&path), "{} belongs to no scenario", path.display());
        }
    }
    none_stale(&stale);
}

#[test]
fn baselines_of_the_schemas() {
    let mut stale = Vec::new();
    for (name, schema) in
        [("scenario", schema::scenario()), ("case", schema::case()), ("report", schema::report())]
    {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        compare(&repository("schemas").join(format!("{name}.schema.json")), &text, &mut stale);
    }
    none_stale(&stale);
}

/// Every committed file is what its schema says; and the schemas refuse something.
#[test]
fn committed_files_follow_the_schemas() {
    let validator = |schema| jsonschema::validator_for(&schema).expect("a schema");
    let (scenario, case) = (validator(schema::scenario()), validator(schema::case()));
    let read = |path: &Path| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON")
    };
    for path in files(&repository("scenarios"), ".json") {
        let is_case = path.to_string_lossy().contains("/cases/");
        let mut value = read(&path);
        let schema = if is_case { &case } else { &scenario };
        if let Err(error) = schema.validate(&value) {
            panic!("{}: {error}", path.display());
        }
        value["more"] = serde_json::json!(1);
        assert!(!schema.is_valid(&value));
    }
    let report = validator(schema::report());
    for path in files(&repository("reports"), ".json") {
        if path.parent().is_some_and(|folder| folder.ends_with("scenarios")) {
            let mut value = serde_json::json!({ "format": 1, "scenarios": [read(&path)] });
            if let Err(error) = report.validate(&value) {
                panic!("{}: {error}", path.display());
            }
            value["scenarios"][0]["distinct"] = serde_json::json!("many");
            assert!(!report.is_valid(&value));
        }
    }
}
