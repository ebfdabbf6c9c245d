//! The sampling engine: many random runs, for spaces that are too large to explore.
//!
//! Run number `i` is a function of the configuration, the seed, `i`, the strategy and the maximum
//! number of steps. Runs are distributed over threads. Results are merged in the order of run
//! numbers up to the first failure, so the report does not depend on the threads.
//!
//! A run has two phases. In the first one anything may happen. In the second, fair one, faults
//! stop, all fair units take turns, and everything that the liveness properties promise must
//! happen. A campaign without a violation is no proof.
//!
//! | file | what it holds |
//! |---|---|
//! | `rng` | the random numbers of a run: their only use in the program |
//! | `strategy` | which of the enabled steps a run takes |
//! | `look` | one state: what can happen next, what it shows |
//! | `plan` | what to sample |
//! | `course` | a run in progress |
//! | `run` | one run |
//! | `fair` | its fair phase |
//! | `sketch` | how many distinct states the runs visited, estimated |

mod course;
mod fair;
pub(crate) mod look;
mod plan;
pub mod rng;
mod run;
pub mod sketch;
mod strategy;

use std::ops::Range;

use latchwork_model::kit::{Actions, Kind, Model, Step};

use crate::engines::explore::Watch;
use crate::engines::explore::panics::join;
use crate::engines::verdict::{
    Discovery, End, PropertyId, PropertyInfo, PropertyKind, PropertySet, properties,
};

pub use plan::Plan;
pub use strategy::{Mix, Strategy, pct_depth};

use course::Sampler;
use look::Looker;
use run::Run;
use sketch::Sketch;

/// The maximum number of runs between two checks of the clock.
const BLOCK: u64 = 1024;

/// One in this many runs is repeated and compared, even if nobody asks for it.
const TWICE: u64 = 64;

/// The result of a campaign. If it ends at the first run that fails, all figures cover the runs up to
/// and including that one; otherwise they cover all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// The number of runs.
    pub runs: u64,
    /// The total number of steps.
    pub steps: u64,
    /// The number of steps of the longest run.
    pub longest: usize,
    /// The number of runs whose first phase ended because it had no steps left.
    pub cut: u64,
    /// The number of runs whose fair phase ended because it had no steps left.
    pub unsettled: u64,
    /// The first unsettled run.
    pub first_unsettled: Option<Unsettled>,
    /// By action: the number of steps in which it fired.
    pub fired: Vec<u64>,
    /// By property of the model: the number of visits to a state in which its antecedent was true.
    pub exercised: Vec<u64>,
    /// The distinct states that were visited, as an estimate.
    pub visited: Sketch,
    /// The `reachable` properties that were reached.
    pub reached: PropertySet,
    /// The first run that violates a property.
    pub failure: Option<Failure>,
    /// The first runs that violate a property in another way each; see [`Failure::way`].
    pub others: Vec<Failure>,
    /// The first run whose repetition differed.
    pub nondeterminism: Option<Nondeterminism>,
    /// Whether the campaign was interrupted before all runs were done.
    pub interrupted: bool,
}

/// A run that violates a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub run: u64,
    /// The actions that were disabled in it.
    pub off: Vec<u8>,
    /// The violation, and the steps of the run.
    pub discovery: Discovery,
}

/// In which way a run violates a property: two runs with the same way are not reported separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The property.
    pub property: PropertyId,
    /// The step that decides it, with its arguments; `None` if the whole end of the run shows it.
    pub decided_by: Option<Step>,
}

impl Failure {
    /// Returns in which way the run violates the property. The last step decides if a single state
    /// shows the violation, or if that step cannot be completed. What shows in where a run stops or
    /// repeats is not decided by its last step, which may be any.
    pub fn way(&self, properties: &[PropertyInfo]) -> Way {
        let Discovery { property, path, end, .. } = &self.discovery;
        let kind = properties[usize::from(property.0)].kind;
        let decides = match end {
            End::State => kind == PropertyKind::Model(Kind::Invariant),
            End::Exceeds(_) | End::Changes | End::Panics(_) => true,
            End::Stuck { .. } => false,
        };
        let decided_by = path.steps.last().copied().filter(|_| decides);
        Way { property: *property, decided_by }
    }
}

/// A run that still waits for something at the end of its fair phase. This is no violation: with
/// more steps it may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Its number.
    pub run: u64,
    /// The property that waits.
    pub property: PropertyId,
}

/// A run whose repetition differed: the model depends on more than its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nondeterminism {
    /// Its number.
    pub run: u64,
    /// The first step after which the two differ; 0 is the initial state.
    pub step: usize,
}

/// Samples the runs of a plan: up to the first that fails, or all of them if the plan asks for more
/// than one way to fail.
pub fn simulate<M: Model>(model: &M, plan: &Plan, watch: &dyn Watch) -> Simulation {
    let sampler = Sampler::new(model, plan);
    let mut simulation = Simulation {
        runs: 0,
        steps: 0,
        longest: 0,
        cut: 0,
        unsettled: 0,
        first_unsettled: None,
        fired: vec![0; <M as Actions>::ACTIONS.len()],
        exercised: vec![0; M::PROPERTIES.len()],
        visited: Sketch::default(),
        reached: PropertySet::EMPTY,
        failure: None,
        others: Vec::new(),
        nondeterminism: None,
        interrupted: false,
    };
    // Each thread has its own, with its cache.
    let looker = |_| Looker::new(model, plan.properties);
    let mut lookers: Vec<_> = (0..plan.threads.max(1)).map(looker).collect();
    let properties = properties::<M>();
    let mut start = plan.runs.start;
    // Most campaigns that fail do so early, so blocks grow.
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
            simulation.add(run, differs, plan.ways, &properties);
            let enough = plan.ways <= 1 && simulation.failure.is_some();
            if enough || simulation.nondeterminism.is_some() {
                return simulation;
            }
        }
        start = end;
    }
    simulation
}

/// Returns runs in the order of their numbers, each with the step at which its repetition differs.
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

/// Does one run. Some runs are repeated.
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
    fn add(&mut self, run: Run, differs: Option<usize>, ways: usize, properties: &[PropertyInfo]) {
        self.runs += 1;
        self.steps += run.steps as u64;
        self.longest = self.longest.max(run.steps);
        self.cut += u64::from(run.cut);
        self.unsettled += u64::from(run.unsettled.is_some());
        let unsettled = run.unsettled.map(|property| Unsettled { run: run.number, property });
        self.first_unsettled = self.first_unsettled.or(unsettled);
        self.reached = self.reached.or(run.reached);
        for (fired, in_run) in self.fired.iter_mut().zip(run.fired) {
            *fired += in_run;
        }
        for (exercised, in_run) in self.exercised.iter_mut().zip(run.exercised) {
            *exercised += in_run;
        }
        run.prints.into_iter().for_each(|print| self.visited.insert(print));
        self.nondeterminism = differs.map(|step| Nondeterminism { run: run.number, step });
        let failure = |discovery| Failure { run: run.number, off: run.off, discovery };
        let Some(failure) = run.discovery.map(failure) else { return };
        let Some(first) = &self.failure else {
            self.failure = Some(failure);
            return;
        };
        let way = failure.way(properties);
        let is_known = self.others.iter().chain([first]).any(|known| known.way(properties) == way);
        if self.others.len() + 1 < ways && !is_known {
            self.others.push(failure);
        }
    }
}
