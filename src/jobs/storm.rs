//! A storm: workers that lock and count at once, a command that disturbs the filesystem, and what the
//! histories of all workers say in the end.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::files::probe_case::Place;
use crate::probe::planted::Planted;
use crate::probe::run::Pulse;
use crate::probe::storm::history::Span;
use crate::probe::storm::verdict::{Judged, judge};
use crate::probe::storm::worker::STORMER;
use crate::probe::storm::{SLOT, SLOTS, Shape, epoch, file_name, history, now, traced};

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
    /// Whether record locks of processes are taken, and those of open files.
    pub families: (bool, bool),
    /// The files and slots.
    pub shape: Shape,
    /// How long.
    pub time: Duration,
    /// A command for the shell, and how often it is run.
    pub disturb: Option<(String, Duration)>,
    /// Where the histories are written: an empty folder outside of the place.
    pub histories: PathBuf,
}

/// What a storm found.
#[derive(Clone, Debug)]
pub struct Stormed {
    /// Where.
    pub place: Place,
    /// When the workers started, on the clock of the histories.
    pub began: u64,
    /// Where the histories are.
    pub histories: PathBuf,
    /// How often the disturbing command was run, and how often it failed.
    pub disturbed: (u64, u64),
    /// What the histories say.
    pub judged: Judged,
    /// How it ended.
    pub ended: Ended,
}

/// How a storm ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All workers ended when they were told.
    InTime,
    /// It was interrupted.
    Stopped,
    /// This worker did not end; its stack in the kernel, if it can be read.
    Hung(u8, Option<String>),
    /// This worker ended before the others.
    Gone(u8),
}

/// So often the storm looks after its processes.
const TICK: Duration = Duration::from_millis(20);

/// Processes that do not outlive the storm.
struct Crew(Vec<Child>);

impl Drop for Crew {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The history of a worker.
fn of_worker(worker: usize) -> String {
    format!("w{worker}.txt")
}

/// Runs a storm. The error is a sentence about the folders or the command.
pub fn storm(request: &Request, pulse: &dyn Pulse) -> Result<Stormed, String> {
    let folders = prepare(&request.place)?;
    let mut place = request.place.clone();
    place.filesystem = filesystem(place.dir.as_ref());
    for file in 0..request.shape.files {
        let path = folders.paths[0].join(file_name(file));
        let made = File::create(&path).and_then(|made| {
            made.set_len(SLOT * u64::from(SLOTS))?;
            made.sync_all()
        });
        made.map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    }
    let began = now();
    let mut crew = Crew(Vec::new());
    for worker in 0..place.workers {
        crew.0.push(spawn(request, &folders, (worker, began))?);
    }
    let mut disturbance = Disturbance::new(request, pulse.seconds());
    let end = pulse.seconds() + request.time.as_secs_f64();
    let mut ended = Ended::InTime;
    while pulse.seconds() < end {
        if pulse.stops() {
            ended = Ended::Stopped;
            break;
        }
        let gone = crew.0.iter_mut().position(|child| !matches!(child.try_wait(), Ok(None)));
        if let Some(worker) = gone {
            ended = Ended::Gone(worker as u8);
            break;
        }
        disturbance.look(pulse.seconds())?;
        std::thread::sleep(TICK);
    }
    let patience = Duration::from_millis(request.place.hang_ms).as_secs_f64();
    let disturbed = disturbance.end(patience, pulse);
    for child in &mut crew.0 {
        drop(child.stdin.take());
    }
    let patient = pulse.seconds() + patience;
    let hung = loop {
        let running = crew.0.iter_mut().position(|child| matches!(child.try_wait(), Ok(None)));
        if running.is_none() || pulse.seconds() > patient {
            break running;
        }
        std::thread::sleep(TICK);
    };
    if let (Some(worker), Ended::InTime) = (hung, &ended) {
        let stack = std::fs::read_to_string(format!("/proc/{}/stack", crew.0[worker].id())).ok();
        ended = Ended::Hung(worker as u8, stack.filter(|stack| !stack.trim().is_empty()));
    }
    drop(crew);
    let spans: Vec<Vec<Span>> = (0..place.workers)
        .map(|worker| history::read(&request.histories.join(of_worker(worker)), worker as u8))
        .collect::<Result<_, String>>()?;
    write_traces(request, &spans, folders.paths.len())?;
    let judged = judge(&spans);
    let histories = request.histories.clone();
    Ok(Stormed { place, began, histories, disturbed, judged, ended })
}

/// Writes what the workers of each mount did, in the words of `strace`.
fn write_traces(request: &Request, spans: &[Vec<Span>], mounts: usize) -> Result<(), String> {
    let epoch = epoch();
    for mount in 0..mounts {
        let path = request.histories.join(format!("mount-{}.strace", mount + 1));
        let its = spans.iter().skip(mount).step_by(mounts).flatten();
        std::fs::write(&path, traced::trace(its, epoch))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn spawn(
    request: &Request,
    folders: &Folders,
    (worker, began): (usize, u64),
) -> Result<Child, String> {
    let Shape { files, slots, turn_ms } = request.shape;
    let mut command = Command::new(&request.program);
    command
        .arg(STORMER)
        .arg(&folders.paths[worker % folders.paths.len()])
        .arg(request.histories.join(of_worker(worker)))
        .args(["--number", &worker.to_string(), "--seed", &request.seed.to_string()])
        .args(["--files", &files.to_string(), "--slots", &slots.to_string()])
        .args(["--began", &began.to_string()]);
    if let Some(turn_ms) = turn_ms {
        command.args(["--turn-ms", &turn_ms.to_string()]);
    }
    let (posix, ofd) = request.families;
    for (family, taken) in [("--posix", posix), ("--ofd", ofd)] {
        if taken {
            command.arg(family);
        }
    }
    if let Some(planted) = request.place.planted.as_deref().and_then(Planted::named) {
        command.args(["--planted", planted.name()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("cannot start a worker: {error}"))
}

/// The command that disturbs.
struct Disturbance<'a> {
    command: Option<(&'a str, f64)>,
    next: f64,
    running: Option<Child>,
    runs: u64,
    failed: u64,
}

impl<'a> Disturbance<'a> {
    fn new(request: &'a Request, now: f64) -> Self {
        let command = request.disturb.as_ref();
        let command = command.map(|(text, every)| (text.as_str(), every.as_secs_f64()));
        let next = now + command.map_or(0.0, |(_, every)| every);
        Self { command, next, running: None, runs: 0, failed: 0 }
    }

    /// Starts it if it is due, and the last run has ended.
    fn look(&mut self, now: f64) -> Result<(), String> {
        self.reap();
        let Some((text, every)) = self.command else { return Ok(()) };
        if now < self.next || self.running.is_some() {
            return Ok(());
        }
        self.next = now + every;
        let mut shell = Command::new("sh");
        shell.args(["-c", text]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(shell.spawn().map_err(|error| format!("cannot run sh: {error}"))?);
        self.runs += 1;
        Ok(())
    }

    fn reap(&mut self) {
        let Some(child) = &mut self.running else { return };
        match child.try_wait() {
            Ok(None) => {}
            ended => {
                self.failed +=
                    u64::from(!ended.is_ok_and(|ended| ended.is_some_and(|code| code.success())));
                self.running = None;
            }
        }
    }

    /// Waits for the last run, which counts as failed if it does not end in this time. Returns how
    /// often it was run, and how often it failed.
    fn end(mut self, patience: f64, pulse: &dyn Pulse) -> (u64, u64) {
        let patient = pulse.seconds() + patience;
        while self.running.is_some() && pulse.seconds() < patient {
            self.reap();
            std::thread::sleep(TICK);
        }
        if let Some(child) = &mut self.running {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            self.failed += 1;
        }
        (self.runs, self.failed)
    }
}
