//! The result of a probe as text.

use std::io::{self, Write};

use crate::files::probe_case::{Place, ProbeCase};
use crate::jobs::probe::{Conclusion, Probed};
use crate::probe::world::Disagreement;

use super::facts::Verdict;

/// So many seconds of waiting for answers are worth a line.
const SLOW: f64 = 1.0;

/// Returns a place in a few words: `/mnt (nfs4), 4 workers`.
pub fn place(place: &Place) -> String {
    let second = place.second.as_ref().map_or(String::new(), |second| format!(" and {second}"));
    let kind = place.filesystem.as_ref().map_or(String::new(), |kind| format!(" ({kind})"));
    let workers = place.workers;
    let planted =
        place.planted.as_ref().map_or(String::new(), |name| format!(", planted defect: {name}"));
    let s = if workers == 1 { "" } else { "s" };
    format!("{}{second}{kind}, {workers} worker{s}{planted}", place.dir)
}

/// Writes the result of a probe.
pub fn write(out: &mut dyn Write, probed: &Probed) -> io::Result<()> {
    writeln!(out, "probe:   {}", place(&probed.place))?;
    if let Some(why) = &probed.no_leases {
        writeln!(out, "         leases are left out: {why}")?;
    }
    if !probed.listed {
        writeln!(
            out,
            "         /proc/locks does not list these locks: only answers are compared, and a call\n\
             \x20        waits if it is not answered for a while"
        )?;
    }
    writeln!(
        out,
        "calls:   {}, of which {} met a lock or a lease",
        probed.calls, probed.conflicts
    )?;
    if let Some((call, seconds)) = probed.slowest.as_ref().filter(|(_, seconds)| *seconds >= SLOW) {
        writeln!(out, "slowest: {seconds:.1} s until all answers after {call} were there")?;
    }
    if let Some(bare) = &probed.bare {
        let rate = |calls: u64, seconds: f64| calls as f64 / seconds.max(1e-9);
        let (probe, alone) = (rate(probed.calls, probed.seconds), rate(bare.calls, bare.seconds));
        writeln!(
            out,
            "rate:    {probe:.0} calls a second; bare, in one process: {alone:.0}, which is {:.0} times as many",
            alone / probe.max(1e-9)
        )?;
    }
    match &probed.conclusion {
        Conclusion::Agreed if Verdict::of(probed) == Verdict::Vacuous => {
            writeln!(out, "VACUOUS: no call met the lock of another: nothing was compared")
        }
        Conclusion::Agreed => writeln!(out, "agrees:  the models admit every answer"),
        Conclusion::Disagrees(case) => {
            writeln!(out)?;
            write_case(out, case)
        }
        Conclusion::Hung(worker, call, stack) => {
            writeln!(out, "HANGS:   w{worker} does not answer; the last call was {call}")?;
            match stack {
                Some(stack) => {
                    writeln!(out, "         its stack in the kernel:")?;
                    stack.lines().try_for_each(|line| writeln!(out, "           {line}"))
                }
                None => writeln!(out, "         its stack in the kernel cannot be read"),
            }
        }
        Conclusion::Stopped => {
            writeln!(out, "interrupted: until then the models admit every answer")
        }
        Conclusion::Broken(problem) => writeln!(out, "BROKEN:  {problem}"),
    }
}

/// Returns what a case shows, in a sentence.
pub fn sentence(case: &ProbeCase) -> &'static str {
    case.kind().map_or("", Disagreement::sentence)
}

/// Writes the story of a case: each call, what came after it, and what the models admit.
pub fn write_case(out: &mut dyn Write, case: &ProbeCase) -> io::Result<()> {
    writeln!(out, "DISAGREES: {}", sentence(case))?;
    let rate = case.rate;
    writeln!(out, "  these calls show it in {} of {} runs:", rate.failed, rate.runs)?;
    let width = case.steps.iter().map(|step| step.call.len()).max().unwrap_or(0);
    for (number, step) in (1..).zip(&case.steps) {
        let own = step.call.split(':').next().unwrap_or_default();
        writeln!(out, "  {number:3}  {:width$}  {}", step.call, answers(own, &step.answers))?;
    }
    let Some(last) = case.steps.last() else { return Ok(()) };
    writeln!(out, "  after the last call")?;
    writeln!(out, "    observed:    {}", case.failure.got)?;
    for (at, admitted) in last.admitted.iter().enumerate() {
        let before = if at == 0 { "admitted:    " } else { "         or: " };
        writeln!(out, "    {before}{admitted}")?;
    }
    for (at, line) in case.failure.listed.iter().flatten().enumerate() {
        let before = if at == 0 { "/proc/locks: " } else { "             " };
        writeln!(out, "    {before}{line}")?;
    }
    if case.failure.listed.as_ref().is_some_and(Vec::is_empty) {
        writeln!(out, "    /proc/locks: no lock")?;
    }
    Ok(())
}

/// Returns the answers after a call: its own first, or that it waits.
pub fn answers(own: &str, answers: &[String]) -> String {
    let before = format!("{own}: ");
    let (mut first, mut others) = ("waits".to_string(), Vec::new());
    for answer in answers {
        match answer.strip_prefix(&before) {
            Some(answer) => first = format!("= {answer}"),
            None => others.push(answer.replace(": 0", " is granted")),
        }
    }
    if others.is_empty() { first } else { format!("{first}; {}", others.join(", ")) }
}
