//! Filesystems of this machine agree with the models.

use crate::program::{path, run};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A wrong rule of the models, or a probe that misreads answers, is seen here first.
#[test]
fn the_filesystem_of_the_tests_agrees() {
    let folder = folder();
    for (seed, workers) in [("1", "4"), ("2", "8"), ("3", "2")] {
        let arguments =
            ["probe", path(folder.path()), "--ops", "3000", "--seed", seed, "--workers", workers];
        let (code, out, said) = run(&arguments);
        assert_eq!(code, 0, "{out}{said}");
        assert!(out.contains("calls:   3000, of which"), "{out}");
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "the folder of the probe is still there");
}

/// A filter that lets other calls through, or none, makes a probe of nothing.
#[test]
fn each_kind_of_lock_agrees_alone() {
    let folder = folder();
    for kind in ["posix", "ofd", "flock", "lease"] {
        let arguments = ["probe", path(folder.path()), "--ops", "1500", "--filter", kind, "--json"];
        let (code, out, said) = run(&arguments);
        let facts: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        if kind == "lease" && facts.get("no_leases").is_some() {
            continue;
        }
        assert_eq!(code, 0, "{kind}: {out}{said}");
        assert_eq!(facts["verdict"], "agrees");
        assert_eq!(facts["kinds"], serde_json::json!([kind]));
        assert!(facts["conflicts"].as_u64() > Some(100), "{kind}: {out}");
    }
}

/// Owners in two mounts conflict as owners in one: a folder is its own second mount.
#[test]
fn workers_are_spread_over_two_mounts() {
    let folder = folder();
    let dir = path(folder.path());
    let (code, out, said) = run(&["probe", dir, "--second", dir, "--ops", "1500"]);
    assert_eq!(code, 0, "{out}{said}");
    let other = tempfile::tempdir().expect("a folder");
    let (code, out, said) = run(&["probe", dir, "--second", path(other.path())]);
    assert_eq!((code, out.as_str()), (2, ""), "{said}");
    assert!(said.contains("are not the same folder"), "{said}");
}
