//! The same traffic recorded in other ways: other files, links and addresses, segments out of order,
//! a beginning in the middle, damage.

use std::mem::discriminant;

use latchwork::capture;
use latchwork::capture::event::{End, Event, What};

use super::pcap::{self, Drawn, Frame, cooked, frames};
use super::recordings::{events, imported};

#[test]
fn files_links_and_addresses_make_no_difference() {
    for name in ["knfsd-reboot", "nlm-blocking-granted"] {
        let file = pcap::bytes(name);
        let cooked = frames(&file);
        let golden = imported(&file);
        let ethernet = |protocol: [u8; 2]| [&[2; 12][..], &protocol].concat();
        let tagged = |protocol: [u8; 2]| {
            [&[2; 12][..], &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 9], &protocol].concat()
        };
        let old = |protocol: [u8; 2]| [&[0; 14][..], &protocol].concat();
        let padded: Vec<Frame> = pcap::relinked(&cooked, ethernet)
            .into_iter()
            .map(|mut frame| {
                frame.bytes.resize(frame.bytes.len().max(60), 0);
                frame
            })
            .collect();
        let shapes = [
            ("big-endian, nanoseconds", pcap::big_endian(276, &cooked)),
            ("pcapng", pcap::pcapng(276, &cooked, false)),
            ("pcapng, big-endian", pcap::pcapng(276, &cooked, true)),
            ("Ethernet", pcap::pcap(1, &padded)),
            ("VLAN", pcap::pcap(1, &pcap::relinked(&cooked, tagged))),
            ("SLL", pcap::pcap(113, &pcap::relinked(&cooked, old))),
            ("IPv6", pcap::cooked(&pcap::in_ipv6(&cooked))),
        ];
        for (shape, file) in shapes {
            assert_eq!(imported(&file), golden, "{name}: {shape}");
        }
        // These links carry nothing but IP.
        let ip: Vec<Frame> =
            cooked.iter().filter(|frame| frame.protocol() == [8, 0]).cloned().collect();
        let golden = imported(&pcap::cooked(&ip));
        for link in [101, 12, 228] {
            let raw = pcap::pcap(link, &pcap::relinked(&ip, |_| Vec::new()));
            assert_eq!(imported(&raw), golden, "{name}: raw IP, link {link}");
        }
        let loopback = pcap::pcap(0, &pcap::relinked(&ip, |_| vec![2, 0, 0, 0]));
        assert_eq!(imported(&loopback), golden, "{name}: loopback");
    }
}

/// The events without frames and times.
fn said(events: &[Event]) -> Vec<String> {
    let without = |event: &Event| {
        let mut value = serde_json::to_value(event).expect("JSON");
        for key in ["f", "rf", "t", "rt"] {
            value.as_object_mut().expect("an object").remove(key);
        }
        value.to_string()
    };
    events.iter().map(without).collect()
}

/// Segments that arrive twice, in small parts, and out of order.
#[test]
fn streams_are_put_together_again() {
    for path in pcap::all() {
        let file = std::fs::read(&path).expect("bytes");
        let (frames, golden) = (frames(&file), said(&events(&file)));
        let name = path.display();
        let twice: Vec<Frame> = frames.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
        if !name.to_string().contains("nlm") {
            assert_eq!(said(&events(&cooked(&twice))), golden, "{name}: each frame twice");
        }
        let mut parts = Vec::new();
        for frame in &frames {
            let len = frame.payload().len();
            let size = 1 + parts.len() % 41;
            if len == 0 {
                parts.push(frame.clone());
            }
            for from in (0..len).step_by(size) {
                // Each part overlaps with the one before.
                parts.push(frame.part(from.saturating_sub(3), (from + size).min(len)));
            }
        }
        assert_eq!(said(&events(&cooked(&parts))), golden, "{name}: in parts");
        let mut swapped = parts.clone();
        for at in (1..swapped.len()).step_by(2) {
            let (one, other) = (swapped[at - 1].segment(), swapped[at].segment());
            let (Some((one, _)), Some((other, _))) = (one, other) else { continue };
            if one == other && !swapped[at - 1].payload().is_empty() {
                swapped.swap(at - 1, at);
            }
        }
        assert_ne!(swapped, parts);
        assert_eq!(said(&events(&cooked(&swapped))), golden, "{name}: out of order");
    }
}

/// A frame that the recording lost costs only its own contents.
#[test]
fn a_lost_frame_costs_its_own_message() {
    let file = pcap::bytes("knfsd-recall");
    let (frames, golden) = (frames(&file), events(&file));
    let mut lost = 0;
    for at in (0..frames.len()).filter(|at| !frames[*at].payload().is_empty()) {
        let mut less = frames.clone();
        less.remove(at);
        let number = at as u64 + 1;
        let left = events(&cooked(&less));
        let of_frame =
            |event: &&Event| event.window.f == Some(number) || event.window.rf == Some(number);
        let touched = golden.iter().filter(of_frame).count();
        assert!(left.len().abs_diff(golden.len()) <= touched, "frame {number}");
        // Later events are the same, one frame earlier, except for names.
        let later = |events: &[Event], than: u64| -> Vec<(u64, Option<String>)> {
            let later = events.iter().filter_map(|event| {
                let window = event.window;
                let (f, rf) = (window.f?, window.rf?);
                (f > than && rf > than).then(|| (f, event.st.map(|status| status.to_string())))
            });
            later.collect()
        };
        let want: Vec<_> = later(&golden, number).into_iter().map(|(f, st)| (f - 1, st)).collect();
        assert_eq!(later(&left, number - 1), want, "without frame {number}");
        lost += 1;
    }
    assert!(lost > 60);
}

/// Frames of which the recording kept only the beginning.
#[test]
fn short_frames_tell_what_they_hold() {
    let file = pcap::bytes("knfsd-nsops");
    let mut short = file[..24].to_vec();
    for frame in frames(&file) {
        let kept = frame.bytes.len().min(20 + 20 + 32 + 204);
        for word in [frame.time.0, frame.time.1, kept as u32, frame.bytes.len() as u32] {
            short.extend(word.to_le_bytes());
        }
        short.extend(&frame.bytes[..kept]);
    }
    let mut all = Vec::new();
    let end = capture::import(&short[..], &mut |event| all.push(event)).expect("a recording");
    assert!(end.gaps > 10 && end.messages_cut > 10, "{end:?}");
    let closed = all.iter().filter(|event| matches!(event.what, What::Close(_))).count();
    assert!(closed >= 8, "a CLOSE is short enough to be whole: {closed}");
}

/// With the first frames cut off, later events are the same except for names.
#[test]
fn a_recording_may_begin_in_the_middle() {
    for path in pcap::all() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let file = std::fs::read(&path).expect("bytes");
        let (frames, golden) = (frames(&file), events(&file));
        for cut in [1, 40, 75, 76, 77, 78, 79, 80] {
            let number = cut as u64;
            let left = events(&cooked(&frames[cut..]));
            let mut clients = std::collections::BTreeMap::new();
            let tell = |event: &Event, before: u64| -> Option<String> {
                let (f, rf) = (event.window.f?, event.window.rf?);
                if f <= before {
                    return None;
                }
                let what = serde_json::to_value(&event.what).expect("JSON");
                let kind = what["ev"].as_str().expect("a kind").to_string();
                Some(format!("{} {} {kind} {:?}", f - before, rf - before, event.st))
            };
            let want: Vec<_> = golden.iter().filter_map(|event| tell(event, number)).collect();
            // A call that is sent again after the cut has its first frame before it.
            let known = |event: &&Event| {
                let rf = event.window.rf.map(|rf| rf + number);
                !golden.iter().any(|whole| {
                    discriminant(&whole.what) == discriminant(&event.what)
                        && whole.window.rf == rf
                        && whole.window.f.is_none_or(|f| f <= number)
                })
            };
            let got: Vec<_> =
                left.iter().filter(known).filter_map(|event| tell(event, 0)).collect();
            // The window of a start begins with the last good answer that was seen.
            let sure = |told: &[String]| -> Vec<String> {
                told.iter().filter(|line| !line.contains("server_start")).cloned().collect()
            };
            assert_eq!(sure(&got), sure(&want), "{name} without {cut} frames");
            let starts = |told: &[Event]| {
                told.iter().filter(|event| matches!(event.what, What::ServerStart(_))).count()
            };
            assert_eq!(starts(&left), starts(&golden), "{name} without {cut} frames");
            // A client has one name in all of the recording, and no two have the same.
            for event in &left {
                let (Some(rf), Some(own)) = (event.window.rf, event.c) else { continue };
                let whole = golden
                    .iter()
                    .find(|whole| whole.window.rf == Some(rf + number) && whole.c.is_some());
                if let Some(whole) = whole.and_then(|whole| whole.c) {
                    let known = *clients.entry(own).or_insert(whole);
                    assert_eq!(known, whole, "{name} without {cut} frames: {own}");
                }
            }
            let mut names: Vec<_> = clients.values().collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), clients.len(), "{name} without {cut} frames: {clients:?}");
        }
    }
}

/// Damages a recording in one of several ways.
fn damaged(file: &[u8], drawn: &mut Drawn) -> Vec<u8> {
    let mut file = file.to_vec();
    match drawn.below(5) {
        0 => file.truncate(drawn.below(file.len())),
        1 => {
            for _ in 0..=drawn.below(20) {
                let at = drawn.below(file.len());
                file[at] ^= 1 << drawn.below(8);
            }
        }
        2 => {
            for _ in 0..=drawn.below(6) {
                let at = drawn.below(file.len() - 4);
                let word: [u8; 4] = match drawn.below(4) {
                    0 => [0xff; 4],
                    1 => [0; 4],
                    2 => [0x80, 0, 0, 0],
                    _ => [0, 0, 0, drawn.below(256) as u8],
                };
                file[at..at + 4].copy_from_slice(&word);
            }
        }
        3 => {
            let (from, len) = (drawn.below(file.len()), drawn.below(400));
            file.drain(from..(from + len).min(file.len()));
        }
        _ => {
            let (from, to, len) =
                (drawn.below(file.len()), drawn.below(file.len()), drawn.below(400));
            let moved: Vec<u8> = file[from..(from + len).min(file.len())].to_vec();
            file.splice(to..to, moved);
        }
    }
    file
}

/// Imports a number of damaged recordings; returns how many were refused.
fn import_damaged(count: usize, drawn: &mut Drawn) -> usize {
    let files: Vec<Vec<u8>> =
        pcap::all().iter().map(|path| std::fs::read(path).expect("bytes")).collect();
    let next: Vec<Vec<u8>> =
        files.iter().map(|file| pcap::pcapng(276, &frames(file), false)).collect();
    let all: Vec<&Vec<u8>> = files.iter().chain(&next).collect();
    let mut refused = 0;
    for at in 0..count {
        let file = damaged(all[at % all.len()], drawn);
        let mut last: Option<Event> = None;
        let result: Result<End, _> = capture::import(&file[..], &mut |event| {
            let next = last.as_ref().map_or(0, |last| last.i + 1);
            assert_eq!(event.i, next);
            let (f, rf) = (event.window.f, event.window.rf);
            assert!(f.is_some() || rf.is_some());
            assert!(f.zip(rf).is_none_or(|(f, rf)| f <= rf), "{event:?}");
            last = Some(event);
        });
        refused += usize::from(result.is_err());
    }
    refused
}

#[test]
fn damage_makes_no_panic() {
    let refused = import_damaged(1_000, &mut Drawn(1));
    assert!((150..970).contains(&refused), "{refused}");
}

/// `cargo test --test it -- --ignored a_hundred_thousand --nocapture`
#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_damaged_recordings() {
    let refused = import_damaged(100_000, &mut Drawn(2));
    println!("100000 damaged recordings, {refused} refused");
}

/// The memory of an import does not depend on the length of the recording.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_recording() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let peak = |size: usize| -> u64 {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("latchwork"))
            .args(["import", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it runs");
        let mut to = child.stdin.take().expect("a pipe");
        pcap::repeated("knfsd-reboot", size, |bytes| to.write_all(bytes).expect("it reads"));
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        drop(to);
        assert!(child.wait().expect("it ends").success());
        let status = status.expect("a status");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the peak");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
    };
    let (short, long) = (peak(24 << 20), peak(72 << 20));
    // What is remembered of clients and calls fills up; nothing is kept of an event.
    assert!(long < short + short / 4, "{short} kB, and {long} kB for three times as much");
}

/// Writes a large recording for measurements: `LATCHWORK_SIZE` bytes, to `LATCHWORK_FILE`.
#[test]
#[ignore = "writes a large file"]
fn a_large_recording() {
    use std::io::Write;
    let size =
        std::env::var("LATCHWORK_SIZE").map_or(50_000_000, |size| size.parse().expect("bytes"));
    let path = std::env::var("LATCHWORK_FILE").expect("LATCHWORK_FILE names the file");
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    pcap::repeated("knfsd-reboot", size, |bytes| file.write_all(bytes).expect("written"));
    file.flush().expect("written");
}
