//! The sampling engine: many runs with drawn steps, for spaces that are too large to close.
//!
//! Run number `i` is a function of the configuration, the seed, `i`, the strategy and the most
//! steps of a run. Runs are spread over threads, and what is reported is folded in the order of
//! their numbers up to the first that fails: so it does not depend on the threads.
//!
//! A campaign without a violation is no proof. What only the whole space can show (`can_finish`,
//! cycles) is not sampled.
//!
//! | file | what it holds |
//! |---|---|
//! | `rng` | the draws of a run: the only use of random numbers in the program |
//! | `strategy` | which of the enabled steps a run takes |
//! | `run` | one run |

pub mod rng;
mod run;
mod strategy;

use std::ops::Range;

use latchwork_model::kit::{Actions, Model};

use crate::explore::Watch;
use crate::verdict::{Discovery, PropertySet};

pub use strategy::Strategy;

use run::{Run, Sampler};

/// Runs between two looks at the clock.
const BLOCK: u64 = 1024;

/// One run in so many is done twice and compared, also when nobody asks for it.
const TWICE: u64 = 64;

/// What to sample.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the campaign.
    pub seed: u64,
    /// The numbers of its runs.
    pub runs: Range<u64>,
    /// How steps are chosen.
    pub strategy: Strategy,
    /// The most steps of a run.
    pub steps: usize,
    /// The properties to look at.
    pub properties: PropertySet,
    /// Whether every run is done twice and compared.
    pub paranoid: bool,
    /// How many threads run.
    pub threads: usize,
}

/// What a campaign came to. All figures are about the runs before the first one that failed, and
/// that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Runs done.
    pub runs: u64,
    /// Steps of all of them.
    pub steps: u64,
    /// Steps of the longest.
    pub longest: usize,
    /// Runs that ended because they had no steps left.
    pub cut: u64,
    /// By action: whether it fired in any run.
    pub fired: Vec<bool>,
    /// The `reachable` properties that were reached.
    pub reached: PropertySet,
    /// The first run that violates a property.
    pub failure: Option<Failure>,
    /// The first run that went two ways.
    pub nondeterminism: Option<Nondeterminism>,
    /// Somebody asked for an end before all runs were done.
    pub interrupted: bool,
}

/// A run that violates a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub run: u64,
    /// The actions that were switched off in it.
    pub off: Vec<u8>,
    /// What it violates, and its steps.
    pub discovery: Discovery,
}

/// A run that was done twice and was not the same: the model depends on more than its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nondeterminism {
    /// Its number.
    pub run: u64,
    /// The first step after which the two differ; 0 is the initial state.
    pub step: usize,
}

/// Does the runs of a plan, up to the first that fails.
pub fn simulate<M: Model>(model: &M, plan: &Plan, watch: &dyn Watch) -> Simulation {
    let sampler = Sampler::new(model, plan);
    let mut simulation = Simulation {
        runs: 0,
        steps: 0,
        longest: 0,
        cut: 0,
        fired: vec![false; <M as Actions>::ACTIONS.len()],
        reached: PropertySet::EMPTY,
        failure: None,
        nondeterminism: None,
        interrupted: false,
    };
    let mut start = plan.runs.start;
    while start < plan.runs.end {
        if watch.interrupted() {
            simulation.interrupted = true;
            break;
        }
        let end = plan.runs.end.min(start.saturating_add(BLOCK));
        for (run, differs) in block(&sampler, start..end) {
            simulation.add(run, differs);
            if simulation.failure.is_some() || simulation.nondeterminism.is_some() {
                return simulation;
            }
        }
        start = end;
    }
    simulation
}

/// Some runs in the order of their numbers, each with the step at which its repetition differs.
fn block<M: Model>(sampler: &Sampler<'_, M>, numbers: Range<u64>) -> Vec<(Run, Option<usize>)> {
    let threads = sampler.plan.threads.max(1);
    let part = |first: usize| -> Vec<(Run, Option<usize>)> {
        numbers.clone().skip(first).step_by(threads).map(|number| once(sampler, number)).collect()
    };
    let mut runs: Vec<_> = if threads == 1 {
        part(0)
    } else {
        std::thread::scope(|scope| {
            let part = &part;
            let handles: Vec<_> =
                (0..threads).map(|first| scope.spawn(move || part(first))).collect();
            let joined = handles.into_iter().map(|handle| match handle.join() {
                Ok(runs) => runs,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        })
    };
    runs.sort_unstable_by_key(|(run, _)| run.number);
    runs
}

/// A run; some are done twice.
fn once<M: Model>(sampler: &Sampler<'_, M>, number: u64) -> (Run, Option<usize>) {
    let twice = sampler.plan.paranoid || number.is_multiple_of(TWICE);
    let run = sampler.run(number, twice);
    if !twice {
        return (run, None);
    }
    let again = sampler.run(number, true);
    let (one, other) = (&run.digests, &again.digests);
    let differs = one.iter().zip(other).position(|(one, other)| one != other);
    let differs = differs.or((one.len() != other.len()).then_some(one.len().min(other.len())));
    (run, differs)
}

impl Simulation {
    fn add(&mut self, run: Run, differs: Option<usize>) {
        self.runs += 1;
        self.steps += run.steps as u64;
        self.longest = self.longest.max(run.steps);
        self.cut += u64::from(run.cut);
        self.reached = self.reached.or(run.reached);
        for (fired, in_run) in self.fired.iter_mut().zip(run.fired) {
            *fired |= in_run;
        }
        self.nondeterminism = differs.map(|step| Nondeterminism { run: run.number, step });
        let failure = |discovery| Failure { run: run.number, off: run.off, discovery };
        self.failure = run.discovery.map(failure);
    }
}
