//! Runs under loom: all interleavings with a limited number of preemptions, and everything that
//! weak memory allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::model::Builder;

use crate::engines::explore::panics;
use crate::engines::schedule::Schedule;

use super::Body;
use super::runs::{Current, Ending, Feed, Ran, judged};

/// The maximum number of threads of a run: a constant of loom.
pub const MAX_THREADS: usize = loom::MAX_THREADS;

/// The maximum number of points of a run at which loom makes a decision.
const MAX_BRANCHES: usize = 20_000;

/// The payload of a panic that only ends a search.
struct Enough;

/// Part of loom's message when all threads wait.
const DEADLOCK: &str = "deadlock";
/// Part of loom's message when a run is too long.
const TOO_LONG: &str = "Model exceeded maximum number of branches";

/// Does all runs with at most `preemptions` preemptions.
pub fn search(body: &Body, preemptions: usize, feed: &Arc<Feed>) {
    let mut builder = builder();
    builder.preemption_bound = Some(preemptions);
    check(&builder, body, feed, false);
}

fn check(builder: &Builder, body: &Body, feed: &Arc<Feed>, only_one: bool) {
    let (body, current, feeding) = (body.clone(), Current::default(), feed.clone());
    let each = {
        let current = current.clone();
        move || {
            body(&current.begin(|| panic!("violated")));
            let (log, _) = current.end();
            let ran = Ran { log, ending: Ending::Finished, schedule: Schedule::None };
            if !feeding.hand_over(ran) || only_one {
                feeding.close();
                std::panic::resume_unwind(Box::new(Enough));
            }
        }
    };
    let ended = panics::catch(|| builder.check(each));
    if let Err(message) = ended
        && !feed.is_enough()
    {
        feed.hand_over(broken_off(&current, message));
    }
}

/// Returns the decisions of run number `run` of the search with this many preemptions.
pub fn path_of(body: &Body, preemptions: usize, run: u64) -> std::io::Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    // Loom loads an existing file, so there must be none.
    let path = file.into_temp_path();
    std::fs::remove_file(&path)?;
    let mut builder = builder();
    builder.preemption_bound = Some(preemptions);
    builder.checkpoint_file = Some(path.to_path_buf());
    builder.checkpoint_interval = usize::try_from(run).unwrap_or(usize::MAX);
    let (body, done) = (body.clone(), AtomicU64::new(0));
    let ended = panics::catch(|| {
        builder.check(move || {
            // The file is written before the run.
            if done.fetch_add(1, Ordering::Relaxed) + 1 == run {
                std::panic::resume_unwind(Box::new(Enough));
            }
            body(&Current::default().begin(|| panic!("violated")));
        });
    });
    debug_assert!(ended.is_err(), "the search is shorter than it was");
    std::fs::read_to_string(&path)
}

/// Repeats the run with these decisions.
pub fn again(body: &Body, decisions: &str) -> std::io::Result<Option<Ran>> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), decisions)?;
    let (body, path) = (body.clone(), file.path().to_path_buf());
    let mut builder = builder();
    builder.checkpoint_file = Some(path);
    let mut again = None;
    judged(
        |feed| check(&builder, &body, feed, true),
        |ran| {
            again = Some(ran);
            false
        },
    );
    Ok(again.map(|ran| Ran { schedule: Schedule::Path(decisions.to_string()), ..ran }))
}

/// Returns a run that a panic has ended.
fn broken_off(current: &Current, message: String) -> Ran {
    let (log, violated) = current.end();
    let ending = match violated {
        Some(property) => Ending::Violated(property),
        None if message.starts_with(DEADLOCK) => Ending::Deadlock,
        None if message.contains(TOO_LONG) => Ending::CutOff(format!("{MAX_BRANCHES} branches")),
        None => Ending::Panicked(message),
    };
    Ran { log, ending, schedule: Schedule::None }
}

/// Returns whether loom starts: it reads settings from the environment and panics at invalid ones,
/// even at those that are overridden here.
pub fn starts() -> Result<(), String> {
    panics::catch(Builder::new).map(drop).map_err(|why| {
        format!("loom cannot start: {why}\nhint: unset the variables whose names begin with LOOM_")
    })
}

/// Builds loom's settings. Loom reads them from the environment; here they are fixed.
fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.max_threads = MAX_THREADS;
    builder.max_branches = MAX_BRANCHES;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = None;
    builder.checkpoint_file = None;
    builder.checkpoint_interval = usize::MAX;
    builder.location = false;
    builder.log = false;
    builder
}
