//! Samples a scenario with random runs, and minimizes the failing run.

use crate::engines::explore::Watch;
use crate::engines::simulate::{Failure, Plan, Simulation};
use crate::engines::verdict::Discovery;
use crate::files::case::{Case, Minimality, Sample};
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
    /// The violation, if there was one.
    pub violation: Option<Violation>,
}

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
    let violation = simulation.failure.clone().map(|failure| {
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
    });
    Ok(Sampled { scenario, plan, simulation, violation })
}
