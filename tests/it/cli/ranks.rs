//! `check --ranks N` from outside: the same bytes as in one process, and what is said when a rank dies.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;

use crate::program::{latchwork, path, refused};
use crate::repository;

/// A scenario that takes long enough to be killed.
const LONG: &str = "scenarios/async_grant/large/three_requests.json";

/// Everything that a check writes: its code, JSON and cases.
type Written = (Option<i32>, Vec<u8>, Vec<(String, Vec<u8>)>);

fn said(scenario: &str, out: &Path, more: &[&str]) -> Written {
    let arguments = ["check", scenario, "--json", "--out", path(out)];
    let output = latchwork(&[&arguments[..], more].concat()).output().expect("it runs");
    let mut cases = Vec::new();
    for file in crate::paths(out, ".json") {
        let name = file.strip_prefix(out).expect("below").display().to_string();
        cases.push((name, fs::read(&file).expect("a case")));
    }
    (output.status.code(), output.stdout, cases)
}

#[test]
fn several_processes_write_the_same_bytes() {
    let mut cases = 0;
    for scenario in [
        "scenarios/downconvert/cross.json",
        "scenarios/downconvert/cross_dup_bast.json",
        "scenarios/downconvert/ablations/without_upf_cross_grant_not_wasted.json",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("one")).expect("a folder");
        let expected = said(scenario, &at("one"), &[]);
        assert_eq!(expected.0, Some(0), "{scenario}");
        cases += expected.2.len();
        for ranks in ["1", "3"] {
            fs::create_dir_all(at(ranks)).expect("a folder");
            let figures = at("figures");
            let more = ["--ranks", ranks, "--figures", path(&figures)];
            assert_eq!(said(scenario, &at(ranks), &more), expected, "{scenario}");
            // One line for each level, with the new states of the level, in all and of each rank.
            let figures = fs::read_to_string(figures).expect("figures");
            let facts: serde_json::Value = serde_json::from_slice(&expected.1).expect("JSON");
            let facts = &facts["scenarios"][0];
            let levels = facts["levels"].as_array().expect("levels").iter().skip(1);
            let levels: Vec<u64> = levels.map(|states| states.as_u64().expect("a count")).collect();
            let mut found = Vec::new();
            let mut states = 0;
            for line in figures.lines() {
                let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let of_ranks = line["ranks"].as_array().expect("ranks");
                assert_eq!(of_ranks.len().to_string(), ranks);
                let of_ranks = of_ranks.iter().map(|rank| rank["frontier"].as_u64().expect("one"));
                let frontier = line["frontier"].as_u64().expect("a count");
                assert_eq!(of_ranks.sum::<u64>(), frontier);
                found.push(frontier);
                states = line["states"].as_u64().expect("a count");
            }
            // The last level has no new states.
            assert_eq!(found, [&levels[..], &[0]].concat(), "{scenario}");
            assert_eq!(facts["distinct"], states);
        }
    }
    assert!(cases > 0, "no case was compared");
}

/// The processes that this one has started.
fn children(of: u32) -> Vec<u32> {
    let tasks = format!("/proc/{of}/task/{of}/children");
    let text = fs::read_to_string(tasks).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn signal(name: &str, process: u32) {
    let done = Command::new("kill").arg(name).arg(process.to_string()).status();
    assert!(done.expect("kill runs").success());
}

/// Starts a search by three ranks, and waits until they have met.
fn started(more: &[&str]) -> (Child, Vec<u32>) {
    let mut command = Command::cargo_bin("latchwork").expect("the program is built");
    command.args(["check", LONG, "--ranks", "3", "--threads", "1"]).args(more);
    command.current_dir(repository("")).env_remove("GITHUB_ACTIONS");
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
    let begun = Instant::now();
    while children(child.id()).len() < 2 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let others = children(child.id());
    assert_eq!(others.len(), 2);
    std::thread::sleep(Duration::from_millis(1_500));
    (child, others)
}

/// A rank that is killed, or only stopped, ends all others within ten seconds, with a sentence.
#[test]
fn a_rank_that_dies_ends_the_others() {
    for name in ["-KILL", "-STOP"] {
        let (child, others) = started(&[]);
        signal(name, others[1]);
        let begun = Instant::now();
        let output = child.wait_with_output().expect("it ends");
        let took = begun.elapsed();
        let said = String::from_utf8_lossy(&output.stderr).to_string();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("rank 2") && said.contains("at level"), "{name}: {said}");
        assert!(said.contains("--checkpoint FOLDER"), "{said}");
        assert!(took < Duration::from_secs(15), "{took:?}");
        for process in others {
            assert!(!Path::new(&format!("/proc/{process}")).exists(), "{name}: {process} is left");
        }
    }
}

/// Rank 0 is stopped until the others have given up, and then continues: it ends as well. Red if a rank
/// that has given up keeps its connections.
#[test]
fn rank_0_ends_if_the_others_have_given_up() {
    let (child, others) = started(&[]);
    let chief = child.id();
    signal("-STOP", chief);
    std::thread::sleep(Duration::from_secs(9));
    signal("-CONT", chief);
    let begun = Instant::now();
    while Path::new(&format!("/proc/{}", others[0])).exists() {
        if begun.elapsed() > Duration::from_secs(15) {
            signal("-KILL", chief);
            panic!("rank 0 waits for ranks that have given up");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).to_string();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("at level") && said.contains("hint: "), "{said}");
}

/// If rank 0 is killed, nobody is left behind.
#[test]
fn nobody_outlives_rank_0() {
    let (mut child, others) = started(&[]);
    child.kill().expect("it was running");
    child.wait().expect("it has ended");
    let begun = Instant::now();
    let is_left = |process: &u32| {
        // A process that nobody has asked about yet is no process any more.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z")
    };
    while others.iter().any(is_left) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{others:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_ranks_cannot_do_is_refused() {
    let scenario = "scenarios/downconvert/cross.json";
    for (more, why) in [
        (&["--ranks", "2", "--symmetry"][..], "--ranks does not go with --symmetry"),
        (&["--ranks", "2", "--exact"], "--ranks does not go with --exact"),
        (&["--ranks", "2", "--coverage"], "--ranks does not go with --coverage"),
        (&["--rank", "0", "--hosts", "/no/such/file"], "cannot read"),
        (&["--rank", "0"], "--hosts"),
        (&["--figures", "x"], "--figures needs a search with ranks"),
        (&["--ranks", "slurm"], "SLURM_PROCID is not set\nhint: start all ranks with srun"),
        (&["--ranks", "kubernetes/2"], "JOB_COMPLETION_INDEX is not set\nhint: "),
        (&["--ranks", "kubernetes"], "kubernetes/4, in an indexed job with four completions"),
        (&["--ranks", "0"], "a number of processes of this machine, 1 to 512"),
    ] {
        let said = refused(&[&["check", scenario], more].concat());
        assert!(said.contains(why), "{said}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    for (text, why) in [
        ("127.0.0.1:4000\n", "has no secret"),
        ("secret short\n127.0.0.1:4000\n", "has no secret, or a short one"),
        ("secret 0123456789abcdef\n", "names no hosts"),
        ("secret 0123456789abcdef\n127.0.0.1:4000\n", "there is no rank 7 of 1"),
    ] {
        fs::write(&hosts, text).expect("it can be written");
        let said = refused(&["check", scenario, "--rank", "7", "--hosts", path(&hosts)]);
        assert!(said.contains(why), "{said}");
    }
    let said = refused(&["check", "downconvert", "--ranks", "2"]);
    assert!(said.contains("--ranks is for one scenario"), "{said}");
}
