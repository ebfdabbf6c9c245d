//! Scenario files by name and by folder, and files that are written.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::encoding::json::{Problem, suggest};
use crate::files::built_in;
use crate::files::scenario::{Expect, Scenario};
use crate::protocols::{self, Entry};

use super::{Failure, print};

/// Writes a file, and the folders above it.
pub fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| cannot_write(path, &error))
}

/// Writes files by name into a folder, and removes all others there whose name begins in the same way.
pub fn replace_files(
    folder: &Path,
    prefix: &str,
    files: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    create_folder(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let gone = name.to_str().filter(|name| name.starts_with(prefix));
        if let Some(name) = gone.filter(|name| !files.contains_key(*name)) {
            std::fs::remove_file(folder.join(name))?;
        }
    }
    files.iter().try_for_each(|(name, text)| write_file(&folder.join(name), text))
}

/// Creates a folder, and those above it.
pub fn create_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let problem = Problem::of_file(path.display().to_string(), format!("cannot write: {error}"));
    problem.hint("choose the folder with --out").into()
}

/// Whether an argument names a file or a folder, and not a protocol.
pub fn is_path(what: &Path) -> bool {
    what.exists() || what.extension().is_some()
}

/// Whether a page that is asked for is a folder of pages: one that is there, or a name without an
/// ending.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.extension().is_none()
}

/// The protocol with this name.
pub fn entry_named(name: &str) -> Result<&'static Entry, Failure> {
    protocols::find(name).ok_or_else(|| {
        let hint = suggest(name, protocols::all().iter().map(|entry| entry.name), "protocols");
        Failure::Usage(format!("`{name}` is neither a protocol nor a file\nhint: {hint}"))
    })
}

/// The refinement of a specification by an implementation.
pub fn refinement(entry: &Entry, spec: &str) -> Result<&'static Entry, Failure> {
    let prefix = format!("{}_refines_", entry.name);
    protocols::find(&format!("{prefix}{spec}")).ok_or_else(|| {
        let all = protocols::all().iter().filter_map(|entry| entry.name.strip_prefix(&prefix));
        let known: Vec<_> = all.collect();
        let hint = match known.is_empty() {
            true => "implement `Refines`, and install an entry of `Refinement`".to_string(),
            false => suggest(spec, known, "specifications"),
        };
        Failure::Usage(format!("`{}` has no refinement of `{spec}`\nhint: {hint}", entry.name))
    })
}

/// The folder with the scenarios of a project.
pub fn scenarios_folder() -> Result<&'static Path, Failure> {
    let folder = Path::new("scenarios");
    if folder.is_dir() {
        return Ok(folder);
    }
    let problem = Problem::of_file("scenarios", "there is no such folder here");
    Err(problem.hint("run this in the folder that contains it, or name scenario files").into())
}

/// The small scenarios of a protocol: those of `./scenarios`, and where that is not, the built-in ones.
pub fn protocol_scenarios(entry: &Entry) -> Result<Vec<Scenario>, Failure> {
    let folder = scenarios_folder();
    if folder.is_err() {
        let built_in = built_in::scenarios(entry)?;
        if !built_in.is_empty() {
            note_built_in()?;
            return Ok(built_in);
        }
    }
    read_folder(&folder?.join(entry.name))
}

fn note_built_in() -> Result<(), Failure> {
    Ok(writeln!(print::stderr(), "note: there is no ./scenarios here; running the built-in ones")?)
}

/// All scenarios that `what` names; nothing in it: the small ones of every protocol.
pub fn find_scenarios(what: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    if what.is_empty() {
        match scenarios_folder() {
            Ok(folder) => {
                for entry in protocols::all() {
                    let folder = folder.join(entry.name);
                    if folder.is_dir() {
                        scenarios.extend(read_folder(&folder)?);
                    }
                }
            }
            Err(missing) => {
                for entry in protocols::all() {
                    scenarios.extend(built_in::scenarios(entry)?);
                }
                if scenarios.is_empty() {
                    return Err(missing);
                }
                note_built_in()?;
            }
        }
        if scenarios.is_empty() {
            let problem = Problem::of_file("scenarios", "the folder contains no scenario");
            return Err(problem.hint("a scenario is scenarios/<protocol>/<name>.json").into());
        }
    }
    for path in what {
        if path.is_dir() {
            scenarios.extend(read_folder(path)?);
        } else if is_path(path) {
            scenarios.push(Scenario::open(path)?);
        } else {
            scenarios.extend(protocol_scenarios(entry_named(&path.to_string_lossy())?)?);
        }
    }
    Ok(scenarios)
}

/// The scenarios that stand in a folder itself, by name.
pub fn read_folder(folder: &Path) -> Result<Vec<Scenario>, Failure> {
    let failed = |error: std::io::Error| {
        Problem::of_file(folder.display().to_string(), format!("cannot read: {error}"))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "json") && !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        let problem =
            Problem::of_file(folder.display().to_string(), "the folder contains no scenario");
        return Err(problem.hint("a scenario is a file whose name ends in .json").into());
    }
    paths.sort();
    Ok(paths.iter().map(|path| Scenario::open(path)).collect::<Result<_, _>>()?)
}

/// All scenarios of a protocol, those in the folders below included; where there is no folder, the
/// built-in ones.
pub fn every_scenario(entry: &Entry) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = protocol_scenarios(entry)?;
    if scenarios_folder().is_ok() {
        scenarios.extend(other_scenarios(entry)?.into_iter().map(|(_, scenario)| scenario));
    }
    Ok(scenarios)
}

/// The scenarios of a protocol that are in folders of their own, each with its folder: those that
/// `check` does not run without being asked.
pub fn other_scenarios(entry: &Entry) -> Result<Vec<(String, Scenario)>, Failure> {
    let folder = scenarios_folder()?.join(entry.name);
    let mut others = Vec::new();
    let mut sets = folders(&folder)?;
    sets.retain(|path| path.file_name().is_some_and(|name| name != "cases"));
    while let Some(path) = sets.pop() {
        let set = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        others.extend(read_folder(&path)?.into_iter().map(|scenario| (set.clone(), scenario)));
        sets.extend(folders(&path)?);
    }
    Ok(others)
}

/// The folders in a folder.
fn folders(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let items = std::fs::read_dir(path)?.map(|item| item.map(|item| item.path()));
    let mut paths = items.collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

/// The configurations below `ablations` in which something is known to break without these rules, or
/// without some of them, and which are not among `known`: each once. What a rule is for need not show
/// in the small scenarios.
pub fn ablated(
    entry: &Entry,
    rules: &[usize],
    known: &[Scenario],
) -> Result<Vec<Scenario>, Failure> {
    let folder = scenarios_folder()?.join(entry.name).join("ablations");
    if rules.is_empty() || !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Scenario> = Vec::new();
    for scenario in read_folder(&folder)? {
        let own = &scenario.configuration;
        let breaks = matches!(scenario.expect, Expect::Violates { .. });
        let for_these = own.without.iter().all(|rule| rules.contains(rule));
        let same = |other: &Scenario| {
            let other = &other.configuration;
            let (own_with, other_with) = (own.variants(), other.variants());
            (&own.bounds, &own.faults, own_with) == (&other.bounds, &other.faults, other_with)
        };
        let profile = own.entry.profiles[own.profile].name;
        let new = !known.iter().chain(&found).any(same);
        if breaks && profile == "full" && !own.without.is_empty() && for_these && new {
            found.push(scenario);
        }
    }
    Ok(found)
}

/// Whether a scenario is a configuration of the full rule set that holds.
pub fn is_base(scenario: &Scenario) -> bool {
    let configuration = &scenario.configuration;
    let profile = configuration.entry.profiles[configuration.profile].name;
    scenario.expect == Expect::Holds && configuration.without.is_empty() && profile == "full"
}
