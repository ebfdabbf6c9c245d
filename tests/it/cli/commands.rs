//! The program from outside: exit codes, messages, output.

use std::fs;
use std::path::Path;

use crate::program::{latchwork, nobody_reads, path, refused, run};
use crate::repository;

#[test]
fn a_rule_that_is_off_ends_with_its_story() {
    let check = ["check", "downconvert", "--without", "pending_flag"];
    let (code, out, _) = run(&check);
    assert_eq!(code, 1);
    assert!(out.contains("VIOLATED can_finish after 10 steps"), "{out}");
    let one = "scenarios/downconvert/two_apps_o2dlm.json";
    let (_, all, _) = run(&["check", one, "--without", "pending_flag", "-v"]);
    assert!(all.contains("\n  deadlock after 23 steps\n"), "{all}");
    assert!(out.contains("<- with `pending_flag` from the start: not possible"), "{out}");
    assert!(out.contains("-- from here no done state can be reached"), "{out}");
    assert!(out.contains("-- standstill"), "{out}");
}

#[test]
fn the_facts_are_the_same_at_any_number_of_threads() {
    let json = |threads| {
        let arguments = ["check", "dirlock", "--without", "loop_check", "--json", "--threads"];
        let (code, out, _) = run(&[&arguments[..], &[threads]].concat());
        assert_eq!(code, 1);
        out
    };
    let one = json("1");
    assert!(one.contains("\"steps\": 7") && !one.contains("thread"));
    assert!(one == json("2") && one == json("3"));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_hint() {
    assert!(refused(&["check", "downconverted"]).contains("did you mean `downconvert`?"));
    let said = refused(&["check", "downconvert", "--without", "pending_flags"]);
    assert!(
        said.contains("has no rule `pending_flags`") && said.contains("did you mean"),
        "{said}"
    );
    let said = refused(&["check", "downconvert", "--profile", "2010"]);
    assert!(said.contains("has no profile `2010`") && said.contains("`linux_3_6`"), "{said}");
    assert!(refused(&["check", "--without", "pending_flag"]).contains("need one protocol"));
    assert!(refused(&["check", "downconvert", "--with", "o3dlm"]).contains("`o2dlm`"));
    assert!(
        refused(&["check", "--time", "soon"])
            .contains("a duration is a number followed by s, m or h")
    );
    assert!(refused(&["chek"]).contains("check"));
    assert!(refused(&["check", "--threads", "0"]).contains("1..=512"));
    assert!(refused(&["check", "Cargo.toml"]).contains("Cargo.toml:1:"));
}

/// Rules are switched in scenario files as they are in a protocol, and such a file is expected to hold.
#[test]
fn rules_are_switched_in_scenario_files() {
    let out = tempfile::tempdir().expect("a folder");
    let check =
        |arguments: &[&str]| run(&[&["check"], arguments, &["--out", path(out.path())]].concat());
    let cross = "scenarios/downconvert/cross.json";
    assert_eq!(check(&[cross]).0, 0);
    let (code, said, _) = check(&[cross, "--without", "pending_flag"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("downconvert/cross without pending_flag"), "{said}");
    let two = [cross, "scenarios/async_grant/plain.json"];
    assert!(refused(&["check", two[0], two[1], "--without", "pending_flag"]).contains("no rule"));
}

/// With another profile a search ends at its first violation, unless everything is asked for.
#[test]
fn another_profile_is_searched_up_to_its_first_violation() {
    let file = "scenarios/async_grant/linux_6_12_reboot.json";
    let out = tempfile::tempdir().expect("a folder");
    let check = |more: &[&str]| {
        let arguments = ["check", file, "--profile", "linux_6_12", "--out", path(out.path())];
        let (code, said, _) = run(&[&arguments[..], more].concat());
        assert_eq!(code, 1, "{said}");
        (said.contains("the search ended here"), said.contains("deadlock after"))
    };
    assert_eq!(check(&[]), (true, false));
    assert_eq!(check(&["-v"]), (false, true));
}

/// `--json` prints the facts; `--json=FILE` writes them, and prints what is printed without it.
#[test]
fn facts_are_printed_or_written_in_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("facts.json"), path(folder.path()));
    let plain = "scenarios/async_grant/plain.json";
    let capture = "tests/captures/nlm-blocking-granted.pcap";
    for command in [
        &["check", plain, "--out", out][..],
        &["ablate", "dirlock", "--sets", "1", "--out", out],
        &["simulate", plain, "--runs", "0..64", "--out", out],
        &["conform", "async_grant", capture, "--profile", "full", "--out", out],
        &["list", "async_grant"],
    ] {
        let (code, facts, _) = run(&[command, &["--json"]].concat());
        let (same, text, _) = run(&[command, &[&format!("--json={}", path(&file))]].concat());
        assert_eq!((code, run(command).1), (same, text), "{command:?}");
        let written = fs::read_to_string(&file).expect("facts");
        assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok(), "{command:?}");
        assert_eq!(written, facts, "{command:?}");
    }
}

/// A search that is cut at a bound or a panic is incomplete, so neither property can be ignored:
/// not on the command line, and not in a scenario, whichever command reads it.
#[test]
fn what_cuts_a_search_cannot_be_ignored() {
    for property in ["bound_exceeded", "no_panic", "guards_first"] {
        let said = refused(&["check", "downconvert", "--ignore", &format!("no_bug,{property}")]);
        let sentence = format!("`{property}` cannot be ignored: nothing is searched beyond a");
        assert!(said.contains(&sentence) && said.contains("\nhint: "), "{said}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cut.json");
    let text = fs::read_to_string(repository("scenarios/downconvert/two_apps.json"));
    let text = text.expect("text").replace("\"apps\"", "\"cb_capacity\": 1, \"apps\"");
    let cut = |text: &str| fs::write(&file, text).expect("written");
    cut(&text);
    let (code, out, _) = run(&["check", path(&file)]);
    assert!(code == 1 && out.contains("bound_exceeded"), "its bound is too small: {out}");
    cut(&text.replace("\"expect\"", "\"ignore\": [\"bound_exceeded\"], \"expect\""));
    for command in [&["check"][..], &["simulate"], &["check", "--engine=std"]] {
        let said = refused(&[command, &[path(&file)]].concat());
        assert!(said.contains("cut.json:") && said.contains("`bound_exceeded` cannot"), "{said}");
    }
    let said = refused(&["compare", path(&file), "full", "full-pending_flag"]);
    assert!(said.contains("`bound_exceeded` cannot"), "{said}");
    cut(&text);
    let (_, out, _) = run(&["compare", path(&file), "full", "full"]);
    let sentence = "Nothing is known about full beyond a step that is cut off: bound_exceeded.";
    assert_eq!(out.matches(sentence).count(), 2, "{out}");
}

/// A named rule set is used exactly as named, also on a scenario with a variant of its own.
#[test]
fn two_rule_sets_are_those_that_are_named() {
    let file = "scenarios/downconvert/two_apps_other_traffic.json";
    let (code, out, said) = run(&["compare", file, "full+other_traffic", "full"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let generated = out.lines().find(|line| line.trim_start().starts_with("generated"));
    let figures: Vec<&str> = generated.expect("a row").split_whitespace().skip(1).collect();
    assert_ne!(figures[0], figures[1], "{out}");
    // Which action the one has and the other lacks.
    assert!(out.contains("  full+other_traffic can take environment_"), "{out}");
    assert!(out.contains(", full cannot\n") && !out.contains("  full can take"), "{out}");
    let (code, out, said) = run(&["compare", file, "full", "full-pending_flag"]);
    assert!(code == 0 && out.contains("They differ"), "{out}");
    assert_eq!(said, "note: the scenario itself uses full+other_traffic\n");
    // With switches, the scenario is compared with what they make of it.
    let (code, switched, said) = run(&["compare", file, "--without", "pending_flag"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(switched.contains("full-pending_flag+other_traffic"), "{switched}");
    assert!(refused(&["compare", file]).contains("required"));
    let both = ["compare", file, "full", "full", "--without", "pending_flag"];
    assert!(refused(&both).contains("two rule sets are named"));
}

/// Red if the switches of `replay` and `export` are not applied: with the rule on, the run of the case
/// is not possible, and under its own rules it is.
#[test]
fn a_case_is_replayed_under_other_rules() {
    let case = "scenarios/downconvert/cases/pending_flag.json";
    let (code, out, _) = run(&["replay", case, "--with", "pending_flag"]);
    assert_eq!(code, 4, "{out}");
    let (code, out, _) = run(&["replay", case, "--without", "pending_flag"]);
    assert_eq!(code, 1, "{out}");
    let export = ["export", case, "--format", "dot", "--with", "pending_flag"];
    let (code, _, said) = run(&export);
    assert_eq!(code, 4);
    assert!(said.contains("--with pending_flag prints where the two diverge"), "{said}");
    assert!(refused(&["replay", case, "--with", "pending_flags"]).contains("did you mean"));
}

#[test]
fn without_scenarios_the_built_in_ones_are_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |arguments: &[&str], folder: &Path| {
        let output = latchwork(arguments).current_dir(folder).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let here = check(&["check", "dirlock", "--json"], &repository(""));
    let (code, out, said) = check(&["check", "dirlock", "--json"], folder.path());
    assert_eq!((code, out), (here.0, here.1), "{said}");
    assert_eq!(said, "note: there is no ./scenarios here; running the built-in ones\n");
    // Those of the folder win.
    fs::create_dir_all(folder.path().join("scenarios/dirlock")).expect("made");
    let (code, _, said) = check(&["check", "dirlock"], folder.path());
    assert_eq!(code, Some(2));
    assert!(said.contains("the folder contains no scenario\nhint:"), "{said}");
    let (code, _, said) = check(&["ablate", "dirlock"], folder.path());
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn a_budget_that_runs_out_is_no_success() {
    let scenario = "scenarios/downconvert/two_apps.json";
    let (code, out, _) = run(&["check", scenario, "--states", "100"]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("inconclusive") && out.contains("the budget of states ran out"), "{out}");
    assert_eq!(run(&["check", scenario, "--time", "0"]).0, 3);
    assert_eq!(run(&["check", scenario, "--memory", "10K"]).0, 3);
}

#[test]
fn an_expectation_that_is_not_met_is_red() {
    let folder = tempfile::tempdir().expect("a folder");
    let violated = "ablations/without_pending_flag_two_apps_o2dlm_can_finish.json";
    let text =
        fs::read_to_string(repository("scenarios/downconvert").join(violated)).expect("text");
    let check = |from: &str, to: &str| {
        let file = folder.path().join("scenario.json");
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).expect("written");
        run(&["check", path(&file)])
    };
    assert_eq!(check("\"steps\": 10", "\"steps\": 10").0, 0);
    let (code, out, _) = check("\"steps\": 10", "\"steps\": 11");
    assert_eq!(code, 1);
    assert!(out.contains("expected can_finish after 11 steps, found it after 10"), "{out}");
    assert_eq!(check("\"violates\": \"can_finish\"", "\"violates\": \"no_bug\"").0, 1);
    let (code, out, _) = check("\"expect\"", "\"reach\": [\"fault_late_bast\"], \"expect\"");
    assert_eq!(code, 5);
    assert!(out.contains("`fault_late_bast` never fires"), "{out}");
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let args = ["check", "scenarios/downconvert/two_apps.json", "--json"];
    let output = nobody_reads(&repository(""), &args);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// Red if a specification that nobody refines is passed over.
#[test]
fn a_refinement_that_is_not_there_is_refused() {
    let said = refused(&["check", "recall", "--refines", "nothing"]);
    assert!(said.contains("`recall` has no refinement of `nothing`"), "{said}");
    assert!(said.contains("hint: implement `Refines`"), "{said}");
}
