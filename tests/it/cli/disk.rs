//! `check --disk`: what is refused, and that the bytes are those of a check in memory.

use std::fs;
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

use crate::program::{path, refused, run};
use crate::repository;

/// 15,627 states. It holds.
const SMALL: &str = "scenarios/async_grant/two_try.json";
/// 177,953 states, and a violation.
const LARGE: &str = "scenarios/downconvert/stale_cancel.json";
/// A few thousand states, some of which cannot finish.
const STUCK: &str = "scenarios/delegation_return/linux_6_12_known_reboot_deadlock.json";
/// The properties of fair runs.
const OF_RUNS: [(&str, &str); 3] = [
    (SMALL, "no_retry_storm,request_settles,waiter_granted,late_grant_released,grace_ends"),
    (LARGE, "all_apps_finish,bast_is_served"),
    (STUCK, "recall_answered"),
];

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A check; its code, what it printed, and the cases that it wrote.
    fn check(
        &self,
        what: &str,
        ignore: &str,
        more: &[&str],
    ) -> (i32, String, Vec<(String, String)>) {
        let out = tempfile::tempdir().expect("a folder");
        let place = out.path().display().to_string();
        let fixed = ["check", what, "--ignore", ignore, "--json", "--out", &place];
        let (code, printed, said) = run(&[&fixed[..], more].concat());
        assert!(code < 2, "{said}");
        let cases = crate::paths(out.path(), ".json").into_iter().map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("text"))
        });
        (code, printed, cases.collect())
    }

    /// Arguments that are refused; what it says.
    fn refused(&self, arguments: &[&str]) -> String {
        let said = refused(&[&["check", "--out", &self.path("out")], arguments].concat());
        assert!(said.contains("hint: "), "{said}");
        said
    }
}

/// A search that is over needs no forecast, one that is cut off gets a sentence, and of many
/// scenarios there is none.
#[test]
fn a_forecast_is_of_one_search_that_is_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let forecast = |file: &str, time: &str| {
        run(&["check", file, "--forecast", time, "--out", path(folder.path())])
    };
    let (code, _, told) = forecast("scenarios/recall/link_one.json", "60s");
    assert!(code == 0 && told.contains("was searched within the time"), "{code}: {told}");
    let large = "scenarios/async_grant/large/three_requests.json";
    let (code, _, told) = forecast(large, "1s");
    assert!(code == 3 && told.contains("forecast: async_grant/three_requests: "), "{told}");
    let told = refused(&["check", "recall", "--forecast", "1s"]);
    assert!(told.contains("--forecast is for one scenario"), "{told}");
}

#[test]
fn the_bytes_are_those_of_a_check_in_memory() {
    for (what, ignore) in [OF_RUNS[0], OF_RUNS[2]] {
        let place = Place::new();
        let disk = place.path("disk");
        let expected = place.check(what, ignore, &[]);
        assert!(what == SMALL || !expected.2.is_empty(), "a case is written");
        for memory in ["1M", "64M"] {
            let found = place.check(what, ignore, &["--disk", &disk, "--memory", memory]);
            assert_eq!(found, expected, "{what}, {memory}: the second time it is over");
        }
    }
}

#[test]
fn properties_of_fair_runs_make_it_inconclusive() {
    let place = Place::new();
    let out = place.path("out");
    let disk = place.path("disk");
    let (code, printed, said) =
        run(&["check", SMALL, "--out", &out, "--disk", &disk, "--memory", "1M"]);
    assert_eq!(code, 3, "{printed}{said}");
    assert!(printed.contains("properties of fair runs are not decided"), "{printed}");
    assert!(said.contains("note: ") && said.contains(" free; a state takes at most "), "{said}");
    // With more memory there is room for their graph, and they are decided.
    let whole = ["check", SMALL, "--out", &out, "--json"];
    let (code, printed, said) = run(&[&whole[..], &["--disk", &disk]].concat());
    assert_eq!((code, &printed), (0, &run(&whole).1));
    assert!(said.contains("the search is over, with 15627 states"), "{said}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let place = Place::new();
    let disk = place.path("disk");
    for other in ["--exact", "--symmetry", "--coverage"] {
        let said = place.refused(&[SMALL, "--disk", &disk, other]);
        assert!(said.contains(&format!("--disk does not go with {other}")), "{said}");
    }
    let kept = place.path("kept");
    let said = place.refused(&[SMALL, "--disk", &disk, "--checkpoint", &kept]);
    assert!(said.contains("--disk does not go with --checkpoint"), "{said}");
    assert!(place.refused(&["recall", "--disk", &disk]).contains("--disk is for one scenario"));
    let said = place.refused(&["downconvert", "--engine", "std", "--disk", &disk]);
    assert!(said.contains("apply to searches, not to threads"), "{said}");
    assert!(!std::path::Path::new(&disk).exists(), "nothing was written");
}

#[test]
fn a_folder_of_something_else_is_refused() {
    let place = Place::new();
    let disk = place.path("disk");
    place.check(SMALL, OF_RUNS[0].1, &["--disk", &disk]);
    let other = "scenarios/async_grant/two_wait.json";
    assert!(place.refused(&[other, "--disk", &disk]).contains("belongs to another check"));
    assert!(place.refused(&[SMALL, "--disk", &disk]).contains("belongs to another check"));
    let foreign = place.path("foreign");
    fs::create_dir(&foreign).expect("a folder");
    fs::write(format!("{foreign}/level-00000"), "mine").expect("a file");
    assert!(place.refused(&[SMALL, "--disk", &foreign]).contains("contains other files"));
    assert_eq!(fs::read_to_string(format!("{foreign}/level-00000")).expect("text"), "mine");
    let kept = place.path("kept");
    run(&["check", SMALL, "--out", &place.path("out"), "--checkpoint", &kept]);
    assert!(place.refused(&[SMALL, "--disk", &kept]).contains("contains a checkpoint"));
}

/// A second process is refused as long as the first one searches.
#[cfg(unix)]
#[test]
fn a_folder_in_use_is_refused() {
    let place = Place::new();
    let disk = place.path("disk");
    let ignore = OF_RUNS[1].1;
    let mut command = Command::cargo_bin("latchwork").expect("the program is built");
    command.args(["check", LARGE, "--memory", "1K", "--threads", "1", "--disk", &disk]);
    command.args(["--ignore", ignore, "--out", &place.path("out")]).current_dir(repository(""));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    while !std::path::Path::new(&format!("{disk}/level-00002")).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let said = place.refused(&[LARGE, "--disk", &disk]);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    assert!(said.contains("in use"), "{said}");
    // The kill leaves the folder usable.
    let out = place.path("out");
    let few =
        ["check", LARGE, "--ignore", ignore, "--out", &out, "--disk", &disk, "--states", "999"];
    let (code, printed, said) = run(&few);
    assert_eq!(code, 3, "{printed}{said}");
    assert!(said.contains("the same command goes on"), "{said}");
}

/// Files cannot grow beyond 64 KiB: the search ends with what it covered, and goes on later.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_a_search_that_goes_on_later() {
    let place = Place::new();
    let (disk, ignore) = (place.path("disk"), OF_RUNS[0].1);
    let program = Command::cargo_bin("latchwork").expect("the program is built");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]);
    command.arg(program.get_program()).args(["check", SMALL, "--ignore", ignore, "--json"]);
    command.args(["--disk", &disk, "--out", &place.path("out")]).current_dir(repository(""));
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the same command goes on from its last commit"), "{said}");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("\"stopped\": \"disk\""), "{out}");
    let expected = place.check(SMALL, ignore, &[]);
    assert_eq!(place.check(SMALL, ignore, &["--disk", &disk]), expected);
}
