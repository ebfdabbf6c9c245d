//! Evaluates sampling on violations that `explore` finds: how many runs each strategy needs, and
//! how short minimized runs are.

use std::ops::Range;

use latchwork_model::kit::Fairness;

use crate::engines::explore::panics::join;
use crate::engines::explore::{Options, Watch};
use crate::engines::instance::Instance;
use crate::engines::simulate::{self, Strategy};
use crate::engines::verdict::{Discovery, End, PropertyKind, PropertySet};
use crate::files::scenario::Scenario;

/// What to try.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The strategies to compare.
    pub strategies: Vec<Strategy>,
    /// The number of seeds per strategy.
    pub seeds: u64,
    /// The maximum number of runs per seed.
    pub runs: u64,
    /// The maximum number of steps of a run.
    pub steps: usize,
    /// The maximum number of steps of its fair phase.
    pub fair: usize,
    /// The maximum number of failing runs to minimize.
    pub shrinks: usize,
    /// The number of threads.
    pub threads: usize,
}

/// The evaluation of a scenario in which a property is violated.
pub struct Evaluated {
    /// The scenario.
    pub scenario: Scenario,
    /// The number of states of its space.
    pub states: u64,
    /// The shortest violation.
    pub shortest: Shortest,
    /// By strategy: the median of the runs needed; `None` if it exceeds the maximum.
    pub medians: Vec<Option<u64>>,
    /// The failing runs that were minimized.
    pub shrinks: Vec<Shrink>,
}

/// The shortest violation that `explore` finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortest {
    /// The property.
    pub property: &'static str,
    /// The number of steps.
    pub steps: usize,
    /// The number of process switches.
    pub switches: usize,
    /// The number of faults in it.
    pub faults: usize,
}

/// A failing run that was minimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrink {
    /// The number of steps of the original run.
    pub before: usize,
    /// The number of steps after leaving out all that can be left out.
    pub left_out: usize,
    /// The number of steps after the searches between its states.
    pub left: usize,
    /// The number of steps of the shortest run that shows the same property, as proven by
    /// `explore`.
    pub proven: usize,
    /// Whether it shows the same property as the original run.
    pub same_property: bool,
}

/// Evaluates a scenario; `None` if nothing is violated in it.
pub fn evaluate(
    scenario: Scenario,
    plan: &Plan,
    watch: &dyn Watch,
) -> Result<Option<Evaluated>, &'static str> {
    let instance = scenario.configuration.instance()?;
    let properties = PropertySet::ALL.minus(scenario.ignore);
    let options = Options { threads: plan.threads, properties, ..Options::default() };
    let exploration = instance.explore(&options, watch);
    let (states, known) = (exploration.statistics.distinct, exploration.discoveries);
    let Some(shortest) = shortest(&scenario, &known) else { return Ok(None) };
    let campaign = |strategy: Strategy, seed, runs| simulate::Plan {
        seed,
        runs,
        strategy: strategy.into(),
        steps: plan.steps,
        fair: plan.fair,
        properties,
        ways: 1,
        paranoid: false,
        threads: 1,
    };
    let median = |strategy: &Strategy| {
        let needed = |seed| {
            let plan = campaign(*strategy, seed, 0..plan.runs);
            Some(instance.simulate(&plan, &()).failure?.run + 1)
        };
        median(plan, watch, &needed)
    };
    let medians = plan.strategies.iter().map(median).collect();
    let fails = |runs| {
        let plan = campaign(Strategy::Walk, 1, runs);
        let failure = instance.simulate(&plan, &()).failure?;
        Some((failure.run, failure.discovery))
    };
    let shrinks = shrinks(instance.as_ref(), plan, &known, properties, &fails);
    Ok(Some(Evaluated { scenario, states, shortest, medians, shrinks }))
}

/// Returns the shortest violation among those that `explore` finds.
fn shortest(scenario: &Scenario, known: &[Discovery]) -> Option<Shortest> {
    let entry = scenario.configuration.entry;
    let infos = (entry.properties)();
    let goal = PropertyKind::Model(latchwork_model::kit::Kind::Reachable);
    let info = |found: &Discovery| infos[usize::from(found.property.0)];
    let violations = known.iter().filter(|found| info(found).kind != goal);
    let found = violations.min_by_key(|found| (found.path.steps.len(), found.property))?;
    let steps = &found.path.steps;
    let switched = |two: &&[_]| two[0] != two[1];
    let processes: Vec<_> = steps.iter().map(|step| step.process(entry.actions)).collect();
    let is_fault = |at: &&u8| entry.lanes[usize::from(**at)].fairness == Fairness::Fault;
    let lanes: Vec<u8> = processes.iter().map(|process| process.lane).collect();
    Some(Shortest {
        property: info(found).name,
        steps: steps.len(),
        switches: processes.windows(2).filter(switched).count(),
        faults: lanes.iter().filter(is_fault).count(),
    })
}

/// Returns the median of the runs that the seeds need; `None` if the median seed did not find the
/// violation.
fn median(
    plan: &Plan,
    watch: &dyn Watch,
    needed: &(dyn Fn(u64) -> Option<u64> + Sync),
) -> Option<u64> {
    let (mut found, mut missed) = (Vec::new(), 0);
    let middle = (plan.seeds.max(1) as usize - 1) / 2;
    let threads = plan.threads.max(1) as u64;
    let mut seed = 0;
    // Once too many seeds have missed it, the others do not change the median.
    while seed < plan.seeds && missed + middle < plan.seeds as usize && !watch.interrupted() {
        let seeds = seed..plan.seeds.min(seed + threads);
        let outcomes: Vec<Option<u64>> = std::thread::scope(|scope| {
            let spawn = |seed| scope.spawn(move || needed(seed));
            let handles: Vec<_> = seeds.clone().map(spawn).collect();
            handles.into_iter().map(join).collect()
        });
        missed += outcomes.iter().filter(|outcome| outcome.is_none()).count();
        found.extend(outcomes.into_iter().flatten());
        seed = seeds.end;
    }
    found.sort_unstable();
    found.get(middle).copied()
}

/// Minimizes the first failing runs, and compares them with the results of `explore`.
fn shrinks(
    instance: &dyn Instance,
    plan: &Plan,
    known: &[Discovery],
    properties: PropertySet,
    fails: &dyn Fn(Range<u64>) -> Option<(u64, Discovery)>,
) -> Vec<Shrink> {
    let (mut shrinks, mut start) = (Vec::new(), 0);
    while shrinks.len() < plan.shrinks
        && start < plan.runs
        && let Some((run, found)) = fails(start..plan.runs)
    {
        start = run + 1;
        // A violation that only the whole space shows cannot be minimized by leaving out steps.
        if matches!(found.end, End::Stuck { .. }) {
            continue;
        }
        let proven = known.iter().find(|known| known.property == found.property);
        let shortened = instance.shorten(&found, properties);
        let (Some(proven), Some(shortened)) = (proven, shortened) else {
            // A run that cannot be minimized, or shows a violation unknown to `explore`, is counted
            // as showing another property.
            shrinks.push(Shrink {
                before: found.steps,
                left_out: found.steps,
                left: found.steps,
                proven: 0,
                same_property: false,
            });
            continue;
        };
        shrinks.push(Shrink {
            before: found.steps,
            left_out: shortened.left_out,
            left: shortened.discovery.steps,
            proven: proven.steps,
            same_property: shortened.discovery.property == found.property,
        });
    }
    shrinks
}
