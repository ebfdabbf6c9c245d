//! Samples a scenario with random runs, and minimizes the failing run.

use latchwork_model::kit::Fairness;

use crate::engines::explore::Watch;
use crate::engines::instance::Instance;
use crate::engines::simulate::{Failure, Plan, Simulation};
use crate::engines::verdict::{Discovery, PropertySet};
use crate::files::case::{Case, Minimality, Sample};
use crate::files::configuration::{Configuration, Tree};
use crate::files::scenario::Scenario;
use crate::jobs::check::case;
use crate::jobs::shrink::{Shrunk, shrink};

/// A scenario that was sampled.
pub struct Sampled {
    /// The scenario.
    pub scenario: Scenario,
    /// The sampling plan.
    pub plan: Plan,
    /// The result of sampling.
    pub simulation: Simulation,
    /// The first violation, if there was one.
    pub violation: Option<Violation>,
    /// The first run of each other way to violate something, up to as many as the plan asks for.
    pub more: Vec<Violation>,
    /// The faults that never happened, and that need a budget that is 0 here, by position. They do
    /// happen in a few runs in which such budgets are 1.
    pub no_budget: Vec<usize>,
}

impl Sampled {
    /// Returns all violations, the first one first.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.violation.iter().chain(&self.more)
    }
}

/// The number of runs that show which faults need a budget.
const PROBES: u64 = 64;

/// The violation that a campaign found.
pub struct Violation {
    /// The original run.
    pub failure: Failure,
    /// The minimized run; `None` if the original could not be repeated.
    pub shrunk: Option<Shrunk>,
    /// The case of the violation.
    pub case: Case,
    /// The cases of violations of other properties that were found during minimization.
    pub others: Vec<Case>,
}

/// Samples a scenario, and minimizes a run that violates a property.
pub fn sample(scenario: Scenario, plan: &Plan, watch: &dyn Watch) -> Result<Sampled, &'static str> {
    let configuration = &scenario.configuration;
    let instance = configuration.instance()?;
    let plan = Plan { properties: plan.properties.minus(scenario.ignore), ..plan.clone() };
    let simulation = instance.simulate(&plan, watch);
    let minimized = |failure: Failure| {
        let (found, threads) = (&failure.discovery, plan.threads);
        let shrunk = shrink(instance.as_ref(), found, plan.properties, threads, watch);
        let (found, minimality) = match &shrunk {
            Some(shrunk) => (&shrunk.discovery, shrunk.minimality),
            None => (found, Minimality::None),
        };
        let keep = |found: &Discovery, minimality| {
            let mut case = case(configuration, instance.as_ref(), found, "simulate", minimality);
            case.provenance.sample = Some(Sample {
                seed: plan.seed.to_string(),
                run: failure.run,
                strategy: plan.strategy.of(failure.run).to_string(),
            });
            case
        };
        let others = shrunk.iter().flat_map(|shrunk| &shrunk.others);
        let others = others.map(|other| keep(other, Minimality::OneMinimal)).collect();
        let case = keep(found, minimality);
        Violation { failure, shrunk, case, others }
    };
    let violation = simulation.failure.clone().map(minimized);
    let more = simulation.others.iter().cloned().map(minimized).collect();
    let no_budget = no_budget(configuration, &simulation, &plan, watch);
    Ok(Sampled { scenario, plan, simulation, violation, more, no_budget })
}

/// Returns the faults that never happened and that need a budget that is 0.
fn no_budget(
    configuration: &Configuration,
    simulation: &Simulation,
    plan: &Plan,
    watch: &dyn Watch,
) -> Vec<usize> {
    let entry = configuration.entry;
    let is_fault = |at: &usize| {
        let lane = entry.actions[*at].lane;
        entry.lanes[usize::from(lane)].fairness == Fairness::Fault
    };
    let all = (0..entry.actions.len()).filter(is_fault);
    let never: Vec<usize> = all.filter(|at| simulation.fired[*at] == 0).collect();
    let Some(model) = raised(configuration).filter(|_| !never.is_empty()) else {
        return Vec::new();
    };
    // The same runs whatever runs the plan has, so that all shards come to the same.
    let (runs, properties) = (0..PROBES, PropertySet::EMPTY);
    let probe = Plan { runs, properties, fair: 0, ways: 1, paranoid: false, ..plan.clone() };
    let fired = model.simulate(&probe, watch).fired;
    never.into_iter().filter(|at| fired[*at] > 0).collect()
}

/// Returns the model with a budget of 1 for each fault whose budget is 0; `None` if there is none.
/// Budgets that do not go together with the rest stay 0.
fn raised(configuration: &Configuration) -> Option<Box<dyn Instance>> {
    let Tree::Record(budgets) = &configuration.faults else { return None };
    let mut model = None;
    let mut configuration = configuration.clone();
    for at in (0..budgets.len()).filter(|at| budgets[*at].1 == Tree::Number(0)) {
        let mut more = configuration.clone();
        if let Tree::Record(budgets) = &mut more.faults {
            budgets[at].1 = Tree::Number(1);
        }
        if let Ok(instance) = more.instance() {
            (configuration, model) = (more, Some(instance));
        }
    }
    model
}
