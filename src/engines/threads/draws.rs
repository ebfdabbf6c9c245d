//! Random scheduling: chooses which task runs next. Run number `i` is a function of the code, the
//! seed, `i` and the strategy.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use crate::engines::simulate::pct_depth;
use crate::engines::simulate::rng::Draws;

/// How the next task is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every runnable task with the same probability.
    Random,
    /// Probabilistic concurrency testing: the task with the highest priority runs. At `depth - 1`
    /// points of the run, that task drops to the lowest priority.
    Pct {
        /// How many ordering constraints a violation may need.
        depth: u8,
    },
    /// Uniform random walk: each task is chosen with a probability proportional to its remaining
    /// points, so that all interleavings are about equally likely.
    Urw,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("random"),
            Self::Pct { depth } => write!(f, "pct:{depth}"),
            Self::Urw => f.write_str("urw"),
        }
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "random" => Ok(Self::Random),
            None if text == "urw" => Ok(Self::Urw),
            Some(("pct", number)) => Ok(Self::Pct { depth: pct_depth(number)? }),
            _ => Err("a strategy is random, pct:D with a depth D, or urw".to_string()),
        }
    }
}

/// Chooses the task that runs next.
pub enum Picker {
    /// The oldest task, for the run that measures how long tasks are.
    Oldest,
    /// At random.
    Random(Draws),
    /// By priorities.
    Pct(Priorities),
    /// By the remaining work.
    Urw(Draws, Remaining),
    /// As recorded; the run ends where that is not possible.
    Given(VecDeque<u16>),
    /// As requested. A request that is not possible is skipped; without one, the last task
    /// continues.
    Wished(VecDeque<u16>, u16),
}

/// Priorities that drop at random points.
pub struct Priorities {
    draws: Draws,
    depth: u8,
    /// By task.
    of: Vec<u32>,
    /// The points at which a priority drops, and the current point of the run.
    falls: Vec<u32>,
    at: u32,
}

/// The remaining work of each task.
pub struct Remaining {
    /// By task, including those that have not been spawned yet.
    points: Vec<u32>,
    /// The number of tasks spawned so far.
    seen: usize,
}

/// Initial priorities are random and above the levels to which tasks drop.
const LEVELS: u32 = 1 << 30;

impl Picker {
    /// Creates the picker of a run. `measured` are the tasks of the measuring run.
    pub fn of(strategy: Strategy, mut draws: Draws, measured: &[u16]) -> Self {
        match strategy {
            Strategy::Random => Self::Random(draws),
            Strategy::Pct { depth } => {
                let length = (measured.len() as u32).max(1);
                let falls = (1..depth).map(|_| draws.below(length)).collect();
                Self::Pct(Priorities { draws, depth, of: Vec::new(), falls, at: 0 })
            }
            Strategy::Urw => {
                let tasks = measured.iter().max().map_or(1, |last| usize::from(*last) + 1);
                let mut points = vec![0; tasks];
                measured.iter().for_each(|task| points[usize::from(*task)] += 1);
                Self::Urw(draws, Remaining { points, seen: 0 })
            }
        }
    }

    /// Returns the task that runs next, out of the runnable ones, which are in order.
    pub fn pick(&mut self, tasks: &[u16]) -> Option<u16> {
        match self {
            Self::Oldest => tasks.first().copied(),
            Self::Random(draws) => Some(tasks[draws.below(tasks.len() as u32) as usize]),
            Self::Pct(priorities) => priorities.pick(tasks),
            Self::Urw(draws, remaining) => remaining.pick(draws, tasks),
            Self::Given(given) => given.pop_front().filter(|task| tasks.contains(task)),
            Self::Wished(wishes, last) => {
                let granted = std::iter::from_fn(|| wishes.pop_front())
                    .chain([*last])
                    .find(|task| tasks.contains(task));
                *last = granted.or(tasks.first().copied())?;
                Some(*last)
            }
        }
    }
}

impl Priorities {
    fn pick(&mut self, tasks: &[u16]) -> Option<u16> {
        let last = usize::from(*tasks.last()?);
        while self.of.len() <= last {
            self.of.push(u32::from(self.depth) + self.draws.below(LEVELS));
        }
        let highest = |of: &[u32]| tasks.iter().copied().max_by_key(|task| of[usize::from(*task)]);
        let mut task = highest(&self.of)?;
        if let Some(fall) = self.falls.iter().position(|fall| *fall == self.at) {
            self.of[usize::from(task)] = fall as u32;
            task = highest(&self.of)?;
        }
        self.at += 1;
        Some(task)
    }
}

impl Remaining {
    fn pick(&mut self, draws: &mut Draws, tasks: &[u16]) -> Option<u16> {
        let last = usize::from(*tasks.last()?);
        self.seen = self.seen.max(last + 1);
        if self.points.len() <= last {
            self.points.resize(last + 1, 0);
        }
        // A task that spawns others is credited with their work.
        let unseen: u32 = self.points[self.seen..].iter().sum();
        let weight = |task: u16| {
            let spawns = if task == 0 { unseen } else { 0 };
            (self.points[usize::from(task)] + spawns).max(1)
        };
        let total = tasks.iter().map(|task| weight(*task)).sum();
        let mut drawn = draws.below(total);
        let picked = tasks.iter().copied().find(|task| {
            let here = drawn < weight(*task);
            drawn = drawn.saturating_sub(weight(*task));
            here
        })?;
        let points = &mut self.points[usize::from(picked)];
        *points = points.saturating_sub(1);
        Some(picked)
    }
}
