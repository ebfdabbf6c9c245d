//! The results of running the threaded form of a protocol.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::engines::threads::refine::Judgement;
use crate::files::scenario::Goal;
use crate::files::thread_run::{REFINEMENT, ThreadRun};
use crate::jobs::threads::examine::{Engine, Examined, Finding};
use crate::report::layout::{Detail, Layout};
use crate::report::run::text::write_case;
use crate::report::title;
use crate::report::words::write_words;

/// Returns in which run a finding occurred: `in run 17`,
/// `in run 3 of those with at most 2 preemptions`.
fn place(finding: &Finding) -> String {
    match finding.preemptions {
        Some(bound) => format!("in run {} with at most {bound} preemptions", finding.run),
        None => format!("in run {}", finding.run),
    }
}

/// Returns the result in a few words.
pub fn words(examined: &Examined) -> String {
    let runs = examined.runs;
    match (&examined.finding, &examined.inconclusive) {
        (Some(finding), _) if !finding.repeats => {
            format!("NOT DETERMINISTIC: the decisions of run {} do not repeat it", finding.run)
        }
        (Some(finding), _) => {
            format!("VIOLATED {} {}", finding.case.verdict.property, place(finding))
        }
        (None, Some(why)) => format!("inconclusive: {why}"),
        (None, None) if !examined.unmet.is_empty() => {
            let properties = (examined.scenario.configuration.entry.properties)();
            let missing = |goal: &Goal| goal.missing(&examined.scenario, &properties);
            let missing: Vec<String> = examined.unmet.iter().map(missing).collect();
            format!("vacuous: {}", missing.join(", "))
        }
        (None, None) => match examined.plan.engine {
            Engine::Loom { preemptions } => {
                format!("no violation with at most {preemptions} preemptions")
            }
            Engine::Shuttle { .. } | Engine::Std => format!("no violation in {runs} runs"),
        },
    }
}

/// Prints one or more lines about a scenario.
pub fn write_line(out: &mut dyn Write, examined: &Examined, layout: Layout) -> io::Result<()> {
    let is_red =
        examined.finding.is_some() || examined.inconclusive.is_some() || !examined.unmet.is_empty();
    if layout.detail == Detail::Quiet && !is_red {
        return Ok(());
    }
    let Examined { scenario, plan, .. } = examined;
    let flaws = if plan.flaws.is_empty() {
        String::new()
    } else {
        format!(" with the flaw {}", plan.flaws.join(", "))
    };
    writeln!(out, "{}{flaws}: {}", title(scenario), words(examined))?;
    for (bound, runs) in &examined.bounds {
        writeln!(out, "    {runs} runs with at most {bound} preemptions")?;
    }
    if examined.finding.is_none() && !examined.never.is_empty() {
        let never: Vec<String> = examined.never.iter().map(ToString::to_string).collect();
        write_words(out, layout, "    never done: ", &never)?;
    }
    Ok(())
}

/// Prints a failing run: how far the model follows it, and where the two diverge.
pub fn write_finding(out: &mut dyn Write, finding: &Finding, layout: Layout) -> io::Result<()> {
    write_case(out, &finding.case, layout)?;
    writeln!(out)?;
    if let (Judgement::Refused(done, refusal), Some(threads)) =
        (&finding.judgement, &finding.case.threads)
    {
        write_parting(out, threads, *done)?;
        writeln!(out, "{REFINEMENT}: {refusal}")?;
    }
    writeln!(out, "the threads: {}, {}", finding.ending, place(finding))
}

/// The maximum number of actions printed from the part that the model does not follow.
const MOST_AFTER: usize = 8;

fn write_parting(out: &mut dyn Write, threads: &ThreadRun, done: usize) -> io::Result<()> {
    let after = &threads.log[done.min(threads.log.len())..];
    if !after.is_empty() {
        writeln!(out, "     -- the model does not admit what comes next:")?;
    }
    for (at, action) in after.iter().enumerate().take(MOST_AFTER) {
        writeln!(out, "{:4} {action}", done + at + 1)?;
    }
    match after.len().saturating_sub(MOST_AFTER) {
        0 => Ok(()),
        more => writeln!(out, "     ... {more} more actions"),
    }
}

/// Prints how much a sample proves.
pub fn write_end(out: &mut dyn Write, engine: Engine) -> io::Result<()> {
    match engine {
        Engine::Loom { .. } => writeln!(
            out,
            "Orders with more preemptions were not looked at; every run was checked against the model."
        ),
        Engine::Shuttle { .. } => writeln!(
            out,
            "This is a sample and no proof, and shuttle knows no weak memory; every run was laid \
             against the model."
        ),
        Engine::Std => writeln!(out, "This is a sample and no proof, and it cannot be repeated."),
    }
}

/// Returns the facts about a scenario.
pub fn to_json(examined: &Examined) -> Value {
    let finding = examined.finding.as_ref().map(|finding| {
        let refused = match &finding.judgement {
            Judgement::Refused(done, refusal) => {
                Some(json!({ "after": done, "why": refusal.to_string() }))
            }
            _ => None,
        };
        json!({
            "property": finding.case.verdict.property,
            "run": finding.run,
            "preemptions": finding.preemptions,
            "ends": finding.ending.to_string(),
            "refused": refused,
            "steps": finding.case.verdict.steps,
            "repeats": finding.repeats,
        })
    });
    let engine = examined.plan.engine;
    let (seed, strategy) = match engine {
        Engine::Shuttle { strategy, seed } => (Some(seed.to_string()), Some(strategy.to_string())),
        _ => (None, None),
    };
    let properties = (examined.scenario.configuration.entry.properties)();
    let unmet = examined.unmet.iter().map(|goal| goal.name(&examined.scenario, &properties));
    let unmet: Vec<&str> = unmet.collect();
    let bound = |(bound, runs): &(usize, u64)| json!({ "preemptions": bound, "runs": runs });
    json!({
        "scenario": title(&examined.scenario),
        "engine": engine.name(),
        "seed": seed,
        "strategy": strategy,
        "flaws": examined.plan.flaws,
        "runs": examined.runs,
        "bounds": examined.bounds.iter().map(bound).collect::<Vec<_>>(),
        "finding": finding,
        "inconclusive": examined.inconclusive,
        "unmet": unmet,
        "never_done": examined.never,
        "proof": false,
    })
}
