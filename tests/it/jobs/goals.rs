//! What a scenario says must be reachable: every goal that is not reached is named, wherever results
//! are read, and threads are held to goals as searches are.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{refused, run};
use crate::repository;

/// A committed scenario with other goals, in a folder.
fn with_goals(folder: &Path, scenario: &str, goals: &str) -> PathBuf {
    let text = fs::read_to_string(repository("scenarios").join(scenario)).expect("text");
    let file = folder.join("goals.json");
    let text = text.replace("\"expect\"", &format!("\"reach\": {goals}, \"expect\""));
    fs::write(&file, text).expect("written");
    file
}

fn name(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn every_goal_that_is_not_reached_is_named_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let goals = r#"["fault_op_lost", "client_send", "grant_rejected", "fault_mirror_oom"]"#;
    let scenario = with_goals(folder.path(), "async_grant/threads/try.json", goals);
    let of = |format: &str| folder.path().join(format);
    let options: Vec<String> = ["json", "junit", "sarif", "markdown", "tap", "html"]
        .iter()
        .map(|format| format!("--{format}={}", name(&of(format))))
        .collect();
    let out = format!("--out={}", name(folder.path()));
    let mut arguments = vec!["check", name(&scenario), &out];
    arguments.extend(options.iter().map(String::as_str));
    let (code, shown, _) = run(&arguments);
    assert_eq!(code, 5, "{shown}");
    let read = |format: &str| {
        let file = of(format);
        let file = if format == "html" { file.join("index.html") } else { file };
        fs::read_to_string(file).expect("text")
    };
    let mut texts = vec![("terminal", shown)];
    texts.extend(["json", "junit", "sarif", "markdown", "tap", "html"].map(|one| (one, read(one))));
    for (format, text) in texts {
        // Lines may be folded, and marks may be escaped.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
        if format == "json" {
            let facts: Value = serde_json::from_str(&text).expect("JSON");
            let unmet = &facts["scenarios"][0]["unmet"];
            assert_eq!(
                *unmet,
                serde_json::json!(["fault_op_lost", "grant_rejected", "fault_mirror_oom"])
            );
            continue;
        }
        for sentence in [
            "`fault_op_lost` never fires",
            "`grant_rejected` is not reached",
            "`fault_mirror_oom` never fires",
        ] {
            assert!(text.contains(sentence), "{format} does not say {sentence}: {text}");
        }
        assert!(!text.contains("`client_send` never"), "{format}: {text}");
    }
}

/// A known violation does not make up for a goal that is not reached.
#[test]
fn a_finding_is_held_to_its_goals() {
    let folder = tempfile::tempdir().expect("a folder");
    let finding = "downconvert/two_apps_lost_bast.json";
    let scenario = with_goals(folder.path(), finding, r#"["app_lock"]"#);
    let out = format!("--out={}", name(folder.path()));
    let (code, shown, _) = run(&["check", name(&scenario), &out]);
    assert_eq!(code, 0, "{shown}");
    let scenario = with_goals(folder.path(), finding, r#"["fault_late_bast"]"#);
    let (code, shown, _) = run(&["check", name(&scenario), &out]);
    assert_eq!(code, 5, "{shown}");
    assert!(shown.contains("`fault_late_bast` never fires"), "{shown}");
}

#[test]
fn threads_are_held_to_the_goals_of_their_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = format!("--out={}", name(folder.path()));
    let engines: [&[&str]; 3] = [
        &["--engine=loom", "--preemptions=1"],
        &["--engine=shuttle", "--runs=50"],
        &["--engine=std", "--runs=20"],
    ];
    for engine in engines {
        let check = |goals: &str| {
            let scenario = with_goals(folder.path(), "async_grant/threads/try.json", goals);
            run(&[&["check", name(&scenario), &out], engine].concat())
        };
        let (code, shown, said) = check(r#"["client_send", "lm_revisit"]"#);
        assert_eq!(code, 0, "{engine:?}: {shown}{said}");
        let (code, shown, said) = check(r#"["fault_op_lost", "client_send", "grant_rejected"]"#);
        assert_eq!(code, 5, "{engine:?}: {shown}{said}");
        assert!(
            shown.contains("vacuous: `fault_op_lost` never fires, `grant_rejected` is not reached"),
            "{engine:?}: {shown}"
        );
        let scenario =
            with_goals(folder.path(), "async_grant/threads/try.json", r#"["reclaimed"]"#);
        let json = [&["check", name(&scenario), &out, "--json"], engine].concat();
        let (code, shown, _) = run(&json);
        let facts: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((code, &facts[0]["unmet"]), (5, &serde_json::json!(["reclaimed"])));
    }
}

/// Actions that the threads do not log are known only if runs are checked against the model:
/// then a goal is reached if the model cannot explain the run without it.
#[test]
fn goals_that_no_thread_logs_are_read_off_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = format!("--out={}", name(folder.path()));
    let check = |engine: &[&str], goals: &str| {
        let scenario = with_goals(folder.path(), "recall/threads/open_write.json", goals);
        let scenario = name(&scenario).to_string();
        run(&[&["check", &scenario, &out], engine].concat())
    };
    let loom = ["--engine=loom", "--preemptions=1"];
    let (code, shown, said) = check(&loom, r#"["caller_start", "op_unlock"]"#);
    assert_eq!(code, 0, "no operation is done without them: {shown}{said}");
    let (code, shown, said) = check(&loom, r#"["op_count", "stubborn_stale"]"#);
    assert_eq!(code, 5, "{shown}{said}");
    assert!(shown.contains("`op_count` never fires, `stubborn_stale` is not reached"), "{shown}");
    for goal in ["caller_start", "stubborn_stale"] {
        let file =
            with_goals(folder.path(), "recall/threads/open_write.json", &format!("[\"{goal}\"]"));
        let said = refused(&["check", name(&file), "--engine=std"]);
        let sentence = format!("plain threads of recall cannot tell whether `{goal}` is reached");
        assert!(said.contains(&sentence) && said.contains("\nhint: "), "{said}");
    }
}
