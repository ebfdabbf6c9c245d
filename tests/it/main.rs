//! All integration tests, in one binary.

mod baselines;
mod checkpoints;
mod cli;
mod corpus;
mod coverage;
mod dirlock;
mod engine;
mod exits;
mod exports;
mod fair;
mod files;
mod generate;
mod init;
mod initial_states;
mod kills;
mod liveness;
mod outputs;
mod pages;
mod purity;
mod replay;
mod same_bytes;
mod scenarios;
mod shards;
mod simulate;
mod stories;
mod terminal;
mod threads;
mod tidy;
mod workflows;

use std::path::{Path, PathBuf};

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
