//! What sampling came to, for a terminal and for machines.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::campaign::{Sampled, Violation};
use crate::trace::case::Minimality;
use crate::verdict::PropertyKind;

use super::layout::{Detail, Layout};
use super::text::{write_case, write_words};
use super::title;

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
        (None, Some(violation)) => {
            let verdict = &violation.case.verdict;
            format!("VIOLATED {} in run {}", verdict.property, violation.failure.run)
        }
        (None, None) => format!("no violation in {} runs", simulation.runs),
    };
    writeln!(out, "{}: {what}", title(&sampled.scenario))?;
    writeln!(
        out,
        "    {} runs, {} steps, the longest {}, {} ended by --steps",
        simulation.runs, simulation.steps, simulation.longest, simulation.cut
    )?;
    let missing = never(sampled);
    if !missing.is_empty() && sampled.violation.is_none() {
        let words: Vec<String> = missing.into_iter().map(ToString::to_string).collect();
        write_words(out, layout, "    never seen: ", &words)?;
    }
    Ok(())
}

/// The actions that never fired, and the goals that were not reached.
fn never(sampled: &Sampled) -> Vec<&'static str> {
    let entry = sampled.scenario.configuration.entry;
    let simulation = &sampled.simulation;
    let actions = entry.actions.iter().zip(&simulation.fired).filter(|(_, fired)| !**fired);
    let actions = actions.map(|(action, _)| action.name);
    let goals = (0..).map(crate::verdict::PropertyId).zip((entry.properties)());
    let goal = PropertyKind::Model(latchwork_model::kit::Kind::Reachable);
    let goals = goals.filter(|(id, info)| info.kind == goal && !simulation.reached.contains(*id));
    actions.chain(goals.map(|(_, info)| info.name)).collect()
}

/// Prints a violation: where it was met, how it was made short, and its steps.
pub fn write_violation(
    out: &mut dyn Write,
    sampled: &Sampled,
    violation: &Violation,
    layout: Layout,
) -> io::Result<()> {
    let Violation { failure, shrunk, case } = violation;
    let entry = sampled.scenario.configuration.entry;
    write_case(out, case, layout)?;
    writeln!(out)?;
    writeln!(
        out,
        "run {} of seed {} ({}) took {} steps to it",
        failure.run, sampled.plan.seed, sampled.plan.strategy, failure.discovery.steps
    )?;
    if !failure.off.is_empty() {
        let off = failure.off.iter().map(|at| entry.actions[usize::from(*at)].name.to_string());
        write_words(out, layout, "switched off in it: ", &off.collect::<Vec<_>>())?;
    }
    let Some(shrunk) = shrunk else {
        return writeln!(out, "it could not be repeated, and was not made short");
    };
    writeln!(out, "{} steps are left, after {} attempts", shrunk.left, shrunk.attempts)?;
    match shrunk.minimality {
        Minimality::Proven if shrunk.discovery.steps < shrunk.left => writeln!(
            out,
            "a search found this one of {}, and none is shorter",
            shrunk.discovery.steps
        ),
        Minimality::Proven => writeln!(out, "a search proves that none is shorter"),
        _ => writeln!(out, "no single step can be left out; a shorter run may exist"),
    }
}

/// Prints how much was done, and that it is no proof.
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
    writeln!(out, "{found} of {} scenarios, in {runs} runs with {steps} steps.", all.len())?;
    writeln!(out, "This is a sample and no proof; `latchwork check` looks at all states.")
}

/// The facts about a scenario.
pub fn to_json(sampled: &Sampled) -> Value {
    let (plan, simulation) = (&sampled.plan, &sampled.simulation);
    let entry = sampled.scenario.configuration.entry;
    let violation = sampled.violation.as_ref().map(|violation| {
        let off = violation.failure.off.iter().map(|at| entry.actions[usize::from(*at)].name);
        json!({
            "property": violation.case.verdict.property,
            "run": violation.failure.run,
            "switched_off": off.collect::<Vec<_>>(),
            "steps": violation.failure.discovery.steps,
            "left": violation.shrunk.as_ref().map(|shrunk| shrunk.left),
            "case_steps": violation.case.verdict.steps,
            "minimality": violation.case.minimality.name(),
        })
    });
    let nondeterminism = simulation.nondeterminism;
    json!({
        "scenario": title(&sampled.scenario),
        "seed": plan.seed.to_string(),
        "first_run": plan.runs.start,
        "strategy": plan.strategy.to_string(),
        "most_steps": plan.steps,
        "runs": simulation.runs,
        "steps": simulation.steps,
        "longest": simulation.longest,
        "cut": simulation.cut,
        "never_seen": never(sampled),
        "interrupted": simulation.interrupted,
        "violation": violation,
        "nondeterminism": nondeterminism.map(|found| json!({ "run": found.run, "step": found.step })),
        "proof": false,
    })
}
