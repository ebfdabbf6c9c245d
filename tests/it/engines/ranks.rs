//! A search by several ranks has the result of one in memory. Here ranks are threads of the test, or
//! meet over loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::Options;
use latchwork::engines::explore::disk::Disk;
use latchwork::engines::explore::ranks::Place;
use latchwork::engines::explore::ranks::handshake::Job;
use latchwork::engines::explore::ranks::local::Local;
use latchwork::engines::explore::ranks::transport::{Transport, gone};
use latchwork::engines::instance::Instance;
use latchwork::engines::verdict::{BuiltIn, Exploration, PropertyKind, PropertySet};
use latchwork::files::scenario::{Goal, Scenario};

use crate::{paths, repository};

fn stamp(of: &str) -> Stamp {
    Stamp { version: "1".into(), build: "test".into(), of: of.into() }
}

/// Searches by ranks that are threads.
fn by_ranks(
    instance: &dyn Instance,
    options: &Options,
    folder: &Path,
    ranks: usize,
) -> Result<Exploration, String> {
    let disk = Disk { folder: folder.to_path_buf(), stamp: stamp("test"), every: 1 };
    let disk = &disk;
    std::thread::scope(|scope| {
        let rank = |transport: Local| {
            scope.spawn(move || {
                let place = Place { disk, commits: true, transport: &transport, worth_moving: 1 };
                instance.explore_as_rank(options, place, &()).map_err(|why| why.to_string())
            })
        };
        let ranks: Vec<_> = Local::ranks(ranks).into_iter().map(rank).collect();
        let mut found = ranks.into_iter().map(|rank| rank.join().expect("no panic"));
        let first = found.next().expect("rank 0")?;
        assert!(found.all(|other| other == Ok(None)), "only rank 0 has a result");
        first.ok_or_else(|| "nothing".to_string())
    })
}

/// A sample of default scenarios and ablations, at 1, 2 and 3 ranks with one thread and with two. Red
/// if a state is lost or found twice, a level is concluded in another way, another run is chosen, or
/// `can_finish` or a property of fair runs differs.
#[test]
fn results_are_those_of_a_search_in_memory() {
    let (mut states, mut violated, mut stuck, mut temporal) = (0, 0, 0, 0);
    let all = paths(&repository("scenarios"), ".json").into_iter().filter(|path| {
        let folder = path.parent().and_then(Path::file_name).expect("a folder");
        folder == "ablations"
            || path.parent().and_then(Path::parent) == Some(&repository("scenarios"))
    });
    for (at, path) in all.enumerate().filter(|(at, _)| at % 4 == 2) {
        let scenario = Scenario::open(&path).expect("a scenario");
        let instance = scenario.configuration.instance().expect("an instance");
        let witness = |goal: &Goal| match goal {
            Goal::Action(at) => Some(*at as u8),
            Goal::Property(_) => None,
        };
        let options = Options {
            threads: 1 + at / 4 % 2,
            properties: PropertySet::ALL.minus(scenario.ignore),
            witnesses: scenario.reach.iter().filter_map(witness).collect(),
            ..Options::default()
        };
        let expected = instance.explore(&options, &());
        if expected.statistics.distinct > 3_000 {
            continue;
        }
        for ranks in [1 + at / 4 % 3, 2] {
            let folder = tempfile::tempdir().expect("a folder");
            let found = by_ranks(instance.as_ref(), &options, folder.path(), ranks);
            assert_eq!(found.as_ref(), Ok(&expected), "{} at {ranks} ranks", path.display());
            // Begun once more, it is over, and says the same.
            let again = by_ranks(instance.as_ref(), &options, folder.path(), 3 - ranks % 2);
            assert_eq!(again, Ok(expected.clone()), "{} once more", path.display());
        }
        let properties = (scenario.configuration.entry.properties)();
        let kind = |id: usize| properties[id].kind;
        states += expected.statistics.distinct;
        violated += usize::from(!expected.discoveries.is_empty());
        for found in &expected.discoveries {
            let kind = kind(usize::from(found.property.0));
            let is_stuck = kind == PropertyKind::BuiltIn(BuiltIn::CanFinish);
            stuck += usize::from(is_stuck);
            temporal += usize::from(kind.needs_graph() && !is_stuck);
        }
    }
    assert!(
        states > 8_000 && violated > 8 && stuck > 0 && temporal > 0,
        "{states}, {violated}, {stuck}, {temporal}"
    );
}

/// A search that ends at a budget of states goes on with any number of ranks.
#[test]
fn a_search_goes_on_with_another_number_of_ranks() {
    let path = repository("scenarios/downconvert/cross.json");
    let scenario = Scenario::open(&path).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let options = Options { threads: 2, ..Options::default() };
    let expected = instance.explore(&options, &());
    let folder = tempfile::tempdir().expect("a folder");
    for (part, ranks) in [(8, 2), (3, 3), (2, 1)] {
        let states = Some(expected.statistics.distinct / part);
        let options = Options { states, ..options.clone() };
        let found = by_ranks(instance.as_ref(), &options, folder.path(), ranks).expect("a result");
        assert_eq!(found, instance.explore(&options, &()), "{part}");
    }
    let found = by_ranks(instance.as_ref(), &options, folder.path(), 3);
    assert_eq!(found, Ok(expected));
}

fn job(me: usize, hosts: &[String], secret: &str, of: &str) -> Job {
    Job {
        secret: secret.into(),
        stamp: stamp(of),
        me,
        hosts: hosts.to_vec(),
        patience: Duration::from_secs(60),
    }
}

/// Ranks meet although thousands of strangers come as well, and then carry mails in order.
#[test]
fn strangers_do_not_disturb_those_who_meet() {
    let mut hosts = vec!["127.0.0.1:0".to_string(); 3];
    let chief = job(0, &hosts, "a secret of the test", "one");
    let listener = chief.bind().expect("an address");
    hosts[0] = listener.local_addr().expect("an address").to_string();
    let (address, hosts) = (&hosts[0].clone(), &hosts);
    std::thread::scope(|scope| {
        let chief = scope.spawn(move || chief.meet(listener).expect("all come"));
        let mut draw = 0x9e37_79b9_u64;
        for visitor in 0..2_000u64 {
            let Ok(mut stream) = TcpStream::connect(address) else { continue };
            let bytes: Vec<u8> = (0..visitor % 97)
                .map(|_| {
                    draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (draw >> 56) as u8
                })
                .collect();
            let _ = match visitor % 3 {
                0 => stream.write_all(&bytes),
                1 => stream.write_all(&[&(bytes.len() as u32).to_le_bytes(), &bytes[..]].concat()),
                _ => stream
                    .write_all(b"\x2f\0\0\0{\"magic\":\"latchwork ranks 1\",\"nonce\":\"00\"}"),
            };
        }
        // Those who know something, but not enough.
        let refused = |me, secret: &str, of: &str| {
            let job = job(me, hosts, secret, of);
            let listener = job.bind().expect("an address");
            job.meet(listener).err().expect("it is refused")
        };
        assert!(refused(1, "another secret of it", "one").contains("does not know the secret"));
        let rank = |me| {
            scope.spawn(move || {
                let job = job(me, hosts, "a secret of the test", "one");
                let listener = job.bind().expect("an address");
                job.meet(listener).expect("all are there")
            })
        };
        let others = [rank(1), rank(2)];
        let chief = chief.join().expect("no panic");
        let [one, two] = others.map(|other| other.join().expect("no panic"));
        for number in 0..100u8 {
            chief.send(2, vec![number; 1_000]).expect("it goes");
        }
        let mut next = 0;
        while next < 100 {
            match two.receive().expect("it comes") {
                Some((0, mail)) if mail == vec![next; 1_000] => next += 1,
                None => two.idle(),
                other => panic!("{other:?} instead of {next}"),
            }
        }
        // A rank that ends without a word is missed by both others, and nobody else is.
        drop(one);
        for other in [&chief, &two] {
            let error = loop {
                match other.receive() {
                    Ok(_) => other.idle(),
                    Err(error) => break error,
                }
            };
            assert_eq!(gone(&error).map(|gone| gone.rank), Some(1), "{error}");
        }
    });
}

/// A rank that knows the secret, but has another scenario, ends the start with a sentence on both
/// sides; so does one that never comes.
#[test]
fn a_misfit_is_named() {
    let mut hosts = vec!["127.0.0.1:0".to_string(); 2];
    let chief = job(0, &hosts, "a secret of the test", "one");
    let listener = chief.bind().expect("an address");
    hosts[0] = listener.local_addr().expect("an address").to_string();
    let other = job(1, &hosts, "a secret of the test", "another");
    let chief = std::thread::spawn(move || chief.meet(listener).err().expect("it ends"));
    let bound = other.bind().expect("an address");
    let said = other.meet(bound).err().expect("it is refused");
    assert!(said.contains("another scenario"), "{said}");
    assert!(chief.join().expect("no panic").contains("rank 1 has another scenario"));
    let lonely = Job { patience: Duration::from_millis(300), ..job(0, &hosts, "", "one") };
    let lonely = Job { hosts: vec!["127.0.0.1:0".to_string(); 2], ..lonely };
    let bound = lonely.bind().expect("an address");
    let said = lonely.meet(bound).err().expect("nobody comes");
    assert!(said.contains("rank 1 did not come"), "{said}");
}

/// What is not a rank of this job does not pass for rank 0.
#[test]
fn a_stranger_is_not_rank_0() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let hosts = [listener.local_addr().expect("an address").to_string(), "127.0.0.1:0".into()];
    let stranger = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(&[255; 64]);
    });
    let job = job(1, &hosts, "a secret of the test", "one");
    let bound = job.bind().expect("an address");
    let said = job.meet(bound).err().expect("it is refused");
    assert!(said.contains("is not rank 0 of this job"), "{said}");
    stranger.join().expect("no panic");
}
