//! Probes a mounted filesystem: random calls in rounds, and minimizes a failing round.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::files::probe_case::{FORMAT, Place, ProbeCase, Rate, Shown, Step};
use crate::probe::bare::{BARE, alone};
use crate::probe::crew::Setup;
use crate::probe::draw::{Drawer, Kinds};
use crate::probe::op::Op;
use crate::probe::planted::Planted;
use crate::probe::run::{self, Context, Ended, Failure, Pulse, Ran, Sight, Taken};
use crate::probe::shrink::shrink;
use crate::probe::view::{Family, Line};
use crate::probe::world::Disagreement;

use super::folders::{Folders, filesystem, prepare};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where, and by how many workers.
    pub place: Place,
    /// The program that has the hidden subcommands.
    pub program: PathBuf,
    /// The seed of the calls.
    pub seed: u64,
    /// How many calls are made.
    pub ops: u64,
    /// How many offsets at the start of the file are used.
    pub bytes: u32,
    /// Which locks.
    pub kinds: Kinds,
    /// Whether calls that wait for a lock are made.
    pub waits: bool,
    /// A call that nothing lists as waiting is taken to wait if it is not answered in this time.
    pub settling: Duration,
    /// Whether the calls of the first round are made once more without the probe.
    pub bare: bool,
}

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Where.
    pub place: Place,
    /// How many calls were made.
    pub calls: u64,
    /// How many of them ran into a lock or a lease.
    pub conflicts: u64,
    /// The seconds from the start to the last of these calls. What minimizes a failure comes after that.
    pub seconds: f64,
    /// The call after which the probe waited longest for answers, and the seconds.
    pub slowest: Option<(String, f64)>,
    /// What calls of the first round took without the probe, if that was asked for.
    pub bare: Option<Bare>,
    /// Whether `/proc/locks` was compared after each call.
    pub listed: bool,
    /// Why leases were left out, if they were asked for and left out.
    pub no_leases: Option<String>,
    /// How it ended.
    pub conclusion: Conclusion,
}

/// The calls of a round in one process, one after the other, without comparing anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bare {
    /// How many calls of the round can be made by one process that does not wait.
    pub calls: u64,
    /// The seconds that they took.
    pub seconds: f64,
}

/// How a probe ended.
#[derive(Clone, Debug)]
pub enum Conclusion {
    /// The models admit all answers.
    Agreed,
    /// They do not admit all.
    Disagrees(Box<ProbeCase>),
    /// A call was not answered: the worker, the call, the stack of the worker in the kernel.
    Hung(u8, String, Option<String>),
    /// The probe was interrupted.
    Stopped,
    /// Something else went wrong.
    Broken(String),
}

/// Long enough for an answer through a network.
pub const SETTLING: Duration = Duration::from_millis(150);
/// A round has at most so many calls. Each has workers and files of its own.
const ROUND: u64 = 10_000;
/// How long is waited in runs that minimize a failure, where answers come at once.
const SHORT: Duration = Duration::from_millis(250);
/// The passes that minimize a failure: how often a list of calls is run before it counts as one that
/// agrees, and the most runs. A short list can fail less often than a long one, so the second pass
/// looks again at what is left.
const PASSES: [(u32, u32); 2] = [(1, 600), (10, 600)];
/// The seconds after which no more smaller lists are tried: over a network, a run with calls that wait can
/// take a minute.
const LONGEST_MINIMIZING: f64 = 300.0;
/// So many runs give the rate.
const RATE_RUNS: u32 = 10;

/// Probes a filesystem. The error is a sentence about the folders.
pub fn probe(request: &Request, pulse: &dyn Pulse) -> Result<Probed, String> {
    let start = pulse.seconds();
    let folders = prepare(&request.place)?;
    let setup = setup(request, &folders);
    let sight = run::sight(&setup, pulse)?;
    let mut place = request.place.clone();
    place.filesystem = filesystem(Path::new(&place.dir));
    let (mut kinds, mut no_leases) = (request.kinds, None);
    let break_time = lease_break_time();
    if kinds.lease {
        no_leases = match break_time {
            Some(0..=2) | None => Some("a broken lease is taken away at once".to_string()),
            Some(_) => run::refuses_leases(&setup)?,
        };
        kinds.lease = no_leases.is_none();
    }
    // Before a lease is taken away by time, everything is closed.
    let longest = f64::from(break_time.unwrap_or(0)) / 3.0;
    let context = Context { setup: &setup, sight, told: false, pulse };
    let (mut calls, mut conflicts, mut round) = (0, 0, 0);
    let mut conclusion = Conclusion::Agreed;
    let (mut seconds, mut first) = (0.0, None);
    let mut slowest: Option<(Op, Duration)> = None;
    while calls < request.ops {
        let mut drawer = Drawer::new((request.seed, round), kinds, request.bytes);
        if !request.waits {
            drawer = drawer.without_waits();
        }
        let (mut left, began) = ((request.ops - calls).min(ROUND), pulse.seconds());
        let ran = run::run(&context, &round.to_string(), &mut |world| {
            let in_time = !kinds.lease || pulse.seconds() - began < longest;
            left = left.checked_sub(1).filter(|_| in_time)?;
            drawer.draw(world)
        });
        calls += ran.taken.len() as u64;
        conflicts += ran.conflicts;
        slowest = slowest.into_iter().chain(ran.slowest).max_by_key(|(_, time)| *time);
        round += 1;
        seconds = pulse.seconds() - start;
        pulse.calls(calls);
        if request.bare && first.is_none() {
            first = Some(ran.taken.iter().map(|taken| taken.op).collect::<Vec<Op>>());
        }
        if ran.ended != Ended::Agreed || ran.taken.is_empty() {
            conclusion = concluded(&context, &place, ran);
            break;
        }
    }
    let listed = sight == Sight::Listed;
    let bare = first.map(|ops| make_bare(&setup, &ops)).transpose()?;
    let slowest = slowest.map(|(op, time)| (op.to_string(), time.as_secs_f64()));
    Ok(Probed { place, calls, conflicts, seconds, slowest, bare, listed, no_leases, conclusion })
}

/// Makes the calls of a round in one process, without comparing anything.
fn make_bare(setup: &Setup, ops: &[Op]) -> Result<Bare, String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot make the calls alone: {error}");
    let folder = setup.folders.first().ok_or_else(|| failed(&"there is no folder"))?;
    let files = ["locks-bare", "leases-bare"].map(|name| folder.join(name));
    for file in &files {
        std::fs::write(file, b"").map_err(|error| failed(&error))?;
    }
    let ops: Vec<Op> = ops.iter().copied().filter_map(alone).collect();
    let mut child = Command::new(&setup.program)
        .arg(BARE)
        .args(&files)
        .args(["--workers", &setup.workers.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    if let Some(mut input) = child.stdin.take() {
        let lines: String = ops.iter().map(|op| format!("{op}\n")).collect();
        input.write_all(lines.as_bytes()).map_err(|error| failed(&error))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    let nanoseconds = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>();
    let nanoseconds = nanoseconds.map_err(|_| failed(&"they have no end"))?;
    Ok(Bare { calls: ops.len() as u64, seconds: nanoseconds as f64 / 1e9 })
}

fn setup(request: &Request, folders: &Folders) -> Setup {
    let place = &request.place;
    Setup {
        program: request.program.clone(),
        folders: folders.paths.clone(),
        workers: place.workers,
        planted: place.planted.as_deref().and_then(Planted::named),
        patience: Duration::from_millis(place.hang_ms),
        settling: request.settling,
    }
}

/// What the end of a round means. A failure is minimized.
fn concluded(context: &Context<'_>, place: &Place, ran: Ran) -> Conclusion {
    match ran.ended {
        Ended::Agreed => Conclusion::Broken("no call can be made with these locks".to_string()),
        Ended::Stopped => Conclusion::Stopped,
        Ended::Broken(problem) => Conclusion::Broken(problem),
        Ended::Hung { worker, stack } => {
            let last = ran.taken.last().map(|taken| taken.op.to_string());
            Conclusion::Hung(worker, last.unwrap_or_default(), stack)
        }
        Ended::Failed(failure) => {
            let case = small_case(context, place, &ran.taken, &failure);
            Conclusion::Disagrees(Box::new(case))
        }
    }
}

/// Runs a list of calls once.
fn once(context: &Context<'_>, ops: &[Op], name: &str) -> Ran {
    let mut ops = ops.iter();
    run::run(context, name, &mut |_| ops.next().copied())
}

fn failure_of(ran: &Ran, kind: Disagreement) -> Option<&Failure> {
    match &ran.ended {
        Ended::Failed(failure) if failure.kind == kind => Some(failure),
        _ => None,
    }
}

/// The smallest list of calls that was found to fail in the same way, with the rate at which it
/// does. If the probe is interrupted, the run as it was seen.
fn small_case(
    context: &Context<'_>,
    place: &Place,
    taken: &[Taken],
    failure: &Failure,
) -> ProbeCase {
    let kind = failure.kind;
    let all: Vec<Op> = taken.iter().map(|taken| taken.op).collect();
    let patience = match context.sight {
        Sight::Listed => context.setup.patience.min(SHORT),
        Sight::Blind => context.setup.patience,
    };
    let hasty = Setup { patience, ..context.setup.clone() };
    let hasty = Context { setup: &hasty, ..*context };
    let mut runs = 0;
    let mut fails = |ops: &[Op], tries: u32| {
        let mut fails_once = || {
            runs += 1;
            failure_of(&once(&hasty, ops, &format!("small-{runs}")), kind).is_some()
        };
        (0..tries).any(|_| fails_once())
    };
    let (mut small, began) = (all, context.pulse.seconds());
    for (tries, runs) in PASSES {
        let mut left = runs / tries;
        small = shrink(small, &mut |ops| {
            let in_time = context.pulse.seconds() - began < LONGEST_MINIMIZING;
            let may = left > 0 && in_time && !context.pulse.stops();
            left = left.saturating_sub(1);
            may && fails(ops, tries)
        });
    }
    let failed = (0..RATE_RUNS).filter(|_| fails(&small, 1)).count() as u32;
    let told = Context { told: true, ..*context };
    let shows = |number| {
        let ran = once(&told, &small, &format!("told-{number}"));
        let failure = failure_of(&ran, kind).cloned()?;
        Some((ran, failure))
    };
    let last = (0..RATE_RUNS).take_while(|_| !context.pulse.stops()).find_map(shows);
    let place = place.clone();
    if context.pulse.stops() {
        return case_of(place, taken, failure, Rate { failed: 1, runs: 1 });
    }
    let Some((ran, failure)) = last else {
        // It is not seen again: what was seen is kept whole.
        return case_of(place, taken, failure, Rate { failed: 0, runs: RATE_RUNS });
    };
    let highest = small.iter().map(|op| usize::from(op.worker) + 1).max().unwrap_or(1);
    let workers = highest.max(if place.second.is_some() { 2 } else { 1 });
    let place = Place { workers, ..place };
    case_of(place, &ran.taken, &failure, Rate { failed, runs: RATE_RUNS })
}

fn case_of(place: Place, taken: &[Taken], failure: &Failure, rate: Rate) -> ProbeCase {
    let step = |taken: &Taken| Step {
        call: taken.op.to_string(),
        answers: taken.answers.iter().map(|(who, answer)| format!("w{who}: {answer}")).collect(),
        admitted: taken.admitted.clone(),
    };
    let listed = failure.listed.as_ref().map(|lines| lines.iter().map(line_in_words).collect());
    let kind = failure.kind.name().to_string();
    ProbeCase {
        format: FORMAT,
        probe: place,
        failure: Shown { kind, got: failure.got.clone(), listed },
        rate,
        steps: taken.iter().map(step).collect(),
    }
}

/// A line of `/proc/locks` without process ids, which are others in every run.
fn line_in_words(line: &Line) -> String {
    let family = match line.family {
        Family::Posix => "POSIX",
        Family::Ofd => "OFDLCK",
        Family::Flock => "FLOCK",
    };
    let access = if line.write { "WRITE" } else { "READ" };
    let last = if line.last == i64::MAX as u64 { "EOF".to_string() } else { line.last.to_string() };
    format!("{family} {access} {} {last}", line.first)
}

/// What a replay found: how often the case failed, and its last failing run as a case.
pub struct Replayed {
    /// The case as it is now; `None` if no run failed as the case does.
    pub case: Option<ProbeCase>,
    /// How often it failed.
    pub rate: Rate,
}

/// Makes the calls of a case again, in the folders of `request`.
pub fn replay(case: &ProbeCase, request: &Request, pulse: &dyn Pulse) -> Result<Replayed, String> {
    let folders = prepare(&request.place)?;
    let setup = setup(request, &folders);
    let sight = run::sight(&setup, pulse)?;
    let context = Context { setup: &setup, sight, told: true, pulse };
    let kind = case.kind().unwrap_or(Disagreement::Answer);
    let (ops, mut rate, mut found) = (case.ops(), Rate { failed: 0, runs: 0 }, None);
    // A call that is never answered takes long: once shows it.
    let runs = if kind == Disagreement::NotWoken { 1 } else { RATE_RUNS };
    for number in 0..runs {
        if pulse.stops() {
            break;
        }
        let ran = once(&context, &ops, &number.to_string());
        if let Ended::Broken(problem) = ran.ended {
            return Err(problem);
        }
        rate.runs += 1;
        if let Some(failure) = failure_of(&ran, kind) {
            rate.failed += 1;
            found = Some(case_of(request.place.clone(), &ran.taken, failure, rate));
        }
    }
    let case = found.map(|case| ProbeCase { rate, ..case });
    Ok(Replayed { case, rate })
}

/// The seconds after which the kernel takes a broken lease away.
fn lease_break_time() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/sys/fs/lease-break-time").ok()?;
    text.trim().parse().ok()
}
