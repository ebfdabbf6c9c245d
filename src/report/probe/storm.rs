//! The result of a storm, for people and for machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::files::probe_case::{Place, Rate};
use crate::files::storm_case::{Storm, StormCase};
use crate::jobs::storm::{Ended, Stormed};
use crate::probe::answer::errno_name;
use crate::probe::storm::holds::{Counted, Hold};
use crate::probe::storm::verdict::{Finding, Wrong};
use crate::report::hosts::suites::{Item, Outcome, Suite};

use super::facts::Verdict;
use super::text;

/// The version of the format.
const FORMAT: u32 = 1;

/// Returns the verdict of a storm.
pub fn verdict(stormed: &Stormed) -> Verdict {
    match &stormed.ended {
        _ if !stormed.judged.findings.is_empty() => Verdict::Disagrees,
        Ended::Stopped => Verdict::Interrupted,
        Ended::Hung(..) => Verdict::Hangs,
        Ended::Gone(_) => Verdict::Broken,
        Ended::InTime if stormed.judged.met == 0 => Verdict::Vacuous,
        Ended::InTime => Verdict::Agrees,
    }
}

/// Writes the result of a storm.
pub fn write(out: &mut dyn Write, stormed: &Stormed) -> io::Result<()> {
    let judged = &stormed.judged;
    writeln!(out, "storm:   {}", text::place(&stormed.place))?;
    writeln!(
        out,
        "calls:   {}, {} locks held, {} met a lock of another, {} counts",
        judged.calls, judged.held, judged.met, judged.counts
    )?;
    if stormed.disturbed.0 > 0 {
        let (runs, failed) = stormed.disturbed;
        writeln!(out, "disturbed: {runs} times, of which the command failed {failed} times")?;
    }
    if !judged.errors.is_empty() {
        let error = |(errno, count): (&i32, &u64)| format!("{} {count} times", errno_name(*errno));
        let errors: Vec<String> = judged.errors.iter().map(error).collect();
        writeln!(out, "errors:  {}", errors.join(", "))?;
    }
    for finding in &judged.findings {
        write_finding(out, stormed, finding)?;
    }
    match (verdict(stormed), &stormed.ended) {
        (Verdict::Disagrees, _) => {}
        (Verdict::Vacuous, _) => {
            writeln!(out, "VACUOUS: no call met the lock of another: nothing was compared")?;
        }
        (_, Ended::Hung(worker, stack)) => {
            writeln!(out, "HANGS:   w{worker} does not end")?;
            for line in stack.iter().flat_map(|stack| stack.lines()) {
                writeln!(out, "           {line}")?;
            }
        }
        (_, Ended::Gone(worker)) => {
            writeln!(out, "BROKEN:  w{worker} ended: it cannot write its history")?;
        }
        (_, Ended::Stopped) => {
            writeln!(out, "interrupted: until then no lock was held twice, and no count was lost")?;
        }
        (_, Ended::InTime) => {
            writeln!(out, "agrees:  no lock was held twice, and no count was lost")?;
        }
    }
    writeln!(out, "histories: {}", stormed.histories.display())
}

/// Writes what went wrong, with the locks that show it.
fn write_finding(out: &mut dyn Write, stormed: &Stormed, finding: &Finding) -> io::Result<()> {
    writeln!(out, "VIOLATED: {}", finding.wrong.sentence())?;
    let (one, other) = &finding.holds;
    for hold in [Some(one), other.as_ref()].into_iter().flatten() {
        let counted: Vec<String> = hold.counted.iter().map(counted).collect();
        let counted =
            if counted.is_empty() { String::new() } else { format!("; {}", counted.join(", ")) };
        writeln!(out, "  {}{counted}", hold.in_words(stormed.began))?;
    }
    Ok(())
}

/// Returns what went wrong in a case, in a sentence.
pub fn sentence(case: &StormCase) -> &'static str {
    case.kind().map_or("", Wrong::sentence)
}

/// Writes a case, and how often it goes wrong.
pub fn write_case(out: &mut dyn Write, case: &StormCase) -> io::Result<()> {
    let Storm { place, files, slots, time_ms, disturb, .. } = &case.storm;
    let s = if *files == 1 { "" } else { "s" };
    writeln!(out, "case:    {}", text::place(place))?;
    writeln!(
        out,
        "         {files} file{s} with {slots} of its slots, for {:.1} s",
        *time_ms as f64 / 1000.0
    )?;
    if let Some(disturb) = disturb {
        let seconds = disturb.every_ms as f64 / 1000.0;
        writeln!(out, "         every {seconds:.1} s: {}", disturb.command)?;
    }
    writeln!(out, "VIOLATED: {}", sentence(case))?;
    for lock in &case.failure.locks {
        writeln!(out, "  {lock}")?;
    }
    let Rate { failed, runs } = case.rate;
    writeln!(out, "  {failed} of {runs} storms like this one show it")
}

fn counted(counted: &Counted) -> String {
    match counted {
        Counted::Read(value) => format!("read {value}"),
        Counted::Wrote(value) => format!("wrote {value}"),
    }
}

/// What `probe --for --json` prints.
#[derive(Serialize)]
pub struct Facts {
    format: u32,
    place: Place,
    seed: u64,
    calls: u64,
    held: u64,
    met: u64,
    counts: u64,
    disturbed: u64,
    disturbances_failed: u64,
    errors: BTreeMap<String, u64>,
    verdict: Verdict,
    findings: Vec<FindingFacts>,
    histories: String,
}

#[derive(Serialize)]
struct FindingFacts {
    wrong: &'static str,
    sentence: &'static str,
    holds: Vec<HoldFacts>,
}

/// Times are seconds after the start.
#[derive(Serialize)]
struct HoldFacts {
    worker: u8,
    file: u16,
    slot: u8,
    write: bool,
    from: f64,
    to: f64,
}

impl Facts {
    /// The facts of a storm.
    pub fn new(stormed: &Stormed, seed: u64) -> Self {
        let seconds = |time: u64| time.saturating_sub(stormed.began) as f64 / 1e9;
        let hold = |hold: &Hold| HoldFacts {
            worker: hold.worker,
            file: hold.file,
            slot: hold.slot,
            write: hold.write,
            from: seconds(hold.from),
            to: seconds(hold.to),
        };
        let finding = |finding: &Finding| FindingFacts {
            wrong: finding.wrong.name(),
            sentence: finding.wrong.sentence(),
            holds: [Some(&finding.holds.0), finding.holds.1.as_ref()]
                .into_iter()
                .flatten()
                .map(hold)
                .collect(),
        };
        let judged = &stormed.judged;
        let errors = judged.errors.iter().map(|(errno, count)| (errno_name(*errno), *count));
        Self {
            format: FORMAT,
            place: stormed.place.clone(),
            seed,
            calls: judged.calls,
            held: judged.held,
            met: judged.met,
            counts: judged.counts,
            disturbed: stormed.disturbed.0,
            disturbances_failed: stormed.disturbed.1,
            errors: errors.collect(),
            verdict: verdict(stormed),
            findings: judged.findings.iter().map(finding).collect(),
            histories: stormed.histories.display().to_string(),
        }
    }
}

/// Returns a storm as a suite with one test case.
pub fn suite(stormed: &Stormed) -> Suite {
    let outcome = match verdict(stormed) {
        Verdict::Agrees => Outcome::Passed,
        Verdict::Disagrees => Outcome::Failed("disagrees"),
        Verdict::Vacuous => Outcome::Failed("vacuous"),
        Verdict::Hangs => Outcome::Undecided("hangs"),
        Verdict::Interrupted => Outcome::Undecided("interrupted"),
        Verdict::Broken => Outcome::Undecided("broken"),
    };
    let mut story = Vec::new();
    // Writing to memory cannot fail.
    let _ = write(&mut story, stormed);
    let first = stormed.judged.findings.first();
    let sentence = first.map_or("what the histories say", |finding| finding.wrong.sentence());
    let item = Item {
        name: "no lock is held twice, and no count is lost".to_string(),
        outcome,
        sentence: sentence.to_string(),
        story: Some(String::from_utf8_lossy(&story).into_owned()),
    };
    Suite { name: format!("storm {}", stormed.place.dir), items: vec![item] }
}
