//! Strategies: which of the enabled steps a run takes.

use std::fmt;
use std::str::FromStr;

use latchwork_model::kit::{ActionInfo, Fairness, Model, Process, Step};

use super::rng::Draws;

/// How the steps of a run are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every enabled step with the same probability.
    Walk,
    /// Probabilistic concurrency testing: the enabled process with the highest priority acts. At
    /// `depth - 1` points of the run, that process drops to the lowest priority.
    Pct {
        /// How many ordering constraints a violation may need.
        depth: u8,
    },
    /// A walk in which some of the faults and of the optional actions never happen. Which ones is
    /// random for every run.
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

/// Parses the depth after the colon of `pct:D`.
pub fn pct_depth(number: &str) -> Result<u8, String> {
    let depth = number.parse().ok().filter(|depth| (1..=16).contains(depth));
    depth.ok_or("the depth of pct is a number from 1 to 16, as in pct:3".to_string())
}

/// The strategies of a campaign: runs use them in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(Vec<Strategy>);

impl Mix {
    /// Returns the strategy of the run with this number.
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

/// The processes of a model, numbered.
pub(super) struct Processes {
    /// All of them, in order.
    pub all: Vec<Process>,
    /// By action: its lane, and whether its first argument identifies the acting process of the
    /// lane.
    by_action: Vec<(u8, bool)>,
    /// The numbers per lane: one for the lane itself, and one for each actor.
    width: usize,
    /// The total number of process numbers.
    numbers: usize,
}

impl Processes {
    /// Returns the processes that take these steps.
    pub fn of<M: Model>(steps: &[Step]) -> Self {
        let mut all: Vec<Process> = steps.iter().map(|step| step.process(M::ACTIONS)).collect();
        all.sort_unstable();
        all.dedup();
        let most = all.iter().filter_map(|process| process.actor).max();
        let width = most.map_or(1, |most| usize::from(most) + 2);
        let by_action = M::ACTIONS.iter().map(|action| (action.lane, !action.params.is_empty()));
        Self { all, by_action: by_action.collect(), width, numbers: M::LANES.len() * width }
    }

    /// Returns the number of a process.
    #[inline]
    fn number(&self, Process { lane, actor }: Process) -> usize {
        usize::from(lane) * self.width + actor.map_or(0, |actor| usize::from(actor) + 1)
    }

    /// Returns the number of the process that takes a step.
    #[inline]
    fn acting(&self, step: Step) -> usize {
        let (lane, counts) = self.by_action[usize::from(step.action)];
        self.number(Process { lane, actor: counts.then_some(step.args[0]) })
    }
}

/// Chooses the steps of one run.
pub(super) struct Picker<'a> {
    draws: Draws,
    among: Among<'a>,
    /// The positions of the candidates in the list of enabled steps, unless all are candidates.
    choice: Vec<usize>,
}

/// Which of the enabled steps are candidates.
enum Among<'a> {
    /// All of them.
    All,
    /// Those whose action is not disabled in this run; by action.
    On { off: Vec<bool> },
    /// Those of the process with the highest priority.
    First(Priorities<'a>),
}

impl<'a> Picker<'a> {
    /// Creates the picker of a run of at most `steps` steps.
    pub fn new<M: Model>(
        strategy: Strategy,
        mut draws: Draws,
        processes: &'a Processes,
        steps: usize,
    ) -> Self {
        let among = match strategy {
            Strategy::Walk => Among::All,
            Strategy::Pct { depth } => {
                Among::First(Priorities::draw(&mut draws, depth, processes, steps))
            }
            Strategy::Swarm => {
                let mut is_off = |action: &ActionInfo| {
                    let lane = M::LANES[usize::from(action.lane)];
                    matches!(lane.fairness, Fairness::Optional | Fairness::Fault) && draws.flip()
                };
                Among::On { off: M::ACTIONS.iter().map(&mut is_off).collect() }
            }
        };
        Self { draws, among, choice: Vec::new() }
    }

    /// Picks one of `count` initial states.
    pub fn initial(&mut self, count: usize) -> usize {
        self.draws.below(count as u32) as usize
    }

    /// Returns the actions that are disabled in this run.
    pub fn switched_off(&self) -> Vec<u8> {
        let Among::On { off } = &self.among else { return Vec::new() };
        (0u8..).zip(off).filter(|(_, off)| **off).map(|(action, _)| action).collect()
    }

    /// Returns the position of the step to take, the `at`-th of the run; `None` if all are
    /// disabled.
    pub fn pick(&mut self, at: usize, enabled: &[Step]) -> Option<usize> {
        let Self { draws, among, choice } = self;
        let count = match among {
            Among::All => enabled.len(),
            Among::On { off } => {
                let is_on = |at: &usize| !off[usize::from(enabled[*at].action)];
                choice.clear();
                choice.extend((0..enabled.len()).filter(is_on));
                choice.len()
            }
            Among::First(priorities) => {
                priorities.choose(at, enabled, choice);
                choice.len()
            }
        };
        let picked = (count > 0).then(|| draws.below(count as u32) as usize)?;
        Some(if let Among::All = among { picked } else { choice[picked] })
    }

    /// Returns the remaining random numbers.
    pub fn into_draws(self) -> Draws {
        self.draws
    }

    /// Records that the step just taken changed nothing.
    pub fn stood_still(&mut self, step: Step) {
        if let Among::First(priorities) = &mut self.among {
            priorities.drop_down(step);
        }
    }
}

/// The priorities of the processes in one run.
struct Priorities<'a> {
    processes: &'a Processes,
    /// By process number; the smallest rank has the highest priority.
    rank: Vec<usize>,
    /// The largest rank so far.
    last: usize,
    /// The steps before which the process that would act drops to the lowest priority.
    change: Vec<usize>,
}

impl<'a> Priorities<'a> {
    fn draw(draws: &mut Draws, depth: u8, processes: &'a Processes, steps: usize) -> Self {
        let mut ranks: Vec<usize> = (0..processes.all.len()).rev().collect();
        draws.shuffle(&mut ranks);
        let mut rank = vec![0; processes.numbers];
        for (process, its) in processes.all.iter().zip(&ranks) {
            rank[processes.number(*process)] = *its;
        }
        // The length of a run is not known in advance, and change points beyond its end have no
        // effect. So the length over which they are spread is itself random, on a logarithmic
        // scale.
        let doublings = steps.max(2).ilog2();
        let length = 2 << draws.below(doublings);
        let change = (1..depth).map(|_| draws.below(length) as usize).collect();
        Self { processes, rank, last: ranks.len(), change }
    }

    /// Fills in the positions of the steps of the enabled process that acts next.
    fn choose(&mut self, at: usize, enabled: &[Step], choice: &mut Vec<usize>) {
        for _ in 0..self.change.iter().filter(|change| **change == at).count() {
            self.highest(enabled, choice);
            if let Some(acting) = choice.first() {
                self.drop_down(enabled[*acting]);
            }
        }
        self.highest(enabled, choice);
    }

    fn highest(&self, enabled: &[Step], choice: &mut Vec<usize>) {
        let mut best = usize::MAX;
        choice.clear();
        for (at, step) in enabled.iter().enumerate() {
            let rank = self.rank[self.processes.acting(*step)];
            if rank < best {
                best = rank;
                choice.clear();
            }
            if rank == best {
                choice.push(at);
            }
        }
    }

    /// Gives the lowest priority to the process that takes this step.
    fn drop_down(&mut self, step: Step) {
        self.rank[self.processes.acting(step)] = self.last;
        self.last += 1;
    }
}
