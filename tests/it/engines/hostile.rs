//! Damaged and hostile bytes at the port of a rank: no panic, and nobody who does not know the secret
//! changes a search.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::Options;
use latchwork::engines::explore::disk::Disk;
use latchwork::engines::explore::ranks::Place;
use latchwork::engines::explore::ranks::handshake::Job;
use latchwork::engines::explore::ranks::sockets::Sockets;
use latchwork::engines::explore::ranks::transport::Transport;
use latchwork::engines::instance::Instance;
use latchwork::engines::verdict::Exploration;
use latchwork::files::scenario::Scenario;

use crate::repository;

struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.next(most + 1)).map(|_| self.next(256) as u8).collect()
    }
}

fn framed(mail: &[u8]) -> Vec<u8> {
    [&(mail.len() as u32).to_le_bytes(), mail].concat()
}

/// A report that rank 1 could send, or nearly.
fn report(actions: usize, antecedents: usize, draw: &mut Draw) -> String {
    let count = |draw: &mut Draw| [0, 1, 7, 1 << 40, u64::MAX][draw.next(5)];
    let actions = vec![serde_json::json!({ "enabled": count(draw), "fired": 1 }); actions];
    let shown = serde_json::json!([0, count(draw)]);
    let file = ["level-00000-001", "../../escape", "", "level-00001-001"][draw.next(4)];
    let part = serde_json::json!({ "file": file, "size": { "items": count(draw), "bytes": 3 } });
    let figures =
        serde_json::json!({ "frontier": 0, "memory": count(draw), "mails": 1, "disk": 2 });
    let report = serde_json::json!({ "Report": {
        "coverage": { "actions": actions, "antecedents": vec![0; antecedents] },
        "shown": if draw.next(2) == 0 { 0.into() } else { shown },
        "constrained": false,
        "part": if draw.next(2) == 0 { serde_json::Value::Null } else { part },
        "fresh": count(draw),
        "stopped": null,
        "figures": figures,
    } });
    format!("w{report}")
}

/// What comes over a connection of a rank that knows the secret.
fn hostile(actions: usize, antecedents: usize, draw: &mut Draw) -> Vec<u8> {
    let mut all = Vec::new();
    for _ in 0..=draw.next(4) {
        let words = [
            r#"w"OnDisk""#,
            r#"w{"States":18446744073709551615}"#,
            r#"w{"Failed":"x"}"#,
            "x",
            r#"w{"Begin":[]}"#,
            r#"w{"Swept":{"found":18446744073709551615,"left":0}}"#,
            "w",
            "?",
            r#"w{"Left":18446744073709551615}"#,
            r#"w{"Decision":{"goes_on":true,"moves":[],"commits":true}}"#,
        ];
        let mut mail = match draw.next(6) {
            0 => {
                // That it has lost some rank, or anything.
                let word = u32::MAX - draw.next(3) as u32;
                all.extend(word.to_le_bytes().into_iter().skip(4 * draw.next(2)));
                all.extend(draw.bytes(40));
                continue;
            }
            1 => draw.bytes(64),
            2 => [&b"?!wx"[draw.next(4)..][..1], &[draw.next(6) as u8], &draw.bytes(70)].concat(),
            3 => words[draw.next(words.len())].as_bytes().to_vec(),
            4 => {
                let less = draw.next(20).saturating_sub(18);
                report(actions.saturating_sub(less), antecedents + less, draw).into_bytes()
            }
            // Whole fingerprints.
            _ => {
                let prints = 8 * draw.next(20);
                let kind = [b'?', 1 + draw.next(4) as u8, 0, 0, 1, 0, 0, 0];
                [&kind[..], &(0..prints).map(|_| draw.next(256) as u8).collect::<Vec<_>>()].concat()
            }
        };
        if draw.next(4) == 0 && !mail.is_empty() {
            let at = draw.next(mail.len());
            mail[at] ^= 1 << draw.next(8);
        }
        all.extend(framed(&mail));
    }
    all
}

/// Searches as rank 0 of some.
fn searched(
    instance: &dyn Instance,
    transport: &dyn Transport,
) -> Result<Option<Exploration>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let stamp = Stamp { version: "1".into(), build: "test".into(), of: "hostile".into() };
    let disk = Disk { folder: folder.path().to_path_buf(), stamp, every: 1 };
    let place = Place { disk: &disk, commits: true, transport, worth_moving: 1 };
    let options = Options { memory: Some(1 << 26), ..Options::default() };
    instance.explore_as_rank(&options, place, &()).map_err(|why| why.to_string())
}

/// Rank 1 of two knows the secret, sends bytes, and closes the connection. Red if rank 0 panics, does not end,
/// or concludes a search.
fn after_the_handshake(trials: impl Iterator<Item = u64>) {
    let path = repository("scenarios/downconvert/cross.json");
    let scenario = Scenario::open(&path).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let empty = instance.explore(&Options::default(), &()).coverage;
    let (actions, antecedents) = (empty.actions.len(), empty.antecedents.len());
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = listener.local_addr().expect("an address");
    for trial in trials {
        let mut draw = Draw(trial);
        let bytes = hostile(actions, antecedents, &mut draw);
        let mut stream = TcpStream::connect(address).expect("it listens");
        let (accepted, _) = listener.accept().expect("it comes");
        let sockets = Sockets::new(0, vec![None, Some(accepted)]).expect("sockets");
        // It may have been sent away before all is written.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            searched(instance.as_ref(), &sockets)
        }));
        let said = said.unwrap_or_else(|_| panic!("trial {trial} panics: {bytes:?}"));
        assert!(said.is_err(), "trial {trial} ends well: {bytes:?}");
    }
}

/// Bytes come while ranks meet; the search of those who have met has the result of one in memory.
fn at_the_handshake(trials: u64) {
    let path = repository("scenarios/downconvert/cross.json");
    let scenario = Scenario::open(&path).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let options = Options { memory: Some(1 << 26), ..Options::default() };
    let expected = instance.explore(&options, &());
    let stamp = Stamp { version: "1".into(), build: "test".into(), of: "hostile".into() };
    let patience = std::time::Duration::from_secs(300);
    let secret = "a secret of the test".to_string();
    let hosts = vec!["127.0.0.1:0".to_string(); 2];
    let job = Job { secret, stamp, me: 0, hosts, patience };
    let listener = job.bind().expect("an address");
    let address = listener.local_addr().expect("an address");
    let other =
        Job { me: 1, hosts: vec![address.to_string(), "127.0.0.1:0".into()], ..job.clone() };
    std::thread::scope(|scope| {
        let chief = scope.spawn(move || job.meet(listener).expect("rank 1 comes"));
        for trial in 0..trials {
            let mut draw = Draw(trial);
            let mut stream = TcpStream::connect(address).expect("it listens");
            let hello = r#"{"magic":"latchwork ranks 1","nonce":"00"}"#;
            let bytes = match draw.next(3) {
                0 => draw.bytes(90),
                1 => framed(&draw.bytes(90)),
                _ => [framed(hello.as_bytes()), framed(&draw.bytes(90)), draw.bytes(9)].concat(),
            };
            // It may be sent away before all is written.
            let _ = stream.write_all(&bytes);
        }
        let bound = other.bind().expect("an address");
        let one = other.meet(bound).expect("rank 0 listens");
        let chief = chief.join().expect("no panic");
        let instance = instance.as_ref();
        let helper = scope.spawn(move || searched(instance, &one));
        assert_eq!(searched(instance, &chief), Ok(Some(expected)));
        assert_eq!(helper.join().expect("no panic"), Ok(None));
    });
}

#[test]
fn five_thousand_strangers_do_no_harm() {
    at_the_handshake(5_000);
}

/// Most of the time is spent waiting for threads of other trials.
#[test]
fn five_thousand_hostile_ranks_do_no_harm() {
    const THREADS: u64 = 8;
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || after_the_handshake((first..5_000).step_by(THREADS as usize)));
        }
    });
}
