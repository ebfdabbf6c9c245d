//! Strategies: which of the enabled steps a run takes.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use latchwork_model::kit::{Fairness, Model, Process, Step};

use super::rng::Draws;

/// How the steps of a run are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every enabled step with the same probability.
    Walk,
    /// Probabilistic concurrency testing: the enabled process with the highest priority acts, and
    /// at `depth - 1` points of the run it falls to the lowest.
    Pct {
        /// How many ordering constraints a violation may need.
        depth: u8,
    },
    /// A walk in which some of the faults and of the optional actions never happen; which, is
    /// drawn for every run.
    Swarm,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Walk => f.write_str("walk"),
            Self::Pct { depth } => write!(f, "pct:{depth}"),
            Self::Swarm => f.write_str("swarm"),
        }
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "walk" => Ok(Self::Walk),
            None if text == "swarm" => Ok(Self::Swarm),
            Some(("pct", number)) => Ok(Self::Pct { depth: pct_depth(number)? }),
            _ => Err("a strategy is walk, pct:D with a depth D, swarm, or mixed".to_string()),
        }
    }
}

/// The depth that stands behind the colon of `pct:D`.
pub fn pct_depth(number: &str) -> Result<u8, String> {
    let depth = number.parse().ok().filter(|depth| (1..=16).contains(depth));
    depth.ok_or("the depth of pct is a number from 1 to 16, as in pct:3".to_string())
}

/// The strategies of a campaign: its runs take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(Vec<Strategy>);

impl Mix {
    /// The strategy of the run with this number.
    pub fn of(&self, run: u64) -> Strategy {
        self.0[(run % self.0.len() as u64) as usize]
    }
}

impl From<Strategy> for Mix {
    fn from(strategy: Strategy) -> Self {
        Self(vec![strategy])
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = if text == "mixed" { "walk,pct:3,swarm" } else { text };
        Ok(Self(text.split(',').map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// Chooses the steps of one run.
pub(super) struct Picker {
    draws: Draws,
    /// By action: whether it never happens in this run.
    off: Vec<bool>,
    /// Whether every action may happen.
    all_on: bool,
    priorities: Option<Priorities>,
    /// Positions in the list of enabled steps between which the choice is.
    choice: Vec<usize>,
}

impl Picker {
    /// The picker of a run; `processes` are all of the model, and a run has at most `steps` steps.
    pub fn new<M: Model>(
        strategy: Strategy,
        mut draws: Draws,
        processes: &[Process],
        steps: usize,
    ) -> Self {
        let mut off = vec![false; M::ACTIONS.len()];
        let mut priorities = None;
        match strategy {
            Strategy::Walk => {}
            Strategy::Pct { depth } => {
                priorities = Some(Priorities::draw(&mut draws, depth, processes, steps));
            }
            Strategy::Swarm => {
                for (off, action) in off.iter_mut().zip(M::ACTIONS) {
                    let lane = M::LANES[usize::from(action.lane)];
                    if matches!(lane.fairness, Fairness::Optional | Fairness::Fault) {
                        *off = draws.flip();
                    }
                }
            }
        }
        let all_on = !off.contains(&true);
        Self { draws, off, all_on, priorities, choice: Vec::new() }
    }

    /// One of so many initial states.
    pub fn initial(&mut self, count: usize) -> usize {
        self.draws.below(count as u32) as usize
    }

    /// The actions that never happen in this run.
    pub fn switched_off(&self) -> Vec<u8> {
        (0u8..).zip(&self.off).filter(|(_, off)| **off).map(|(action, _)| action).collect()
    }

    /// The position of the step to take, the `at`-th of the run; none if all are switched off.
    pub fn pick<M: Model, S>(&mut self, at: usize, enabled: &[(Step, S)]) -> Option<usize> {
        let Self { draws, off, all_on, priorities, choice } = self;
        if *all_on && priorities.is_none() {
            let count = enabled.len() as u32;
            return (count > 0).then(|| draws.below(count) as usize);
        }
        let is_on = |step: &Step| !off[usize::from(step.action)];
        let acting = match priorities {
            Some(priorities) => {
                let able = enabled.iter().map(|(step, _)| step).filter(|step| is_on(step));
                Some(priorities.acting(at, able.map(|step| step.process(M::ACTIONS)))?)
            }
            None => None,
        };
        let is_chosen = |step: &Step| match acting {
            Some(acting) => step.process(M::ACTIONS) == acting,
            None => true,
        };
        choice.clear();
        let chosen = enabled.iter().enumerate();
        let chosen = chosen.filter(|(_, (step, _))| is_on(step) && is_chosen(step));
        choice.extend(chosen.map(|(position, _)| position));
        match choice.len() {
            0 => None,
            count => Some(choice[draws.below(count as u32) as usize]),
        }
    }

    /// The draws that are left.
    pub fn into_draws(self) -> Draws {
        self.draws
    }

    /// The step just taken changed nothing.
    pub fn stood_still(&mut self, process: Process) {
        if let Some(priorities) = &mut self.priorities {
            priorities.drop_down(process);
        }
    }
}

/// The priorities of the processes in one run.
struct Priorities {
    /// The processes, the one with the highest priority first.
    order: Vec<Process>,
    /// The positions in it, by lane and actor.
    rank: Vec<usize>,
    /// The most actors of a lane, and one more.
    actors: usize,
    /// The steps before which the process that would act falls to the lowest priority.
    change: Vec<usize>,
}

impl Priorities {
    fn draw(draws: &mut Draws, depth: u8, processes: &[Process], steps: usize) -> Self {
        let mut priorities: Vec<usize> = (0..processes.len()).collect();
        draws.shuffle(&mut priorities);
        let mut ranked: Vec<(usize, Process)> =
            priorities.into_iter().zip(processes.iter().copied()).collect();
        ranked.sort_unstable_by_key(|(priority, _)| Reverse(*priority));
        let order: Vec<Process> = ranked.into_iter().map(|(_, process)| process).collect();
        // How long a run will be is not known, and change points behind its end are worth nothing:
        // so the length over which they are spread is itself drawn, on a scale of doublings.
        let doublings = steps.max(2).ilog2();
        let length = 2 << draws.below(doublings);
        let change = (1..depth).map(|_| draws.below(length) as usize).collect();
        let most = |number: fn(&Process) -> u8| order.iter().map(number).max().unwrap_or(0);
        let lanes = usize::from(most(|process| process.lane)) + 1;
        let actors = usize::from(most(|process| process.actor.unwrap_or(0))) + 2;
        let mut priorities = Self { order, rank: vec![0; lanes * actors], actors, change };
        priorities.number(0);
        priorities
    }

    /// The process that acts next, of those that can.
    fn acting(
        &mut self,
        at: usize,
        able: impl Iterator<Item = Process> + Clone,
    ) -> Option<Process> {
        for _ in 0..self.change.iter().filter(|change| **change == at).count() {
            let acting = self.highest(able.clone())?;
            self.drop_down(acting);
        }
        self.highest(able)
    }

    fn highest(&self, able: impl Iterator<Item = Process>) -> Option<Process> {
        able.min_by_key(|process| self.rank[self.place(*process)])
    }

    /// Where the rank of a process stands.
    fn place(&self, process: Process) -> usize {
        let actor = process.actor.map_or(0, |actor| usize::from(actor) + 1);
        usize::from(process.lane) * self.actors + actor
    }

    fn drop_down(&mut self, process: Process) {
        if let Some(at) = self.order.iter().position(|other| *other == process) {
            self.order[at..].rotate_left(1);
            self.number(at);
        }
    }

    /// Writes down the ranks of those that stand from `first` on.
    fn number(&mut self, first: usize) {
        for rank in first..self.order.len() {
            let place = self.place(self.order[rank]);
            self.rank[place] = rank;
        }
    }
}
