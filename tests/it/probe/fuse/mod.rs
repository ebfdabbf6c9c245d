//! A FUSE daemon whose locks have defects: the probe finds each of them through a real mount.
//!
//! `disk` is the filesystem, `table` its locks and their defects. Where nothing can be mounted, these tests
//! say so and are skipped.

mod disk;
mod table;

use std::fs;
use std::path::Path;

use fuser::{BackgroundSession, Config, MountOption};
use latchwork::files::probe_case::ProbeCase;
use tempfile::TempDir;

use crate::program::{path, run};
use disk::{Disk, Family};
use table::Fault;

/// So many calls may be left of it.
const MOST_CALLS: usize = 6;

/// A mounted filesystem, which is unmounted before its folder is removed.
struct Mounted {
    _session: BackgroundSession,
    folder: TempDir,
}

impl Mounted {
    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Mounts the filesystem; `None`, with a reason on the screen, where that is not possible.
fn mounted(family: Family, fault: Option<Fault>) -> Option<Mounted> {
    if let Err(error) = fs::OpenOptions::new().read(true).write(true).open("/dev/fuse") {
        println!("skipped: /dev/fuse cannot be opened: {error}");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("latchwork".to_string())];
    match fuser::spawn_mount(Disk::new(family, fault), folder.path(), &config) {
        Ok(session) => Some(Mounted { _session: session, folder }),
        Err(error) => {
            println!("skipped: a FUSE filesystem cannot be mounted: {error}");
            None
        }
    }
}

const fn filter(family: Family) -> &'static str {
    match family {
        Family::Record => "posix,ofd",
        Family::Flock => "flock",
    }
}

/// A daemon without defects is not accused. FUSE tells fuser's daemons of no signal, so no call waits.
#[test]
fn a_sound_daemon_agrees() {
    for family in [Family::Record, Family::Flock] {
        let Some(mount) = mounted(family, None) else { return };
        for seed in ["1", "2"] {
            let arguments = ["probe", path(mount.path()), "--no-waits", "--ops", "3000"];
            let more = ["--seed", seed, "--filter", filter(family)];
            let (code, out, said) = run(&[&arguments[..], &more].concat());
            assert_eq!(code, 0, "{family:?}: {out}{said}");
            assert!(out.contains("(fuse)"), "it is not the mount that was probed: {out}");
        }
    }
}

const DEFECTS: [(Family, Fault); 13] = [
    (Family::Record, Fault::WriterAmongReaders),
    (Family::Record, Fault::OffByOne),
    (Family::Record, Fault::ForgottenUnlock),
    (Family::Record, Fault::LostTail),
    (Family::Record, Fault::DowngradeReleases),
    (Family::Record, Fault::KeptAtClose),
    (Family::Record, Fault::KeptAtRelease),
    (Family::Record, Fault::BlindTest),
    (Family::Record, Fault::NoEnd),
    (Family::Record, Fault::NoMerge),
    (Family::Flock, Fault::WriterAmongReaders),
    (Family::Flock, Fault::ForgottenUnlock),
    (Family::Flock, Fault::KeptAtRelease),
];

/// Red if a check does not work on a real mount, or if the minimizer leaves calls in. The probe spends
/// most of the time waiting, so all defects are probed at once.
#[test]
fn each_defect_of_a_daemon_is_found_and_minimized() {
    std::thread::scope(|scope| {
        for (family, fault) in DEFECTS {
            scope.spawn(move || found_and_minimized(family, fault));
        }
    });
}

fn found_and_minimized(family: Family, fault: Fault) {
    let Some(mount) = mounted(family, Some(fault)) else { return };
    let out = tempfile::tempdir().expect("a folder");
    let arguments = ["probe", path(mount.path()), "--no-waits", "--filter", filter(family)];
    let (code, printed, said) =
        run(&[&arguments[..], &["--json", "--out", path(out.path())]].concat());
    assert_eq!(code, 1, "{family:?} {fault:?}: {printed}{said}");
    let facts: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let seconds = facts["seconds"].as_f64().expect("seconds");
    let files: Vec<_> = fs::read_dir(out.path().join("probe")).expect("a folder").collect();
    let [Ok(file)] = files.as_slice() else { panic!("{files:?}") };
    let case = ProbeCase::open(&file.path()).unwrap_or_else(|problem| panic!("{problem}"));
    println!("{family:?} {fault:?}: {seconds:.1} s, {} calls, {:?}", case.steps.len(), case.rate);
    assert!((1..=MOST_CALLS).contains(&case.steps.len()), "{fault:?}: {case:?}");
    assert_eq!((case.rate.failed, case.rate.runs), (10, 10), "{fault:?}: {case:?}");
    let (code, printed, said) = run(&["replay", path(&file.path())]);
    assert_eq!(code, 1, "{fault:?}: {printed}{said}");
    assert!(printed.contains("in 10 of 10 runs"), "{fault:?}: {printed}");
}
