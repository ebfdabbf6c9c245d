//! Follows a run that an engine has found in the reference's space and judges what it shows.

use latchwork::engines::verdict::{BuiltIn, Discovery, End, PropertyId};
use latchwork_model::kit::{Claim, Kind, Model, Step};

use super::model::{Drawn, PANIC};
use super::space::{Edge, Space};

/// A run in the reference's space.
struct Run {
    /// Its states, one more than the steps that were completed.
    states: Vec<usize>,
    /// The last step, if it cannot be completed, and why not.
    broken: Option<Edge>,
}

/// Whether a discovery is a run of the model that shows its property.
pub fn judge(space: &Space<'_>, found: &Discovery) -> Result<(), String> {
    let run = follow(space, found)?;
    let ends = |end: &End| match &found.end == end {
        true => Ok(()),
        false => Err(format!("it ends with {:?} and not with {end:?}", found.end)),
    };
    let last = run.states[run.states.len() - 1];
    let property = usize::from(found.property.0);
    let Some(own) = Drawn::PROPERTIES.get(property) else {
        return built_in(space, found, &run);
    };
    let says = |claim| match space.claim(property, last) == Some(claim) {
        true => Ok(()),
        false => Err(format!("the last state does not say {claim:?}")),
    };
    match own.kind {
        Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => {
            let End::Stuck { prefix, cycle, .. } = found.end else {
                return Err(format!("it ends with {:?}", found.end));
            };
            if found.steps != prefix || cycle.is_some_and(|cycle| cycle != prefix) {
                return Err(format!("{} steps, but {:?}", found.steps, found.end));
            }
            if cycle.is_none() && found.path.steps.len() != prefix {
                return Err("it goes on after it has come to rest".into());
            }
            space.is_lasso(property, &run.states, &found.path.steps, cycle)
        }
        Kind::AtRest if space.is_busy(last) => Err("the last state is not at rest".into()),
        Kind::Invariant | Kind::AtRest => {
            says(Claim::Violated).and(whole(found)).and(ends(&End::State))
        }
        Kind::Reachable => says(Claim::Holds).and(whole(found)).and(ends(&End::State)),
    }
}

/// Whether the steps that are counted are all of the run's.
fn whole(found: &Discovery) -> Result<(), String> {
    match found.steps == found.path.steps.len() {
        true => Ok(()),
        false => Err(format!("{} steps are counted of {}", found.steps, found.path.steps.len())),
    }
}

fn built_in(space: &Space<'_>, found: &Discovery, run: &Run) -> Result<(), String> {
    let last = run.states[run.states.len() - 1];
    let is = |built_in: BuiltIn| found.property == built_in.id::<Drawn>();
    let wrong = |what: &str| Err(format!("{what}; it ends with {:?}", found.end));
    if is(BuiltIn::CanFinish) {
        let End::Stuck { prefix, cycle, .. } = found.end else { return wrong("can_finish") };
        if found.steps != prefix {
            return wrong("other steps are counted");
        }
        if !space.stuck.contains(&run.states[prefix]) {
            return wrong("it can finish");
        }
        return match cycle {
            Some(cycle) if run.states[cycle] != last || cycle == found.path.steps.len() => {
                wrong("its cycle does not close")
            }
            // A run that was minimized or sampled may end where it is stuck.
            None if space.successors(last).next().is_some() && found.path.steps.len() > prefix => {
                wrong("it could go on")
            }
            _ => Ok(()),
        };
    }
    whole(found)?;
    if is(BuiltIn::Deadlock) {
        let stands = space.offers(last).next().is_none() && space.is_done(last) == Some(false);
        return if stands && found.end == End::State { Ok(()) } else { wrong("no deadlock") };
    }
    if is(BuiltIn::BoundExceeded) {
        let what = match run.broken {
            Some(Edge::Exceeds(what)) => End::Exceeds(what.into()),
            _ => return wrong("no bound is exceeded"),
        };
        return if found.end == what { Ok(()) } else { wrong("another bound is exceeded") };
    }
    if is(BuiltIn::GuardsFirst) {
        let changes = run.broken == Some(Edge::Slips) && found.end == End::Changes;
        return if changes { Ok(()) } else { wrong("the guards come first") };
    }
    if is(BuiltIn::NoPanic) {
        let panics = match run.broken {
            Some(broken) => broken == Edge::Panics,
            None => space.claims_panic(last),
        };
        if !panics {
            return wrong("nothing panics");
        }
        let end = End::Panics(PANIC.into());
        return if found.end == end { Ok(()) } else { wrong("it does not say how") };
    }
    Err("a property that nobody knows".into())
}

/// Takes the steps of a run.
fn follow(space: &Space<'_>, found: &Discovery) -> Result<Run, String> {
    let initial = space.initial.get(found.path.initial);
    let mut at = *initial.ok_or("it begins with an initial state that there is not")?;
    let mut run = Run { states: vec![at], broken: None };
    for (taken, step) in found.path.steps.iter().enumerate() {
        let last = taken + 1 == found.path.steps.len();
        match edge(space, at, *step) {
            Some(Edge::To(target)) => {
                at = target;
                run.states.push(at);
            }
            Some(broken) if last => run.broken = Some(broken),
            _ => return Err(format!("step {} is not enabled", taken + 1)),
        }
    }
    let breaks = matches!(found.end, End::Exceeds(_) | End::Changes | End::Panics(_));
    match run.broken {
        Some(_) if !breaks => Err("its last step cannot be completed".into()),
        _ => Ok(run),
    }
}

fn edge(space: &Space<'_>, id: usize, step: Step) -> Option<Edge> {
    space.edges[id].iter().find(|(other, _)| *other == step).map(|(_, edge)| *edge)
}

/// The name of a property, or of a built-in one.
pub fn name(property: PropertyId) -> &'static str {
    match Drawn::PROPERTIES.get(usize::from(property.0)) {
        Some(own) => own.name,
        None => BuiltIn::ALL[usize::from(property.0) - Drawn::PROPERTIES.len()].name(),
    }
}
