//! A part of a campaign, for one of many machines.

use std::env;
use std::ops::Range;
use std::str::FromStr;

/// One of some parts of about the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its position, from 0.
    at: u64,
    /// How many there are.
    of: u64,
}

impl Shard {
    /// Its part of some runs. Parts stand one behind the other, and one may be empty.
    pub fn part(self, runs: &Range<u64>) -> Range<u64> {
        let count = u128::from(runs.end - runs.start);
        let bound = |at: u64| runs.start + (count * u128::from(at) / u128::from(self.of)) as u64;
        bound(self.at)..bound(self.at + 1)
    }
}

const HINT: &str = "a shard is 2/8, the second of eight; slurm, in an array job; or kubernetes/8, \
                    in an indexed job with eight completions";

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shard = |at: Option<u64>, of: Option<u64>| match (at, of) {
            (Some(at), Some(of)) if at < of => Ok(Self { at, of }),
            _ => Err(HINT.to_string()),
        };
        let number = |text: &str| text.parse::<u64>().ok();
        match text.split_once('/') {
            None if text == "slurm" => {
                let task = variable("SLURM_ARRAY_TASK_ID")?;
                let [first, count] =
                    ["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"].map(variable);
                let at = task.checked_sub(first?);
                let of = count?;
                let step = "the ids of an array that runs shards must have no gaps";
                shard(at, Some(of)).map_err(|_| format!("{step}: --array=0-7"))
            }
            Some(("kubernetes", of)) => shard(Some(variable("JOB_COMPLETION_INDEX")?), number(of)),
            Some((at, of)) => shard(number(at).and_then(|at| at.checked_sub(1)), number(of)),
            None => Err(HINT.to_string()),
        }
    }
}

/// A number that the machinery of a cluster has put into the environment.
fn variable(name: &str) -> Result<u64, String> {
    let value = env::var(name).map_err(|_| format!("{name} is not set; {HINT}"))?;
    value.parse().map_err(|_| format!("{name} is `{value}`, which is not a number"))
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn parts_cover_all_runs_and_overlap_nowhere() {
        for (start, end) in [(0, 10), (5, 5), (3, 4), (0, u64::MAX)] {
            let mut next = start;
            for at in 0..7 {
                let part = Shard { at, of: 7 }.part(&(start..end));
                assert_eq!(part.start, next);
                assert!(part.end - part.start <= (end - start) / 7 + 1);
                next = part.end;
            }
            assert_eq!(next, end);
        }
    }

    #[test]
    fn a_shard_is_one_of_those_that_there_are() {
        assert_eq!("2/8".parse(), Ok(Shard { at: 1, of: 8 }));
        for wrong in ["0/8", "9/8", "1/0", "8", "", "/", "-1/8", "kubernetes"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
