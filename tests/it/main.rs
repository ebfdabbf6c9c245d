//! All integration tests, in one binary.

mod awaits;
mod baselines;
mod browser;
mod capture;
mod capture_shapes;
mod checkpoints;
mod cli;
mod conform;
mod corpus;
mod coverage;
mod cuts;
mod dirlock;
mod each;
mod engine;
mod exits;
mod exports;
mod fair;
mod files;
mod foreign;
mod generate;
mod goals;
mod house;
mod in_browser;
mod init;
mod initial_states;
mod kills;
mod live;
mod liveness;
mod names;
mod outputs;
mod pages;
mod pcap;
mod purity;
mod random;
mod replay;
mod resume;
mod same_bytes;
mod scenarios;
mod shards;
mod simulate;
mod sources;
mod stories;
mod symmetry;
mod terminal;
mod threads;
mod tidy;
mod viewers;
mod workflows;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A path in the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files below a folder whose names end like this, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Runs the program with these arguments in a folder, and goes away before it prints anything.
fn nobody_reads(folder: &Path, args: &[&str]) -> Output {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("latchwork"))
        .args(args)
        .current_dir(folder)
        .env_remove("GITHUB_ACTIONS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    child.wait_with_output().expect("it ends")
}
