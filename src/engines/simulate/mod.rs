//! The sampling engine: many runs with drawn steps, for spaces that are too large to close.
//!
//! Run number `i` is a function of the configuration, the seed, `i`, the strategy and the most
//! steps of a run. Runs are spread over threads, and what is reported is folded in the order of
//! their numbers up to the first that fails: so it does not depend on the threads.
//!
//! A run has two phases. In the first one anything may happen; in the second one faults stop,
//! everybody who must act takes turns, and what was promised must come to be. A campaign without a
//! violation is no proof.
//!
//! | file | what it holds |
//! |---|---|
//! | `rng` | the draws of a run: the only use of random numbers in the program |
//! | `strategy` | which of the enabled steps a run takes |
//! | `look` | one state: what can happen next, what it shows |
//! | `plan` | what to sample |
//! | `course` | a run on its way |
//! | `run` | one run |
//! | `fair` | its second phase |

mod course;
mod fair;
pub(crate) mod look;
mod plan;
pub mod rng;
mod run;
mod strategy;

use std::ops::Range;

use latchwork_model::kit::{Actions, Model};

use crate::engines::explore::Watch;
use crate::engines::explore::panics::join;
use crate::engines::verdict::{Discovery, PropertyId, PropertySet};

pub use plan::Plan;
pub use strategy::{Mix, Strategy, pct_depth};

use course::Sampler;
use look::Looker;
use run::Run;

/// The most runs between two looks at the clock.
const BLOCK: u64 = 1024;

/// One run in so many is done twice and compared, also when nobody asks for it.
const TWICE: u64 = 64;

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
    /// Runs whose first phase ended because it had no steps left.
    pub cut: u64,
    /// Runs whose second phase ended so.
    pub unsettled: u64,
    /// The first of them.
    pub first_unsettled: Option<Unsettled>,
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

/// A run that waits for something that did not come within the steps of its fair phase. That is no
/// violation: with more steps it may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Its number.
    pub run: u64,
    /// The property that waits.
    pub property: PropertyId,
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
        unsettled: 0,
        first_unsettled: None,
        fired: vec![false; <M as Actions>::ACTIONS.len()],
        reached: PropertySet::EMPTY,
        failure: None,
        nondeterminism: None,
        interrupted: false,
    };
    // Each thread has one, with what it remembers.
    let looker = |_| Looker::new(model, plan.properties);
    let mut lookers: Vec<_> = (0..plan.threads.max(1)).map(looker).collect();
    let mut start = plan.runs.start;
    // Most campaigns that fail do so soon: blocks grow.
    let mut size = 2 * plan.threads.max(1) as u64;
    while start < plan.runs.end {
        if watch.interrupted() {
            simulation.interrupted = true;
            break;
        }
        let end = plan.runs.end.min(start.saturating_add(size));
        size = (2 * size).min(BLOCK);
        watch.runs(&(start..end));
        for (run, differs) in block(&sampler, &mut lookers, start..end) {
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
fn block<'a, M: Model>(
    sampler: &Sampler<'a, M>,
    lookers: &mut [Looker<'a, M>],
    numbers: Range<u64>,
) -> Vec<(Run, Option<usize>)> {
    let threads = lookers.len();
    let part = |first: usize, looker: &mut Looker<'a, M>| -> Vec<(Run, Option<usize>)> {
        let numbers = numbers.clone().skip(first).step_by(threads);
        numbers.map(|number| once(sampler, looker, number)).collect()
    };
    let mut runs: Vec<_> = if let [looker] = lookers {
        part(0, looker)
    } else {
        std::thread::scope(|scope| {
            let part = &part;
            let spawn = |(first, looker)| scope.spawn(move || part(first, looker));
            let handles: Vec<_> = lookers.iter_mut().enumerate().map(spawn).collect();
            handles.into_iter().flat_map(join).collect()
        })
    };
    runs.sort_unstable_by_key(|(run, _)| run.number);
    runs
}

/// A run; some are done twice.
fn once<'a, M: Model>(
    sampler: &Sampler<'a, M>,
    looker: &mut Looker<'a, M>,
    number: u64,
) -> (Run, Option<usize>) {
    let twice = sampler.plan.paranoid || number.is_multiple_of(TWICE);
    let run = sampler.run(looker, number, twice);
    if !twice || run.refused.is_some() {
        let refused = run.refused;
        return (run, refused);
    }
    let again = sampler.run(looker, number, true);
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
        self.unsettled += u64::from(run.unsettled.is_some());
        let unsettled = run.unsettled.map(|property| Unsettled { run: run.number, property });
        self.first_unsettled = self.first_unsettled.or(unsettled);
        self.reached = self.reached.or(run.reached);
        for (fired, in_run) in self.fired.iter_mut().zip(run.fired) {
            *fired |= in_run;
        }
        self.nondeterminism = differs.map(|step| Nondeterminism { run: run.number, step });
        let failure = |discovery| Failure { run: run.number, off: run.off, discovery };
        self.failure = run.discovery.map(failure);
    }
}
