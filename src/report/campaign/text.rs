//! The results of sampling, for a terminal.

use std::io::{self, Write};

use crate::engines::shrink::Shortened;
use crate::engines::simulate::Simulation;
use crate::engines::simulate::sketch::ERROR_PERCENT;
use crate::engines::verdict::{PropertyId, PropertyKind};
use crate::files::case::{CaseVerdict, Minimality};
use crate::jobs::campaign::{Sampled, Violation};
use crate::report::layout::{Detail, Layout};
use crate::report::run::text::write_case;
use crate::report::title;
use crate::report::words::{count, counted, write_words};

/// Prints one line about a scenario.
pub fn write_line(out: &mut dyn Write, sampled: &Sampled, layout: Layout) -> io::Result<()> {
    let simulation = &sampled.simulation;
    let is_red = sampled.violation.is_some() || simulation.nondeterminism.is_some();
    if layout.detail == Detail::Quiet && !is_red {
        return Ok(());
    }
    let what = match (&simulation.nondeterminism, &sampled.violation) {
        (Some(differs), _) => {
            format!("NOT DETERMINISTIC: run {} differs after step {}", differs.run, differs.step)
        }
        (None, Some(_)) => {
            let found = sampled.violations().map(|found| {
                format!("{} in run {}", found.case.verdict.property, found.failure.run)
            });
            format!("VIOLATED {}", found.collect::<Vec<_>>().join(", "))
        }
        (None, None) => format!("no violation in {}", counted(simulation.runs, "run")),
    };
    writeln!(out, "{}: {what}", title(&sampled.scenario))?;
    writeln!(
        out,
        "    {} runs, {} steps, the longest {}, {} ended by --steps",
        count(simulation.runs),
        count(simulation.steps),
        count(simulation.longest as u64),
        count(simulation.cut)
    )?;
    if let Some(first) = simulation.first_unsettled {
        let properties = (sampled.scenario.configuration.entry.properties)();
        writeln!(
            out,
            "    {} runs still wait when their fair phase ends, the first is {}: {} not reached \
             within {} steps",
            simulation.unsettled,
            first.run,
            properties[usize::from(first.property.0)].name,
            sampled.plan.fair
        )?;
    }
    if simulation.runs > 0 {
        let (estimate, error) = (simulation.visited.estimate(), ERROR_PERCENT);
        writeln!(out, "    about {estimate} distinct states (an estimate, +-{error} %)")?;
    }
    if layout.detail == Detail::Verbose {
        write_counts(out, sampled, layout)?;
    }
    let missing = never(sampled);
    if !missing.is_empty() && sampled.violation.is_none() {
        let words: Vec<String> = missing.into_iter().map(ToString::to_string).collect();
        write_words(out, layout, "    never seen: ", &words)?;
    }
    let silent = unexercised(sampled);
    if !silent.is_empty() && sampled.violation.is_none() {
        let words: Vec<String> = silent.into_iter().map(ToString::to_string).collect();
        write_words(out, layout, "    never exercised: ", &words)?;
    }
    Ok(())
}

/// Prints how often each action fired and each property was exercised.
fn write_counts(out: &mut dyn Write, sampled: &Sampled, layout: Layout) -> io::Result<()> {
    let entry = sampled.scenario.configuration.entry;
    let Simulation { fired, exercised, .. } = &sampled.simulation;
    let actions = entry.actions.iter().zip(fired).map(|(action, steps)| (action.name, *steps));
    let fired = actions.filter(|(_, steps)| *steps > 0);
    let words: Vec<String> = fired.map(|(name, steps)| format!("{name} {steps}")).collect();
    write_words(out, layout, "    steps of each action: ", &words)?;
    let properties = (entry.properties)();
    let all = properties.iter().zip(exercised);
    let words: Vec<String> =
        all.map(|(property, visits)| format!("{} {visits}", property.name)).collect();
    write_words(out, layout, "    visits that exercise each property: ", &words)?;
    if !sampled.no_budget.is_empty() {
        let names = sampled.no_budget.iter().map(|at| entry.actions[*at].name.to_string());
        write_words(out, layout, "    faults with a budget of 0: ", &names.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Returns the properties whose antecedent was never true, without goals.
pub(super) fn unexercised(sampled: &Sampled) -> Vec<&'static str> {
    let goal = PropertyKind::Model(latchwork_model::kit::Kind::Reachable);
    let properties = (sampled.scenario.configuration.entry.properties)().into_iter();
    let ids = (0..).map(PropertyId);
    let silent =
        ids.zip(properties).zip(&sampled.simulation.exercised).filter(|((id, info), visits)| {
            **visits == 0 && info.kind != goal && sampled.plan.properties.contains(*id)
        });
    silent.map(|((_, info), _)| info.name).collect()
}

/// Returns the actions that never fired, and the goals that were not reached. Faults whose budget is
/// 0 are not among them.
pub(super) fn never(sampled: &Sampled) -> Vec<&'static str> {
    let entry = sampled.scenario.configuration.entry;
    let simulation = &sampled.simulation;
    let actions = entry.actions.iter().zip(&simulation.fired).enumerate();
    let actions =
        actions.filter(|(at, (_, fired))| **fired == 0 && !sampled.no_budget.contains(at));
    let actions = actions.map(|(_, (action, _))| action.name);
    let goals = (0..).map(PropertyId).zip((entry.properties)());
    let goal = PropertyKind::Model(latchwork_model::kit::Kind::Reachable);
    let goals = goals.filter(|(id, info)| info.kind == goal && !simulation.reached.contains(*id));
    actions.chain(goals.map(|(_, info)| info.name)).collect()
}

/// Prints one way to fail in a line: the minimized run, the run that showed it, and the step that
/// decided it.
pub fn write_way(out: &mut dyn Write, sampled: &Sampled, violation: &Violation) -> io::Result<()> {
    let entry = sampled.scenario.configuration.entry;
    let CaseVerdict { property, steps, .. } = &violation.case.verdict;
    let way = violation.failure.way(&(entry.properties)());
    let decided = way
        .decided_by
        .map_or(String::new(), |step| format!(", decided by {}", step.spell(entry.actions)));
    writeln!(
        out,
        "  {property} after {steps} steps, first in run {}{decided}",
        violation.failure.run
    )
}

/// Prints a violation: where it was found, how it was minimized, and its steps.
pub fn write_violation(
    out: &mut dyn Write,
    sampled: &Sampled,
    violation: &Violation,
    layout: Layout,
) -> io::Result<()> {
    let Violation { failure, shrunk, case, others } = violation;
    let entry = sampled.scenario.configuration.entry;
    write_case(out, case, layout)?;
    writeln!(out)?;
    writeln!(
        out,
        "run {} of seed {} ({}) violated it after {} steps",
        failure.run,
        sampled.plan.seed,
        sampled.plan.strategy.of(failure.run),
        failure.discovery.steps
    )?;
    if !failure.off.is_empty() {
        let off = failure.off.iter().map(|at| entry.actions[usize::from(*at)].name.to_string());
        write_words(out, layout, "switched off in it: ", &off.collect::<Vec<_>>())?;
    }
    let Some(shrunk) = shrunk else {
        return writeln!(
            out,
            "it was not minimized: only a search of the whole space could do that, and it is too large"
        );
    };
    let left = shrunk.shortened.as_ref().map(|shortened| shortened.discovery.steps);
    if let Some(Shortened { attempts, left_out, .. }) = &shrunk.shortened {
        writeln!(out, "minimized to {left_out} steps in {} attempts", count(*attempts))?;
    }
    match shrunk.minimality {
        Minimality::Proven if left == Some(shrunk.discovery.steps) => {
            let steps = shrunk.discovery.steps;
            writeln!(
                out,
                "{steps} steps after searches between its states: shortest possible (exhaustive search)"
            )
        }
        Minimality::Proven => {
            writeln!(out, "{} steps: shortest possible (exhaustive search)", shrunk.discovery.steps)
        }
        Minimality::Prefix => writeln!(
            out,
            "{} steps to the cycle: as few as possible (exhaustive search); a shorter cycle may exist",
            shrunk.discovery.steps
        ),
        Minimality::OneMinimal | Minimality::None => {
            writeln!(out, "1-minimal: no single step can be left out; a shorter run may exist")
        }
    }?;
    for CaseVerdict { property, steps, .. } in others.iter().map(|other| &other.verdict) {
        writeln!(out, "also found: {property} after {steps} steps, a case of its own")?;
    }
    Ok(())
}

/// Prints how many runs were done, and that this is no proof.
pub fn write_end(out: &mut dyn Write, all: &[Sampled]) -> io::Result<()> {
    let runs: u64 = all.iter().map(|sampled| sampled.simulation.runs).sum();
    let steps: u64 = all.iter().map(|sampled| sampled.simulation.steps).sum();
    let violated = all.iter().filter(|sampled| sampled.violation.is_some()).count();
    if all.iter().any(|sampled| sampled.simulation.interrupted) {
        writeln!(out, "The time ran out before all runs were done.")?;
    }
    let found = match violated {
        0 => "no violation".to_string(),
        count => format!("violations in {count}"),
    };
    let (scenarios, runs) = (counted(all.len() as u64, "scenario"), counted(runs, "run"));
    writeln!(out, "{found} of {scenarios}, in {runs} with {}.", counted(steps, "step"))?;
    writeln!(out, "This is a sample, not a proof; `latchwork check` explores all states.")
}
