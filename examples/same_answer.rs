//! Whether every search gives the same answer: scenarios, again and again, at several numbers of
//! threads, with frontiers in memory and on disk, with states stored whole and by their fingerprints.
//!
//! `cargo run --release --example same_answer -- [FILE|FOLDER]... [--runs 20]`. Without a path it takes
//! the small scenarios of every protocol. An answer is the verdict, distinct, generated, depth, the
//! states of every level, coverage, what is undecided, and every counterexample as a case file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use latchwork::engines::explore::Options;
use latchwork::engines::verdict::{Exploration, PropertySet, of_graph};
use latchwork::files::scenario::Scenario;
use latchwork::jobs::check::check;

/// Search scenarios again and again, and compare the answers
#[derive(Parser)]
struct Arguments {
    /// Scenario files, or folders of them [default: the small ones of every protocol]
    what: Vec<PathBuf>,
    /// How often each search is repeated
    #[arg(long, default_value_t = 20)]
    runs: usize,
}

/// Everything that a search reports.
#[derive(PartialEq)]
struct Answer {
    verdict: &'static str,
    exploration: Exploration,
    cases: Vec<String>,
}

/// How a search is done.
#[derive(Clone, Copy, Debug)]
struct Way {
    threads: usize,
    /// Whether states and edges are kept, for the properties that need them; a search that keeps
    /// none has frontiers.
    graph: bool,
    /// Whether frontiers go to disk.
    disk: bool,
    /// Whether states are stored whole, and not by their fingerprints.
    exact: bool,
}

impl Way {
    const ALL: [[Self; 4]; 5] = [
        Self::of(true, false, false),
        Self::of(false, false, false),
        Self::of(false, true, false),
        Self::of(true, false, true),
        Self::of(false, false, true),
    ];

    const fn of(graph: bool, disk: bool, exact: bool) -> [Self; 4] {
        [
            Self { threads: 1, graph, disk, exact },
            Self { threads: 2, graph, disk, exact },
            Self { threads: 3, graph, disk, exact },
            Self { threads: 8, graph, disk, exact },
        ]
    }

    fn answer(self, path: &Path) -> Result<Answer, String> {
        let scenario = Scenario::open(path).map_err(|problem| problem.to_string())?;
        let properties = (scenario.configuration.entry.properties)();
        let left_out = if self.graph { PropertySet::EMPTY } else { of_graph(&properties) };
        let options = Options {
            threads: self.threads,
            properties: PropertySet::ALL.minus(left_out),
            frontier: self.disk.then_some(0),
            exact: self.exact,
            ..Options::default()
        };
        let mut checked = check(scenario, &options, &())?;
        // The one thing in which they are to differ.
        checked.exploration.exact = false;
        let cases = checked.exploration.discoveries.iter();
        let cases = cases.map(|found| checked.case(found).to_text()).collect();
        Ok(Answer { verdict: checked.verdict.name(), exploration: checked.exploration, cases })
    }
}

/// Searches a scenario in all ways; the ways that gave another answer than the first one of their
/// kind did.
fn differences(path: &Path, runs: usize) -> Result<Vec<String>, String> {
    let mut different = Vec::new();
    let (mut with_graph, mut without) = (None, None);
    for run in 1..=runs {
        for way in Way::ALL.into_iter().flatten() {
            let answer = way.answer(path)?;
            match if way.graph { &mut with_graph } else { &mut without } {
                first @ None => *first = Some(answer),
                Some(first) if *first == answer => {}
                Some(_) => different.push(format!("{}: run {run}, {way:?}", path.display())),
            }
        }
    }
    Ok(different)
}

/// The scenarios directly in a folder, in order.
fn scenarios(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    Ok(paths)
}

fn all(what: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    let mut folders = what;
    if folders.is_empty() {
        for entry in
            std::fs::read_dir("scenarios").map_err(|error| format!("scenarios: {error}"))?
        {
            folders.push(entry.map_err(|error| error.to_string())?.path());
        }
        folders.sort();
    }
    let mut paths = Vec::new();
    for path in folders {
        if path.is_dir() { paths.extend(scenarios(&path)?) } else { paths.push(path) }
    }
    Ok(paths)
}

fn run(arguments: Arguments) -> Result<bool, String> {
    let mut same = true;
    let paths = all(arguments.what)?;
    for path in &paths {
        let different = differences(path, arguments.runs)?;
        println!("{}: {}", path.display(), if different.is_empty() { "same" } else { "DIFFERENT" });
        different.iter().for_each(|one| println!("  {one}"));
        same &= different.is_empty();
    }
    println!("{} scenarios, {} searches of each", paths.len(), arguments.runs * 20);
    Ok(same && !paths.is_empty())
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Way, differences};

    /// One scenario that holds, and one that is violated, both large enough for several threads.
    #[test]
    fn a_sample_gives_the_same_answer_every_time() {
        for (file, verdict) in [
            ("scenarios/delegation_return/lock_revoke_reboot.json", "holds"),
            ("scenarios/async_grant/linux_6_12_reboot.json", "violated"),
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let answer = Way::ALL[1][0].answer(&path).expect("an answer");
            assert_eq!(answer.verdict, verdict);
            let widest = answer.exploration.statistics.levels.iter().max();
            assert!(widest.is_some_and(|widest| *widest > 2_048), "{file} has no work for threads");
            assert_eq!(differences(&path, 2), Ok(Vec::new()));
        }
    }
}
