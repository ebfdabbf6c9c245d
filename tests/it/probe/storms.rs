//! Storms: everybody at once.

use std::fs;
use std::time::{Duration, Instant};

use latchwork::conform::client_log::{ClientLog, What};
use latchwork::files::storm_case::StormCase;
use latchwork::report::schema;

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
    // What each worker did is kept, and what those of a mount did together. Their files are not.
    let kept = fs::read_dir(folder.path().join("out/probe/storm-0")).expect("histories").count();
    assert_eq!(kept, 6);
    let left = fs::read_dir(folder.path()).expect("a folder").filter(|entry| {
        entry
            .as_ref()
            .is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".latchwork"))
    });
    assert_eq!(left.count(), 0);
}

/// A storm that finds the lost lock, with more arguments.
fn lost_lock(folder: &tempfile::TempDir, more: &[&str]) -> Option<String> {
    (0..10).find_map(|seed| {
        let seed = format!("{seed}");
        let arguments = ["--for", "2s", "--planted", "lost-lock", "--seed", &seed];
        let (code, out, said) = storm(folder, &[&arguments[..], more].concat());
        assert!(code == 0 || code == 1, "{out}{said}");
        (code == 1).then_some(out)
    })
}

/// A write lock that is lost as soon as it is granted shows in the locks, or in the counters.
#[test]
fn a_lost_lock_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let out = lost_lock(&folder, &[]).expect("a lost lock is found");
    assert!(out.contains("VIOLATED: "), "{out}");
    assert!(out.contains("of slot 0 in file "), "only the first byte is lost: {out}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_storm_that_cannot_be_is_refused() {
    assert!(refused(&["probe", "/tmp", "--for", "1s", "--filter", "flock"]).contains("posix, ofd"));
    assert!(refused(&["probe", "/tmp", "--for", "1s", "--ops", "5"]).contains("--ops"));
    assert!(refused(&["probe", "/tmp", "--disturb", "true"]).contains("--for"));
    assert!(refused(&["probe", "/tmp", "--turn", "1s"]).contains("--for"));
    let long = ["probe", "/tmp", "--for", "2h", "--turn", "1s"];
    assert!(refused(&long).contains("a file for each turn"));
    assert!(refused(&["probe", "/tmp", "--for", "1s", "--turn", "0"]).contains("above 0"));
    assert!(refused(&["probe", "/no/such/folder", "--for", "1s"]).contains("/no/such/folder: "));
}

/// A failing storm becomes a smaller case that is read again and replayed; a command in a file is not run.
#[test]
fn a_failing_storm_is_minimized_and_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let disturb = ["--workers", "8", "--minimize", "20s", "--disturb", "true", "--every", "1s"];
    let out = lost_lock(&folder, &disturb).expect("a lost lock is found");
    assert!(out.contains(" storms like this one show it"), "{out}");
    let case = out
        .lines()
        .find_map(|line| line.strip_prefix("case:    ").filter(|path| path.ends_with(".json")));
    let case = case.expect("the name of the case");
    let text = fs::read_to_string(case).expect("a case");
    let facts: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let schema = jsonschema::validator_for(&schema::storm()).expect("a schema");
    assert!(schema.is_valid(&facts), "{text}");
    let number = |name: &str| facts["storm"][name].as_u64().expect("a number");
    let workers = facts["storm"]["place"]["workers"].as_u64().expect("a number");
    assert!((2..8).contains(&workers) || number("slots") < 4 || number("files") < 2, "{text}");
    assert!(number("time_ms") <= 2000, "{text}");
    let read = StormCase::open(case.as_ref()).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(read.to_text(), text);
    assert!(refused(&["replay", case]).contains("--disturb COMMAND"));
    let dir = path(folder.path());
    // It goes wrong in most of these storms, but not in all.
    let again = (0..10).find_map(|_| {
        let (code, out, said) = run(&["replay", case, "--dir", dir, "--disturb", "true"]);
        assert!(code == 1 || code == 4, "{out}{said}");
        (code == 1).then_some(out)
    });
    let out = again.expect("it goes wrong again");
    assert!(out.contains("VIOLATED: ") && out.contains("it still goes wrong"), "{out}");
    let damaged = folder.path().join("damaged.json");
    fs::write(&damaged, &text[..text.len() / 2]).expect("a file");
    assert!(refused(&["replay", path(&damaged)]).contains("damaged.json:"));
    let mut sound = read;
    sound.storm.place.planted = None;
    sound.storm.disturb = None;
    let file = folder.path().join("sound.json");
    fs::write(&file, sound.to_text()).expect("a file");
    let (code, out, said) = run(&["replay", path(&file), "--dir", dir]);
    assert_eq!(code, 4, "{out}{said}");
    assert!(out.contains("DIVERGED: in 5 storms like this one"), "{out}");
    assert!(refused(&["report", case, "--html", "page.html"]).contains("has no page"));
}

/// In turns, each worker takes a lock of a file at most once, and what was done is written for `conform`.
#[test]
fn in_turns_each_lock_of_a_file_is_taken_once_by_a_mount() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = path(folder.path());
    let more = ["--second", dir, "--workers", "6", "--filter", "posix", "--for", "6s"];
    let (code, out, said) = storm(&folder, &[&more[..], &["--turn", "1s"]].concat());
    assert_eq!(code, 0, "{out}{said}");
    for mount in ["mount-1.strace", "mount-2.strace"] {
        let file = folder.path().join("out/probe/storm-0").join(mount);
        let log = ClientLog::open("c1", &file).unwrap_or_else(|problem| panic!("{problem}"));
        let mut taken = Vec::new();
        for deed in &log.deeds {
            if let What::Lock(range, _) = &deed.what {
                let lock = (deed.path.clone(), *range);
                assert!(!taken.contains(&lock), "{mount}: {lock:?} is taken twice");
                taken.push(lock);
            }
        }
        assert!(taken.len() > 3, "{mount}: {taken:?}");
    }
}
