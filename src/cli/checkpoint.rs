//! The folder from which a check goes on that was killed.
//!
//! It holds a file that says which check it is, and for each scenario what came of it, or the search
//! as it was last written down.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};

use crate::encoding::json::Problem;
use crate::encoding::sealed::{self, Stamp};
use crate::engines::explore::Watch;
use crate::engines::explore::checkpoint::Checkpoint;
use crate::engines::verdict::{Exploration, PropertySet};
use crate::files::configuration::Tree;
use crate::files::scenario::{Goal, Scenario};
use crate::jobs::check::Checked;

use super::Failure;
use super::print::program;

/// How to go on after a kill.
#[derive(Args, Debug)]
pub struct Checkpoints {
    /// Write checkpoints to this folder, so that --resume can continue after a kill
    #[arg(long, value_name = "FOLDER")]
    checkpoint: Option<PathBuf>,
    /// Continue from the checkpoint in this folder, and keep writing there. With --checkpoint and the
    /// same folder: start if there is none
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    /// Write a checkpoint after the level in which this many states, and an eighth of all states, were
    /// reached since the last one
    #[arg(long, value_name = "STATES", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
}

/// A folder in which a check is kept.
pub struct Keeper {
    folder: PathBuf,
    stamp: Stamp,
    every: u64,
    /// By scenario: to what its files belong.
    stamps: Vec<Stamp>,
    names: Vec<String>,
    /// Nobody else writes into the folder as long as this is open.
    _lock: File,
}

/// What came of a scenario.
#[derive(Serialize, Deserialize)]
pub struct Outcome {
    /// The search.
    pub exploration: Exploration,
    /// By rule: in how many states it is decisive.
    pub decisive: Vec<(usize, u64)>,
}

/// The file that says which check it is.
pub const CHECK: &str = "check";
/// The file that is locked as long as somebody writes to the folder.
pub const LOCK: &str = "lock";

impl Checkpoints {
    /// Whether anything is to be kept.
    pub fn is_wanted(&self) -> bool {
        self.checkpoint.is_some() || self.resume.is_some()
    }

    /// The folder in which anything is to be kept.
    pub fn folder(&self) -> Option<&Path> {
        self.checkpoint.as_deref().or(self.resume.as_deref())
    }

    /// The folder, ready to go on from or to be written to; nothing if none is asked for. `how` names
    /// what else decides what comes of the check, beside its scenarios.
    pub fn keeper(&self, scenarios: &[Scenario], how: &[&str]) -> Result<Option<Keeper>, Failure> {
        let folder = match (&self.checkpoint, &self.resume) {
            (None, None) => return Ok(None),
            (Some(write), Some(read)) if write != read => {
                let message = "--checkpoint and --resume name different folders";
                let hint = "--resume alone continues, and keeps writing to the same folder";
                return Err(Failure::Usage(format!("{message}\nhint: {hint}")));
            }
            (Some(folder), _) | (None, Some(folder)) => folder,
        };
        let problem = |message: &str, hint: &str| -> Result<_, Failure> {
            Err(Problem::of_file(folder.display().to_string(), message).hint(hint).into())
        };
        let there = folder.join(CHECK).exists();
        if there && self.resume.is_none() {
            let hint = "--resume continues it; otherwise name another folder, or remove this one";
            return problem("the folder already contains a checkpoint", hint);
        }
        if !there && self.checkpoint.is_none() {
            return problem("the folder contains no checkpoint", "--checkpoint starts a new one");
        }
        let keeper = Keeper::open(folder, scenarios, how, self.checkpoint_every)?;
        if !there {
            let failed = |error| problem_of(&keeper.path(CHECK), "cannot write", &error);
            sealed::write(&keeper.path(CHECK), &keeper.stamp, |writer| writer.value(&keeper.names))
                .map_err(failed)?;
        }
        keeper.look()?;
        Ok(Some(keeper))
    }
}

fn problem_of(path: &Path, what: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::of_file(path.display().to_string(), format!("{what}: {error}"))
}

/// Makes a folder, and keeps others from writing to it as long as the file is open.
pub fn lock(folder: &Path) -> Result<File, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        problem_of(folder, "cannot write", error).hint("name a writable folder")
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let lock = File::create(folder.join(LOCK)).map_err(|error| failed(&error))?;
    // A file system that has no locks refuses in another way.
    if matches!(FileExt::try_lock(&lock), Err(TryLockError::WouldBlock)) {
        let problem = problem_of(folder, "in use", &"another process is writing to it");
        return Err(problem.hint("wait for it, or name another folder").into());
    }
    Ok(lock)
}

/// Returns how the files of this program are stamped that belong to something.
pub fn stamps() -> Result<impl Fn(&str) -> Stamp, Failure> {
    let build = std::env::current_exe().and_then(|path| sealed::digest_of_file(&path));
    let build =
        build.map_err(|error| Failure::Usage(format!("cannot read this program: {error}")))?;
    let version = env!("CARGO_PKG_VERSION").to_string();
    Ok(move |of: &str| Stamp {
        version: version.clone(),
        build: build.clone(),
        of: sealed::digest(of),
    })
}

impl Keeper {
    fn open(
        folder: &Path,
        scenarios: &[Scenario],
        how: &[&str],
        every: u64,
    ) -> Result<Self, Failure> {
        let lock = lock(folder)?;
        let stamp = stamps()?;
        let identities: Vec<String> =
            scenarios.iter().map(|scenario| identity(scenario, how)).collect();
        let name = |(at, scenario): (usize, &Scenario)| {
            let protocol = scenario.configuration.entry.name;
            format!("{:03}-{protocol}-{}", at + 1, scenario.name)
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            stamp: stamp(&identities.join("\n")),
            every,
            stamps: identities.iter().map(|identity| stamp(identity)).collect(),
            names: scenarios.iter().enumerate().map(name).collect(),
            _lock: lock,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn outcome_path(&self, at: usize) -> PathBuf {
        self.path(&format!("{}.outcome", self.names[at]))
    }

    /// Looks at all files, before anything runs.
    fn look(&self) -> Result<(), Problem> {
        sealed::open(&self.path(CHECK), &self.stamp)?;
        for at in 0..self.names.len() {
            if self.outcome(at)?.is_none() {
                let checkpoint = self.checkpoint(at);
                checkpoint.is_there()?;
                checkpoint.of_traces().is_there()?;
            }
        }
        Ok(())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the search of a scenario is written down.
    pub fn checkpoint(&self, at: usize) -> Checkpoint {
        let file = self.path(&format!("{}.search", self.names[at]));
        Checkpoint { file, stamp: self.stamps[at].clone(), every: self.every }
    }

    /// What came of a scenario, if it was done.
    pub fn outcome(&self, at: usize) -> Result<Option<Outcome>, Problem> {
        let path = self.outcome_path(at);
        if !path.exists() {
            return Ok(None);
        }
        let mut reader = sealed::open(&path, &self.stamps[at])?;
        let outcome = reader.value().map_err(|error| problem_of(&path, "cannot read", &error))?;
        Ok(Some(outcome))
    }

    /// Writes down what came of a scenario, unless it ended early: then its search goes on.
    pub fn finish(&self, at: usize, checked: &Checked, watch: &dyn Watch) {
        if checked.exploration.stopped.is_some() {
            return;
        }
        let outcome = Outcome {
            exploration: checked.exploration.clone(),
            decisive: checked.decisive.clone(),
        };
        let path = self.outcome_path(at);
        match sealed::write(&path, &self.stamps[at], |writer| writer.value(&outcome)) {
            Ok(()) => {
                self.checkpoint(at).of_traces().remove();
                self.checkpoint(at).remove();
            }
            Err(error) => watch.problem(&format!(
                "{}: cannot write: {error}; the previous checkpoint is still valid",
                path.display()
            )),
        }
    }
}

/// All that decides what comes of a scenario.
pub fn identity(scenario: &Scenario, how: &[&str]) -> String {
    #[derive(Serialize)]
    struct Identity<'a> {
        protocol: &'a str,
        scenario: &'a str,
        bounds: &'a Tree,
        faults: &'a Tree,
        rules: u64,
        variants: u64,
        ignore: PropertySet,
        witnesses: Vec<usize>,
        how: &'a [&'a str],
    }
    let witness = |goal: &Goal| match goal {
        Goal::Action(at) => Some(*at),
        Goal::Property(_) => None,
    };
    let configuration = &scenario.configuration;
    let identity = Identity {
        protocol: configuration.entry.name,
        scenario: &scenario.name,
        bounds: &configuration.bounds,
        faults: &configuration.faults,
        rules: configuration.rules().0,
        variants: configuration.variants().0,
        ignore: scenario.ignore,
        witnesses: scenario.reach.iter().filter_map(witness).collect(),
        how,
    };
    // Names, numbers and lists of them can always be written.
    serde_json::to_string(&identity).unwrap_or_default()
}

/// The command that goes on with what is in a folder: this one with `--resume`, and without the budget
/// of states, at which it would end at once.
pub fn command_to_go_on(folder: &Path) -> String {
    let mut words = vec![program()];
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--checkpoint" | "--resume" | "--states" => drop(arguments.next()),
            _ if ["--checkpoint=", "--resume=", "--states="]
                .iter()
                .any(|a| word.starts_with(a)) => {}
            _ => words.push(word),
        }
    }
    format!("{} --resume {}", words.join(" "), folder.display())
}
