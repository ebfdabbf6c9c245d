//! The committed outputs of the program are up to date: `reports/`, `schemas/`.
//!
//! `LATCHWORK_UPDATE=1 cargo test baselines` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use latchwork::engines::explore::Options;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::check;
use latchwork::protocols::PROTOCOLS;
use latchwork::report::check::{json, markdown};
use latchwork::report::export::svg::to_svg;
use latchwork::report::review::{self, Other, Review};
use latchwork::report::schema;

use crate::committed::{case, story};
use crate::{paths, repository};

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
    paths(&folder, ".json").into_iter().filter(|path| path.parent() == Some(&folder)).collect()
}

/// The scenarios of a protocol that are not small, by set and by name.
fn others(protocol: &str) -> Vec<Other> {
    let folder = repository("scenarios").join(protocol);
    let mut others = Vec::new();
    for path in paths(&folder, ".json") {
        let set = path.parent().expect("a folder").strip_prefix(&folder).expect("below it");
        let set = set.display().to_string();
        if !set.is_empty() && set != "cases" {
            others.push(Other { set, scenario: Scenario::open(&path).expect("a scenario") });
        }
    }
    others
}

#[test]
fn baselines_of_the_reports() {
    let mut stale = Vec::new();
    let mut wanted = Vec::new();
    let reports = repository("reports");
    let mut reviews = Vec::new();
    for entry in PROTOCOLS {
        let folder = reports.join(entry.name).join("scenarios");
        let mut all = Vec::new();
        for path in small(entry.name) {
            let scenario = Scenario::open(&path).expect("a scenario");
            let checked = check(scenario, &Options::default(), &()).expect("an instance");
            let page = folder.join(format!("{}.md", checked.scenario.name));
            let told = markdown::scenario_page(&checked);
            compare(&page, &told.page, &mut stale);
            for (name, picture) in &told.pictures {
                compare(&folder.join(name), picture, &mut stale);
                wanted.push(folder.join(name));
            }
            let facts = folder.join(format!("{}.json", checked.scenario.name));
            compare(&facts, &json::scenario_text(&checked), &mut stale);
            wanted.extend([page, facts]);
            all.push(checked);
        }
        let review = Review::new(entry, &reports, all, others(entry.name)).expect("the matrix");
        compare(&reports.join(entry.name).join("review.md"), &review.to_markdown(), &mut stale);
        reviews.push(review);
        for path in paths(&folder, "") {
            assert!(wanted.contains(&path), "{} belongs to no scenario", path.display());
        }
    }
    compare(&reports.join("README.md"), &review::index(&reviews), &mut stale);
    none_stale(&stale);
}

/// A review does not use a matrix that does not belong to its scenarios.
#[test]
fn a_matrix_that_is_out_of_date_is_refused() {
    let entry = PROTOCOLS.iter().find(|entry| entry.name == "dirlock").expect("it is there");
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("dirlock");
    fs::create_dir_all(own.join("stories")).expect("made");
    let committed = repository("reports/dirlock");
    for path in paths(&committed.join("stories"), ".json") {
        let to = own.join("stories").join(path.file_name().expect("a name"));
        fs::copy(&path, to).expect("copied");
    }
    let text = fs::read_to_string(committed.join("ablation.json")).expect("the matrix");
    let review = |text: &str| {
        fs::write(own.join("ablation.json"), text).expect("written");
        let scenario = repository("scenarios/dirlock/crossing_renames.json");
        let scenario = Scenario::open(&scenario).expect("a scenario");
        let checked = check(scenario, &Options::default(), &()).expect("an instance");
        Review::new(entry, folder.path(), vec![checked], Vec::new())
    };
    assert!(review(&text).is_ok());
    let said = |text: &str| match review(text) {
        Err(problem) => problem.to_string(),
        Ok(_) => panic!("it is taken"),
    };
    assert!(said(&text.replace("\"states\": 35", "\"states\": 36")).contains("35 states, and 36"));
    assert!(said(&text.replace("rename_mutex", "rename_mutes")).contains("no rule `rename_mutes`"));
    assert!(said(&text.replace("\"steps\": 4", "\"steps\": 3")).contains("after 4 steps"));
    assert!(said(&text.replace("full", "seed")).contains("no profile `seed`"));
    let hint = said(&text.replace("full", "seed"));
    assert!(hint.contains("hint: latchwork ablate dirlock --reports"), "{hint}");
}

/// The picture with which the README begins.
#[test]
fn the_picture_is_drawn_of_a_committed_case() {
    let drawn = case(&repository("scenarios/downconvert/cases/pending_flag.json"));
    let mut stale = Vec::new();
    compare(&repository("docs/counterexample.svg"), &to_svg(&story(&drawn)), &mut stale);
    none_stale(&stale);
}

#[test]
fn baselines_of_the_schemas() {
    let mut stale = Vec::new();
    for (name, schema) in [
        ("scenario", schema::scenario()),
        ("case", schema::case()),
        ("report", schema::report()),
        ("events", schema::events()),
        ("conform", schema::conform()),
        ("simulate", schema::simulate()),
        ("map", schema::map()),
        ("probe", schema::probe()),
        ("storm", schema::storm()),
    ] {
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
    for path in paths(&repository("scenarios"), ".json") {
        let is_case = path.to_string_lossy().contains("/cases/");
        let mut value = read(&path);
        let schema = if is_case { &case } else { &scenario };
        if let Err(error) = schema.validate(&value) {
            panic!("{}: {error}", path.display());
        }
        value["more"] = serde_json::json!(1);
        assert!(!schema.is_valid(&value));
    }
    let simulate = validator(schema::simulate());
    for path in paths(&repository("reports"), "/campaign.json") {
        let mut value = read(&path);
        if let Err(error) = simulate.validate(&value) {
            panic!("{}: {error}", path.display());
        }
        value["campaign"]["seed"] = serde_json::json!(7);
        assert!(!simulate.is_valid(&value), "a seed is a text");
    }
    let report = validator(schema::report());
    for path in paths(&repository("reports"), ".json") {
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
