//! The workflow files that people copy into repositories of their own.

use std::fs;

use serde_json::Value;

use crate::cli::latchwork;
use crate::repository;

fn yaml(name: &str) -> Value {
    let text = fs::read_to_string(repository("docs/ci").join(name)).expect("text");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// The command line `latchwork check ...` of a script runs, with these words put in. Whatever it
/// names, a flag or a protocol, is there; it ends at once because the time is up.
fn runs(script: &str, variable: &str, protocol: &Value) {
    let script = script.replace(variable, protocol.as_str().expect("a name")).replace('"', "");
    let words: Vec<&str> = script.split_whitespace().skip(1).collect();
    let out = tempfile::tempdir().expect("a folder");
    let mut command = latchwork(&words);
    command.current_dir(out.path());
    std::fs::create_dir(out.path().join("scenarios")).expect("made");
    let folder = out.path().join("scenarios").join(protocol.as_str().expect("a name"));
    std::fs::create_dir(folder).expect("made");
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Every word of it made sense; only scenarios are missing.
    assert!(said.contains("no scenario is in there"), "{script}: {said}");
}

#[test]
fn the_workflow_for_github_is_one_that_runs() {
    let workflow = yaml("github.yml");
    let job = &workflow["jobs"]["check"];
    assert!(job["runs-on"].is_string() && job["strategy"]["fail-fast"] == false);
    assert_eq!(workflow["permissions"]["security-events"], "write");
    let steps = job["steps"].as_array().expect("steps");
    for step in steps {
        assert!(step["uses"].is_string() != step["run"].is_string(), "{step}");
    }
    let check = steps.iter().find(|step| step["name"] == "latchwork check").expect("a step");
    let script = check["run"].as_str().expect("a script");
    let upload = steps.iter().find(|step| step["with"]["sarif_file"].is_string());
    let file = upload.expect("a step")["with"]["sarif_file"].as_str().expect("a file");
    assert!(script.contains(&format!("--sarif {file}")), "{script}");
    for protocol in job["strategy"]["matrix"]["protocol"].as_array().expect("a list") {
        runs(script, "${{ matrix.protocol }}", protocol);
    }
}

#[test]
fn the_workflow_for_gitlab_is_one_that_runs() {
    let job = &yaml("gitlab.yml")["latchwork"];
    let scripts = job["script"].as_array().expect("a script");
    let script = scripts.last().and_then(Value::as_str).expect("a line");
    let report = job["artifacts"]["reports"]["junit"].as_str().expect("a file");
    assert!(script.contains(&format!("--junit {report}")), "{script}");
    assert_eq!(job["artifacts"]["when"], "always");
    for protocol in job["parallel"]["matrix"][0]["PROTOCOL"].as_array().expect("a list") {
        runs(script, "$PROTOCOL", protocol);
    }
}
