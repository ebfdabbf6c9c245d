//! Storms: everybody at once.

use std::fs;
use std::time::{Duration, Instant};

use crate::program::{path, refused, run};

fn storm(folder: &tempfile::TempDir, more: &[&str]) -> (i32, String, String) {
    let out = folder.path().join("out");
    let mut arguments = vec!["probe", path(folder.path()), "--out", path(&out)];
    arguments.extend(more);
    run(&arguments)
}

/// A filesystem that keeps its locks is not accused, and a command that disturbs is run. The second
/// mount of a local folder is the folder itself.
#[test]
fn a_sound_filesystem_agrees() {
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark");
    let disturb = format!("echo disturbed >> {}", path(&mark));
    let more = ["--second", path(folder.path()), "--for", "3s", "--disturb", &disturb];
    let (code, out, said) = storm(&folder, &[&more[..], &["--every", "1s", "--json"]].concat());
    assert_eq!(code, 0, "{out}{said}");
    let facts: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(facts["verdict"], "agrees");
    assert!(facts["counts"].as_u64().is_some_and(|counts| counts > 0), "{facts}");
    let marks = fs::read_to_string(&mark).expect("it was disturbed").lines().count() as u64;
    assert_eq!(
        (facts["disturbed"].as_u64(), facts["disturbances_failed"].as_u64()),
        (Some(marks), Some(0))
    );
    // What the workers did is kept, and their files are not.
    let kept = fs::read_dir(folder.path().join("out/probe/storm-0")).expect("histories").count();
    assert_eq!(kept, 4);
    let left = fs::read_dir(folder.path()).expect("a folder").filter(|entry| {
        entry
            .as_ref()
            .is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".latchwork"))
    });
    assert_eq!(left.count(), 0);
}

/// A write lock that is lost as soon as it is granted shows in the locks, or in the counters.
#[test]
fn a_lost_lock_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let found = (0..10).find_map(|seed| {
        let seed = format!("{seed}");
        let (code, out, said) =
            storm(&folder, &["--for", "2s", "--planted", "lost-lock", "--seed", &seed]);
        assert!(code == 0 || code == 1, "{out}{said}");
        (code == 1).then_some(out)
    });
    let out = found.expect("a lost lock is found");
    assert!(out.contains("VIOLATED: "), "{out}");
    assert!(out.contains("of slot 0 in file "), "only the first byte is lost: {out}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_storm_that_cannot_be_is_refused() {
    assert!(refused(&["probe", "/tmp", "--for", "1s", "--filter", "flock"]).contains("posix, ofd"));
    assert!(refused(&["probe", "/tmp", "--for", "1s", "--ops", "5"]).contains("--ops"));
    assert!(refused(&["probe", "/tmp", "--disturb", "true"]).contains("--for"));
    assert!(refused(&["probe", "/no/such/folder", "--for", "1s"]).contains("/no/such/folder: "));
}
