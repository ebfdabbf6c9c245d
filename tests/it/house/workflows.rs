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

/// The script of a check on Slurm, as three tasks on this machine. Red if a word of it is wrong, or if
/// tasks do not find each other by what srun sets.
#[test]
fn the_script_for_slurm_checks_with_several_tasks() {
    let text = fs::read_to_string(repository("docs/ci/slurm-check.sh")).expect("text");
    assert!(text.starts_with("#!") && text.contains("\n#SBATCH --ntasks="));
    assert!(text.contains("\nexport LATCHWORK_SECRET\n") && text.contains("\nsrun "));
    let line = text.lines().find_map(|line| line.trim().strip_prefix("latchwork "));
    let line = line.expect("a command").replace("\"$SLURM_CPUS_PER_TASK\"", "1");
    assert!(!line.contains('$'), "{line}");
    let folder = tempfile::tempdir().expect("a folder");
    let small = repository("scenarios/downconvert/cross.json").display().to_string();
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| if word.ends_with("three_requests.json") { small.clone() } else { word.into() })
        .collect();
    assert!(words.contains(&small), "{line}");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let task = |number: usize| {
            let (words, folder) = (&words, folder.path());
            scope.spawn(move || {
                let mut command = latchwork(words);
                command.current_dir(folder).env("LATCHWORK_SECRET", "0123456789abcdef");
                // Somewhere between the ports of two jobs.
                let job = (std::process::id() % 9_973).to_string();
                command.env("SLURM_PROCID", number.to_string()).env("SLURM_STEP_NUM_TASKS", "3");
                command.env("SLURM_STEP_NODELIST", "localhost").env("SLURM_JOB_ID", job);
                command.env("SLURMD_NODENAME", "localhost").output().expect("it runs").status.code()
            })
        };
        let tasks: Vec<_> = (0..3).map(task).collect();
        tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
    });
    assert_eq!(codes, [Some(0); 3]);
    let facts = fs::read(folder.path().join("facts.json")).expect("facts");
    let alone = latchwork(&["check", &small, "--json"]).current_dir(folder.path()).output();
    assert_eq!(facts, alone.expect("it runs").stdout);
    assert!(folder.path().join("search/commit").exists(), "it can go on");
}

/// Red if the job of a check on Kubernetes contradicts itself, or if a word of its command is wrong.
#[test]
fn the_job_for_kubernetes_checks_with_several_pods() {
    let text = fs::read_to_string(repository("docs/ci/kubernetes-check.yml")).expect("text");
    let (service, job) = text.split_once("\n---\n").expect("two documents");
    let [service, job]: [Value; 2] =
        [service, job].map(|text| serde_saphyr::from_str(text).expect("YAML"));
    let (name, spec) = (&job["metadata"]["name"], &job["spec"]);
    assert_eq!((&service["kind"], &service["metadata"]["name"]), (&"Service".into(), name));
    assert_eq!(service["spec"]["clusterIP"], "None");
    assert_eq!(&service["spec"]["selector"]["job-name"], name);
    assert_eq!(&spec["template"]["spec"]["subdomain"], name);
    assert_eq!((&job["kind"], &spec["completionMode"]), (&"Job".into(), &"Indexed".into()));
    assert_eq!(spec["completions"], spec["parallelism"]);
    let container = &spec["template"]["spec"]["containers"][0];
    assert_eq!(container["env"][0]["name"], "LATCHWORK_SECRET");
    let script = container["args"][0].as_str().expect("a script");
    assert!(script.contains(&format!("--ranks kubernetes/{} ", spec["completions"])), "{script}");
    let (line, codes) = script.split_once(" || ").expect("codes");
    assert_eq!(codes, "case $? in 1|3) true;; *) false;; esac");
    // The name of the pod means nothing here: all else made sense.
    let out = tempfile::tempdir().expect("a folder");
    let line = line.replace("/log/", &format!("{}/", out.path().display()));
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let mut command = latchwork(&words);
    command.env("LATCHWORK_SECRET", "0123456789abcdef").env("JOB_COMPLETION_INDEX", "0");
    let output = command.env("HOSTNAME", "no-such-pod-0").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot bind no-such-pod-0:4000"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}
