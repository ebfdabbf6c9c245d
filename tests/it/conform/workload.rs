//! Events of `live/run workload`, in which two clients use one file after the other. They are those of a
//! few of the files, and of all sessions and restarts.

use crate::program::run;

/// What the command says. It explains all that it covers.
fn conform(name: &str, profile: &str) -> String {
    let events = format!("tests/logs/{name}.events.jsonl");
    let log = format!("c1=tests/logs/{name}.client.txt");
    let command = ["conform", "delegation_return", &events, "--client", &log, "--profile", profile];
    let (code, out, said) = run(&command);
    assert_eq!(code, 0, "{out}{said}");
    out
}

/// Red if a lock in the log counts for another file, if a file that is closed before its recall counts
/// as open, if a rival that closed the file must reclaim it, or if a slice goes on over all restarts.
#[test]
fn files_that_are_used_one_after_the_other_are_told_apart() {
    let out = conform("workload", "linux_6_1_refused");
    for file in ["F13", "F35", "F38"] {
        assert!(out.contains(&format!("{file}, delegation of c1")), "{out}");
    }
    assert_eq!(out.lines().filter(|line| line.starts_with("admitted ")).count(), 3, "{out}");
    assert!(!out.contains("not checked"), "{out}");
}

/// Red if what is granted with a reclaim that did not ask for it counts as the delegation before.
#[test]
fn a_delegation_that_nobody_asked_for_is_not_the_one_before() {
    let out = conform("workload-612", "linux_6_12");
    assert_eq!(out.lines().filter(|line| line.starts_with("admitted ")).count(), 1, "{out}");
    let unasked = "not checked: 1 x a delegation that is granted with a reclaim";
    assert!(out.contains(unasked), "{out}");
}
