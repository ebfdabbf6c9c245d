//! The workflow files that people copy into repositories of their own.

use std::fs;

use serde_json::Value;

use crate::program::latchwork;
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
    assert!(said.contains("the folder contains no scenario"), "{script}: {said}");
}

/// The program is in no registry: it is built from a repository, whose name nobody takes for a real
/// one (hosts below `.example` do not exist).
fn installs(line: &Value) {
    let words: Vec<&str> = line.as_str().expect("a line").split_whitespace().collect();
    let ["cargo", "install", "--locked", "--git", url, "latchwork"] = words[..] else {
        panic!("{line} does not install from a repository");
    };
    assert_eq!(url, "https://forge.example/PUT-THE-REPOSITORY-HERE");
}

/// The command of the step that installs the program.
fn installing(steps: &[Value]) -> &Value {
    let installs = |step: &&Value| step["run"].as_str().is_some_and(|run| run.contains("install"));
    &steps.iter().find(installs).expect("a step")["run"]
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
    installs(installing(steps));
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
    installs(&scripts[0]);
    let script = scripts.last().and_then(Value::as_str).expect("a line");
    let report = job["artifacts"]["reports"]["junit"].as_str().expect("a file");
    assert!(script.contains(&format!("--junit {report}")), "{script}");
    assert_eq!(job["artifacts"]["when"], "always");
    for protocol in job["parallel"]["matrix"][0]["PROTOCOL"].as_array().expect("a list") {
        runs(script, "$PROTOCOL", protocol);
    }
}

/// The command `latchwork simulate ...` of a script, up to where its output goes, does what it says
/// in a cluster that has set these variables: as much of the facts as is asked for is written.
fn simulates(script: &str, environment: &[(&str, &str)]) -> Value {
    let line = script.lines().find(|line| line.starts_with("latchwork simulate")).expect("a line");
    let (line, file) = line.split_once('>').expect("it goes to a file");
    assert!(file.contains(".json"), "{file}");
    let mut line = line.replace('"', "");
    for (name, value) in environment {
        line = line.replace(&format!("${name}"), value);
    }
    assert!(!line.contains('$'), "{line}");
    let folder = tempfile::tempdir().expect("a folder");
    let words = line.split_whitespace().skip(1).map(|word| match word {
        // A few of the runs are enough, and they are not written where the script says.
        "0..1000000" => "0..80".to_string(),
        word if word.starts_with("/shards") => folder.path().display().to_string(),
        word => word.to_string(),
    });
    let words: Vec<String> = words.collect();
    let mut command = latchwork(&words.iter().map(String::as_str).collect::<Vec<_>>());
    if !line.contains("--out") {
        command.arg("--out").arg(folder.path());
    }
    environment.iter().for_each(|(name, value)| {
        command.env(name, value);
    });
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("facts")
}

#[test]
fn the_script_for_slurm_does_its_shard() {
    let text = fs::read_to_string(repository("docs/ci/slurm.sh")).expect("text");
    let out = tempfile::tempdir().expect("a folder");
    let task = [
        ("SLURM_ARRAY_TASK_ID", "5"),
        ("SLURM_ARRAY_TASK_MIN", "0"),
        ("SLURM_ARRAY_TASK_COUNT", "8"),
    ];
    let cases = out.path().join("cases").display().to_string();
    let facts = simulates(&text.replace("--out cases-", &format!("--out {cases}-")), &task);
    assert_eq!((&facts["runs"]["first"], &facts["runs"]["end"]), (&50.into(), &60.into()));
    assert!(text.starts_with("#!") && text.contains("\n#SBATCH "));
}

#[test]
fn the_job_for_kubernetes_does_its_shard() {
    let job = yaml("kubernetes.yml");
    let spec = &job["spec"];
    assert_eq!((&job["kind"], &spec["completionMode"]), (&"Job".into(), &"Indexed".into()));
    let script = spec["template"]["spec"]["containers"][0]["args"][0].as_str().expect("a script");
    assert!(script.contains(&format!("--shard kubernetes/{} ", spec["completions"])), "{script}");
    assert!(script.ends_with("|| test $? -eq 1"));
    let facts = simulates(script, &[("JOB_COMPLETION_INDEX", "7")]);
    assert_eq!((&facts["runs"]["first"], &facts["runs"]["end"]), (&70.into(), &80.into()));
}

#[test]
fn the_shards_on_github_are_all_there_and_are_put_together() {
    let jobs = &yaml("github-shards.yml")["jobs"];
    let steps = jobs["shard"]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == "latchwork simulate").expect("a step");
    let script = step["run"].as_str().expect("a script");
    let shards = jobs["shard"]["strategy"]["matrix"]["shard"].as_array().expect("a list");
    assert!(script.contains(&format!("}}}}/{} ", shards.len())), "{script}");
    let mut next = 0;
    for shard in [&shards[0], &shards[1]] {
        let script = script.replace("${{ matrix.shard }}", &shard.to_string());
        let facts = simulates(&script.replace("${{ github.sha }}", "c0ffee0123456789"), &[]);
        assert_eq!(facts["runs"]["first"], next);
        assert_eq!(facts["campaign"]["seed"], 0xc0ff_ee01_2345_6789_u64.to_string());
        next += 10;
    }
    assert_eq!(shards.last(), Some(&shards.len().into()));
    for job in ["shard", "merge"] {
        let steps = jobs[job]["steps"].as_array().expect("steps");
        installs(installing(steps));
    }
    assert_eq!(jobs["merge"]["needs"], "shard");
    let merge = jobs["merge"]["steps"].as_array().expect("steps").last().expect("a step");
    assert_eq!(merge["run"], "latchwork merge shard-*.json");
}
