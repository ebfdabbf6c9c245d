//! Which changes of a model its scenarios notice. Each guard is removed, then negated; each claim is
//! made to hold always; each effect of an action is left out. A mutant is *killed* by the first
//! scenario that is no longer as expected, and *survives* if there is none.
//!
//! `cargo run --release --features mutants --example mutants -- [PROTOCOL]...` tries all changes of
//! the protocols, and writes what it finds into `latchwork-out/mutants` after each change. If it is
//! stopped, the same command goes on; after an edit of the model or of its scenarios it begins
//! again. `--report` writes `reports/mutants.md` and `.json` of all protocols that are complete.
//!
//! No change needs a build: guards, claims and effects know the place that they are called from.

mod findings;
mod page;
mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use latchwork::protocols::all;

use findings::Findings;
use trial::Protocol;

/// Change guards, claims and effects of the models one at a time, and see which scenario notices
#[derive(Parser)]
struct Arguments {
    /// The protocols [default: all]
    protocols: Vec<String>,
    /// Only every Nth change, beginning with the Ith, counted from 0
    #[arg(long, value_name = "I/N", default_value = "0/1", value_parser = shard)]
    shard: (usize, usize),
    /// The number of threads of each search
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where findings are kept
    #[arg(long, default_value = "latchwork-out/mutants")]
    out: PathBuf,
    /// Only write the report of the findings into this folder
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(i, n)| i < n).ok_or_else(|| format!("`{text}` is no shard such as 0/4"))
}

fn run(arguments: &Arguments) -> Result<(), String> {
    if let Some(reports) = &arguments.report {
        return page::write(&arguments.out, reports);
    }
    for name in &arguments.protocols {
        if !all().iter().any(|entry| entry.name == name) {
            return Err(format!("`{name}` is no protocol"));
        }
    }
    let chosen = |name: &str| {
        arguments.protocols.is_empty() || arguments.protocols.iter().any(|one| one == name)
    };
    for entry in all().iter().filter(|entry| chosen(entry.name)) {
        try_all(entry.name, arguments)?;
    }
    Ok(())
}

/// Tries all changes of a protocol that were not tried before.
fn try_all(name: &str, arguments: &Arguments) -> Result<(), String> {
    let protocol = Protocol::open(name, arguments.threads)?;
    let changes = protocol.changes();
    let file = arguments.out.join(format!("{name}.jsonl"));
    let mut findings = Findings::open(&file, &protocol.digest, changes.len())?;
    let (first, step) = arguments.shard;
    for (at, mutant) in changes.iter().enumerate().skip(first).step_by(step) {
        if findings.has(mutant) {
            continue;
        }
        let finding = protocol.try_one(mutant)?;
        println!("{name} {} of {}: {}", at + 1, changes.len(), finding.sentence());
        findings.add(finding)?;
    }
    Ok(())
}

/// Reads a text file. The error names it.
fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn main() -> ExitCode {
    // A changed model may panic, which is a way to be noticed.
    std::panic::set_hook(Box::new(|_| {}));
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}
