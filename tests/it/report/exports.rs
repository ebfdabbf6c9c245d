//! Cases in the formats of other viewers: what those need is there, and it is the run of the case.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use latchwork::files::case::Case;
use latchwork::report::export::{itf, perfetto, shiviz};
use latchwork::report::run::mermaid;
use latchwork::report::run::story::Story;

use crate::committed::{case, story};
use crate::program::{refused, run};
use crate::{paths, repository};

const PENDING_FLAG: &str = "scenarios/downconvert/cases/pending_flag.json";

/// The stories of all protocols.
fn stories() -> Vec<PathBuf> {
    let is_story = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("stories"));
    paths(&repository("reports"), ".json").into_iter().filter(is_story).collect()
}

/// One that ends with a cycle, and some others.
fn telling_stories() -> Vec<Story> {
    let mut all: Vec<Case> = stories().iter().map(|path| case(path)).collect();
    all.sort_by_key(|case| case.verdict.cycle.is_none());
    assert!(all[0].verdict.cycle.is_some(), "a story goes round in a circle");
    all.iter().step_by(9).chain([&case(&repository(PENDING_FLAG))]).map(story).collect()
}

/// The fields of a state of the trace by their paths.
fn flat(value: &Value, path: &str, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !members.contains_key("#bigint") => {
            for (name, inner) in members {
                let dot = if path.is_empty() { "" } else { "." };
                flat(inner, &format!("{path}{dot}{name}"), fields);
            }
        }
        leaf => {
            fields.insert(path.to_string(), leaf.to_string());
        }
    }
}

fn fields(trace: &Value, at: usize) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    flat(&trace["states"][at], "", &mut all);
    all.retain(|name, _| !name.starts_with('#') && name != "mbt::actionTaken");
    all
}

#[test]
fn an_itf_trace_has_every_state_of_the_run() {
    for story in telling_stories() {
        let trace = itf::to_json(&story);
        let vars: Vec<&str> =
            trace["vars"].as_array().expect("vars").iter().filter_map(Value::as_str).collect();
        let states = trace["states"].as_array().expect("states");
        let cycle = story.cycle();
        assert_eq!(states.len(), story.run.steps.len() + usize::from(cycle.is_none()));
        assert_eq!(trace["loop"], cycle.map_or(Value::Null, |first| json!(first)));
        for (at, state) in states.iter().enumerate() {
            let members = state.as_object().expect("a record");
            let names: Vec<&str> =
                members.keys().map(String::as_str).filter(|name| !name.starts_with('#')).collect();
            assert_eq!(names, vars, "every state has every variable");
            assert_eq!(state["#meta"]["index"], json!(at));
            let action = if at == 0 { "init" } else { &story.run.steps[at - 1].action };
            assert_eq!(state["mbt::actionTaken"], json!(action));
            assert!(!state.to_string().split("\"#bigint\":\"").skip(1).any(|rest| {
                rest.split('"').next().is_none_or(|digits| digits.parse::<u8>().is_err())
            }));
        }
        // What differs between two states is what the step changes, and nothing else.
        for at in 1..states.len() {
            let (old, new) = (fields(&trace, at - 1), fields(&trace, at));
            let differing: Vec<&String> =
                new.keys().filter(|path| old[*path] != new[*path]).collect();
            let mut changed: Vec<&String> =
                story.run.steps[at - 1].changes.iter().map(|change| &change.path).collect();
            changed.sort();
            assert_eq!(differing, changed, "step {at}");
        }
        // The last step leads back to the first state of the cycle.
        if let Some(first) = cycle {
            let last = story.run.steps.last().expect("a cycle has steps");
            let (old, new) = (fields(&trace, states.len() - 1), fields(&trace, first));
            let differing = new.keys().filter(|path| old[*path] != new[*path]).count();
            assert_eq!(differing, last.changes.len());
            assert_eq!(trace["#meta"]["loop_step"], json!(last.action));
        }
        let types = trace["#meta"]["varTypes"].as_object().expect("types");
        assert_eq!(types.keys().map(String::as_str).collect::<Vec<_>>(), vars);
        let known =
            |kind: &str| kind.starts_with("{ ") || ["Int", "Str", "Seq(Str)"].contains(&kind);
        assert!(types.values().all(|kind| kind.as_str().is_some_and(known)));
    }
}

#[test]
fn the_clocks_of_a_shiviz_log_are_a_past() {
    for story in telling_stories() {
        let log = shiviz::to_log(&story);
        assert!(log.lines().nth(1).is_some_and(|line| line.ends_with(shiviz::PARSER)));
        let lines: Vec<&str> = log.lines().skip(2).collect();
        assert_eq!(lines.len(), 2 * story.run.steps.len());
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut clocks: Vec<BTreeMap<String, u64>> = Vec::new();
        for (at, event) in lines.chunks(2).enumerate() {
            assert!(event[0].starts_with(&format!("{}. {}", at + 1, story.run.steps[at].action)));
            let (host, clock) = event[1].split_once(' ').expect("a host and a clock");
            assert_eq!(host, story.run.processes[story.run.steps[at].process]);
            let clock: BTreeMap<String, u64> = serde_json::from_str(clock).expect("a clock");
            // A process counts its own events, and knows of others only what has happened.
            *seen.entry(host.to_string()).or_insert(0) += 1;
            assert_eq!(clock[host], seen[host]);
            assert!(clock.iter().all(|(other, count)| *count >= 1 && count <= &seen[other]));
            for cause in &story.run.steps[at].causes {
                assert!(clocks[*cause].iter().all(|(other, count)| clock[other] >= *count));
            }
            clocks.push(clock);
        }
        for message in &story.run.messages {
            let Some(taken) = message.taken else { continue };
            let sender = &story.run.processes[story.run.steps[message.sent].process];
            assert!(clocks[taken][sender] >= clocks[message.sent][sender]);
        }
    }
}

#[test]
fn a_perfetto_trace_has_slices_and_the_arrows_between_them() {
    for story in telling_stories() {
        let trace = perfetto::to_json(&story);
        let events = trace["traceEvents"].as_array().expect("events");
        let of = |ph: &str| -> Vec<&Value> {
            events.iter().filter(|event| event["ph"] == json!(ph)).collect()
        };
        let named = of("M").iter().filter(|event| event["name"] == "thread_name").count();
        assert_eq!(named, story.run.processes.len());
        let slices = of("X");
        assert_eq!(slices.len(), story.run.steps.len());
        for (slice, step) in slices.iter().zip(&story.run.steps) {
            assert_eq!(slice["args"]["action"], json!(step.action));
            assert_eq!(slice["tid"], json!(step.process + 1));
            assert!(slice["dur"].as_u64() > Some(0));
        }
        let (starts, ends) = (of("s"), of("f"));
        let taken: Vec<_> = story.run.messages.iter().filter(|one| one.taken.is_some()).collect();
        assert_eq!((starts.len(), ends.len()), (taken.len(), taken.len()));
        // Both ends of an arrow lie within the slice of their step, on its track.
        let within = |event: &Value, at: usize| {
            let (slice, ts) = (slices[at], event["ts"].as_u64());
            let (from, dur) = (slice["ts"].as_u64(), slice["dur"].as_u64().expect("a length"));
            event["tid"] == slice["tid"] && ts > from && ts < from.map(|from| from + dur)
        };
        for ((start, end), message) in starts.iter().zip(&ends).zip(taken) {
            assert_eq!(
                (&start["id"], &start["cat"], &start["name"]),
                (&end["id"], &end["cat"], &end["name"])
            );
            assert!(within(start, message.sent) && end["bp"] == "e");
            assert!(within(end, message.taken.expect("it is taken")));
        }
        for event in events {
            let everywhere = event["name"].is_string() && event["pid"].is_u64();
            assert!(everywhere && (event["ph"] == "M" || event["ts"].is_u64()), "{event}");
        }
    }
}

/// What the parser of Mermaid refuses, and what it leaves undrawn.
#[test]
fn a_mermaid_diagram_keeps_to_what_the_parser_takes() {
    for path in stories() {
        let text = mermaid::sequence(&case(&path));
        assert!(text.starts_with("sequenceDiagram\n") && !text.contains(';'));
        assert!(text.len() < 50_000 && text.matches("->>").count() < 500);
    }
}

/// Every diagram that is committed goes through the parser of Mermaid, where that is: a folder with
/// the packages `mermaid` and `jsdom`, named by `LATCHWORK_NODE`.
#[test]
fn committed_diagrams_are_parsed_by_mermaid() {
    let Some(folder) = std::env::var_os("LATCHWORK_NODE") else {
        println!("skipped: LATCHWORK_NODE names no folder with mermaid and jsdom in it");
        return;
    };
    let mut node = Command::new("node");
    node.arg(repository("tests/it/report/mermaid.mjs"))
        .arg(repository("reports"))
        .env("NODE", folder);
    let output = node.output().expect("node runs");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let parsed: usize = out.trim().parse().expect("a number of diagrams");
    // Those of the reviews: runs are pictures.
    assert!(parsed >= 4, "{parsed}");
}

#[test]
fn the_command_writes_each_format() {
    let folder = tempfile::tempdir().expect("a folder");
    for (format, begins) in [
        ("itf", "{\n  \"#meta\": {"),
        ("shiviz", "# downconvert: can_finish is violated after 10 steps"),
        ("perfetto", "{\n  \"displayTimeUnit\": \"ms\""),
        ("mermaid", "sequenceDiagram\n"),
    ] {
        let (code, out, said) = run(&["export", PENDING_FLAG, "--format", format]);
        assert_eq!((code, said.as_str()), (0, ""), "{format}");
        assert!(out.starts_with(begins), "{out}");
        let file = folder.path().join(format);
        let name = file.to_str().expect("a name");
        assert_eq!(run(&["export", PENDING_FLAG, "--format", format, "-o", name]).0, 0);
        assert_eq!(std::fs::read_to_string(&file).expect("written"), out);
    }
    assert!(refused(&["export", PENDING_FLAG, "--format", "png"]).contains("itf"));
}

/// The schedules that `live/run --schedule` plays.
#[test]
fn a_case_becomes_a_schedule() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a name");
    let scenarios = "scenarios/delegation_return";
    let schedule = |file: &str, case: &str| {
        run(&["check", &format!("{scenarios}/{file}.json"), "--out", out]);
        let case = folder.path().join("delegation_return").join(case);
        run(&["export", case.to_str().expect("a name"), "--format", "live"])
    };
    let case = "linux_6_1_session-profile-linux_6_1-no_two_holders.json";
    let (code, text, _) = schedule("linux_6_1_session", case);
    assert_eq!(code, 0, "{text}");
    let lines: Vec<&str> =
        text.lines().map(|line| line.split("    #").next().unwrap_or("")).collect();
    assert_eq!(lines[0], "latchwork live 1");
    let at = |line| {
        lines.iter().position(|other| *other == line).unwrap_or_else(|| panic!("{line}: {text}"))
    };
    let order = [
        "profile linux_6_1",
        "violates no_two_holders",
        "c1 rdlck b 0 10",
        "c1 delayed 2000",
        "c2 starts open w rw",
        "c1 calls OPEN 1",
        "c1 destroyed",
        "c1 delayed 100",
        "c2 ends",
        "c2 wrlck w 0 10",
        "c1 delayed 0",
    ];
    assert!(order.map(at).is_sorted(), "{text}");

    // The server has not recalled the file, so it would grant the delegation again.
    let case = "linux_6_1_refused_reboot-profile-linux_6_1_refused-no_two_holders.json";
    let (code, _, said) = schedule("linux_6_1_refused_reboot", case);
    assert_eq!(code, 2);
    assert!(said.contains("has not recalled it"), "{said}");
    let (code, _, said) = run(&["export", PENDING_FLAG, "--format", "live"]);
    assert_eq!(code, 2);
    assert!(said.contains("only cases of delegation_return"), "{said}");
}

#[test]
fn a_small_space_is_drawn_and_a_large_one_refused() {
    let small = "reports/dirlock/stories/rename_mutex.json";
    let (code, out, _) = run(&["export", small, "--format", "dot"]);
    assert_eq!(code, 0);
    // The counts are those of the exploration.
    let story: Value =
        serde_json::from_str(&run(&["check", "scenarios/dirlock/ablations", "--json"]).1)
            .expect("facts");
    let one = story["scenarios"]
        .as_array()
        .expect("scenarios")
        .iter()
        .find(|one| one["without"] == json!(["rename_mutex"]) && one["scenario"] != "pairs");
    let distinct = one.expect("the scenario")["distinct"].as_u64().expect("a count");
    let nodes =
        out.lines().filter(|line| line.starts_with("    s") && !line.contains("->")).count();
    assert_eq!(nodes as u64, distinct);
    let bold =
        out.lines().filter(|line| line.contains("->") && line.contains("penwidth=3")).count();
    assert_eq!(bold, 4, "the run of the case");
    let (code, out, said) = run(&["export", PENDING_FLAG, "--format", "dot"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(said.contains("more than 500 states"), "{said}");
}
