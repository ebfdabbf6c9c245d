//! The result of checking a recording, for a terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::layout::{Detail, Layout};
use crate::report::words::{write_sentence, write_words};

use super::facts::{AdmittingFacts, DiagnosisFacts, Facts, SliceResult, Verdict};

/// The maximum number of steps of the model that are printed.
const MOST_STEPS: usize = 12;
/// The maximum number of ways that are printed.
const MOST_WAYS: usize = 6;

/// Prints all slices.
pub fn write(out: &mut dyn Write, facts: &Facts, layout: Layout) -> io::Result<()> {
    for (at, slice) in facts.slices.iter().enumerate() {
        if layout.detail == Detail::Quiet && slice.verdict() == Verdict::Admitted {
            continue;
        }
        if at > 0 {
            writeln!(out)?;
        }
        let items = if slice.items == 1 { "1 item" } else { &format!("{} items", slice.items) };
        writeln!(out, "{}: {}, {items}", facts.protocol, slice.name)?;
        write_counts(out, "the map has no word for", &slice.left_out, layout)?;
        let width = slice.results.iter().map(|result| rules(result).len()).max().unwrap_or(0);
        for result in &slice.results {
            write_result(out, result, width, layout)?;
        }
    }
    if facts.slices.is_empty() {
        writeln!(out, "{}: vacuous, nothing of the recording is anything in it", facts.protocol)?;
    }
    if layout.detail != Detail::Quiet || facts.slices.is_empty() {
        write_counts(out, "not checked:", &facts.without, layout)?;
    }
    Ok(())
}

fn write_counts(
    out: &mut dyn Write,
    head: &str,
    counts: &BTreeMap<String, u64>,
    layout: Layout,
) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let words: Vec<String> =
        counts.iter().map(|(what, count)| format!("{count} x {what}")).collect();
    write_sentence(out, layout, "  ", &format!("{head} {}", words.join(", ")))
}

fn rules(result: &SliceResult) -> String {
    let without = result.without.iter().map(|name| format!("-{name}"));
    let with = result.with.iter().map(|name| format!("+{name}"));
    without.chain(with).fold(result.profile.to_string(), |all, one| all + &one)
}

fn write_result(
    out: &mut dyn Write,
    result: &SliceResult,
    width: usize,
    layout: Layout,
) -> io::Result<()> {
    let (word, said) = sentence(result);
    let rules = rules(result);
    write_sentence(out, layout, &format!("{word:12} {rules:width$}  "), &said)?;
    match &result.diagnosis {
        Some(diagnosis) => write_diagnosis(out, diagnosis, layout),
        None => Ok(()),
    }
}

/// Returns the verdict as a word and a sentence.
pub(super) fn sentence(result: &SliceResult) -> (&'static str, String) {
    let at = result.at.as_ref().map(ToString::to_string).unwrap_or_default();
    match result.verdict {
        Verdict::Admitted if result.some.is_empty() => {
            ("admitted", format!("{} states", result.states))
        }
        Verdict::Admitted => {
            ("admitted", format!("some runs that explain it violate {}", result.some.join(", ")))
        }
        Verdict::Violates if result.every.is_empty() => {
            ("VIOLATES", format!("every run one of {}; certain with {at}", result.some.join(", ")))
        }
        Verdict::Violates => {
            ("VIOLATES", format!("every run {}; certain with {at}", result.every.join(", ")))
        }
        Verdict::Rejected => ("REJECTED", format!("at {at}")),
        Verdict::Inconclusive => {
            ("inconclusive", "there are too many ways to explain it".to_string())
        }
        Verdict::NoModel => ("no model", result.why.unwrap_or("").to_string()),
        Verdict::Vacuous => ("vacuous", "nothing in it is anything in the model".to_string()),
    }
}

fn write_diagnosis(
    out: &mut dyn Write,
    diagnosis: &DiagnosisFacts,
    layout: Layout,
) -> io::Result<()> {
    let whole = layout.detail == Detail::Verbose;
    let list = |all: &[String], most: usize| -> Vec<String> {
        let shown = if whole { all.len() } else { all.len().min(most) };
        let more = all.len() - shown;
        let more = (more > 0).then(|| format!("and {more} more (-v)"));
        all.iter().take(shown).cloned().chain(more).collect()
    };
    for way in list(&diagnosis.ways, MOST_WAYS) {
        write_sentence(out, layout, "  why:      ", &way)?;
    }
    write_words(out, layout, "  instead:  ", &list(&diagnosis.instead, MOST_STEPS))?;
    match &diagnosis.closest {
        Some(changes) => {
            write_sentence(out, layout, "  closest:  ", &changes.join("; "))?;
        }
        None if diagnosis.far => {
            writeln!(
                out,
                "  closest:  no run of the model is within two changes of the recording"
            )?;
        }
        None => writeln!(out, "  closest:  not found within the limit")?,
    }
    for admitting in &diagnosis.admitting {
        write_sentence(out, layout, "  admitted: ", &admitted(admitting))?;
    }
    if diagnosis.admitting.is_empty() {
        writeln!(out, "  admitted: by no rule, variant or fault, alone or in pairs")?;
    }
    let DiagnosisFacts { sets, tried, given_up, .. } = diagnosis;
    let given_up = match given_up {
        0 => String::new(),
        _ => format!("; {given_up} of them given up, with too many ways"),
    };
    let sentence = format!(
        "({tried} of {sets} sets of one or two tried, the others change nothing{given_up})"
    );
    write_sentence(out, layout, "            ", &sentence)
}

/// Describes the switches that admit a recording, and what is then violated.
fn admitted(admitting: &AdmittingFacts) -> String {
    let switches = admitting.switches.join(" ");
    match (admitting.every.as_slice(), admitting.some.as_slice()) {
        ([], []) => format!("with {switches}"),
        ([], some) => format!("with {switches}; some runs violate {}", some.join(", ")),
        (every, _) => format!("with {switches}; every run violates {}", every.join(", ")),
    }
}
