//! `latchwork probe`: the locks of a mounted filesystem, checked against the models.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::budget::parse_time;
use crate::cli::clock::Clock;
use crate::cli::files::{create_folder, write_file};
use crate::cli::json::{Json, to_text};
use crate::cli::print::write_next;
use crate::cli::probing::{Watched, this_program};
use crate::cli::seed::parse_seed;
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::suggest;
use crate::files::probe_case::Place;
use crate::files::storm_case::StormCase;
use crate::jobs::probe::{Conclusion, Probed, Request, probe};
use crate::jobs::{storm, storm_again};
use crate::probe::MOST_WORKERS;
use crate::probe::bare;
use crate::probe::draw::Kinds;
use crate::probe::planted::Planted;
use crate::probe::storm::worker::{self as stormer, Task};
use crate::probe::storm::{MOST_FILES, SLOTS, Shape};
use crate::probe::worker;
use crate::report::hosts::junit;
use crate::report::probe::facts::{Facts, Verdict};
use crate::report::probe::{storm as told, suites, text};

/// Check the file locks of a mounted filesystem against the models
///
/// Worker processes lock, unlock and lease files in a folder inside DIR, one random call at a time. Each
/// answer is compared with what the models of byte-range locks and leases admit. A run that
/// disagrees is minimized, and kept as a case. Exit code 0: all answers are admitted. 1: one is not. 2:
/// DIR cannot be used. 3: a call was not answered, or the probe was interrupted. 5: no call met the
/// lock of another.
///
/// With --for, everybody acts at once, for this time, while --disturb runs a command of yours. Then
/// two locks that exclude one another are never certainly held at the same time, and no count under a
/// write lock is lost; whatever else happens is not compared.
#[derive(Args)]
pub struct Probe {
    /// A folder on the filesystem; a folder is created inside, and removed at the end
    dir: PathBuf,
    /// The same folder through another mount: a second client, or a second node of a cluster. Workers are
    /// spread over both
    #[arg(long, value_name = "DIR")]
    second: Option<PathBuf>,
    /// A number, or hexadecimal digits such as those of a commit, of which the first 16 count
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed)]
    seed: u64,
    /// How many calls to make
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    ops: u64,
    /// How many worker processes
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=MOST_WORKERS as i64))]
    workers: u8,
    /// How many offsets at the start of the file to use; the last ones of a file of 2^63 bytes are always
    /// used
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bytes: u32,
    /// Which locks: posix, ofd, flock, lease
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "posix,ofd,flock,lease"
    )]
    filter: Vec<String>,
    /// Make no calls that wait for a lock
    #[arg(long)]
    no_waits: bool,
    /// Then make the calls of the first round once more, in one process and without comparing anything, and
    /// print both rates
    #[arg(long)]
    bare: bool,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    hang: f64,
    /// Where /proc/locks does not list the locks: how many milliseconds without an answer mean that a call waits
    #[arg(long, value_name = "MS", default_value_t = 150, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    settle: u64,
    /// Instead of one call at a time, let all workers lock and count at once for this time: 90s, 5m
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time, conflicts_with_all = ["ops", "no_waits", "settle", "bytes", "bare"])]
    time: Option<Duration>,
    /// Let all workers use one file for this long, and then the next one. Each uses a file once, so that
    /// `conform` can check a recording of the traffic
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "time")]
    turn: Option<Duration>,
    /// Meanwhile run this command with sh: restart the server, drop the network
    #[arg(long, value_name = "COMMAND", requires = "time")]
    disturb: Option<String>,
    /// How often to run it
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_time, requires = "disturb")]
    every: Duration,
    /// If something goes wrong in the storm, storm again for about this long to find a smaller one in which the
    /// same goes wrong: shorter, with fewer workers, files and slots
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "time")]
    minimize: Option<Duration>,
    /// Simulate a defect in the workers, to see that it is found
    #[arg(long, value_name = "DEFECT", hide = true)]
    planted: Option<String>,
    #[command(flatten)]
    json: Json,
    /// Write the verdict as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Where to write the case of a run that disagrees
    #[arg(long, value_name = "FOLDER", default_value = "latchwork-out")]
    out: PathBuf,
}

impl Probe {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let request = self.request()?;
        if let Some(time) = self.time {
            return self.storm(request, time);
        }
        let clock = Clock::start(None, self.json.prints());
        clock.heed_signals()?;
        clock.task("probe");
        let probed = probe(&request, &Watched(&clock));
        clock.finish();
        let probed = probed.map_err(Failure::Usage)?;
        let facts = Facts::new(&probed, self.seed, request.kinds.names());
        if let Some(path) = &self.junit {
            let xml = junit::of_suites(&[suites::suite(&probed)]).map_err(Failure::Usage)?;
            write_file(path, &xml)?;
        }
        let case = self.keep(&probed)?;
        self.json.write(&to_text(&facts)?)?;
        if !self.json.prints() {
            let mut out = print::stdout();
            text::write(&mut out, &probed)?;
            if let Some(path) = case {
                write_next(&mut out, &path)?;
            }
        }
        Ok(exit_of(Verdict::of(&probed)))
    }

    /// Runs a storm.
    fn storm(&self, request: Request, time: Duration) -> Result<Exit, Failure> {
        let Request { place, program, seed, kinds, .. } = request;
        if !(kinds.posix || kinds.ofd) {
            let hint = "a storm takes record locks: posix, ofd or both";
            return Err(Failure::Usage(format!(
                "--for does not go with this --filter\nhint: {hint}"
            )));
        }
        let shape = self.shape(time)?;
        let histories = self.out.join("probe").join(format!("storm-{seed}"));
        create_folder(&histories)?;
        let disturb = self.disturb.clone().map(|command| (command, self.every));
        let families = (kinds.posix, kinds.ofd);
        let request =
            storm::Request { place, program, seed, families, shape, time, disturb, histories };
        let clock = Clock::start(None, self.json.prints());
        clock.heed_signals()?;
        clock.task("storm");
        let watched = Watched(&clock);
        let stormed = storm::storm(&request, &watched).and_then(|stormed| {
            let case = self.storm_case(&request, &stormed, &watched)?;
            Ok((stormed, case))
        });
        clock.finish();
        let (stormed, case) = stormed.map_err(Failure::Usage)?;
        let path = case.as_ref().map(|case| {
            let file = format!("storm-{}-{seed}.json", case.failure.kind);
            self.out.join("probe").join(file)
        });
        if let (Some(case), Some(path)) = (&case, &path) {
            write_file(path, &case.to_text())?;
        }
        if let Some(path) = &self.junit {
            let xml = junit::of_suites(&[told::suite(&stormed)]).map_err(Failure::Usage)?;
            write_file(path, &xml)?;
        }
        self.json.write(&to_text(&told::Facts::new(&stormed, seed))?)?;
        if !self.json.prints() {
            let mut out = print::stdout();
            told::write(&mut out, &stormed)?;
            if let (Some(case), Some(path)) = (&case, &path) {
                if self.minimize.is_some() {
                    writeln!(out)?;
                    told::write_case(&mut out, case)?;
                }
                write_next(&mut out, path)?;
            }
        }
        Ok(exit_of(told::verdict(&stormed)))
    }

    /// The case of a storm in which something went wrong, made smaller if that was asked for.
    fn storm_case(
        &self,
        request: &storm::Request,
        stormed: &storm::Stormed,
        pulse: &Watched<'_>,
    ) -> Result<Option<StormCase>, String> {
        let case = storm_again::case_of(request, stormed);
        let (Some(case), Some(limit)) = (&case, self.minimize) else { return Ok(case) };
        // What the failing storm did is kept.
        let folder =
            tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let (program, histories) = (request.program.clone(), folder.path().to_path_buf());
        let context = storm_again::Context { program, histories, pulse };
        storm_again::smaller(case.clone(), limit, &context).map(Some)
    }

    /// The files of a storm.
    fn shape(&self, time: Duration) -> Result<Shape, Failure> {
        let Some(turn) = self.turn else { return Ok(Shape::default()) };
        let turn_ms = u64::try_from(turn.as_millis()).unwrap_or(u64::MAX);
        if turn_ms == 0 {
            return Err(Failure::Usage("--turn is a time above 0".to_string()));
        }
        let turns = time.as_millis() / u128::from(turn_ms) + 1;
        let files = u16::try_from(turns).ok().filter(|files| *files <= MOST_FILES);
        let files = files.ok_or_else(|| {
            let hint = format!("there is a file for each turn, and at most {MOST_FILES}");
            Failure::Usage(format!("--turn is too short for this --for\nhint: {hint}"))
        })?;
        Ok(Shape { files, slots: SLOTS - 1, turn_ms: Some(turn_ms) })
    }

    fn request(&self) -> Result<Request, Failure> {
        let kinds = Kinds::named(self.filter.iter().map(String::as_str)).map_err(|name| {
            let hint = suggest(&name, Kinds::NAMES, "kinds");
            Failure::Usage(format!("no locks are called `{name}`\nhint: {hint}"))
        })?;
        if let Some(name) = &self.planted
            && Planted::named(name).is_none()
        {
            let hint = suggest(name, Planted::ALL.map(|(_, name)| name), "defects");
            return Err(Failure::Usage(format!("no defect is called `{name}`\nhint: {hint}")));
        }
        let hang = Duration::try_from_secs_f64(self.hang).map_or(0, |hang| hang.as_millis());
        let hang_ms = u64::try_from(hang).unwrap_or(0);
        if hang_ms == 0 {
            return Err(Failure::Usage("--hang is a number of seconds above 0".to_string()));
        }
        let name = |path: &Path| path.display().to_string();
        let place = Place {
            dir: name(&self.dir),
            second: self.second.as_deref().map(name),
            filesystem: None,
            workers: self.workers.into(),
            hang_ms,
            planted: self.planted.clone(),
        };
        let (seed, ops, bytes) = (self.seed, self.ops, self.bytes);
        let (waits, settling) = (!self.no_waits, Duration::from_millis(self.settle));
        let (program, bare) = (this_program()?, self.bare);
        Ok(Request { place, program, seed, ops, bytes, kinds, waits, settling, bare })
    }

    /// Keeps the case of a disagreement.
    fn keep(&self, probed: &Probed) -> Result<Option<PathBuf>, Failure> {
        let Conclusion::Disagrees(case) = &probed.conclusion else { return Ok(None) };
        let file = format!("{}-{}.json", case.failure.kind, self.seed);
        let path = self.out.join("probe").join(file);
        write_file(&path, &case.to_text())?;
        Ok(Some(path))
    }
}

const fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Agrees => Exit::Expected,
        Verdict::Disagrees => Exit::Violated,
        Verdict::Vacuous => Exit::Vacuous,
        Verdict::Hangs | Verdict::Interrupted | Verdict::Broken => Exit::Inconclusive,
    }
}

/// A worker process of a probe
#[derive(Args)]
pub struct Worker {
    locks: PathBuf,
    leases: PathBuf,
    #[arg(long)]
    planted: Option<String>,
}

impl Worker {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let planted = self.planted.as_deref().and_then(Planted::named);
        // Locked for good: the worker has this process for itself.
        worker::work((self.locks, self.leases), planted, io::stdin().lock(), io::stdout().lock())?;
        Ok(Exit::Expected)
    }
}

/// A process that makes the calls of a run without the probe
#[derive(Args)]
pub struct Bare {
    locks: PathBuf,
    leases: PathBuf,
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=MOST_WORKERS as i64))]
    workers: u8,
}

impl Bare {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let files = (self.locks, self.leases);
        bare::work(files, self.workers, io::stdin().lock(), io::stdout().lock())?;
        Ok(Exit::Expected)
    }
}

/// A child of a worker, which holds the descriptor that is its output
#[derive(Args)]
pub struct Holder {}

impl Holder {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let mut ready = io::stderr().lock();
        worker::hold(io::stdin().lock(), &mut ready)?;
        ready.flush()?;
        Ok(Exit::Expected)
    }
}

/// A worker process of a storm
#[derive(Args)]
pub struct Stormer {
    folder: PathBuf,
    history: PathBuf,
    #[arg(long)]
    number: u8,
    #[arg(long)]
    seed: u64,
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_FILES)))]
    files: u16,
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=i64::from(SLOTS)))]
    slots: u8,
    #[arg(long)]
    turn_ms: Option<u64>,
    #[arg(long)]
    began: u64,
    #[arg(long)]
    posix: bool,
    #[arg(long)]
    ofd: bool,
    #[arg(long)]
    planted: Option<String>,
}

impl Stormer {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let planted = self.planted.as_deref().and_then(Planted::named);
        let Self { folder, history, number, seed, began, .. } = self;
        let families = (self.posix, self.ofd);
        let shape = Shape { files: self.files, slots: self.slots, turn_ms: self.turn_ms };
        let task = Task { folder, history, number, seed, shape, began, families, planted };
        stormer::work(task, io::stdin())?;
        Ok(Exit::Expected)
    }
}
