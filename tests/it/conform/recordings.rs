//! Recordings of real systems, checked against the models.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use latchwork::capture::event::{Event, What};
use latchwork::capture::status::Status;
use latchwork::conform::client_log::ClientLog;
use latchwork::conform::delegation_return::slices;
use latchwork::conform::recording;
use latchwork::conform::slice::Slice;
use latchwork::engines::follow::outcome::Followed;
use latchwork::files::configuration::rule_set;
use latchwork::jobs::conform::{Diagnosis, Outcome, conform as lay, diagnose};
use latchwork::report::schema;

use crate::program::{refused, run};
use crate::repository;

fn recorded(name: &str) -> PathBuf {
    repository("tests/captures").join(format!("{name}.pcap"))
}

fn events(name: &str) -> Vec<Event> {
    recording::events(&recorded(name)).expect("a recording")
}

fn logs(name: &str) -> Vec<ClientLog> {
    let path = recorded(name).with_extension("client.txt");
    vec![ClientLog::open("c1", &path).expect("a log")]
}

/// The one slice of events.
fn slice(events: &[Event], logs: &[ClientLog]) -> Slice {
    let (mut slices, _) = slices(events, logs);
    assert_eq!(slices.len(), 1);
    slices.remove(0)
}

/// The properties of a set, with commas between them.
fn names(set: latchwork::engines::verdict::PropertySet, slice: &Slice) -> String {
    let properties = (slice.configuration.entry.properties)();
    let names: Vec<&str> = set.iter().map(|id| properties[usize::from(id.0)].name).collect();
    names.join(", ")
}

/// The verdict of a slice under some rules: `admitted`, `violates ...`, `rejected at ...`.
fn verdict(slice: &Slice, rules: &str, may: bool) -> String {
    let configuration = rule_set(&slice.configuration, rules).expect("rules");
    let conformed = lay(slice, configuration, may).expect("steps of the model");
    match &conformed.outcome {
        Outcome::Followed(Followed::Admitted { may, .. }) if may.is_empty() => "admitted".into(),
        Outcome::Followed(Followed::Admitted { may, .. }) => {
            format!("admitted, may violate {}", names(*may, slice))
        }
        Outcome::Followed(Followed::Violates { every, .. }) => {
            format!("violates {}", names(*every, slice))
        }
        Outcome::Followed(Followed::Rejected(rejection)) => {
            let item = &slice.recorded[rejection.item];
            format!("rejected at {}, {}", item.says, item.place)
        }
        Outcome::Followed(Followed::TooMany(most)) => format!("more than {most}"),
        Outcome::NoModel(why) => format!("no model: {why}"),
        Outcome::Vacuous => "vacuous".into(),
    }
}

const LOST: &str = "violates no_two_holders, locks_backed, no_silent_gap";

/// The recordings with the log of their holder: under all rules, and under those of the kernel that
/// was recorded, whose server may refuse to grant a delegation again.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("knfsd-recall", "admitted", "linux_6_1_refused", "admitted"),
    (
        "knfsd-reboot",
        "rejected at OPEN previous of c2: OK, frames 159-160",
        "linux_6_1_refused",
        "admitted",
    ),
    (
        "knfsd-reboot-regrant",
        "rejected at RECLAIM_COMPLETE of c2: OK, frames 169-170",
        "linux_6_1_refused",
        "admitted",
    ),
    (
        "knfsd-reboot-lostlock",
        "rejected at OPEN previous of c1: OK, frames 170-171",
        "linux_6_1_refused",
        LOST,
    ),
    ("knfsd-session-lost", "rejected at OPEN of c1: OK, frames 145-146", "linux_6_1_refused", LOST),
    ("knfsd-session-control", "admitted", "linux_6_1_refused", "admitted"),
    ("612-a-session-lost-1", "rejected at OPEN of c2: OK, frames 142-143", "linux_6_12", LOST),
    ("612-a-control", "admitted", "linux_6_12", "admitted"),
];

#[test]
fn every_recording_comes_to_what_its_kernels_are_known_to_do() {
    for (name, full, profile, theirs) in TABLE {
        let slice = slice(&events(name), &logs(name));
        assert_eq!(verdict(&slice, "full", false), *full, "{name}");
        assert_eq!(verdict(&slice, profile, true), *theirs, "{name}");
    }
}

/// Without the log of the holder nobody knows which process believes in which lock: what was lost
/// may have been given up.
#[test]
fn without_a_log_of_the_client_the_bad_ones_may_violate_something() {
    for (name, _, profile, theirs) in TABLE {
        let found = verdict(&slice(&events(name), &[]), profile, true);
        let may = found.starts_with("admitted, may violate") && found.contains("no_two_holders");
        let wanted = if *theirs == LOST { may } else { found == "admitted" };
        assert!(wanted, "{name}: {found}");
    }
}

#[test]
fn a_recording_may_begin_in_the_middle() {
    for (name, full, profile, theirs) in TABLE {
        let all = events(name);
        for cut in [75, 76, 77, 78, 79, 80] {
            let left: Vec<Event> = all
                .iter()
                .filter(|event| event.window.f.is_none_or(|f| f > cut))
                .cloned()
                .collect();
            // Who the client is was said before.
            let client = slice(&all, &[]).name;
            let mut log = logs(name);
            log[0].client = client.rsplit(' ').next().expect("a name").to_string();
            let slice = slice(&left, &log);
            assert_eq!(verdict(&slice, "full", false), *full, "{name} without {cut} frames");
            assert_eq!(verdict(&slice, profile, false), *theirs, "{name} without {cut} frames");
        }
    }
}

fn diagnosis(name: &str, rules: &str) -> (Slice, Diagnosis) {
    let slice = slice(&events(name), &logs(name));
    let configuration = rule_set(&slice.configuration, rules).expect("rules");
    let found = diagnose(&slice, &configuration).expect("steps of the model");
    (slice, found.expect("a rejection"))
}

/// The switches that admit a rejected recording, with what every run violates then.
fn admitting(slice: &Slice, diagnosis: &Diagnosis) -> Vec<String> {
    let of = |one: &latchwork::jobs::conform::Admitting| {
        let toggles: Vec<String> = one.toggles.iter().map(ToString::to_string).collect();
        format!("{}: {}", toggles.join(" "), names(one.every, slice))
    };
    diagnosis.admitting.iter().map(of).collect()
}

#[test]
fn a_lost_lock_is_explained_by_one_switch_of_its_kernel() {
    let (slice, found) = diagnosis("knfsd-reboot-lostlock", "linux_6_1");
    let one = "-server_regrants_at_reclaim: no_two_holders, locks_backed, no_silent_gap";
    assert_eq!(admitting(&slice, &found), [one]);
}

#[test]
fn what_would_admit_a_recording_under_all_rules() {
    let (slice, found) = diagnosis("knfsd-session-lost", "full");
    let pair = "-failed_lock_claim_marks_open -lock_claim_in_place: \
                no_two_holders, locks_backed, no_silent_gap";
    assert_eq!(admitting(&slice, &found), [pair]);
    let (slice, found) = diagnosis("knfsd-reboot", "full");
    assert_eq!(admitting(&slice, &found), ["-server_regrants_at_reclaim +detach_after_rpc: "]);
    let (slice, found) = diagnosis("knfsd-reboot-regrant", "full");
    let all = admitting(&slice, &found);
    assert!(all.contains(&"-lock_claim_in_place: ".to_string()), "{all:#?}");
}

/// The events of a recording changed as its kernels would not have it: what was changed, and the
/// events.
fn mutations(events: &[Event]) -> Vec<(String, Vec<Event>)> {
    let holder = slice(events, &[]).name;
    let mine = |event: &Event| {
        event.c.is_some_and(|client| holder.ends_with(&client.to_string()))
            && event.window.f > Some(80)
    };
    let ok = |event: &Event| event.st.is_some_and(|status| status.is("OK"));
    let denied = |event: &Event| event.st.is_some_and(|status| status.is("DENIED"));
    let delayed = |event: &Event| event.st.is_some_and(|status| status.is("DELAY"));
    let kind = |event: &Event| match &event.what {
        What::CbRecall(_) => Some("no recall"),
        What::Open(open) if open.via.is_some() && ok(event) => Some("no OPEN claim"),
        What::Open(open) if open.had.is_some() && ok(event) => Some("no OPEN reclaim"),
        What::Lock(_) if mine(event) && ok(event) => Some("no LOCK"),
        What::ReclaimComplete(_) if mine(event) => Some("no RECLAIM_COMPLETE"),
        What::CreateSession(_) if mine(event) && ok(event) => Some("no CREATE_SESSION"),
        What::ServerStart(_) => Some("no restart"),
        _ => None,
    };
    let mut all = Vec::new();
    let mut add = |kind: &str, at: usize, change: &dyn Fn(&mut Vec<Event>)| {
        let mut changed = events.to_vec();
        change(&mut changed);
        all.push((format!("{kind}, event {}", events[at].i), changed));
    };
    for (at, event) in events.iter().enumerate() {
        if let Some(kind) = kind(event) {
            add(kind, at, &|changed| {
                changed.remove(at);
            });
        }
        match &event.what {
            What::Lock(_) if denied(event) => {
                add("granted", at, &|changed| changed[at].st = Some(Status::OK));
            }
            What::Open(_) if delayed(event) => {
                add("OPEN granted", at, &|changed| changed[at].st = Some(Status::OK));
            }
            What::Lock(_) if ok(event) => {
                add("refused", at, &|changed| changed[at].st = Some(Status::nfs(10010)));
            }
            What::Open(_) if ok(event) => {
                add("OPEN refused", at, &|changed| changed[at].st = Some(Status::nfs(10008)));
            }
            What::Delegreturn(_) if ok(event) => {
                add("DELEGRETURN refused", at, &|changed| {
                    changed[at].st = Some(Status::nfs(10025))
                });
            }
            _ => {}
        }
    }
    all
}

/// Recordings in which nothing went wrong, and the rules of the kernels that were recorded.
const GOOD: [(&str, &str); 8] = [
    ("knfsd-recall", "linux_6_1_refused"),
    ("knfsd-reboot", "linux_6_1_refused"),
    ("knfsd-reboot-regrant", "linux_6_1_refused"),
    ("knfsd-session-control", "linux_6_1_refused"),
    ("knfsd-return-control", "linux_6_1_refused"),
    ("knfsd-revoked-control", "linux_6_1_refused"),
    ("knfsd-reclaim-session-control", "linux_6_1_refused"),
    ("612-a-control", "linux_6_12"),
];

/// A time that is written is read as the same time: the last digit of a double counts.
#[test]
fn a_time_is_read_as_it_was_written() {
    let mut event = events("knfsd-recall").swap_remove(0);
    event.window.t = Some(1_795_722_084.000_656);
    let line = serde_json::to_string(&event).expect("JSON");
    let again: latchwork::capture::event::Line = serde_json::from_str(&line).expect("an event");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), line);
}

/// What is changed about a good recording is noticed: no run of the model explains it any more, or
/// every one violates something.
#[test]
fn a_changed_recording_is_noticed() {
    let (mut noticed, mut missed) = (0, Vec::new());
    for (name, rules) in GOOD {
        let (whole, _) = slices(&events(name), &logs(name));
        assert!(whole.iter().any(|slice| verdict(slice, rules, true) == "admitted"), "{name}");
        for (what, changed) in mutations(&events(name)) {
            let (slices, _) = slices(&changed, &logs(name));
            let found: Vec<String> =
                slices.iter().map(|slice| verdict(slice, rules, false)).collect();
            // With nothing left that says something of the protocol, `conform` ends with 5, and not
            // with 0.
            match found.iter().any(|found| found == "admitted") {
                true => missed.push(format!("{name}: {what}")),
                false => noticed += 1,
            }
        }
    }
    let told = [
        // What does not matter: the model begins with the delegation that this OPEN was given, ...
        "knfsd-recall: OPEN refused, event 27",
        "knfsd-reboot: OPEN refused, event 27",
        "knfsd-reboot-regrant: OPEN refused, event 27",
        "knfsd-session-control: OPEN refused, event 27",
        "knfsd-return-control: OPEN refused, event 25",
        "knfsd-revoked-control: OPEN refused, event 25",
        "knfsd-reclaim-session-control: OPEN refused, event 25",
        "612-a-control: OPEN refused, event 27",
        // ... a lock of the rival that overlaps none of the holder's says nothing of the delegation, ...
        "knfsd-recall: refused, event 37",
        "knfsd-reboot: refused, event 65",
        "knfsd-reboot-regrant: refused, event 66",
        "knfsd-session-control: refused, event 46",
        "612-a-control: refused, event 46",
        // ... this OPEN is of another file, ...
        "knfsd-reclaim-session-control: OPEN refused, event 38",
        // ... and of two recalls that the client refuses, one is enough.
        "knfsd-revoked-control: no recall, event 37",
        "knfsd-revoked-control: no recall, event 42",
        // What matters: the server may have revoked the delegation before.
        "knfsd-reboot-regrant: DELEGRETURN refused, event 78",
    ];
    let missed: BTreeSet<&str> = missed.iter().map(String::as_str).collect();
    assert_eq!(missed, BTreeSet::from(told), "{noticed} noticed");
    assert!(noticed >= 108, "{noticed}");
}

const DLM: &[&str] = &[
    "conform",
    "downconvert",
    "tests/logs/n0.txt",
    "tests/logs/n1.txt",
    "--map",
    "examples/maps/fs_dlm.json",
];

/// The race of 2008: a cancel between the mark BUSY and the call into the lock manager.
#[test]
fn tracepoints_of_a_lock_manager_are_checked_against_downconvert() {
    for skew in [&[][..], &["--skew", "10"]] {
        let result = |profile: &'static str| run(&[DLM, skew, &["--profile", profile]].concat());
        assert_eq!(result("before").0, 0);
        for profile in ["seed", "full"] {
            let (code, out, _) = result(profile);
            assert_eq!(code, 1);
            assert!(
                out.contains("at dlm_unlock_start: dc_cancel(n0), tests/logs/n0.txt:6-7"),
                "{out}"
            );
            assert!(out.contains("dc_cancel(n0) is not enabled"), "{out}");
            assert!(out.contains("admitted: with -pending_flag\n"), "{out}");
        }
    }
    let (code, out, _) = run(DLM);
    assert_eq!(code, 0, "one of the profiles admits it: {out}");
}

#[test]
fn a_violating_run_is_a_case_that_can_be_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let out_folder = folder.path().to_str().expect("UTF-8");
    let (recording, log) = (
        "tests/captures/knfsd-session-lost.pcap",
        "c1=tests/captures/knfsd-session-lost.client.txt",
    );
    let arguments =
        ["conform", "delegation_return", recording, "--client", log, "--out", out_folder];
    let (code, out, _) = run(&[&arguments[..], &["--profile", "linux_6_1"]].concat());
    assert_eq!(code, 1);
    assert!(
        out.contains("VIOLATES     linux_6_1  every run no_two_holders, locks_backed"),
        "{out}"
    );
    let case = out.lines().find_map(|line| line.strip_prefix("case:    ")).expect("a case");
    let (code, out, _) = run(&["replay", case]);
    assert_eq!(code, 1);
    assert!(out.contains("= LOCK 0-9 of c2: OK, frames 112-129"), "{out}");
    let page = folder.path().join("page.html");
    let page_name = page.to_str().expect("UTF-8");
    assert_eq!(run(&["report", case, "--html", page_name]).0, 0);
    let page = fs::read_to_string(&page).expect("a page");
    assert!(page.contains("recorded: LOCK 0-9 of c2: OK, frames 112-129"));
}

#[test]
fn what_says_nothing_of_the_protocol_is_vacuous() {
    let (code, out, _) =
        run(&["conform", "delegation_return", "tests/captures/nlm-blocking-granted.pcap"]);
    assert_eq!((code, out.contains("vacuous")), (5, true), "{out}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = fs::read(recorded("knfsd-recall")).expect("bytes");
    let flipped = good.iter().map(|byte| byte ^ 0x55).collect::<Vec<u8>>();
    let png = b"\x89PNG\r\n\x1a\n0000".to_vec();
    for (name, bytes) in
        [("empty", Vec::new()), ("cut", good[..1000].to_vec()), ("flipped", flipped), ("png", png)]
    {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let said = refused(&["conform", "delegation_return", path.to_str().expect("UTF-8")]);
        assert!(said.starts_with("error: ") && said.contains(name), "{said}");
    }
    let map = folder.path().join("map.json");
    for (text, said) in [
        ("{}", "the key `format` is missing"),
        (
            r#"{"format":1,"protocol":"downconvert","bounds":{"apps":[{"node":0,"program":["EX"]}]},"lines":[{"event":"a","do":"app_lok(a0)"}]}"#,
            "did you mean `app_lock`",
        ),
        (
            r#"{"format":1,"protocol":"downconvert","bounds":{"apps":[{"node":0,"program":["EX"]}]},"lines":[{"event":"dlm_ast","do":"app_lock(a7)"}]}"#,
            "the model has no step `app_lock(a7)` in these bounds",
        ),
    ] {
        fs::write(&map, text).expect("written");
        let map = map.to_str().expect("UTF-8");
        let arguments = ["conform", "downconvert", "tests/logs/n0.txt", "--map", map];
        let refusal = refused(&arguments);
        assert!(refusal.contains(said), "{refusal}");
    }
}

#[test]
fn a_map_follows_its_schema() {
    let validator = jsonschema::validator_for(&schema::map()).expect("a schema");
    let map = fs::read_to_string(repository("examples/maps/fs_dlm.json")).expect("text");
    let mut map: serde_json::Value = serde_json::from_str(&map).expect("JSON");
    validator.validate(&map).expect("the map follows the schema");
    map["lines"][0]["dos"] = "dc_cancel({host})".into();
    assert!(!validator.is_valid(&map), "an unknown key");
}

/// A CI host reads one test case for each slice and profile, and a failure for what is rejected.
#[test]
fn a_rejected_recording_is_a_failed_test_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("conform.xml");
    let junit = ["--profile", "full", "--junit", file.to_str().expect("UTF-8")];
    assert_eq!(run(&[DLM, &junit].concat()).0, 1);
    let text = fs::read_to_string(&file).expect("text");
    assert_eq!(text.matches("<testcase ").count(), 1, "{text}");
    assert!(text.contains("<failure message=\"REJECTED: at dlm_unlock_start: "), "{text}");
}

/// The output is the same at every run.
#[test]
fn the_facts_are_the_same_again() {
    let arguments = [DLM, &["--profile", "full", "--json"]].concat();
    let (_, once, _) = run(&arguments);
    assert_eq!(run(&arguments).1, once);
    let facts: serde_json::Value = serde_json::from_str(&once).expect("JSON");
    let validator = jsonschema::validator_for(&schema::conform()).expect("a schema");
    validator.validate(&facts).expect("the facts follow their schema");
    let result = &facts["slices"][0]["results"][0];
    assert_eq!(result["verdict"], "rejected");
    let admitting = result["diagnosis"]["admitting"].as_array().expect("a list");
    let switches: BTreeSet<String> =
        admitting.iter().map(|one| one["switches"].to_string()).collect();
    assert!(switches.contains("[\"-pending_flag\"]"), "{switches:?}");
}

/// Operations of others on delegated files: the kernel waits a moment for the recall, and answers
/// DELAY only then.
#[test]
fn a_server_waits_a_moment_for_a_recall() {
    let all = events("knfsd-nsops");
    let (slices, without) = latchwork::conform::recall::slices(&all, &[]);
    assert_eq!((slices.len(), without.len()), (8, 0), "{without:?}");
    let full: Vec<String> = slices.iter().map(|slice| verdict(slice, "full", false)).collect();
    let rejected = |at: usize, what: &str, frames: &str| {
        assert_eq!(full[at], format!("rejected at {what} of c2: OK, frames {frames}"));
    };
    rejected(0, "REMOVE", "95-102");
    rejected(1, "RENAME", "109-116");
    rejected(3, "SETATTR", "145-152");
    for (at, slice) in slices.iter().enumerate() {
        for profile in ["linux_6_1", "linux_6_12"] {
            assert_eq!(verdict(slice, profile, false), "admitted", "{}", slice.name);
        }
        // A change of attributes waits with the lock of the file.
        let short = verdict(slice, "full+short_wait", false);
        assert_eq!(short == "admitted", at != 3, "{}: {short}", slice.name);
        let short = verdict(slice, "full+short_wait+clean_return", false);
        assert_eq!(short, "admitted", "{}", slice.name);
        assert!([0, 1, 3].contains(&at) || full[at] == "admitted", "{}", full[at]);
    }
}

/// A lock that is asked for and blocks is granted by a message once its holder has unlocked.
#[test]
fn a_blocking_lock_that_is_granted_later_is_a_run_of_async_grant() {
    let all = events("nlm-blocking-granted");
    let (slices, without) = latchwork::conform::async_grant::slices(&all, &[]);
    assert_eq!((slices.len(), without.len()), (1, 0), "{without:?}");
    assert!(slices[0].left_out.is_empty(), "{:?}", slices[0].left_out);
    assert_eq!(verdict(&slices[0], "full", true), "admitted");
    assert_eq!(verdict(&slices[0], "linux_6_12", true), "admitted");
    // The profile is lockd over GFS2, for which it asks no blocking request; it was over a local
    // filesystem here.
    let found = verdict(&slices[0], "linux_6_1", true);
    assert!(found.starts_with("rejected at NLM_LOCK of c2: BLOCKED"), "{found}");
    // Without the UNLOCK of the holder nobody could have been granted it.
    let is_unlock = |event: &&Event| !matches!(&event.what, What::NlmUnlock(_) if event.i == 2);
    let changed: Vec<Event> = all.iter().filter(is_unlock).cloned().collect();
    let (slices, _) = latchwork::conform::async_grant::slices(&changed, &[]);
    let found = verdict(&slices[0], "full", false);
    assert!(found.starts_with("rejected at NLM_GRANTED_MSG"), "{found}");
}
