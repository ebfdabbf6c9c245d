//! Scenario and case files: canonical bytes, and errors a newcomer can act on.

use std::fs;

use latchwork::encoding::json::Document;
use latchwork::files::case::Case;

use crate::committed::pending_case;
use crate::program::{refused, run};
use crate::repository;

/// The committed case was written by a release build with two threads; this is a test build.
#[test]
fn a_case_is_the_same_bytes_everywhere() {
    let committed = "scenarios/downconvert/cases/pending_flag.json";
    let text = pending_case(1).to_text();
    assert_eq!(text, pending_case(2).to_text());
    let file = fs::read_to_string(repository(committed)).expect("the committed case");
    assert_eq!(text, file, "{committed} is not what is found now");
    let case = Case::read(&Document::new("case", file.clone()), false).expect("a case");
    assert_eq!(case.to_text(), file, "read and written again");
    let steps = file.lines().filter(|line| line.starts_with("    {\"action\"")).map(str::len);
    let bytes: Vec<usize> = steps.collect();
    assert_eq!(bytes.len(), 23);
    assert!(bytes.iter().sum::<usize>() <= 200 * bytes.len(), "{bytes:?}");
}

#[test]
fn every_committed_case_replays_and_is_canonical() {
    let mut cases = 0;
    for path in crate::paths(&repository("scenarios"), ".json") {
        if !path.to_string_lossy().contains("/cases/") {
            continue;
        }
        cases += 1;
        let case = Case::open(&path, false).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(case.to_text(), fs::read_to_string(&path).expect("text"));
        let (code, out, said) = run(&["replay", path.to_str().expect("UTF-8")]);
        assert_eq!(code, i32::from(case.verdict.violated), "{out}{said}");
        let still = format!("{} is still violated (exit code 1)", case.verdict.property);
        assert_eq!(out.contains(&still), case.verdict.violated, "{out}");
    }
    assert!(cases > 0);
}

/// Defects of a scenario file, and the error for each.
#[test]
fn a_bad_scenario_is_refused_where_it_is_bad() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.json");
    let good = fs::read_to_string(repository("scenarios/downconvert/two_apps.json")).expect("text");
    let edits = [
        (
            "\"bounds\"",
            "\"fault\": {}, \"bounds\"",
            ":4:3: unknown key `fault`\nhint: did you mean `faults`?",
        ),
        ("\"format\": 1", "\"format\": 2", ":2:13: unknown format 2"),
        (
            "\"format\": 1",
            "\"format\": \"1\"",
            ":2:13: expected a whole number, 0 or more, found a string",
        ),
        ("\"format\": 1", "\"format\": 1, \"format\": 1", "the key `format` appears twice"),
        ("downconvert", "upconvert", ":3:15: unknown protocol `upconvert`"),
        ("\"node\": 1", "\"node\": 7", "`node` is a number from 0 to 2"),
        ("\"node\": 1", "\"node\": 2", "an application runs on a node that is not there"),
        ("\"node\": 1", "\"node\": 99999999999999999999", "expected a whole number"),
        ("\"node\": 1", "\"node\": -1", "expected a whole number"),
        ("[\"PR\"]", "[\"PX\"]", "`program` cannot be `PX`\nhint: did you mean `EX`?"),
        ("[\"PR\"]", "[]", "`program` has from 1 to 4 items, not 0"),
        (
            "\"expect\"",
            "\"without\": [\"pending_flg\"], \"expect\"",
            "did you mean `pending_flag`?",
        ),
        ("\"expect\"", "\"profile\": \"2010\", \"expect\"", "has no profile `2010`"),
        ("\"expect\"", "\"with\": [\"sees_cancelgrant\"], \"expect\"", "needs `o2dlm`"),
        ("\"expect\"", "\"reach\": [\"no_bug\"], \"expect\"", "is not a goal"),
        (
            "\"expect\"",
            "\"ignore\": [\"no_bug\", \"bound_exceeded\"], \"expect\"",
            ":11:24: `bound_exceeded` cannot be ignored: nothing is searched beyond a step over a \
             bound\nhint: raise the bound, or expect it: {\"violates\": \"bound_exceeded\"",
        ),
        (
            "\"expect\"",
            "\"ignore\": [\"no_panic\"], \"expect\"",
            ":11:14: `no_panic` cannot be ignored: nothing is searched beyond a panic\nhint: \
             correct the model, or expect it: {\"violates\": \"no_panic\"",
        ),
        (
            "\"expect\"",
            "\"faults\": {\"late_bast\": 3}, \"expect\"",
            "`late_bast` is a number from 0 to 2",
        ),
        ("\"holds\": true", "\"holds\": false", "`holds` can only be true"),
        ("\"holds\": true", "\"violates\": \"no_bug\"", "the key `steps` is missing"),
        ("\"holds\": true", "", "exactly one of"),
        ("\"expect\": { \"holds\": true }", "\"engine\": {}", "the key `explore` is missing"),
    ];
    for (from, to, said) in edits {
        assert!(good.contains(from), "{from}");
        fs::write(&file, good.replacen(from, to, 1)).expect("written");
        let message = refused(&["check", file.to_str().expect("UTF-8")]);
        assert!(message.contains("bad.json") && message.contains(said), "{to}: {message}");
    }
}

#[test]
fn a_file_that_is_no_scenario_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.json");
    let path = file.to_str().expect("UTF-8");
    let noise: Vec<u8> =
        (0..10_000_000u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let contents: [(&[u8], &str); 6] = [
        (b"", "bad.json:1:1: EOF"),
        (b"{\"format\": 1, \"proto", "bad.json:1:"),
        (b"[1, 2]", "bad.json:1:1: expected an object, found a list"),
        (b"nothing", "bad.json:1:"),
        (&noise, "is not text in UTF-8"),
        (&[b'['; 300_000], "bad.json:1:"),
    ];
    for (bytes, said) in contents {
        fs::write(&file, bytes).expect("written");
        for command in ["check", "replay"] {
            let message = refused(&[command, path]);
            assert!(message.contains(said), "{said:?} in {message}");
            assert!(message.len() < 500, "{message}");
        }
    }
    let deep =
        format!("{{\"format\":1,\"protocol\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    fs::write(&file, deep).expect("written");
    assert!(refused(&["check", path]).contains("expected a string, found a list"));
    fs::remove_file(&file).expect("removed");
    assert!(refused(&["check", path]).contains("cannot read"));
    assert!(
        refused(&["replay", folder.path().to_str().expect("UTF-8")]).contains("is a directory")
    );
    assert!(
        refused(&["check", folder.path().to_str().expect("UTF-8")])
            .contains("the folder contains no scenario")
    );
    #[cfg(unix)]
    {
        fs::write(&file, "{}").expect("written");
        std::os::unix::fs::symlink(
            folder.path().join("loop.json"),
            folder.path().join("loop.json"),
        )
        .expect("linked");
        let path = folder.path().join("loop.json");
        assert!(refused(&["check", path.to_str().expect("UTF-8")]).contains("cannot read"));
    }
}

#[test]
fn a_bad_case_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.json");
    let good = pending_case(1).to_text();
    let edits = [
        ("\"format\": 1", "\"format\": 9", "unknown format 9"),
        ("\"downconvert\"", "\"recal\"", "unknown protocol `recal`"),
        ("[\"pending_flag\"]", "[\"pending_flags\"]", "has no rule `pending_flags`"),
        ("\"can_finish\"", "\"can_finnish\"", "did you mean `can_finish`?"),
        ("\"steps\":10", "\"steps\":99", "fewer steps than the verdict states"),
        ("\"proven\"", "\"proved\"", "did you mean `proven`?"),
        ("[0,1]", "[0,1,1]", "a change is a list of two"),
        ("[0,1]", "[0,999]", "from 0 to 255"),
        ("app_lock(a1)", "app_lock(a0)", "the digest does not match"),
        ("\"busy\":0", "\"bu.sy\":0", "there is no field `bu.sy`"),
        ("sha256:", "sha256:0", "the digest does not match"),
    ];
    for (from, to, said) in edits {
        assert!(good.contains(from), "{from}");
        fs::write(&file, good.replacen(from, to, 1)).expect("written");
        let message = refused(&["replay", file.to_str().expect("UTF-8")]);
        assert!(message.contains(said), "{to}: {message}");
    }
}
