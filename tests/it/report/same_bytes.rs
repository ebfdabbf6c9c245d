//! The same seed gives the same bytes: at any number of threads, here with debug assertions, and in
//! CI with the optimized program, which compares its output with the same committed files.
//!
//! `LATCHWORK_UPDATE=1 cargo test same_bytes` writes them anew.

use std::fs;

use crate::program::latchwork;
use crate::repository;

/// A campaign of every protocol: its committed file, and the command that makes it.
fn campaigns() -> Vec<(String, Vec<String>)> {
    let script = fs::read_to_string(repository(".ci/campaigns")).expect("the script");
    let lines = script.lines().filter_map(|line| line.strip_prefix("campaign "));
    let campaign = |line: &str| {
        let mut words = line.split(' ').map(str::to_string);
        let protocol = words.next().expect("a protocol");
        (format!("reports/{protocol}/campaign.json"), words.collect())
    };
    lines.map(campaign).collect()
}

#[test]
fn a_seed_is_the_same_bytes_for_ever() {
    let out = tempfile::tempdir().expect("a folder");
    let campaigns = campaigns();
    assert_eq!(campaigns.len(), latchwork::protocols::PROTOCOLS.len());
    for (file, words) in campaigns {
        let said = |threads: &str| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let folder = out.path().to_str().expect("UTF-8");
            let fixed = ["--seed", "c0ffee", "--strategy", "mixed", "--json"];
            let more = ["--threads", threads, "--out", folder];
            let command = [&["simulate"], &words[..], &fixed, &more].concat();
            let output = latchwork(&command).output().expect("it runs");
            assert!(output.status.code() < Some(2), "{command:?}");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let one = said("1");
        assert_eq!(one, said("8"), "{file}");
        let path = repository(&file);
        if std::env::var_os("LATCHWORK_UPDATE").is_some() {
            fs::write(&path, &one).expect("written");
        }
        assert_eq!(fs::read_to_string(&path).expect("committed"), one, "{file}");
    }
}
