//! How good forecasts are: cuts past searches off at each level, and compares what is forecast there
//! with the space. `forecast_error FILE`, where FILE is written by `latchwork check --json=FILE`.
//!
//! `src/engines/explore/forecast.rs` has the figures, and `docs/memory.md` the table.

use latchwork::engines::explore::forecast::{ENOUGH, LEVELS, continued};

/// Spaces with fewer states are left out.
const LARGE: u64 = 50_000;
/// The least share of the estimate that was searched, for each row.
const SHARES: [f64; 4] = [0.5, 0.25, 0.05, 0.0];

fn main() {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: forecast_error FILE, as `latchwork check --json=FILE` writes it");
        std::process::exit(2);
    };
    let facts = std::fs::read_to_string(&file).map_err(|error| error.to_string());
    let facts = facts.and_then(|text| {
        serde_json::from_str::<serde_json::Value>(&text).map_err(|error| error.to_string())
    });
    let facts = facts.unwrap_or_else(|error| {
        eprintln!("error: {file}: {error}");
        std::process::exit(2);
    });
    let spaces: Vec<Vec<u64>> = facts["scenarios"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|scenario| scenario["distinct"].as_u64().is_some_and(|states| states >= LARGE))
        .filter_map(|scenario| serde_json::from_value(scenario["levels"].clone()).ok())
        .collect();
    println!("{} spaces of at least {LARGE} states", spaces.len());
    println!("| searched of the estimate | forecasts | tenth | median | nine tenths |");
    let mut ratios: Vec<Vec<f64>> = SHARES.iter().map(|_| Vec::new()).collect();
    for levels in &spaces {
        let all: u64 = levels.iter().sum();
        let (mut seen, mut before) = (0, 0.0);
        for (at, states) in levels.iter().enumerate() {
            seen += states;
            // One forecast for each third more, so that a long tail does not count for much.
            if at + 1 < LEVELS || seen < ENOUGH || seen == all || (seen as f64) < before * 1.3 {
                continue;
            }
            before = seen as f64;
            let Some((estimate, _)) = continued(&levels[..=at]) else { continue };
            let share = seen as f64 / estimate;
            let row = SHARES.iter().position(|least| share >= *least).unwrap_or(SHARES.len() - 1);
            ratios[row].push(all as f64 / estimate);
        }
    }
    for (share, mut ratios) in SHARES.iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let at = |part: usize| ratios.get(ratios.len() * part / 10).copied().unwrap_or(f64::NAN);
        let (low, middle, high) = (at(1), at(5), at(9));
        let least = share * 100.0;
        println!(
            "| {least:.0} % or more | {} | {low:.2} | {middle:.2} | {high:.2} |",
            ratios.len()
        );
    }
}
