//! Explains the run of a case.

use latchwork_model::kit::{Kind, Switches};

use crate::engines::instance::StateBytes;
use crate::engines::verdict::{BuiltIn, PropertyId, PropertyKind};
use crate::files::case::{Case, CaseVerdict};
use crate::files::configuration::Configuration;
use crate::report::run::on_model::Run;
use crate::report::run::shadow::{Shadow, shadows};

use super::chain::{Good, chain};
use super::claims::{names, process_named, sets, violated_parts};
use super::explanation::{Also, Cycle, Ending, Explanation, MOST_REASONS, RuleActs};
use super::fair::fair;
use super::finish::Finisher;
use super::scene::Scene;

/// The maximum number of states before the end from which a run that finishes is looked for.
const MOST_STEPS_BACK: usize = 20;

/// Returns the rules that are off in a case, with what they would do, and why its run is a
/// violation; `None` if the model can no longer take its steps.
pub fn of_case(case: &Case) -> Option<(Vec<Shadow>, Explanation)> {
    let instance = case.configuration.instance().ok()?;
    let run = Run::of_case(case, instance.as_ref())?;
    let off = shadows(&case.configuration, &run);
    let told = explain(&case.configuration, &run, &case.verdict, &off);
    Some((off, told))
}

/// Explains a run that shows what `verdict` says. `off` are the rules that are off. The work is
/// bounded: see [`Explanation::bounded`].
pub fn explain(
    configuration: &Configuration,
    run: &Run<'_>,
    verdict: &CaseVerdict,
    off: &[Shadow],
) -> Explanation {
    let mut finisher = Finisher::new(run.entry.lanes);
    let ending = ending(run, verdict);
    let mut told = Explanation {
        ending,
        no_return: (verdict.violated && verdict.property == BuiltIn::CanFinish.name())
            .then_some(verdict.steps),
        end: run.path.steps.len(),
        instances: Vec::new(),
        reasons: Vec::new(),
        left_out: 0,
        rules: Vec::new(),
        cycle: None,
        instead: instead(configuration, run, verdict),
        also: also(run, verdict),
        bounded: false,
        released: Vec::new(),
    };
    match ending {
        Ending::Deadlock | Ending::LeftBehind | Ending::NoWayOut => {
            wait_for(configuration, run, &mut told, &mut finisher);
        }
        Ending::State | Ending::Forever => {
            claim(configuration, run, verdict, &mut told, &mut finisher)
        }
        Ending::CutOff | Ending::Reached => {}
    }
    told.cycle = verdict.cycle.map(|begins| {
        let is_fair = ending == Ending::Forever;
        Cycle { begins, fair: if is_fair { fair(run, begins) } else { Vec::new() } }
    });
    told.rules = rules(configuration, run, ending, off);
    told.bounded = finisher.is_exhausted();
    told.left_out = told.reasons.len().saturating_sub(MOST_REASONS);
    told.reasons.truncate(MOST_REASONS);
    told
}

/// Returns what the specification could have done at the end of a run that violates a refinement.
fn instead(
    configuration: &Configuration,
    run: &Run<'_>,
    verdict: &CaseVerdict,
) -> Option<Vec<String>> {
    let spec = run.entry.spec.as_ref()?;
    let strays = verdict.violated && run.entry.property(&verdict.property) == Some(PropertyId(0));
    let is_step = strays && !run.path.steps.is_empty();
    is_step.then(|| (spec.instead)(&configuration.setup(), &run.path))
}

/// Returns the properties of states, other than that of the verdict, that the run violates, in the
/// order of the steps.
fn also(run: &Run<'_>, verdict: &CaseVerdict) -> Vec<Also> {
    if !verdict.violated {
        return Vec::new();
    }
    let is_of_states = |kind| matches!(kind, PropertyKind::Model(Kind::Invariant | Kind::AtRest));
    let properties = run.instance.properties();
    let others = (0..properties.len()).filter(|at| {
        is_of_states(properties[*at].kind) && properties[*at].name != verdict.property
    });
    let mut also: Vec<Also> = others
        .filter_map(|property| {
            let id = PropertyId(u8::try_from(property).ok()?);
            let steps = run.states.iter().position(|state| run.instance.shows(state, id))?;
            Some(Also { property, steps })
        })
        .collect();
    also.sort_by_key(|also| also.steps);
    also
}

fn ending(run: &Run<'_>, verdict: &CaseVerdict) -> Ending {
    if !verdict.violated {
        return Ending::Reached;
    }
    let properties = run.instance.properties();
    let kind = run.entry.property(&verdict.property).map(|id| properties[usize::from(id.0)].kind);
    match kind {
        Some(kind) if kind.is_of_runs() => Ending::Forever,
        Some(PropertyKind::Model(_)) | None => Ending::State,
        Some(PropertyKind::BuiltIn(BuiltIn::Deadlock | BuiltIn::CanFinish)) => {
            let stands = run.instance.enabled(run.last()).is_empty();
            if stands { Ending::Deadlock } else { Ending::NoWayOut }
        }
        Some(PropertyKind::BuiltIn(_)) => Ending::CutOff,
    }
}

/// Explains why nothing, or nothing that helps, is enabled in the last state.
fn wait_for(
    configuration: &Configuration,
    run: &Run<'_>,
    told: &mut Explanation,
    finisher: &mut Finisher<'_>,
) {
    let good = good(configuration, run, told.no_return, finisher);
    let scene = Scene::new(run, &good.states);
    let donors = donors(run, &good);
    let chain = chain(&scene, &donors, told.no_return, &good, finisher);
    if chain.left_behind {
        told.ending = Ending::LeftBehind;
    }
    told.released = chain.released.iter().map(|step| run.spell(*step)).collect();
    told.reasons = chain.reasons;
}

/// Returns the states that provide values: those of the run, the latest first, then those of a run
/// that finishes.
fn donors(run: &Run<'_>, good: &Good) -> Vec<StateBytes> {
    let before = run.states[..run.states.len() - 1].iter().rev();
    before.chain(&good.states).cloned().collect()
}

/// Returns a run that finishes: from the last state of the run that still allows it, or, with all
/// rules on, from the initial state. It is empty if none is found.
fn good(
    configuration: &Configuration,
    run: &Run<'_>,
    no_return: Option<usize>,
    finisher: &mut Finisher<'_>,
) -> Good {
    let last = run.states.len() - 1;
    let from = no_return.unwrap_or(last).min(last);
    for at in (from.saturating_sub(MOST_STEPS_BACK)..from).rev() {
        if let Some(steps) = finisher.from(run.instance, &run.states[at]) {
            return Good::new(run.instance, &run.states[at], steps);
        }
    }
    full_good(configuration, run, finisher).unwrap_or_default()
}

/// Returns a run that finishes with all rules on.
fn full_good(
    configuration: &Configuration,
    run: &Run<'_>,
    finisher: &mut Finisher<'_>,
) -> Option<Good> {
    let entry = run.entry;
    let full = entry.profile("full").map_or(Switches(0), |full| entry.switches(full).0);
    let with = configuration.instance_with(full).ok()?;
    let initial = with.initial().into_iter().nth(run.path.initial)?;
    let steps = finisher.from(with.as_ref(), &initial)?;
    Some(Good::new(with.as_ref(), &initial, steps))
}

/// Explains why the last state, or what repeats forever, violates a property of the model.
fn claim(
    configuration: &Configuration,
    run: &Run<'_>,
    verdict: &CaseVerdict,
    told: &mut Explanation,
    finisher: &mut Finisher<'_>,
) {
    let Some(id) = run.entry.property(&verdict.property) else { return };
    let properties = run.instance.properties();
    let property = &properties[usize::from(id.0)];
    let last = run.states.len() - 1;
    let parts = violated_parts(run, id, verdict.cycle.unwrap_or(last));
    told.instances = names(property, &parts);
    if told.ending == Ending::State {
        let scene = Scene::new(run, &[]);
        let donors = donors(run, &Good::default());
        let is_bad = |state: &StateBytes| run.instance.shows(state, id);
        told.reasons = sets(&scene, &donors, &is_bad, None, finisher);
        return;
    }
    let Some(part) = parts.first().copied() else { return };
    let good = full_good(configuration, run, finisher).unwrap_or_default();
    let scene = Scene::new(run, &good.states);
    let donors = donors(run, &good);
    let who = told.instances.first().and_then(|name| process_named(&scene, name));
    let claim = |state: &StateBytes| run.instance.claims(state, id).get(part).copied().flatten();
    let now = claim(run.last());
    let is_bad = |state: &StateBytes| match claim(state) {
        Some(claim) => Some(claim) == now || claim == latchwork_model::kit::Claim::Violated,
        None => true,
    };
    told.reasons = sets(&scene, &donors, &is_bad, who.as_ref(), finisher);
}

/// Returns the rules that act in the run, the first one first.
fn rules(
    configuration: &Configuration,
    run: &Run<'_>,
    ending: Ending,
    off: &[Shadow],
) -> Vec<RuleActs> {
    let must_finish = matches!(ending, Ending::Deadlock | Ending::LeftBehind | Ending::NoWayOut);
    let told = off.iter().filter_map(|shadow| {
        let at = shadow.acts.as_ref()?.at;
        let with = configuration.instance_with(configuration.rules().with(shadow.rule)).ok();
        let saves = with.filter(|_| must_finish).and_then(|with| {
            let mut finisher = Finisher::new(run.entry.lanes);
            let mut finishes =
                |at: &usize| finisher.from(with.as_ref(), &run.states[*at]).is_some();
            (0..run.path.steps.len().min(run.states.len())).rev().find(|at| finishes(at))
        });
        Some(RuleActs {
            rule: shadow.rule,
            at,
            turns: shadow.turns().map(|parting| parting.at),
            prevents: shadow.prevents().map(|parting| parting.at),
            saves,
        })
    });
    let mut told: Vec<RuleActs> = told.collect();
    told.sort_by_key(|acts| (acts.at, acts.rule));
    told
}
