//! Latchwork, SPIN and Stateright, side by side on this machine.
//!
//! Without a subcommand: how fast they are on two-phase commit.
//! `cargo run --release --manifest-path benches/compare/Cargo.toml` builds the three, runs them in
//! turn, several times, and prints a table. Every search is a process of its own, so that wall time
//! and peak memory are those of all of it; of several runs the fastest counts, because others may
//! use the machine meanwhile. A contender that counts other states ends the comparison.
//!
//! `... -- protocols` runs one space of each protocol in all three, and writes `reports/comparison.md`.
//!
//! `... -- foreign` hands every default scenario and the gallery to all three, compares counts and
//! verdicts, and writes `reports/foreign.md` ([`foreign`]).

mod bare;
mod flat;
mod foreign;
mod protocols;
mod spin;
mod table;
mod two_phase;
mod vectors;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::{Parser, Subcommand};
use wait4::Wait4;

use foreign::through_spin;
use table::{Row, print};

/// An error message.
type Failure = Box<dyn std::error::Error>;

/// Two-phase commit in Latchwork, SPIN and Stateright, side by side.
#[derive(Parser)]
struct Arguments {
    /// How many resource managers
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u8).range(2..=10))]
    managers: u8,
    /// How often each of them runs; the fastest run counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Something else, or one search in a process of its own
    #[command(subcommand)]
    job: Option<Job>,
}

#[derive(Subcommand)]
enum Job {
    Foreign(foreign::Foreign),
    Protocols(protocols::Protocols),
    Search(foreign::Search),
    /// Stateright, with the state in vectors and a set
    Vectors,
    /// Stateright, with the state in bytes
    Flat,
    /// The fingerprints of the search, inserted into Latchwork's table and nothing else
    Bare,
}

/// A contender.
struct Contender {
    name: &'static str,
    threads: u8,
    program: PathBuf,
    arguments: Vec<String>,
    /// The scenario, for a program that reads it from the environment.
    subject: Option<String>,
    /// The number of states that are counted and are not the model's.
    extra: u64,
}

/// The result of a run.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    kibibytes: u64,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match arguments.job {
        Some(Job::Foreign(foreign)) => return foreign.run(),
        Some(Job::Protocols(protocols)) => return protocols.run(),
        Some(Job::Search(search)) => return search.run(),
        Some(Job::Vectors) => vectors::search(arguments.managers, 2),
        Some(Job::Flat) => flat::search(arguments.managers, 2),
        Some(Job::Bare) => bare::search(arguments.managers),
        None => return compare(&arguments),
    }
    Ok(())
}

fn compare(arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (distinct, rows) =
        in_turn(&contenders(arguments.managers, folder.path())?, arguments.runs)?;
    print(arguments, distinct, &rows);
    Ok(())
}

/// Runs contenders in turn, several times; returns how many states there are, and the fastest run of
/// each. The error says which one counts other states than the first.
fn in_turn(contenders: &[Contender], runs: u8) -> Result<(u64, Vec<Row>), Failure> {
    let mut best: Vec<Option<Run>> = vec![None; contenders.len()];
    let mut distinct = None;
    for round in 1..=runs {
        for (contender, best) in contenders.iter().zip(&mut best) {
            let (run, states) = contender.run()?;
            eprintln!("round {round}: {}, {:.2} s", contender.name, run.seconds);
            let known = *distinct.get_or_insert(states);
            if states != known {
                return Err(format!("{} found {states} states, not {known}", contender.name).into());
            }
            if best.is_none_or(|best| run.seconds < best.seconds) {
                *best = Some(run);
            }
        }
    }
    let rows = contenders.iter().zip(best).filter_map(|(contender, run)| {
        run.map(|run| Row { name: contender.name, threads: contender.threads, run })
    });
    Ok((distinct.unwrap_or(0), rows.collect()))
}

/// Builds all contenders; SPIN only if it is installed.
fn contenders(managers: u8, folder: &Path) -> Result<Vec<Contender>, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new("cargo")
        .args(["build", "--release", "--locked", "--example", "two_phase_commit"])
        .current_dir(&root)
        .status()?;
    if !built.success() {
        return Err("Latchwork cannot be built".into());
    }
    let two_phase_commit = root.join("target/release/examples/two_phase_commit");
    let latchwork = |name, threads: u8| Contender {
        name,
        threads,
        program: two_phase_commit.clone(),
        arguments: vec![managers.to_string(), "--threads".into(), threads.to_string()],
        subject: None,
        extra: 0,
    };
    let itself = std::env::current_exe()?;
    let own = |name, threads, search: &str| Contender {
        name,
        threads,
        program: itself.clone(),
        arguments: vec!["--managers".into(), managers.to_string(), search.into()],
        subject: None,
        extra: 0,
    };
    let mut all = vec![
        latchwork("Latchwork", 1),
        latchwork("Latchwork", 2),
        own("bare insertion", 1, "bare"),
        own("Stateright, state in vectors", 2, "vectors"),
        own("Stateright, state in bytes", 2, "flat"),
    ];
    match spin::build(managers, folder)? {
        Some(program) => {
            let arguments = vec!["-m100000".into(), "-w24".into(), "-n".into()];
            let (subject, extra) = (None, 0);
            all.push(Contender { name: "SPIN", threads: 1, program, arguments, subject, extra });
        }
        None => eprintln!("SPIN is left out: `spin` or `gcc` is not installed"),
    }
    Ok(all)
}

impl Contender {
    /// Runs it; how many states it has found. One that says how long it took is believed: it has
    /// prepared something before.
    fn run(&self) -> Result<(Run, u64), Failure> {
        let start = Instant::now();
        let subject = self.subject.iter().map(|subject| (through_spin::SUBJECT, subject));
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(subject)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut text = String::new();
        if let Some(stdout) = &mut child.stdout {
            std::io::Read::read_to_string(stdout, &mut text)?;
        }
        let ended = child.wait4()?;
        let whole = start.elapsed().as_secs_f64();
        if !ended.status.success() {
            return Err(format!("{} has failed: {text}", self.name).into());
        }
        let states = number_before(&text, &["distinct", "states, stored"])
            .and_then(|states| states.checked_sub(self.extra))
            .ok_or_else(|| format!("{} does not say how many states there are", self.name))?;
        let seconds = text.split(" s inserting").next().and_then(|before| {
            let own = text.contains(" s inserting");
            own.then(|| before.split_whitespace().next_back()?.parse().ok()).flatten()
        });
        let kibibytes = ended.rusage.maxrss / 1024;
        Ok((Run { seconds: seconds.unwrap_or(whole), kibibytes }, states))
    }
}

/// Returns the number in front of one of the given words.
fn number_before(text: &str, words: &[&str]) -> Option<u64> {
    words.iter().find_map(|word| {
        let (before, _) = text.split_once(word)?;
        before.split_whitespace().next_back()?.parse().ok()
    })
}
