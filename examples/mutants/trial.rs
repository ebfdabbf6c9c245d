//! The changes of a protocol, and what its scenarios say of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use latchwork::engines::explore::Options;
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::{Checked, Standing, check};
use latchwork::report::check::text::{standing_word, verdict_words};
use latchwork_model::kit::mutants::{self, Change, Place, Seen, What};
use sha2::{Digest, Sha256};

use crate::findings::Finding;
use crate::read;

/// The folders below `scenarios/PROTOCOL` whose scenarios are run.
const SETS: [&str; 4] = ["", "ablations", "liveness", "medium"];

/// The number of states up to which a changed model is searched: this many times those of the model
/// as it is written, and at least [`ROOM`] more.
const GROWTH: u64 = 10;
const ROOM: u64 = 100_000;

/// A place, changed in one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    pub place: Place,
    pub change: Change,
}

impl Mutant {
    /// Returns whether a scenario can show it: the place says something there that it no longer
    /// does.
    fn may_show(&self, seen: Option<&Seen>) -> bool {
        match self.change {
            Change::GuardAway | Change::ClaimAway => seen.is_some_and(|seen| seen.fails),
            Change::GuardTurned | Change::EffectAway => seen.is_some(),
        }
    }
}

/// A scenario, and what the unchanged model says of it.
struct Baseline {
    path: PathBuf,
    distinct: u64,
    seen: BTreeMap<Place, Seen>,
}

/// A protocol with its scenarios, the smallest spaces first.
pub struct Protocol {
    /// Over the sources and the scenarios: findings are only good for these.
    pub digest: String,
    baselines: Vec<Baseline>,
    threads: usize,
}

impl Protocol {
    /// Runs all scenarios of the protocol as it is written.
    pub fn open(name: &str, threads: usize) -> Result<Self, String> {
        let mut paths = Vec::new();
        for set in SETS {
            paths.extend(files(&Path::new("scenarios").join(name).join(set), ".json")?);
        }
        let digest = digest(&paths)?;
        let mut baselines = Vec::new();
        for path in paths {
            let mut checked = None;
            // One thread: they would only wait for one another to note what they see.
            let seen = mutants::noted(|| checked = Some(searched(&path, 1, None)));
            let checked = checked.ok_or("the scenario was not run")??;
            if !checked.is_as_expected() {
                return Err(format!("{}: {}", path.display(), standing_word(&checked)));
            }
            let distinct = checked.exploration.statistics.distinct;
            baselines.push(Baseline { path, distinct, seen });
        }
        if baselines.is_empty() {
            return Err(format!("{name} has no scenarios"));
        }
        baselines
            .sort_by(|one, other| (one.distinct, &one.path).cmp(&(other.distinct, &other.path)));
        Ok(Self { digest, baselines, threads })
    }

    /// Returns all changes of all places that any scenario comes to.
    pub fn changes(&self) -> Vec<Mutant> {
        let mut places: BTreeMap<Place, What> = BTreeMap::new();
        for baseline in &self.baselines {
            places.extend(baseline.seen.iter().map(|(place, seen)| (*place, seen.what)));
        }
        let of = |(place, what)| {
            let changes: &[Change] = match what {
                What::Guard => &[Change::GuardAway, Change::GuardTurned],
                What::Claim => &[Change::ClaimAway],
                What::Effect => &[Change::EffectAway],
            };
            changes.iter().map(move |change| Mutant { place, change: *change })
        };
        places.into_iter().flat_map(of).collect()
    }

    /// Runs the scenarios that can show a change until one does.
    pub fn try_one(&self, mutant: &Mutant) -> Result<Finding, String> {
        let mut scenarios = 0;
        let mut killer = None;
        for baseline in &self.baselines {
            if !mutant.may_show(baseline.seen.get(&mutant.place)) {
                continue;
            }
            scenarios += 1;
            mutants::change(mutant.place, mutant.change);
            let most = baseline.distinct * GROWTH + ROOM;
            let checked = searched(&baseline.path, self.threads, Some(most));
            mutants::restore();
            let checked = checked?;
            if !checked.is_as_expected() {
                killer = Some((baseline.path.display().to_string(), how(&checked)));
                break;
            }
        }
        Finding::of(mutant, scenarios, killer)
    }
}

fn searched(path: &Path, threads: usize, states: Option<u64>) -> Result<Checked, String> {
    let scenario = Scenario::open(path).map_err(|problem| problem.to_string())?;
    check(scenario, &Options { threads, states, ..Options::default() }, &())
}

/// Returns how a scenario is not as expected.
fn how(checked: &Checked) -> String {
    match checked.standing {
        Standing::Inconclusive(_) => format!("more than {GROWTH} times as many states"),
        Standing::Vacuous(_) => "a goal is no longer reached".to_string(),
        _ => verdict_words(checked),
    }
}

/// Returns the files with an ending in a folder, in order; none if there is no such folder.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && ending == ".rs" {
            paths.extend(files(&path, ending)?);
        } else if path.is_file() && path.to_string_lossy().ends_with(ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn digest(scenarios: &[PathBuf]) -> Result<String, String> {
    let mut hash = Sha256::new();
    for path in files(Path::new("model"), ".rs")?.iter().chain(scenarios) {
        hash.update(path.to_string_lossy().as_bytes());
        hash.update(read(path)?.as_bytes());
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
