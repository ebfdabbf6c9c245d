//! How good sampling is at what `explore` can find: how many runs each strategy needs, and how
//! short what fails is made.

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
    /// The strategies that are compared.
    pub strategies: Vec<Strategy>,
    /// How many seeds each of them has.
    pub seeds: u64,
    /// The most runs of a seed.
    pub runs: u64,
    /// The most steps of a run.
    pub steps: usize,
    /// The most steps of its fair phase.
    pub fair: usize,
    /// The most failing runs that are made short.
    pub shrinks: usize,
    /// How many threads there are.
    pub threads: usize,
}

/// A scenario in which something is violated, and how it fared.
pub struct Evaluated {
    /// The scenario.
    pub scenario: Scenario,
    /// The states of its space.
    pub states: u64,
    /// The shortest violation.
    pub shortest: Shortest,
    /// By strategy: the median of the runs that it needs; none if that is more than the most runs.
    pub medians: Vec<Option<u64>>,
    /// Failing runs that were made short.
    pub shrinks: Vec<Shrink>,
}

/// The shortest violation that `explore` finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortest {
    /// The property.
    pub property: &'static str,
    /// Its steps.
    pub steps: usize,
    /// How often another process acts than before.
    pub switches: usize,
    /// The faults in it.
    pub faults: usize,
}

/// A failing run that was made short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrink {
    /// The steps that the run took.
    pub before: usize,
    /// The steps that are left after leaving out all that can be left out.
    pub left_out: usize,
    /// The steps that are left after searches between its states.
    pub left: usize,
    /// The steps of the shortest run that shows the same property, which `explore` proves.
    pub proven: usize,
    /// It shows the property that the run showed.
    pub same_property: bool,
}

/// Evaluates a scenario; none if nothing is violated in it.
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

/// The shortest violation, of those that `explore` knows.
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

/// The median of what each seed needs; none if it is a seed that did not find it.
fn median(
    plan: &Plan,
    watch: &dyn Watch,
    needed: &(dyn Fn(u64) -> Option<u64> + Sync),
) -> Option<u64> {
    let (mut found, mut missed) = (Vec::new(), 0);
    let middle = (plan.seeds.max(1) as usize - 1) / 2;
    let threads = plan.threads.max(1) as u64;
    let mut seed = 0;
    // As soon as too many have missed it, the others do not change the median.
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

/// The first failing runs, made short and held against what `explore` knows.
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
        // What only the whole space shows is not made short by leaving out steps.
        if matches!(found.end, End::Stuck { .. }) {
            continue;
        }
        let proven = known.iter().find(|known| known.property == found.property);
        let shortened = instance.shorten(&found, properties);
        let (Some(proven), Some(shortened)) = (proven, shortened) else {
            // A run that cannot be made short, or shows what `explore` does not know, counts as
            // one that is wrong.
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
