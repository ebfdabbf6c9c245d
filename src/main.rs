//! The `latchwork` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchwork::cli::run(latchwork::protocols::PROTOCOLS)
}
