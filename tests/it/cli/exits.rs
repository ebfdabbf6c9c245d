//! An unexpected violation is red whatever else is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::latchwork;
use crate::repository;

/// A folder with one base scenario of a protocol, which holds.
fn project(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = folder.path().join("scenarios/downconvert");
    fs::create_dir_all(&scenarios).expect("made");
    let from = repository("scenarios/downconvert").join(scenario);
    fs::copy(from, scenarios.join(scenario)).expect("copied");
    folder
}

/// Runs the program in a folder; the exit code.
fn code(folder: &Path, arguments: &[&str]) -> i32 {
    let output = latchwork(arguments).current_dir(folder).output().expect("it runs");
    output.status.code().expect("a code")
}

/// All ways to take one word, or nothing, of each row.
fn choices<'a>(rows: &[&[&'a str]]) -> Vec<Vec<&'a str>> {
    let mut all = vec![Vec::new()];
    for row in rows {
        let longer = |taken: &Vec<&'a str>| {
            let with = row.iter().map(|word| [taken.as_slice(), &[*word]].concat());
            std::iter::once(taken.clone()).chain(with).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

const RED: [&str; 2] = ["--without=pending_flag", "--profile=linux_3_6"];

#[test]
fn no_output_turns_a_violation_green() {
    let folder = project("ex_ex.json");
    let rows: [&[&str]; 5] = [
        &["--junit=a.xml", "--sarif=a.sarif"],
        &["--tap=a.tap", "--markdown=a.md"],
        &["--json", "--json=a.json"],
        &["--quiet", "--verbose"],
        &["--coverage"],
    ];
    // The search is the same each time, so a scenario that ends soon will do.
    let red = fs::read_to_string(repository("scenarios/downconvert/ex_ex.json")).expect("text");
    let red = red.replace("\"expect\"", "\"without\": [\"holder_check\"], \"expect\"");
    fs::write(folder.path().join("red.json"), red).expect("written");
    for flags in choices(&rows) {
        let arguments = [&["check", "red.json"], flags.as_slice()].concat();
        assert_eq!(code(folder.path(), &arguments), 1, "{arguments:?}");
    }
    // Nor does a file that cannot be written, or a summary.
    assert_eq!(code(folder.path(), &["check", "red.json", "--junit", "scenarios"]), 2);
    let mut command = latchwork(&["check", "red.json"]);
    command.current_dir(folder.path()).env("GITHUB_STEP_SUMMARY", folder.path());
    assert_ne!(command.output().expect("it runs").status.code(), Some(0));
}

#[test]
fn no_rule_set_and_no_budget_turns_a_violation_green() {
    let folder = project("two_apps_o2dlm.json");
    assert_eq!(code(folder.path(), &["check", "downconvert"]), 5, "it holds, and is not all");
    let rows: [&[&str]; 3] =
        [&["--with=o2dlm"], &["--threads=1", "--threads=3"], &["-q", "-v", "--json"]];
    for (red, flags) in RED.iter().flat_map(|red| choices(&rows).into_iter().map(move |f| (red, f)))
    {
        let arguments = [&["check", "downconvert", red], flags.as_slice()].concat();
        assert_eq!(code(folder.path(), &arguments), 1, "{arguments:?}");
    }
    // With a budget it is found, or not decided.
    for (budget, expected) in [
        ("--states=10", 3),
        ("--states=1000000", 1),
        ("--time=0", 3),
        ("--time=1h", 1),
        ("--depth=5", 3),
        ("--depth=1000", 1),
        ("--memory=10K", 3),
        ("--memory=4G", 1),
    ] {
        for red in RED {
            let arguments = ["check", "downconvert", red, budget, "-q"];
            assert_eq!(code(folder.path(), &arguments), expected, "{arguments:?}");
        }
    }
}

/// Red if a depth is no budget, or if nobody is told what it leaves open.
#[test]
fn what_holds_within_a_depth_is_inconclusive_and_says_so() {
    let folder = project("ex_ex.json");
    let file = "scenarios/downconvert/ex_ex.json";
    let output = |arguments: &[&str]| {
        let output = latchwork(arguments).current_dir(folder.path()).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    let (code, text) = output(&["check", file, "--depth", "3"]);
    assert_eq!(code, Some(3));
    assert!(text.contains("holds within depth 3"), "{text}");
    let undecided = text.split_once("undecided: ").expect("some are").1;
    assert!(undecided.contains("`can_finish`"), "{text}");
    let (code, facts) = output(&["check", file, "--depth", "3", "--json"]);
    assert_eq!(code, Some(3));
    let facts: serde_json::Value = serde_json::from_str(&facts).expect("JSON");
    let facts = &facts["scenarios"][0];
    for (key, value) in [("verdict", "holds_within"), ("stopped", "depth")] {
        assert_eq!(facts[key], value);
    }
    assert_eq!(
        (&facts["depth"], facts["levels"].as_array().expect("levels").len()),
        (&3.into(), 4)
    );
    let of = |name: &str| {
        let mut all = facts["properties"].as_array().expect("a list").iter();
        all.find(|property| property["name"] == name).expect("it is there")["verdict"].clone()
    };
    assert_eq!((of("deadlock"), of("can_finish")), ("holds_within".into(), "inconclusive".into()));
    assert_eq!(output(&["check", file, "--depth", "1000"]).0, Some(0));
    assert_eq!(output(&["check", "downconvert", "--engine", "loom", "--depth", "3"]).0, Some(2));
}

#[test]
fn no_flag_turns_a_violation_of_a_campaign_green() {
    let folder = project("two_apps_o2dlm.json");
    let rows: [&[&str]; 4] = [
        &["--strategy=pct:3", "--strategy=swarm"],
        &["--paranoid"],
        &["--threads=3"],
        &["-q", "-v", "--json"],
    ];
    for flags in choices(&rows) {
        let always = ["simulate", "downconvert", "--without=pending_flag"];
        let arguments = [&always[..], flags.as_slice()].concat();
        assert_eq!(code(folder.path(), &arguments), 1, "{arguments:?}");
    }
    let late = ["simulate", "downconvert", "--without=pending_flag", "--time=0"];
    assert_eq!(code(folder.path(), &late), 3);
}

/// A vacuous ablation is red as well, and so is a case that does not replay.
#[test]
fn no_flag_turns_a_survivor_or_a_stale_case_green() {
    let folder = project("ex_ex.json");
    let rows: [&[&str]; 3] = [&["--junit=a.xml"], &["--json"], &["-q", "-v"]];
    for flags in choices(&rows) {
        let always = ["ablate", "downconvert", "--sets=1"];
        let arguments = [&always[..], flags.as_slice()].concat();
        assert_eq!(code(folder.path(), &arguments), 5, "{arguments:?}");
    }
    let kept = folder.path().join("scenarios/downconvert/cases");
    fs::create_dir(&kept).expect("made");
    let case = fs::read_to_string(repository("scenarios/downconvert/cases/pending_flag.json"));
    // The recorded value of a field is another one now.
    let case = case.expect("text").replacen("\"Convert\"", "\"None\"", 1);
    let stale: PathBuf = kept.join("stale.json");
    fs::write(&stale, case).expect("written");
    let stale = stale.to_str().expect("UTF-8");
    assert_eq!(code(folder.path(), &["replay", stale, "--edited"]), 4);
    for flags in choices(&[&["-q", "-v"]]) {
        let arguments = [&["corpus", "run"], flags.as_slice()].concat();
        assert_eq!(code(folder.path(), &arguments), 2, "a case that was edited is refused");
    }
}
