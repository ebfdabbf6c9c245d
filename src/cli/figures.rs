//! How far a search by ranks is: one line for all of them, and the same measured figures as lines of JSON.
//!
//! They depend on the machine and its load. So they are in no report, only in a file of their own.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount, HumanDuration};
use serde::Serialize;

use super::Failure;
use crate::encoding::json::Problem;
use crate::engines::explore::RankFigures;
use crate::engines::explore::forecast::forecast;

/// All ranks of a search after a level.
#[derive(Debug, PartialEq, Serialize)]
pub struct Figures {
    level: usize,
    seconds: f64,
    states: u64,
    states_per_second: u64,
    /// The new states of the level.
    frontier: u64,
    /// How much more of them the rank with the most has than the average, in percent, before some are moved.
    imbalance_percent: u64,
    table_bytes: u64,
    mail_bytes: u64,
    disk_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<Estimate>,
    ranks: Vec<OfRank>,
}

/// What is left, from the shape of the levels.
#[derive(Debug, PartialEq, Serialize)]
struct Estimate {
    states_left: u64,
    seconds_left: u64,
}

/// One rank.
#[derive(Debug, PartialEq, Serialize)]
struct OfRank {
    rank: usize,
    frontier: u64,
    table_bytes: u64,
    mail_bytes: u64,
    disk_bytes: u64,
}

impl Figures {
    /// The figures after the last of these levels, so many seconds after the start. `rate` is the
    /// number of states in a second.
    pub fn of(levels: &[u64], ranks: &[RankFigures], seconds: f64, rate: f64) -> Self {
        let states: u64 = levels.iter().sum();
        let sum = |of: fn(&RankFigures) -> u64| ranks.iter().map(of).sum::<u64>();
        let frontier = sum(|rank| rank.frontier);
        let most = ranks.iter().map(|rank| rank.frontier).max().unwrap_or(0);
        let all = most * ranks.len() as u64;
        let left = forecast(levels).map(|found| (found.states - states as f64).max(0.0));
        let estimate = left
            .filter(|_| rate > 0.0)
            .map(|left| Estimate { states_left: left as u64, seconds_left: (left / rate) as u64 });
        let of_rank = |(rank, figures): (usize, &RankFigures)| OfRank {
            rank,
            frontier: figures.frontier,
            table_bytes: figures.memory,
            mail_bytes: figures.mails,
            disk_bytes: figures.disk,
        };
        Self {
            level: levels.len().saturating_sub(1),
            seconds,
            states,
            states_per_second: rate as u64,
            frontier,
            imbalance_percent: (all * 100).checked_div(frontier).map_or(0, |all| all - 100),
            table_bytes: sum(|rank| rank.memory),
            mail_bytes: sum(|rank| rank.mails),
            disk_bytes: sum(|rank| rank.disk),
            estimate,
            ranks: ranks.iter().enumerate().map(of_rank).collect(),
        }
    }

    /// One line for all ranks.
    pub fn line(&self) -> String {
        let (level, ranks, imbalance) = (self.level, self.ranks.len(), self.imbalance_percent);
        let (states, rate) = (HumanCount(self.states), HumanCount(self.states_per_second));
        let (mails, disk) = (BinaryBytes(self.mail_bytes), BinaryBytes(self.disk_bytes));
        let left = self.estimate.as_ref().map_or(String::new(), |estimate| {
            let left = HumanDuration(Duration::from_secs(estimate.seconds_left));
            format!(", estimate: {left} left")
        });
        format!(
            "level {level}, {states} states, {rate}/s, {ranks} ranks, imbalance {imbalance} %, \
             {mails} in mails, {disk} on disk{left}"
        )
    }

    /// One line of JSON.
    pub fn json(&self) -> String {
        // Serializing numbers and lists of them cannot fail.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// The file that receives figures.
pub struct FigureFile(File);

impl FigureFile {
    /// Creates it.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            let name = path.display().to_string();
            Problem::of_file(name, format!("cannot write: {error}")).hint("name a writable file")
        };
        Ok(Self(File::create(path).map_err(failed)?))
    }

    /// Adds a line.
    pub fn add(&mut self, figures: &Figures) -> std::io::Result<()> {
        self.0.write_all(figures.json().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;
    use crate::engines::explore::RankFigures;

    fn rank(frontier: u64) -> RankFigures {
        RankFigures { frontier, memory: 10, mails: 1 << 20, disk: 1 << 21 }
    }

    #[test]
    fn one_line_is_about_all_ranks() {
        let figures = Figures::of(&[1, 9, 40], &[rank(30), rank(10)], 2.0, 25.0);
        let line = figures.line();
        assert_eq!(
            line,
            "level 2, 50 states, 25/s, 2 ranks, imbalance 50 %, 2.00 MiB in mails, 4.00 MiB on disk"
        );
        let json: serde_json::Value = serde_json::from_str(&figures.json()).expect("JSON");
        assert_eq!((&json["frontier"], &json["table_bytes"]), (&40.into(), &20.into()));
        assert_eq!(json["ranks"][1]["frontier"], 10);
        assert_eq!(json["estimate"], serde_json::Value::Null);
    }

    #[test]
    fn what_is_left_is_called_an_estimate() {
        let mut levels = vec![1u64];
        for k in 0..13u64 {
            levels.push(levels[k as usize] * (24 - k) / (k + 1));
        }
        let figures = Figures::of(&levels, &[rank(3), rank(3)], 10.0, 1e6);
        assert_eq!(figures.imbalance_percent, 0);
        assert!(figures.line().contains(", estimate: "), "{}", figures.line());
        assert!(figures.estimate.expect("an estimate").states_left > 1_000_000);
        // At the end of a space nothing is new.
        assert_eq!(Figures::of(&[1], &[rank(0)], 0.0, 0.0).imbalance_percent, 0);
    }
}
