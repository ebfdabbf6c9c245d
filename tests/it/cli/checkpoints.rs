//! Checks that are checkpointed and resumed: what is refused, and what is not lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

use crate::program::{refused, run};
use crate::repository;

/// 168,565 states, and a violation.
const LARGE: &str = "scenarios/downconvert/stale_cancel.json";
/// 15,627 states.
const SMALL: &str = "scenarios/async_grant/two_try.json";

/// A folder for checks, and the arguments that name places in it.
struct Place {
    folder: tempfile::TempDir,
    kept: String,
    out: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name| folder.path().join(name).display().to_string();
        let (kept, out) = (path("kept"), path("out"));
        Self { folder, kept, out }
    }

    /// A check that stops after a number of states.
    fn begun(what: &str, states: &str, more: &[&str]) -> Self {
        let place = Self::new();
        let arguments = [&["--checkpoint", &place.kept, "--states", states], more].concat();
        let (code, out, said) = place.check(what, &arguments);
        assert_eq!(code, 3, "{out}{said}");
        assert!(said.contains("--resume"), "it says how to go on: {said}");
        place
    }

    fn check(&self, what: &str, arguments: &[&str]) -> (i32, String, String) {
        run(&[&["check", what, "--json", "--out", &self.out], arguments].concat())
    }

    fn resumed(&self, what: &str, arguments: &[&str]) -> (i32, String, String) {
        self.check(what, &[&["--resume", &self.kept], arguments].concat())
    }

    fn refused(&self, what: &str) -> String {
        refused(&["check", what, "--out", &self.out, "--resume", &self.kept])
    }

    /// The checkpoint file of a search.
    fn search(&self) -> PathBuf {
        let [file] = &crate::paths(Path::new(&self.kept), ".search")[..] else {
            panic!("one search is written down")
        };
        file.clone()
    }
}

#[test]
fn a_check_goes_on_where_a_budget_has_ended_it() {
    for more in [&[][..], &["--exact"], &["--threads", "1"]] {
        let place = Place::begun(SMALL, "3000", more);
        let undisturbed = place.check(SMALL, more);
        assert_eq!(undisturbed.0, 0);
        assert_eq!(place.resumed(SMALL, more), undisturbed);
        assert_eq!(place.resumed(SMALL, more), undisturbed, "what came of it is kept");
        assert!(crate::paths(Path::new(&place.kept), ".search").is_empty(), "that is all");
    }
}

/// The table exceeds the memory in the middle of a level, and the search resumes there.
#[test]
fn a_check_goes_on_where_the_memory_has_ended_it() {
    let place = Place::new();
    let (kept, undisturbed) = (place.kept.as_str(), place.check(SMALL, &[]));
    let (code, out, _) = place.check(SMALL, &["--memory", "900K", "--checkpoint", kept]);
    assert!(code == 3 && out.contains("\"stopped\": \"memory\""), "{out}");
    let again = place.resumed(SMALL, &["--memory", "900K"]);
    assert_eq!((again.0, again.1), (code, out), "there is no more memory now");
    assert_eq!(place.resumed(SMALL, &[]), undisturbed);
}

/// Scenarios that were finished before the stop are not run again.
#[test]
fn a_set_of_scenarios_goes_on() {
    let place = Place::begun("recall", "400", &[]);
    let outcomes = crate::paths(Path::new(&place.kept), ".outcome").len();
    let searches = crate::paths(Path::new(&place.kept), ".search").len();
    assert!(outcomes > 3 && searches > 3, "{outcomes} are done, {searches} are not");
    let undisturbed = place.check("recall", &[]);
    assert_eq!(place.resumed("recall", &[]), undisturbed);
}

#[test]
fn a_damaged_file_is_refused_and_nothing_is_lost() {
    let place = Place::begun(SMALL, "3000", &[]);
    let good = fs::read(place.search()).expect("the search");
    let len = good.len();
    for at in [0, 25, 90, len / 3, len / 2, len - 80, len - 40, len - 1] {
        let mut bad = good.clone();
        bad[at] ^= 4;
        fs::write(place.search(), bad).expect("it can be written");
        let said = place.refused(SMALL);
        let wrong = ["is damaged or cut off", "is not a checkpoint"];
        assert!(wrong.iter().any(|wrong| said.contains(wrong)), "byte {at}: {said}");
        assert!(said.contains(".search: ") && said.contains("hint: "), "{said}");
    }
    for len in [0, 10, 21, 100, len / 2, len - 1] {
        fs::write(place.search(), &good[..len]).expect("it can be written");
        let said = place.refused(SMALL);
        assert!(said.contains("cut off") || said.contains("is not a checkpoint"), "{len}: {said}");
    }
    fs::write(place.search(), good).expect("it can be written");
    assert_eq!(place.resumed(SMALL, &[]), place.check(SMALL, &[]));
}

#[test]
fn another_check_is_refused() {
    let place = Place::begun(SMALL, "3000", &[]);
    for other in ["scenarios/async_grant/two_wait.json", "async_grant"] {
        let said = place.refused(other);
        assert!(said.contains("belongs to another check") && said.contains("hint: "), "{said}");
    }
    let kept = place.kept.as_str();
    let said = refused(&["check", SMALL, "--exact", "--resume", kept]);
    assert!(said.contains("belongs to another check"), "{said}");
    let said = refused(&["check", SMALL, "--checkpoint", kept]);
    assert!(said.contains("already contains a checkpoint") && said.contains("--resume"), "{said}");
    let said = refused(&["check", SMALL, "--checkpoint", kept, "--resume", "elsewhere"]);
    assert!(said.contains("different folders"), "{said}");
    // What belongs to another scenario is not taken for this one's.
    let other = Place::begun("scenarios/async_grant/two_wait.json", "1000", &[]);
    fs::copy(other.search(), place.search()).expect("it can be copied");
    assert!(place.refused(SMALL).contains("belongs to another check"));
}

#[test]
fn where_nothing_can_be_kept_nothing_runs() {
    let place = Place::new();
    assert!(place.refused(SMALL).contains("the folder contains no checkpoint"));
    assert!(!Path::new(&place.kept).exists());
    let file = place.folder.path().join("file");
    fs::write(&file, "").expect("it can be written");
    let below = file.join("kept").display().to_string();
    let said = refused(&["check", "downconvert", "--engine", "std", "--checkpoint", &place.kept]);
    assert!(said.contains("leave --engine out"), "{said}");
    let said = refused(&["check", SMALL, "--checkpoint", &below]);
    assert!(said.contains("cannot write: ") && said.contains("hint: "), "{said}");
}

/// Files cannot grow beyond 512 KiB: the search reports it and continues, and the previous
/// checkpoint is still valid.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_ends_nothing_and_loses_nothing() {
    let place = Place::new();
    let program = Command::cargo_bin("latchwork").expect("the program is built");
    let limited = |states: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "sh"]);
        command.arg(program.get_program()).args(["check", SMALL, "--json", "--out", &place.out]);
        command.args(["--checkpoint", &place.kept, "--resume", &place.kept]);
        command.args(["--checkpoint-every", "500", "--states", states]);
        let output = command.current_dir(repository("")).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
    };
    let (code, _, said) = limited("12000");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("warning: ") && said.contains("cannot write a checkpoint"), "{said}");
    assert!(fs::metadata(place.search()).expect("the one before").len() <= 1024 * 1024);
    assert!(crate::paths(Path::new(&place.kept), ".new").is_empty(), "no half of a file is left");
    let undisturbed = place.check(SMALL, &[]);
    let (code, out, said) = limited("1000000");
    assert_eq!((code, out), (undisturbed.0, undisturbed.1.clone()));
    assert!(said.contains("cannot write a checkpoint"), "{said}");
    assert_eq!(place.resumed(SMALL, &[]), undisturbed);
}

/// Sends a check that is under way a signal, once `under_way` says that it is.
#[cfg(unix)]
fn interrupted(arguments: &[&str], under_way: impl Fn() -> bool) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("latchwork").expect("the program is built");
    command.args(arguments).current_dir(repository("")).stdout(Stdio::piped());
    let child = command.stderr(Stdio::null()).spawn().expect("it runs");
    while !under_way() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_what_was_covered() {
    let place = Place::new();
    let kept = place.kept.as_str();
    let arguments =
        ["check", LARGE, "--out", &place.out, "--checkpoint", kept, "--checkpoint-every", "2000"];
    let is_written = || !crate::paths(Path::new(kept), ".search").is_empty();
    let begun = || Path::new(kept).is_dir() && is_written();
    let (code, out) = interrupted(&arguments, begun);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("inconclusive: ") && out.contains("it was interrupted with"), "{out}");
    assert_eq!(place.resumed(LARGE, &[]), place.check(LARGE, &[]));
}
