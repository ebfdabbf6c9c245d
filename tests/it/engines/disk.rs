//! A search on disk has the result of one in memory, with tables so small that levels have many
//! pieces, wherever it is stopped.

use std::fs;
use std::path::Path;

use latchwork::encoding::json::Problem;
use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::Options;
use latchwork::engines::explore::disk::Disk;
use latchwork::engines::instance::Instance;
use latchwork::engines::verdict::{
    BuiltIn, Exploration, PropertyId, PropertyKind, PropertySet, Stopped,
};
use latchwork::files::scenario::{Goal, Scenario};

use super::{Interrupts, scenario};
use crate::{paths, repository};

/// The memory of a search: its table is as small as it can be.
const TINY: Option<u64> = Some(1 << 10);

/// Commits after every level.
fn disk(folder: &Path) -> Disk {
    let stamp = Stamp { version: "1".into(), build: "test".into(), of: "test".into() };
    Disk { folder: folder.to_path_buf(), stamp, every: 1 }
}

/// A folder; in memory where there is such a file system, since a commit waits for the disk.
fn new_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder")
}

/// The properties that a search on disk decides.
fn decided(scenario: &Scenario) -> PropertySet {
    let properties = (scenario.configuration.entry.properties)();
    let ids = (0..).map(PropertyId).zip(&properties);
    let of_runs = |kind: PropertyKind| {
        kind.needs_graph() && kind != PropertyKind::BuiltIn(BuiltIn::CanFinish)
    };
    let decided = ids.filter(|(_, property)| !of_runs(property.kind)).map(|(id, _)| id);
    decided.collect::<PropertySet>().minus(scenario.ignore)
}

fn options(scenario: &Scenario) -> Options {
    let witness = |goal: &Goal| match goal {
        Goal::Action(at) => Some(*at as u8),
        Goal::Property(_) => None,
    };
    let witnesses = scenario.reach.iter().filter_map(witness).collect();
    Options { properties: decided(scenario), witnesses, ..Options::default() }
}

/// Searches in a new folder.
fn on_disk(instance: &dyn Instance, options: &Options) -> Exploration {
    let folder = new_folder();
    let options = Options { memory: TINY, ..options.clone() };
    let disk = Disk { every: u64::MAX, ..disk(folder.path()) };
    instance.explore_on_disk(&options, &disk, &()).expect("a result")
}

/// Every eighth default scenario and ablation, with one thread and with two. Red if a state is lost
/// or found twice, a level is concluded in another way, another run is chosen, or `can_finish`
/// differs.
#[test]
fn results_are_those_of_a_search_in_memory() {
    let (mut states, mut violated, mut stuck) = (0, 0, 0);
    let all = paths(&repository("scenarios"), ".json").into_iter().filter(|path| {
        let folder = path.parent().and_then(Path::file_name).expect("a folder");
        folder == "ablations"
            || path.parent().and_then(Path::parent) == Some(&repository("scenarios"))
    });
    for (at, path) in all.enumerate().filter(|(at, _)| at % 8 == 1) {
        let scenario = Scenario::open(&path).expect("a scenario");
        let instance = scenario.configuration.instance().expect("an instance");
        let options = Options { threads: 1 + at / 8 % 2, ..options(&scenario) };
        let expected = instance.explore(&options, &());
        if expected.statistics.distinct > 20_000 {
            continue;
        }
        let found = on_disk(instance.as_ref(), &options);
        assert_eq!(found, expected, "{}", path.display());
        states += found.statistics.distinct;
        violated += usize::from(!found.discoveries.is_empty());
        let can_finish = |id: PropertyId| {
            let properties = (scenario.configuration.entry.properties)();
            properties[usize::from(id.0)].kind == PropertyKind::BuiltIn(BuiltIn::CanFinish)
        };
        stuck += found.discoveries.iter().filter(|found| can_finish(found.property)).count();
    }
    assert!(states > 30_000 && violated > 10 && stuck > 2, "{states}, {violated}, {stuck}");
}

/// Red if a commit names a level that is not whole, a run is lost that was merged after it, or the
/// last level is expanded again.
#[test]
fn a_search_goes_on_wherever_it_was_stopped() {
    let scenario = scenario();
    let instance = scenario.configuration.instance().expect("an instance");
    let options = options(&scenario);
    let undisturbed = instance.explore(&options, &());
    let mut stops = 0;
    for questions in [33u64, 101] {
        let folder = new_folder();
        let disk = disk(folder.path());
        let options = Options { memory: TINY, threads: 1 + stops % 2, ..options.clone() };
        // Each part may do twice as much as the one before, so that it ends.
        for more in 0.. {
            let watch = Interrupts((questions << more).into());
            let found = instance.explore_on_disk(&options, &disk, &watch).expect("a result");
            if found.stopped.is_none() {
                assert_eq!(found, undisturbed);
                break;
            }
            assert_eq!(found.stopped, Some(Stopped::Interrupted));
            stops += 1;
        }
        let again = instance.explore_on_disk(&options, &disk, &()).expect("a result");
        assert_eq!(again, undisturbed, "it is over");
    }
    assert!(stops > 3, "{stops}");
}

/// At the end of each level, by a budget of states; then to the end.
#[test]
fn a_search_goes_on_after_each_level() {
    let scenario = scenario();
    let instance = scenario.configuration.instance().expect("an instance");
    let options = Options { memory: TINY, ..options(&scenario) };
    let undisturbed = instance.explore(&Options { memory: None, ..options.clone() }, &());
    let folder = new_folder();
    let disk = disk(folder.path());
    let mut reached = 0;
    for states in &undisturbed.statistics.levels {
        reached += states;
        let options = Options { states: Some(reached), ..options.clone() };
        let found = instance.explore_on_disk(&options, &disk, &()).expect("a result");
        let memory = instance.explore(&Options { memory: None, ..options.clone() }, &());
        assert_eq!(found, memory, "{reached} states");
    }
    assert_eq!(instance.explore_on_disk(&options, &disk, &()).expect("a result"), undisturbed);
}

/// Red if a file is believed that is not what was written.
#[test]
fn damage_is_refused() {
    let scenario = scenario();
    let instance = scenario.configuration.instance().expect("an instance");
    let folder = new_folder();
    let disk = disk(folder.path());
    let half = Options { memory: TINY, states: Some(2_000), ..options(&scenario) };
    let begun = instance.explore_on_disk(&half, &disk, &()).expect("a result");
    assert_eq!(begun.stopped, Some(Stopped::States));
    let refused = |what: &str| -> Problem {
        // A copy, because the search goes on before it comes to the damage.
        let copy = new_folder();
        for path in paths(folder.path(), "") {
            fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("a copy");
        }
        let disk = Disk { folder: copy.path().to_path_buf(), ..disk.clone() };
        let options = Options { memory: TINY, ..options(&scenario) };
        match instance.explore_on_disk(&options, &disk, &()) {
            Err(problem) => problem,
            Ok(_) => panic!("{what} is not noticed"),
        }
    };
    let last = format!("level-{:05}", begun.statistics.levels.len() - 1);
    let all = paths(folder.path(), "");
    let matters = all.iter().filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        name.starts_with("run-") || name == last || name == "level-00003" || name == "commit"
    });
    let mut damaged = 0;
    for path in matters {
        let good = fs::read(path).expect("a file");
        for at in [0, 5, 9, 20, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 4;
            fs::write(path, bad).expect("it can be written");
            let said = refused(&format!("{} at {at}", path.display())).to_string();
            assert!(said.contains("hint: "), "{said}");
            damaged += 1;
        }
        fs::write(path, &good[..good.len() - 1]).expect("it can be written");
        refused("a file that is cut off");
        fs::remove_file(path).expect("it is there");
        if path.file_name().is_some_and(|name| name != "commit") {
            refused("a file that is missing");
        }
        fs::write(path, &good).expect("it can be written");
    }
    assert!(damaged >= 24, "{damaged}");
    let options = Options { memory: TINY, ..options(&scenario) };
    let whole = instance.explore_on_disk(&options, &disk, &()).expect("nothing is lost");
    assert_eq!(whole, instance.explore(&Options { memory: None, ..options }, &()));
}

/// Properties of fair runs are not decided, and never hold.
#[test]
fn what_needs_a_graph_is_undecided() {
    let path = repository("scenarios/async_grant/two_try.json");
    let scenario = Scenario::open(&path).expect("a scenario");
    let instance = scenario.configuration.instance().expect("an instance");
    let all = Options::default();
    let found = on_disk(instance.as_ref(), &all);
    let decided = decided(&scenario);
    assert_eq!(found.stopped, Some(Stopped::NoGraph));
    let expected = instance.explore(&Options { properties: decided, ..all }, &());
    assert_eq!(found.discoveries, expected.discoveries);
    assert!(found.undecided.iter().count() > 3 && found.undecided.and(decided).is_empty());
}
