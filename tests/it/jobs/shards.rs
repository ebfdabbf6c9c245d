//! Many machines without a server: shards and their merged result; and what a killed campaign
//! leaves behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{latchwork, run};
use crate::repository;

const SOUND: &str = "scenarios/async_grant/try_reboot.json";
const BROKEN: &str =
    "scenarios/downconvert/ablations/without_pending_flag_two_apps_o2dlm_can_finish.json";

/// The facts of a campaign, or of a shard of it.
fn facts(scenario: &str, out: &Path, more: &[&str]) -> (i32, String) {
    let out = out.to_str().expect("UTF-8");
    let ask = ["simulate", scenario, "--strategy", "mixed", "--json", "--out", out];
    let (code, said, _) = run(&[&ask[..], more].concat());
    (code, said)
}

#[test]
fn shards_put_together_are_what_one_machine_says() {
    let folder = tempfile::tempdir().expect("a folder");
    for (scenario, code) in [(SOUND, 0), (BROKEN, 1)] {
        let runs = ["--runs", "100..3100"];
        let whole = facts(scenario, folder.path(), &runs);
        assert_eq!(whole.0, code);
        let mut files = Vec::new();
        for at in [3, 1, 4, 2] {
            let shard = format!("{at}/4");
            let (_, text) =
                facts(scenario, folder.path(), &[&runs[..], &["--shard", &shard]].concat());
            assert_ne!(text, whole.1);
            let path = folder.path().join(format!("{at}.json"));
            fs::write(&path, text).expect("written");
            files.push(path.to_str().expect("UTF-8").to_string());
        }
        let merge = |files: &[String]| {
            let words: Vec<&str> = files.iter().map(String::as_str).collect();
            run(&[&["merge"], &words[..]].concat())
        };
        let (merged, said, _) = merge(&files);
        assert_eq!((merged, said), whole.clone());
        // In two steps it is the same.
        let half = folder.path().join("half.json");
        fs::write(&half, merge(&[files[1].clone(), files[3].clone()]).1).expect("written");
        let half = half.to_str().expect("UTF-8").to_string();
        assert_eq!(merge(&[half.clone(), files[0].clone(), files[2].clone()]).1, whole.1);
        // What does not fit is not put together.
        let refused = |files: &[String]| {
            let (code, out, said) = merge(files);
            assert_eq!((code, out.as_str()), (2, ""), "{said}");
            said
        };
        assert!(refused(&[files[1].clone(), files[0].clone()]).contains("850..1600 before it"));
        assert!(refused(&[half.clone(), files[1].clone()]).contains("are there twice"));
        let other = folder.path().join("other.json");
        let more = ["--runs", "1600..3100", "--seed", "9"];
        fs::write(&other, facts(scenario, folder.path(), &more).1).expect("written");
        assert!(refused(&[half, other.display().to_string()]).contains("another campaign"));
        fs::write(&other, "{\"format\": 1,\n  \"versions\": 2}").expect("written");
        assert!(refused(&[other.display().to_string()]).contains("other.json:2:"));
    }
}

#[test]
fn a_cluster_says_which_shard_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let of = |shard: &str, environment: &[(&str, &str)]| {
        let out = folder.path().to_str().expect("UTF-8");
        let ask = ["simulate", SOUND, "--runs", "0..90", "--json", "--out", out, "--shard", shard];
        let mut command = latchwork(&ask);
        environment.iter().for_each(|(name, value)| {
            command.env(name, value);
        });
        let output = command.output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "5"),
        ("SLURM_ARRAY_TASK_MIN", "3"),
        ("SLURM_ARRAY_TASK_COUNT", "9"),
    ];
    let third = of("3/9", &[]);
    assert_eq!(third.0, Some(0));
    assert!(third.1.contains("\"first\": 20"), "{}", third.1);
    assert_eq!(of("slurm", &slurm), third);
    assert_eq!(of("kubernetes/9", &[("JOB_COMPLETION_INDEX", "2")]), third);
    assert_eq!(of("slurm", &slurm[..1]).0, Some(2));
    assert_eq!(of("slurm", &[("SLURM_ARRAY_TASK_ID", "13"), slurm[1], slurm[2]]).0, Some(2));
    assert_eq!(of("kubernetes/9", &[("JOB_COMPLETION_INDEX", "9")]).0, Some(2));
}

/// The command that does the runs again is on disk before they begin, so it is there when the
/// program is killed without a warning.
#[test]
fn a_campaign_that_is_killed_can_be_run_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let program = latchwork(&[]).get_program().to_owned();
    let mut child = Command::new(program)
        .args(["simulate", SOUND, "--seed", "7", "--runs", "5..1000000000", "--out", out])
        .current_dir(repository(""))
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    let file = folder.path().join("running-5-1000000000.txt");
    let begun = Instant::now();
    let beyond_the_first = |text: &str| text.contains("--runs ") && !text.contains("--runs 5..");
    let mut text = String::new();
    while !beyond_the_first(&text) && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
        text = fs::read_to_string(&file).unwrap_or_default();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let text = fs::read_to_string(&file).expect("it is still there");
    let words: Vec<&str> = text.split_whitespace().skip(1).chain(["--out", out]).collect();
    assert!(text.contains("--seed 7 --runs ") && words[1] == SOUND, "{text}");
    let (code, said, _) = run(&words);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&words[2..8].join(" ")), "{said}");
    // A campaign that ends takes its entry away.
    let again = "running-5-1000000000.txt";
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].as_ref().expect("an entry").file_name(), again);
}
