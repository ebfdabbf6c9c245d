//! Recordings of real traffic: their events, and files that are not recordings.

use std::fs;

use latchwork::capture;
use latchwork::capture::event::{Event, Line, What};
use latchwork::report::schema;

use super::pcap;
use crate::program::{path, refused, run};
use crate::repository;

/// The events of a recording, as they are written.
pub fn imported(recording: &[u8]) -> String {
    let mut text = Vec::new();
    capture::write(recording, &mut text).expect("a recording");
    String::from_utf8(text).expect("UTF-8")
}

/// The events of a recording.
pub fn events(recording: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    capture::import(recording, &mut |event| events.push(event)).expect("a recording");
    events
}

/// The committed events are those that are imported now.
#[test]
fn golden_events_of_every_recording() {
    let mut stale = Vec::new();
    for path in pcap::all() {
        let recording = fs::read(&path).expect("bytes");
        let text = imported(&recording);
        assert_eq!(text, imported(&recording), "the same again");
        let golden = path.with_extension("events.jsonl");
        if fs::read_to_string(&golden).is_ok_and(|committed| committed == text) {
            continue;
        }
        if std::env::var_os("LATCHWORK_UPDATE").is_some() {
            fs::write(&golden, &text).expect("written");
        } else {
            stale.push(golden);
        }
    }
    assert!(stale.is_empty(), "LATCHWORK_UPDATE=1 cargo test golden_events writes {stale:#?}");
    assert!(pcap::all().len() >= 22);
}

#[test]
fn events_follow_their_schema_and_can_be_read_again() {
    let schema = jsonschema::validator_for(&schema::events()).expect("a schema");
    for path in crate::paths(&repository("tests/captures"), ".jsonl") {
        let text = fs::read_to_string(&path).expect("text");
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            let mut value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            if let Err(error) = schema.validate(&value) {
                panic!("{place}: {error}");
            }
            let read: Line = serde_json::from_str(line).expect("a line of events");
            assert_eq!(serde_json::to_string(&read).expect("JSON"), line, "{place}");
            match (&read, number) {
                (Line::Head(_), 0) => {}
                (Line::Event(event), 1..) => assert_eq!(event.i, number as u64 - 1, "{place}"),
                (Line::Last(last), 1..) => {
                    let end = &last.end;
                    assert_eq!(number + 1, text.lines().count(), "{place}");
                    assert_eq!(end.events, number as u64 - 1, "{place}");
                    assert_eq!((end.gaps, end.messages_not_understood), (0, 0), "{place}");
                    assert_eq!(end.replies_to_nothing, 0, "{place}");
                }
                _ => panic!("{place}: out of place"),
            }
            value["more"] = serde_json::json!(1);
            assert!(!schema.is_valid(&value), "{place}: an unknown key");
        }
    }
}

/// A kind of event, its frames, and what it says: what was found in the recordings by hand.
type Fact = (&'static str, u64, u64, &'static str);

#[test]
fn what_happened_in_the_recordings_is_there() {
    let facts: [(&str, &[Fact]); 8] = [
        (
            "knfsd-recall",
            &[
                ("open", 81, 82, r#""st":"DELAY""#),
                ("cb_recall", 83, 85, r#""sid":"s2""#),
                ("lock", 86, 88, r#""type":"read","off":0,"len":10,"new":true"#),
                ("delegreturn", 91, 92, r#""sid":"s2","st":"OK""#),
                ("lock", 100, 101, r#""type":"write","off":200,"len":10"#),
                (
                    "lock",
                    102,
                    103,
                    r#""denied":{"type":"read","off":0,"len":10,"owner":"l1"},"st":"DENIED""#,
                ),
            ],
        ),
        (
            "knfsd-reboot",
            &[
                ("server_start", 107, 122, r#""why":"stale_clientid""#),
                (
                    "delegreturn",
                    108,
                    144,
                    r#""st":"BADSESSION","at":"sequence","ses":"S2","slot":0,"seq":17,"resend":1"#,
                ),
                (
                    "open",
                    159,
                    160,
                    r#""claim":"previous","fh":"F2","access":"read","deny":"none","owner":"o1","had":"read","sid":"s4","deleg":"none","st":"OK""#,
                ),
                ("lock", 161, 162, r#""reclaim":true"#),
                ("delegreturn", 169, 170, r#""sid":"s2","st":"BAD_STATEID""#),
            ],
        ),
        (
            "knfsd-reboot-lostlock",
            &[
                ("open", 170, 171, r#""claim":"previous""#),
                ("reclaim_complete", 172, 176, r#""st":"OK""#),
            ],
        ),
        (
            "knfsd-reboot-regrant",
            &[
                ("lock", 114, 152, r#""st":"BADSESSION""#),
                ("open", 167, 168, r#""had":"read","sid":"s4","deleg":"read","dsid":"s5""#),
                ("reclaim_complete", 169, 170, r#""st":"OK""#),
                ("lock", 175, 176, r#""st":"GRACE""#),
            ],
        ),
        (
            "knfsd-session-lost",
            &[
                ("session_lost", 116, 118, r#""lost":"S2""#),
                ("lock", 130, 133, r#""off":100,"len":50,"via":"s4","st":"BADSESSION""#),
                ("create_session", 139, 140, r#""st":"OK""#),
                ("delegreturn", 144, 155, r#""st":"OK""#),
            ],
        ),
        (
            "knfsd-nsops",
            &[
                ("remove", 95, 102, r#""name":"f1","fh":"F2","st":"OK""#),
                ("rename", 109, 116, r#""name":"f2","to_dir":"F1","to_name":"f2b","fh":"F3""#),
                ("link", 126, 127, r#""st":"DELAY""#),
                ("setattr", 145, 152, r#""attrs":["mode"]"#),
            ],
        ),
        ("612-b-chmod-known", &[("client_expired", 159, 213, r#""c":"c1""#)]),
        (
            "nlm-blocking-granted",
            &[
                (
                    "nlm_lock",
                    217,
                    219,
                    r#""type":"write","off":5,"len":10,"block":true,"state":3,"st":"BLOCKED""#,
                ),
                ("nlm_unlock", 221, 222, r#""st":"GRANTED""#),
                ("nlm_granted_msg", 236, 239, r#""c":"c2""#),
                ("nlm_granted_res", 251, 253, r#""cookie":"k5","st":"GRANTED""#),
            ],
        ),
    ];
    for (name, facts) in facts {
        let text = imported(&pcap::bytes(name));
        for (ev, f, rf, says) in facts {
            let is_it = |line: &&str| {
                line.contains(&format!("\"ev\":\"{ev}\""))
                    && line.contains(&format!("\"f\":{f},\"rf\":{rf},"))
            };
            let line = text.lines().find(is_it);
            let line = line.unwrap_or_else(|| panic!("{name}: no {ev} in frames {f} to {rf}"));
            assert!(line.contains(says), "{name}: {says} is not in {line}");
        }
    }
}

/// Neither the restart of a server nor a lost session is seen where there was none.
#[test]
fn nothing_is_inferred_where_nothing_happened() {
    for path in pcap::all() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let count = |is: fn(&What) -> bool| {
            events(&fs::read(&path).expect("bytes")).iter().filter(|event| is(&event.what)).count()
        };
        let restarted = ["reboot", "-b-", "reclaim-session", "return-twice"];
        let starts = usize::from(restarted.iter().any(|part| name.contains(part)));
        assert_eq!(count(|what| matches!(what, What::ServerStart(_))), starts, "{name}");
        let lost = usize::from(name.contains("session-lost"));
        assert_eq!(count(|what| matches!(what, What::SessionLost(_))), lost, "{name}");
        let expired = usize::from(name == "612-b-chmod-known");
        assert_eq!(count(|what| matches!(what, What::ClientExpired(_))), expired, "{name}");
    }
}

#[test]
fn the_command_prints_and_writes_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = "tests/captures/knfsd-recall.pcap";
    let golden = fs::read_to_string(repository("tests/captures/knfsd-recall.events.jsonl"));
    let golden = golden.expect("the events");
    let (code, out, said) = run(&["import", recording]);
    assert_eq!((code, out == golden, said.as_str()), (0, true, ""));
    let file = folder.path().join("events.jsonl");
    let (code, out, said) = run(&["import", recording, "--output", path(&file)]);
    assert_eq!((code, out, said.as_str()), (0, format!("written: {}\n", file.display()), ""));
    assert_eq!(fs::read_to_string(&file).expect("written"), golden);
    let recording = fs::read(repository(recording)).expect("bytes");
    let output = crate::program::latchwork(&["import", "-"]).write_stdin(recording).output();
    assert_eq!(output.expect("it runs").stdout, golden.into_bytes(), "from the standard input");
}

#[test]
fn a_file_that_is_no_recording_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("bad.pcap"), folder.path().join("events.jsonl"));
    let good = pcap::bytes("knfsd-recall");
    let mut length = good.clone();
    length[24 + 11] ^= 0x40;
    let mut time = good.clone();
    time[24 + 7] ^= 0x80;
    let mut magic = good.clone();
    magic[1] ^= 1;
    let next = pcap::pcapng(276, &pcap::frames(&good), false);
    let mut total = next.clone();
    total[4] ^= 2;
    let mut interface = next.clone();
    let at = next.windows(4).position(|word| word == [6, 0, 0, 0]).expect("a packet");
    interface[at + 8] = 9;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";
    let cases: [(&str, &[u8], &str); 12] = [
        ("empty", b"", "the file is empty"),
        ("PNG", png, "this is not a capture: it starts neither like pcap nor like pcapng"),
        ("text", b"1795 c1 open", "this is not a capture"),
        ("magic", &magic, "this is not a capture"),
        ("one byte", &good[..1], "this is not a capture"),
        ("header cut", &good[..20], "the file is cut off after 0 frames"),
        ("frame cut", &good[..good.len() - 1], "the file is cut off after 135 frames"),
        ("length", &length, "the file is damaged after 0 frames"),
        ("time", &time, "frame 1 has an impossible length or time"),
        ("pcapng cut", &next[..next.len() - 30], "the file is cut off after"),
        ("pcapng length", &total, "the file is"),
        ("pcapng interface", &interface, "frame 1 belongs to no interface"),
    ];
    for (what, bytes, says) in cases {
        fs::write(&file, bytes).expect("written");
        let said = refused(&["import", path(&file), "-o", path(&out)]);
        assert!(said.contains("bad.pcap: ") && said.contains(says), "{what}: {said}");
        assert!(said.len() < 300, "{what}: {said}");
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "{what}: left behind"
        );
    }
    let said = refused(&["import", path(folder.path())]);
    assert!(said.contains("is a directory, not a file"), "{said}");
    assert!(refused(&["import", "nowhere.pcap"]).contains("nowhere.pcap: cannot read"));
    fs::write(&file, &good).expect("written");
    let said = refused(&["import", path(&file), "-o", path(&folder.path().join("no/such/x"))]);
    assert!(said.contains("no/such/x: cannot write") && said.contains("hint:"), "{said}");
}

/// A recording that shows nothing is not a success.
#[test]
fn a_recording_of_other_traffic_is_vacuous() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.pcap");
    let frames = pcap::frames(&pcap::bytes("nlm-blocking-granted"));
    fs::write(&file, pcap::cooked(&frames[..180])).expect("written");
    let (code, out, said) = run(&["import", path(&file)]);
    assert_eq!(code, 5, "{said}");
    assert_eq!(said, "vacuous: the recording holds no NFSv4.1, NFSv4.2 or NLM traffic\n");
    let end = out.lines().last().expect("a line");
    assert!(out.lines().count() == 2 && end.contains("\"portmap\":"), "{out}");
}
