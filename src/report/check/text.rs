//! Results for a terminal: readable without colour, in 80 columns, and in a pipe.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::engines::verdict::{
    BuiltIn, Discovery, End, PropertyKind, Stopped, Symmetry, collision,
};
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, Standing};
use crate::protocols::decisive::{Acts, first_difference};
use crate::report::layout::{Detail, Layout};
use crate::report::run::text::write_steps;
use crate::report::table::{fit, table, write_table};
use crate::report::words::write_sentence;
use crate::report::{name, title};

/// The maximum number of unexpected rows that are listed without `-v`.
const MOST_RED: usize = 5;

/// Prints the results of a `check`.
pub fn write_check(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    write_scenarios(out, all, layout)?;
    write_symmetry(out, all, layout)?;
    let quiet = layout.detail == Detail::Quiet;
    // The table already shows that something was expected to hold and does not.
    let says_more = |checked: &&Checked| match checked.standing {
        Standing::Met => false,
        Standing::Unmet(_) => checked.scenario.expect != Expect::Holds,
        Standing::Finding(_) => !quiet,
        _ => true,
    };
    let remarkable: Vec<&Checked> = all.iter().filter(says_more).collect();
    if !remarkable.is_empty() {
        writeln!(out)?;
    }
    for checked in remarkable {
        write_standing(out, checked, layout)?;
    }
    write_warnings(out, all, layout)?;
    if let Some(checked) = printed(all) {
        writeln!(out)?;
        write_violation(out, checked, layout)?;
    }
    Ok(())
}

/// Prints warnings about the verdicts, once per protocol and property.
fn write_warnings(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let mut said = BTreeSet::new();
    for checked in all {
        let Scenario { configuration, .. } = &checked.scenario;
        for (property, sentence) in checked.warnings() {
            if said.is_empty() {
                writeln!(out)?;
            }
            if said.insert((configuration.entry.name, property)) {
                let sentence = format!("warning: {}: {sentence}", name(&checked.scenario));
                write_sentence(out, layout, "", &sentence)?;
            }
        }
    }
    Ok(())
}

/// Prints which ids are interchangeable, if symmetry was requested. Of many scenarios, it prints
/// only how many have interchangeable ids, unless all details are requested.
fn write_symmetry(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let of = |checked| -> Option<(&Checked, &Symmetry)> {
        let checked: &Checked = checked;
        Some((checked, checked.exploration.symmetry.as_ref()?))
    };
    let asked: Vec<_> = all.iter().filter_map(of).collect();
    if asked.is_empty() || layout.detail == Detail::Quiet {
        return Ok(());
    }
    writeln!(out)?;
    if asked.len() > MOST_RED && layout.detail != Detail::Verbose {
        let some = asked.iter().filter(|(_, found)| !found.interchangeable.is_empty()).count();
        let of = asked.len();
        return writeln!(
            out,
            "symmetry: in {some} of {of} some are interchangeable (-v lists them)"
        );
    }
    for (checked, found) in asked {
        let (name, distinct) = (name(&checked.scenario), checked.exploration.statistics.distinct);
        let sets: Vec<_> = found.interchangeable.iter().map(|set| set.join(" ")).collect();
        let sentence = match sets.as_slice() {
            [] => "nobody is interchangeable".to_string(),
            sets => format!(
                "{} are interchangeable (examined in {} of {distinct} states)",
                sets.join(", "),
                found.examined
            ),
        };
        write_sentence(out, layout, "", &format!("symmetry: {name}: {sentence}"))?;
    }
    Ok(())
}

/// Returns the scenario whose violation is printed in full: the shortest of the unexpected ones.
pub fn printed(all: &[Checked]) -> Option<&Checked> {
    let red = all.iter().filter(|checked| matches!(checked.standing, Standing::Unmet(_)));
    red.filter(|checked| checked.main_violation().is_some())
        .min_by_key(|checked| checked.main_violation().map(|found| found.steps))
}

/// Prints the scenarios as a table. If any are unexpected, it lists only these, and the number of
/// the others.
fn write_scenarios(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let red: Vec<&Checked> = all.iter().filter(|checked| !checked.is_as_expected()).collect();
    let rows: Vec<&Checked> = match layout.detail {
        Detail::Verbose => all.iter().collect(),
        Detail::Normal if red.is_empty() => all.iter().collect(),
        Detail::Normal => red.iter().take(MOST_RED).copied().collect(),
        Detail::Quiet => red.clone(),
    };
    if rows.is_empty() {
        return Ok(());
    }
    // If something failed, readers do not look for figures.
    let figures = layout.detail == Detail::Verbose || red.is_empty();
    let mut table = match figures {
        true => table(["scenario", "verdict", "distinct", "depth", ""], &[2, 3]),
        false => table(["scenario", "verdict", ""], &[]),
    };
    for checked in &rows {
        let statistics = &checked.exploration.statistics;
        let mut row = vec![name(&checked.scenario), verdict_words(checked)];
        if figures {
            row.extend([statistics.distinct.to_string(), statistics.depth().to_string()]);
        }
        row.push(standing_word(checked).to_string());
        table.add_row(row);
    }
    fit(&mut table, layout);
    write_table(out, &table)?;
    if figures {
        write_collision(out, all, layout)?;
    }
    if layout.detail == Detail::Quiet || rows.len() == all.len() {
        return Ok(());
    }
    let expected = all.len() - red.len();
    let more = red.len() - rows.len();
    let more = if more == 0 { String::new() } else { format!(" {more} more like these,") };
    writeln!(out, " and{more} {expected} as expected (-v lists them)")
}

/// Prints the probability that one state was mistaken for another.
fn write_collision(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let explorations = all.iter().map(|checked| &checked.exploration);
    let by_fingerprint = explorations.filter(|exploration| !exploration.exact);
    let bound = collision(by_fingerprint.map(|exploration| exploration.statistics.distinct));
    let sentence = match bound {
        0.0 => "states were stored whole: none was taken for another".to_string(),
        _ => format!("probability that a fingerprint collision hid a state: at most {bound:e}"),
    };
    write_sentence(out, layout, "", &sentence)
}

/// Returns the verdict of a scenario in a word or two.
pub fn verdict_words(checked: &Checked) -> String {
    match checked.main_violation() {
        Some(found) => format!("{} {}", checked.property(found.property).name, found.steps),
        None => checked.verdict.name().to_string(),
    }
}

/// Returns the standing of a scenario in a word or two.
pub fn standing_word(checked: &Checked) -> &'static str {
    match checked.standing {
        Standing::Met => "as expected",
        Standing::Finding(_) => "known finding",
        Standing::Unmet(_) => "UNEXPECTED",
        Standing::Inconclusive(_) => "INCONCLUSIVE",
        Standing::Vacuous(_) => "VACUOUS",
    }
}

fn write_standing(out: &mut dyn Write, checked: &Checked, layout: Layout) -> io::Result<()> {
    let (word, sentence) = match &checked.standing {
        Standing::Met => return Ok(()),
        Standing::Finding(sentence) => ("known finding", sentence),
        Standing::Unmet(sentence) => ("not as expected", sentence),
        Standing::Inconclusive(sentence) => ("inconclusive", sentence),
        Standing::Vacuous(sentence) => ("vacuous", sentence),
    };
    write_sentence(out, layout, "", &format!("{word}: {}: {sentence}", title(&checked.scenario)))
}

/// Prints the main violation of a scenario, step by step.
pub fn write_violation(out: &mut dyn Write, checked: &Checked, layout: Layout) -> io::Result<()> {
    let Some(found) = checked.main_violation() else { return Ok(()) };
    let property = checked.property(found.property);
    let title = title(&checked.scenario);
    let head = format!("VIOLATED {} after {} steps: {title}", property.name, found.steps);
    write_sentence(out, layout, "", &head)?;
    write_sentence(out, layout, "  ", property.doc)?;
    let others = checked.violations().filter(|other| other.property != found.property);
    let others: Vec<String> = others
        .map(|other| {
            format!("{} after {} steps", checked.property(other.property).name, other.steps)
        })
        .collect();
    if !others.is_empty() {
        write_sentence(out, layout, "  ", &format!("also violated: {}", others.join(", ")))?;
    }
    if checked.exploration.stopped == Some(Stopped::Found) {
        write_sentence(
            out,
            layout,
            "  ",
            "the search ended here; -v goes on and lists every violation",
        )?;
    }
    writeln!(out)?;
    let acts = rules_that_would_act(checked, found);
    let case = checked.case(found);
    write_steps(out, &case, &acts, layout)?;
    match &found.end {
        End::Exceeds(what) => writeln!(out, "     -- that would exceed the bound `{what}`"),
        End::Changes => writeln!(out, "     -- a guard fails after the state was changed"),
        End::Panics(message) => writeln!(out, "     -- the model panics: {message}"),
        End::Stuck { cycle: None, .. }
            if property.kind != PropertyKind::BuiltIn(BuiltIn::CanFinish) =>
        {
            writeln!(out, "     -- and it may rest here for ever: nobody who must act can")
        }
        End::State | End::Stuck { .. } => Ok(()),
    }
}

/// Returns the main violation of a scenario as [`write_violation`] prints it.
pub fn story(checked: &Checked) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = write_violation(&mut text, checked, Layout::WHOLE);
    String::from_utf8_lossy(&text).into_owned()
}

/// Returns the rules that are off, each with the first step at which it would have acted.
pub fn rules_that_would_act<'a>(checked: &'a Checked, found: &Discovery) -> Vec<(&'a str, Acts)> {
    let configuration = &checked.scenario.configuration;
    let rules = configuration.rules();
    let full = configuration.entry.profile("full").map(|full| configuration.entry.switches(full).0);
    let off = configuration
        .entry
        .rules
        .iter()
        .enumerate()
        .filter(|(at, _)| !rules.is_on(*at) && full.is_some_and(|full| full.is_on(*at)));
    off.filter_map(|(at, rule)| {
        let with = configuration.instance_with(rules.with(at)).ok()?;
        let acts = first_difference(checked.instance.as_ref(), with.as_ref(), &found.path)?;
        Some((rule.name, acts))
    })
    .collect()
}
