//! How a probe ends: bad folders, hangs, nothing to compare, Ctrl-C.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{path, refused, run};

#[test]
fn a_folder_that_cannot_be_used_is_refused() {
    assert!(refused(&["probe", "/no/such/folder"]).contains("/no/such/folder: "));
    assert!(refused(&["probe", "Cargo.toml"]).contains("Cargo.toml: not a folder"));
    // Nobody can create a folder there, not even root.
    assert!(refused(&["probe", "/proc"]).contains("/proc: cannot create a folder there"));
    assert!(refused(&["probe", "/tmp", "--filter", "posx"]).contains("did you mean `posix`?"));
    assert!(refused(&["probe", "/tmp", "--planted", "not-woke"]).contains("`not-woken`?"));
    assert!(refused(&["probe", "/tmp", "--hang", "0"]).contains("above 0"));
}

/// Green without a single conflict would be worth nothing.
#[test]
fn nothing_that_conflicts_is_vacuous() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = run(&["probe", path(folder.path()), "--ops", "1"]);
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("VACUOUS"), "{out}");
}

/// The children of a process.
fn children(pid: u32) -> Vec<String> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().map(ToString::to_string).collect()
}

fn within(time: Duration, mut happens: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < time {
        if happens() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Starts a long probe, and waits for its workers.
fn start(folder: &Path) -> (std::process::Child, Vec<String>) {
    let child = Command::new(assert_cmd::cargo::cargo_bin("latchwork"))
        .args(["probe", path(folder), "--ops", "100000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut workers = Vec::new();
    let enough = within(Duration::from_secs(60), || {
        workers = children(child.id());
        workers.len() == 4
    });
    assert!(enough, "{workers:?}");
    (child, workers)
}

/// Whether a process has ended; nobody may have waited for it yet.
fn is_gone(worker: &String) -> bool {
    let status = fs::read_to_string(format!("/proc/{worker}/status"));
    status.map_or(true, |status| status.contains("State:\tZ"))
}

/// A worker or a folder that is left behind holds locks, or fills a disk.
#[test]
fn ctrl_c_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (child, workers) = start(folder.path());
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("interrupted: "));
    assert!(workers.iter().all(is_gone), "{workers:?}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

/// Nobody tells the workers when the program is killed.
#[test]
fn workers_do_not_outlive_a_killed_probe() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, workers) = start(folder.path());
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let gone = within(Duration::from_secs(30), || workers.iter().all(is_gone));
    assert!(gone, "{workers:?}");
}

/// A worker that somebody else kills is no disagreement.
#[test]
fn a_worker_that_is_killed_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (child, workers) = start(folder.path());
    // It may have been replaced just now; one of four is hit.
    for worker in &workers {
        let _ = Command::new("kill").args(["-KILL", worker]).stderr(Stdio::null()).status();
    }
    let output = child.wait_with_output().expect("it ends");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{out}");
    assert!(out.contains("BROKEN:  "), "{out}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
