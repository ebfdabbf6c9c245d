//! One space of each protocol in Latchwork, Stateright and SPIN, side by side.
//!
//! All three share the model: initial states, guards, effects, and what a property says about one
//! state. Search and storage are the engine's own. SPIN and Stateright search depth first here, which
//! is their fastest; Latchwork searches breadth first, as it always does.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::foreign::ShapeOf;
use crate::foreign::subjects::Subject;
use crate::foreign::through_spin::{self, Order, Verifier};
use crate::table::{Row, machine};
use crate::{Contender, Failure, in_turn};

/// One scenario of each protocol: the largest that SPIN can store here, or a medium one.
const SUBJECTS: [&str; 5] = [
    "async_grant/large/three_requests",
    "recall/medium/lost_and_restarted",
    "dirlock/medium/triples_sample",
    "downconvert/medium/pr_ex_pr_ex_twice_late_bast_o2dlm",
    "delegation_return/medium/variant_detach_after_rpc",
];

/// The contender with which the others are compared, by its threads.
const OWN: &str = "Latchwork";
/// The same with what the other engines do not have, so that it is compared with nobody.
const ALL: &str = "Latchwork, all properties";

/// Measure one space of each protocol in all engines, in turn
#[derive(Args)]
pub struct Protocols {
    /// How often each of them runs; the fastest run counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// The folder of the report
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reports"))]
    out: PathBuf,
}

impl Protocols {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let folder = tempfile::tempdir()?;
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let spin = through_spin::missing();
        if let Some(sentence) = &spin {
            eprintln!("{sentence}");
        }
        let mut text = head(self.runs);
        for name in SUBJECTS {
            let subject = Subject::Scenario(scenarios.join(name).with_extension("json"));
            let mut contenders = own(&subject)?;
            if spin.is_none() {
                contenders.push(in_spin(&subject, &folder.path().join(name))?);
            }
            eprintln!("{name}");
            let (states, rows) = in_turn(&contenders, self.runs)?;
            write_rows(&mut text, name, states, &rows)?;
        }
        std::fs::write(self.out.join("comparison.md"), text)?;
        Ok(())
    }
}

/// Returns Latchwork and Stateright on a subject.
fn own(subject: &Subject) -> Result<Vec<Contender>, Failure> {
    let program = std::env::current_exe()?;
    let search = |name, threads: u8, engine: &str| Contender {
        name,
        threads,
        program: program.clone(),
        arguments: ["search", engine, &subject.address(), "--threads", &threads.to_string()]
            .map(ToString::to_string)
            .to_vec(),
        subject: None,
        extra: 0,
    };
    Ok(vec![
        search(OWN, 1, "latchwork"),
        search(OWN, 2, "latchwork"),
        search(ALL, 2, "everything"),
        search("Stateright", 1, "stateright"),
        search("Stateright", 2, "stateright"),
    ])
}

/// Returns SPIN on a subject; its verifier is built in a folder.
fn in_spin(subject: &Subject, folder: &Path) -> Result<Contender, Failure> {
    let shape = subject.with(ShapeOf)?;
    let initial = shape.initial;
    let verifier = Verifier::build(shape, Order::Depth, &through_spin::library()?, folder)?;
    let (program, extra) = verifier.program(initial);
    Ok(Contender {
        name: "SPIN",
        threads: 1,
        program: program.to_path_buf(),
        // Go on after an error, list nothing, no run is too deep, a hash table of 2^24 entries.
        arguments: ["-c0", "-n", "-m8000000", "-w24"].map(ToString::to_string).to_vec(),
        subject: Some(subject.address()),
        extra,
    })
}

/// Returns what comes before the rows.
fn head(runs: u8) -> String {
    format!(
        "# One space of each protocol in three engines\n\n\
         Made by `cargo run --release --manifest-path benches/compare/Cargo.toml -- protocols`.\n\n\
         {}\nThe fastest of {runs} runs each, in turn; each run is a process of its own.\n\n\
         The engines share the model: its initial states, its guards and effects, and what each property\n\
         says about one state. Search and storage are their own. Stateright and SPIN search depth first,\n\
         which is their fastest; Latchwork searches breadth first and finds shortest runs. Stateright stores\n\
         fingerprints of 64 bits, as Latchwork does, and SPIN whole states, beside a stack for 8,000,000 steps\n\
         and a table of 2^24 entries. SPIN tries every step that the bounds allow, one by one. All engines\n\
         count the same states; a difference would end the comparison. *Safety* is what single states show: invariants,\n\
         goals, deadlocks. *All properties* adds `can_finish` and the properties of fair runs. The two\n\
         other engines have no `can_finish`, and no fairness that compares, so they have no such row.\n\n\
         | protocol | states | engine | threads | wall | peak memory | ns a state | Latchwork on as many threads is |\n\
         |---|--:|---|--:|--:|--:|--:|--:|\n",
        machine()
    )
}

/// Writes the rows of a protocol.
fn write_rows(text: &mut String, name: &str, states: u64, rows: &[Row]) -> std::fmt::Result {
    let best = |threads| {
        let own = rows.iter().find(|row| row.name == OWN && row.threads == threads);
        own.map(|row| row.run.seconds)
    };
    for row in rows {
        let (seconds, threads) = (row.run.seconds, row.threads);
        let ratio = match best(threads) {
            Some(own) if ![OWN, ALL].contains(&row.name) => {
                format!("{:.2} times as fast", seconds / own)
            }
            _ => "-".to_string(),
        };
        let safety = if row.name == OWN { ", safety" } else { "" };
        writeln!(
            text,
            "| {name} | {states} | {}{safety} | {threads} | {seconds:.2} s | {} MB | {:.0} | {ratio} |",
            row.name,
            row.run.kibibytes * 1024 / 1_000_000,
            seconds * 1e9 / states as f64,
        )?;
    }
    Ok(())
}
