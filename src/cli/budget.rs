//! The arguments that say how far a search may go.

use std::time::Duration;

use clap::Args;

use crate::engines::explore::Options;

/// How far a search may go.
#[derive(Args, Clone, Debug)]
pub struct Budget {
    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// Stop after this time: 90, 90s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub time: Option<Duration>,
    /// Stop after the level in which this many states are reached
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    states: Option<u64>,
    /// Use at most this much memory for states: 800M, 4G
    #[arg(long, value_name = "BYTES", value_parser = parse_memory)]
    memory: Option<u64>,
}

impl Budget {
    /// The options of a search.
    pub fn options(&self) -> Options {
        self.options_of_one(1)
    }

    /// The options of a process that shares this machine with others, as many as these in all.
    pub fn options_of_one(&self, processes: usize) -> Options {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let share = || (cores() / processes.max(1)).max(1);
        Options {
            threads: self.threads.map_or_else(share, usize::from),
            states: self.states,
            memory: self.memory,
            ..Options::default()
        }
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Parses a duration: 90, 90s, 5m, 1h.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("a duration is a number followed by s, m or h".to_string()),
    };
    let number: u64 = number.parse().map_err(|_| "a duration starts with a number".to_string())?;
    let time = number.checked_mul(seconds).filter(|time| *time <= 1 << 32);
    time.map(Duration::from_secs).ok_or_else(|| "the duration is too long".to_string())
}

fn parse_memory(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let bytes: u64 = match unit {
        "" => 1,
        "K" | "k" => 1 << 10,
        "M" | "m" => 1 << 20,
        "G" | "g" => 1 << 30,
        _ => return Err("a size is a number followed by K, M or G".to_string()),
    };
    let number: u64 = number.parse().map_err(|_| "a size starts with a number".to_string())?;
    number.checked_mul(bytes).ok_or_else(|| "the size is too large".to_string())
}
