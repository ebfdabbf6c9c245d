//! The table that is printed: ready for a README.

use std::process::Command;

use crate::{Arguments, Run};

/// The version of Stateright, as `Cargo.toml` has it.
pub const STATERIGHT: &str = "0.31.0";

/// A contender with its best run.
pub struct Row {
    pub name: &'static str,
    pub threads: u8,
    pub run: Run,
}

/// Prints the table, and what it was measured on.
pub fn print(arguments: &Arguments, distinct: u64, rows: &[Row]) {
    let best = |name: &str, threads| {
        let row = rows.iter().find(|row| row.name == name && row.threads == threads);
        row.map(|row| row.run.seconds)
    };
    println!("Two-phase commit with {} resource managers, {distinct} states.", arguments.managers);
    println!("{}", machine());
    println!("The fastest of {} runs each, in turn.", arguments.runs);
    println!();
    println!(
        "| | threads | wall | peak memory | bytes a state | Latchwork on as many threads is |"
    );
    println!("|---|---|---|---|---|---|");
    for row in rows {
        let Run { seconds, kibibytes } = row.run;
        let ratio = match (row.name, best("Latchwork", row.threads)) {
            ("Latchwork", _) | (_, None) => "-".to_string(),
            (_, Some(own)) => format!("{:.2} times as fast", seconds / own),
        };
        // Of the bare insertion the memory is that of a list of fingerprints.
        let memory = if row.name == "bare insertion" {
            "| - | - ".to_string()
        } else {
            let bytes = kibibytes * 1024;
            format!("| {} MB | {:.1} ", bytes / 1_000_000, bytes as f64 / distinct as f64)
        };
        println!("| {} | {} | {seconds:.2} s {memory}| {ratio} |", row.name, row.threads);
    }
    println!();
    if let (Some(one), Some(two)) = (best("Latchwork", 1), best("Latchwork", 2)) {
        println!("Two threads are {:.2} times as fast as one.", one / two);
    }
}

/// Returns what is measured, when, and on what, in two lines.
pub fn machine() -> String {
    format!(
        "{} on {}, {} cores;\n{}; {}; {}; Stateright {STATERIGHT}; Latchwork {}.",
        first_line("date", &["-u", "+%F"]),
        processor(),
        cores(),
        first_line("rustc", &["-V"]),
        first_line("spin", &["-V"]),
        first_line("gcc", &["--version"]),
        first_line("git", &["describe", "--always", "--dirty"]),
    )
}

/// The first line that a program prints; what it is called, if it cannot be run.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok().and_then(|text| Some(text.lines().next()?.to_string())).unwrap_or(program.into())
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    name.unwrap_or("a processor without a name").to_string()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
