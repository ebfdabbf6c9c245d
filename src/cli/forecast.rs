//! What a whole search would take, from a short one.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount, HumanDuration};

use crate::engines::explore::forecast::forecast;
use crate::engines::verdict::Stopped;
use crate::jobs::check::Checked;
use crate::report;

use super::clock::Clock;
use super::disk::OF_PRINT;

/// Writes how many states, levels, bytes and hours to expect of a search that was cut off.
pub fn write(out: &mut dyn Write, checked: &Checked, clock: &Clock) -> io::Result<()> {
    let title = report::title(&checked.scenario);
    let statistics = &checked.exploration.statistics;
    let (seen, levels) = (statistics.distinct, statistics.levels.len());
    let cut_off =
        [Stopped::Time, Stopped::Interrupted, Stopped::States, Stopped::Memory, Stopped::Disk];
    if !checked.exploration.stopped.is_some_and(|stopped| cut_off.contains(&stopped)) {
        return writeln!(out, "forecast: {title} was searched within the time");
    }
    let so_far = format!("after {levels} levels with {} states", HumanCount(seen));
    let Some(found) = forecast(&statistics.levels) else {
        return writeln!(out, "forecast: {title}: {so_far}, the levels do not say enough yet");
    };
    let count = |states: f64| HumanCount(rounded(states));
    let (states, expected) = (count(found.states), found.levels);
    let (least, most) = (count(found.least), count(found.most));
    writeln!(out, "forecast: {title}: about {states} states on {expected} levels, {so_far}")?;
    writeln!(out, "  states:  between {least} and {most} in 8 of 10 past searches")?;
    let left = (found.states - seen as f64) / (seen as f64 / clock.total().max(0.001));
    let left = HumanDuration(Duration::from_secs_f64(left.clamp(0.0, 1e9)));
    writeln!(out, "  time:    {left} more, at the rate so far")?;
    let of_all = |bytes: f64| BinaryBytes((found.states * bytes) as u64);
    let in_memory = of_all(clock.bytes() as f64 / seen as f64);
    let on_disk = of_all((checked.instance.state_size() as u64 + OF_PRINT) as f64);
    writeln!(out, "  memory:  about {in_memory}; with --disk at most {on_disk} on disk")
}

/// Rounds to two digits: an estimate has no more.
fn rounded(states: f64) -> u64 {
    let unit = 10f64.powf(states.max(1.0).log10().floor() - 1.0).max(1.0);
    ((states / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn two_digits_are_left() {
        assert_eq!(rounded(61_515_776.4), 62_000_000);
        assert_eq!(rounded(99.6), 100);
        assert_eq!(rounded(7.4), 7);
    }
}
