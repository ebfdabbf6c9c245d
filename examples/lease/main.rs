//! The protocol of docs/tutorial.md, with all commands of latchwork:
//! `cargo run --release --example lease -- check`.

use std::process::ExitCode;

use latchwork::protocols::Entry;

mod lease;

static PROTOCOLS: &[Entry] = &[Entry::of::<lease::Lease>()];

fn main() -> ExitCode {
    latchwork::cli::run(PROTOCOLS)
}
