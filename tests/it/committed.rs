//! What is committed: scenarios, cases, pages.

use std::path::{Path, PathBuf};

use latchwork::engines::explore::Options;
use latchwork::files::case::Case;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::{Checked, check};
use latchwork::report::run::story::Story;

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files below a folder whose names end like this, in order.
pub fn paths(folder: &Path, ending: &str) -> Vec<PathBuf> {
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

/// A scenario, by its path below `scenarios/`.
pub fn scenario(name: &str) -> Scenario {
    Scenario::open(&repository("scenarios").join(name)).expect("a scenario")
}

/// A case that its model takes as it is.
pub fn case(path: &Path) -> Case {
    Case::open(path, false).expect("a case")
}

/// The story of a case.
pub fn story(case: &Case) -> Story {
    Story::of(case).expect("the model takes it")
}

/// A scenario whose shortest counterexample has a deadlock at its end.
const PENDING: &str =
    "scenarios/downconvert/ablations/without_pending_flag_two_apps_o2dlm_can_finish.json";

/// The result of a check of a scenario file with a number of threads.
pub fn checked(file: &str, threads: usize) -> Checked {
    let scenario = Scenario::open(&repository(file)).expect("a scenario");
    check(scenario, &Options { threads, ..Options::default() }, &()).expect("an instance")
}

/// The case of [`PENDING`].
pub fn pending_case(threads: usize) -> Case {
    let checked = checked(PENDING, threads);
    checked.case(checked.main_violation().expect("a violation"))
}
