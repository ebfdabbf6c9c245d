//! Exports in the parsers of those who read them, where these are.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use latchwork::files::case::Case;
use latchwork::report::export::{itf as to_itf, shiviz};
use latchwork::report::run::mermaid;

use crate::committed::story;
use crate::program::run;
use crate::{paths, repository};

/// A few stories of each protocol, those with a cycle among them.
fn cases() -> Vec<Case> {
    let is_story = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("stories"));
    let paths = paths(&repository("reports"), ".json").into_iter().filter(is_story);
    let mut cases: Vec<Case> =
        paths.map(|path| Case::open(&path, false).expect("a case")).collect();
    cases.sort_by_key(|case| case.verdict.cycle.is_none());
    cases.into_iter().step_by(11).collect()
}

/// The library with which programs read the traces of Apalache and Quint.
#[test]
fn a_trace_is_read_by_the_library_for_such_traces() {
    let cases = cases();
    assert!(cases.len() > 8 && cases[0].verdict.cycle.is_some());
    for case in cases {
        let story = story(&case);
        let trace = itf::trace_from_value::<itf::Value>(to_itf::to_json(&story));
        let trace = trace.unwrap_or_else(|error| panic!("{error}: {}", case.to_text()));
        assert_eq!(trace.loop_index, story.cycle().map(|first| first as u64));
        assert_eq!(trace.meta.format.as_deref(), Some("ITF"));
        assert_eq!(trace.meta.var_types.len(), trace.vars.len());
        let last = trace.states.last().expect("states");
        assert_eq!(last.meta.index, Some(trace.states.len() as u64 - 1));
        let itf::Value::Record(fields) = &last.value else { panic!("a state is a record") };
        assert!(trace.vars.iter().all(|name| fields.contains_key(name)));
    }
}

/// The result of parsing a file in a viewer; nothing if `node` is not installed.
fn shown(viewer: &str, file: &Path) -> Option<Value> {
    let mut node = Command::new("node");
    node.arg(repository("tests/it/report/viewers.mjs")).arg(viewer).arg(file);
    node.env("NODE", std::env::var_os("LATCHWORK_NODE").unwrap_or_default());
    let Ok(output) = node.output() else {
        println!("skipped: there is no node here");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{viewer}: {said}");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn a_log_is_taken_apart_as_shiviz_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log");
    for case in cases() {
        let story = story(&case);
        std::fs::write(&file, shiviz::to_log(&story)).expect("written");
        let Some(events) = shown("shiviz", &file) else { return };
        let events = events.as_array().expect("events");
        assert_eq!(events.len(), story.run.steps.len());
        for (event, step) in events.iter().zip(&story.run.steps) {
            assert!(event["event"].as_str().is_some_and(|text| text.contains(&step.action)));
            assert_eq!(event["host"], story.run.processes[step.process].as_str());
            assert!(event["clock"][&story.run.processes[step.process]].as_u64() > Some(0));
        }
    }
}

#[test]
fn graphviz_lays_a_space_out() {
    if std::env::var_os("LATCHWORK_NODE").is_none() {
        println!("skipped: LATCHWORK_NODE names no folder with @viz-js/viz in it");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("space.dot");
    let case = "reports/dirlock/stories/rename_mutex.json";
    let name = file.to_str().expect("a name");
    assert_eq!(run(&["export", case, "--format", "dot", "-o", name]).0, 0);
    let text = std::fs::read_to_string(&file).expect("written");
    let edges = text.lines().filter(|line| line.contains(" -> ")).count();
    let nodes = text.lines().filter(|line| line.starts_with("    s")).count() - edges;
    let shown = shown("graphviz", &file).expect("node is here");
    assert_eq!(
        (shown["nodes"].as_u64(), shown["edges"].as_u64()),
        (Some(nodes as u64), Some(edges as u64))
    );
}

/// A message that a fault takes ends in a cross, one that is on its way at the end is dotted, and a
/// fault says what it is: not by a colour.
#[test]
fn a_diagram_tells_lost_messages_and_faults_from_others() {
    let scenario = r#"{ "format": 1, "protocol": "downconvert",
        "bounds": { "nodes": 2, "apps": [{ "node": 0, "program": ["EX"] }, { "node": 1, "program": ["EX"] }] },
        "faults": { "lost_bast": 1 }, "expect": { "violates": "can_finish", "steps": 7 } }"#;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lost.json");
    std::fs::write(&file, scenario).expect("written");
    let (file, out) = (file.to_str().expect("a name"), folder.path().to_str().expect("a name"));
    let (code, said, why) = run(&["check", file, "--out", out]);
    assert!(code < 2, "{said}{why}");
    let case = folder.path().join("downconvert/lost-can_finish.json");
    let case = Case::open(&case, false).expect("a case");
    let story = story(&case);
    let lost = story.run.messages.iter().filter(|message| story.run.is_lost(message)).count();
    let text = mermaid::sequence(&case);
    assert!(lost > 0 && text.matches("-xP").count() == lost, "{text}");
    assert!(text.contains("◆ FAULT ") && text.contains(", lost)"), "{text}");
    let page = latchwork::report::run::html::case::page(&story, "case.json");
    assert!(page.contains("class=\"message lost\"") && page.contains("<path class=\"cross\""));
    assert!(page.contains("<path class=\"fault\"") && page.contains("✕ it is lost"));
    // Who waits in the queue of the master is on no way.
    assert!(!text.contains(": n0 ") && !text.contains(": n1 "), "{text}");
}
