//! Events of `live/run storm-turns` and its control. Each file has those of one delegation, of the sessions and
//! of the restarts while it was held, and what the processes of its client did.

use crate::program::run;

/// What the command says about a recording, and its exit code.
fn conform(name: &str, client: &str) -> (i32, String) {
    let events = format!("tests/logs/storm/{name}.events.jsonl");
    let log = format!("{client}=tests/logs/storm/{name}.{client}.txt");
    let out = tempfile::tempdir().expect("a folder");
    let folder = out.path().to_str().expect("a path");
    let profile = ["--profile", "linux_6_1_refused", "--out", folder];
    let command = ["conform", "delegation_return", &events, "--client", &log];
    let (code, said, _) = run(&[&command[..], &profile].concat());
    (code, said)
}

/// One delegation is explained, and nothing is left out.
fn is_admitted(name: &str, client: &str) {
    let (code, out) = conform(name, client);
    assert_eq!(code, 0, "{out}");
    assert_eq!(out.lines().filter(|line| line.starts_with("admitted ")).count(), 1, "{out}");
    assert!(!out.contains("not checked"), "{out}");
}

/// Red if locks are numbered by their ranges, or if the unlock of one process is one of another's lock.
#[test]
fn locks_are_claimed_in_any_order_and_unlocked_by_their_owners() {
    is_admitted("order", "c1");
}

/// Red if answers DELAY about other files count.
#[test]
fn delays_of_other_files_do_not_count() {
    is_admitted("delay", "c1");
}

/// Red if the slice goes on after the client has closed the file and opened it again.
#[test]
fn a_file_that_is_opened_again_has_nothing_to_do_with_the_delegation() {
    is_admitted("reopened", "c2");
}

/// Red if the open that granted the delegation is still the one that is closed, although a process
/// opened the file in memory after that.
#[test]
fn a_file_is_opened_again_in_memory() {
    is_admitted("again", "c2");
}

/// Red if a process that closes the file while its client recovers must call the server.
#[test]
fn a_client_that_recovers_unlocks_and_closes_in_memory() {
    is_admitted("forgotten", "c2");
}

/// Red if the client must claim an open that its log says is closed.
#[test]
fn a_file_that_is_closed_in_memory_is_not_claimed() {
    is_admitted("unneeded", "c2");
}

/// Red if a recall that overtakes the grant counts as one that the client knows.
#[test]
fn a_recall_may_overtake_the_grant() {
    is_admitted("crossing", "c1");
}

/// Red if a client that was told NO_GRACE about another file can still reclaim this one.
#[test]
fn a_client_that_comes_too_late_reclaims_nothing() {
    is_admitted("late", "c2");
}

/// Red if a slice covers what the model does not have.
#[test]
fn what_the_model_does_not_have_is_not_checked() {
    for (name, why) in [
        ("locked", "whose client had a lock before"),
        ("more", "which does not cover its client's open"),
    ] {
        let (code, out) = conform(name, "c2");
        assert_eq!(code, 5, "{out}");
        assert!(out.contains(why), "{out}");
    }
}

/// The storm's own finding: the server restarts between two LOCK claims, does not grant the delegation again,
/// and grants a conflicting lock. Red if the delegation goes on over all restarts of the recording.
#[test]
fn the_lock_that_a_storm_lost_is_convicted() {
    let (code, out) = conform("found", "c1");
    assert_eq!(code, 1, "{out}");
    let violates = "VIOLATES     linux_6_1_refused  every run no_two_holders";
    assert!(out.contains(violates), "{out}");
}
