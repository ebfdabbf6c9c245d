//! The permanent cases: all are replayed, and there are few enough to read.

use std::fs;

use latchwork::protocols::PROTOCOLS;

use crate::program::{latchwork, run};
use crate::{paths, repository};

#[test]
fn the_corpus_is_kept_and_replayed() {
    let (code, said, _) = run(&["corpus", "run", "-v"]);
    assert_eq!(code, 0, "{said}");
    for entry in PROTOCOLS {
        let cases = format!("scenarios/{}/cases", entry.name);
        let kept = paths(&repository(&cases), ".json");
        assert!(!kept.is_empty(), "{} has no case", entry.name);
        for path in kept {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(said.contains(&format!("latchwork replay {cases}/{name}\n")), "{said}");
        }
    }
    let kept = "scenarios/downconvert/cases/pending_flag.json";
    let (code, said, _) = run(&["corpus", "add", kept]);
    assert_eq!((code, said.contains("already kept")), (0, true), "{said}");
}

/// Of many cases with the same violation and the same rules, the three shortest are kept.
#[test]
fn few_cases_of_the_same_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = folder.path().join("scenarios/downconvert/cases");
    fs::create_dir_all(&cases).expect("made");
    let of = |arguments: &[&str]| {
        let output = latchwork(arguments).current_dir(folder.path()).output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.code().expect("a code"), said)
    };
    let mut steps = Vec::new();
    let known = [
        "cross_o2dlm",
        "cross_signal_o2dlm",
        "pr_ex_vs_ex_o2dlm",
        "two_apps_o2dlm",
        "two_apps_dup_bast_o2dlm",
        "two_apps_signal_o2dlm",
    ];
    for scenario in known {
        let file = repository("scenarios/downconvert").join(format!("{scenario}.json"));
        let file = file.to_str().expect("UTF-8");
        let ask = ["simulate", file, "--without", "pending_flag", "--runs", "0..3000"];
        let (_, said) = of(&[&ask[..], &["--strategy", "mixed", "--out", "found"]].concat());
        let mut lines = said.lines();
        let Some(case) = lines.find_map(|line| line.strip_prefix("case:    ")) else { continue };
        if !case.contains("deadlock") {
            continue;
        }
        let text = fs::read_to_string(folder.path().join(case)).expect("a case");
        steps.push(text.matches("\"action\"").count());
        let (code, said) = of(&["corpus", "add", case]);
        assert_eq!(code, 0, "{said}");
        let (_, said) = of(&["corpus", "add", case]);
        // What gave way, or did not come in, is longer than three others.
        assert!(said.contains("already kept") || said.contains("not kept"), "{said}");
    }
    steps.sort_unstable();
    let kept = paths(&cases, ".json");
    let count = |path| fs::read_to_string(path).expect("text").matches("\"action\"").count();
    let mut lengths: Vec<usize> = kept.iter().map(count).collect();
    lengths.sort_unstable();
    assert!(steps.len() > 3, "more were found than are kept: {steps:?}");
    assert_eq!(lengths, steps[..3]);
}
