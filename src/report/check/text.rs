//! Results for a terminal: readable without colour, in any width, and in a pipe.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use comfy_table::Table;

use crate::engines::verdict::{
    BuiltIn, Discovery, End, PropertyKind, Stopped, Symmetry, collision,
};
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, Standing};
use crate::protocols::decisive::{Acts, first_difference};
use crate::report::layout::{Colour, Detail, Layout};
use crate::report::run::text::{Titled, write_titled};
use crate::report::table::{fit, table};
use crate::report::words::{count, counted, rounded, write_sentence};
use crate::report::{name, title};

/// The maximum number of unexpected rows that are listed without `-v`.
const MOST_RED: usize = 3;
/// The maximum number of scenarios that are listed one by one without `-v` if all are as expected.
const MOST_GREEN: usize = 6;

/// Prints the results of a `check`. `seconds` is the time that it took, if that is to be printed.
pub fn write_check(
    out: &mut dyn Write,
    all: &[Checked],
    seconds: Option<f64>,
    layout: Layout,
) -> io::Result<()> {
    write_scenarios(out, all, layout)?;
    let quiet = layout.detail == Detail::Quiet;
    if !quiet {
        write_summary(out, all, seconds, layout)?;
    }
    if !quiet && (layout.detail == Detail::Verbose || all.iter().all(Checked::is_as_expected)) {
        write_collision(out, all, layout)?;
    }
    write_symmetry(out, all, layout)?;
    if !quiet {
        write_refined(out, all, layout)?;
    }
    // The table already shows that something was expected to hold and does not.
    let says_more = |checked: &&Checked| match checked.standing {
        Standing::Met => false,
        Standing::Unmet(_) => checked.scenario.expect != Expect::Holds,
        Standing::Finding(_) => layout.detail == Detail::Verbose,
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

/// Prints how many steps of an implementation are which steps of its specification.
fn write_refined(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    for checked in all {
        let spec = checked.scenario.configuration.entry.spec.as_ref();
        let (Some(spec), Some(counts)) = (spec, &checked.refined) else { continue };
        let actions = spec.actions.iter().zip(&counts.steps);
        let actions = actions.map(|(action, steps)| format!("{} {}", action.name, count(*steps)));
        let mut sentence = format!(
            "refinement: {}: {}; steps of the specification: {}",
            name(&checked.scenario),
            counted(counts.stutters, "stutter"),
            actions.collect::<Vec<_>>().join(", ")
        );
        if counts.strays > 0 {
            sentence += &format!("; {}", counted(counts.strays, "stray step"));
        }
        write_sentence(out, layout, "", &sentence)?;
    }
    Ok(())
}

/// Returns the scenario whose violation is printed in full: the shortest of the unexpected ones.
pub fn printed(all: &[Checked]) -> Option<&Checked> {
    let red = all.iter().filter(|checked| matches!(checked.standing, Standing::Unmet(_)));
    red.filter(|checked| checked.main_violation().is_some())
        .min_by_key(|checked| checked.main_violation().map(|found| found.steps))
}

/// Prints the scenarios: in a table if that fits on a screen, or else a line per protocol. If any
/// failed, it lists only these.
fn write_scenarios(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let red: Vec<&Checked> = all.iter().filter(|checked| !checked.is_as_expected()).collect();
    let rows: Vec<&Checked> = match layout.detail {
        Detail::Verbose => all.iter().collect(),
        Detail::Normal if red.is_empty() && all.len() > MOST_GREEN => {
            return write_protocols(out, all, layout);
        }
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
        true => table(["", "scenario", "verdict", "states", "depth"], &[3, 4]),
        false => table(["", "scenario", "verdict"], &[]),
    };
    for checked in &rows {
        let statistics = &checked.exploration.statistics;
        let mut row = vec![mark(checked).to_string()];
        row.extend([name(&checked.scenario), verdict_words(checked)]);
        if figures {
            row.extend([count(statistics.distinct), count(statistics.depth() as u64)]);
        }
        table.add_row(row);
    }
    fit(&mut table, layout);
    write_marked(out, &table, figures, layout)
}

/// Returns the first word of a row.
fn mark(checked: &Checked) -> &'static str {
    match checked.standing {
        Standing::Met => "ok",
        Standing::Finding(_) => "known",
        Standing::Unmet(_) => "FAIL",
        Standing::Inconclusive(_) => "OPEN",
        Standing::Vacuous(_) => "VOID",
    }
}

/// Prints a table, with the first words of its rows in colour.
fn write_marked(
    out: &mut dyn Write,
    rows: &Table,
    with_header: bool,
    layout: Layout,
) -> io::Result<()> {
    for line in rows.lines().skip(usize::from(!with_header)) {
        let line = line.trim_end();
        let line = line.strip_prefix(' ').unwrap_or(line);
        let mark = line.split(' ').next().unwrap_or("");
        let colour = match mark {
            "ok" => Some(Colour::Green),
            "known" => Some(Colour::Yellow),
            "FAIL" | "OPEN" | "VOID" => Some(Colour::Red),
            _ => None,
        };
        let mark = colour.map_or(String::new(), |colour| layout.paint(colour, mark));
        let rest =
            if colour.is_some() { line.split_once(' ').map_or("", |(_, rest)| rest) } else { line };
        let space = if mark.is_empty() { "" } else { " " };
        writeln!(out, "{mark}{space}{rest}")?;
    }
    Ok(())
}

/// Prints a line per protocol.
fn write_protocols(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let mut protocols: BTreeMap<&str, Vec<&Checked>> = BTreeMap::new();
    for checked in all {
        protocols.entry(checked.scenario.configuration.entry.name).or_default().push(checked);
    }
    let mut rows = table(["", "", "", "", ""], &[2, 3]);
    for (protocol, own) in protocols {
        let states: u64 = own.iter().map(|one| one.exploration.statistics.distinct).sum();
        let found = own.iter().filter(|one| matches!(one.standing, Standing::Finding(_))).count();
        let found = match found {
            0 => String::new(),
            found => counted(found as u64, "known finding"),
        };
        rows.add_row(vec![
            "ok".to_string(),
            protocol.to_string(),
            counted(own.len() as u64, "scenario"),
            format!("{} states", count(states)),
            found,
        ]);
    }
    fit(&mut rows, layout);
    write_marked(out, &rows, false, layout)
}

/// Returns how many scenarios hold and how many are known findings, or how many failed if any did:
/// `184 hold, 4 broken as expected, 32 known findings`.
pub fn results(all: &[Checked]) -> String {
    let number = |is: fn(&Checked) -> bool| all.iter().filter(|one| is(one)).count() as u64;
    let failed = number(|one| !one.is_as_expected());
    let found = number(|one| matches!(one.standing, Standing::Finding(_)));
    let expected = number(|one| matches!(one.standing, Standing::Met));
    let broken =
        number(|one| matches!(one.standing, Standing::Met) && one.main_violation().is_some());
    let mut parts = Vec::new();
    if failed > 0 {
        let open = number(|one| matches!(one.standing, Standing::Inconclusive(_)));
        let told = [(failed - open, "failed"), (open, "inconclusive")];
        let told = told.iter().filter(|(number, _)| *number > 0);
        parts.extend(told.map(|(number, what)| format!("{} {what}", count(*number))));
        parts.push(format!("{} passed", count(expected + found)));
    } else {
        let holds = if expected - broken == 1 { "holds" } else { "hold" };
        parts.push(format!("{} {holds}", count(expected - broken)));
        let told = [(broken, "broken as expected"), (found, "known findings")];
        let told = told.iter().filter(|(number, _)| *number > 0);
        parts.extend(told.map(|(number, what)| format!("{} {what}", count(*number))));
    }
    parts.join(", ")
}

/// Prints how many scenarios hold, how many are known findings, how many failed, and how many
/// states were searched.
fn write_summary(
    out: &mut dyn Write,
    all: &[Checked],
    seconds: Option<f64>,
    layout: Layout,
) -> io::Result<()> {
    let states = all.iter().map(|one| one.exploration.statistics.distinct).sum();
    let seconds = seconds.map_or(String::new(), |seconds| format!("; {seconds:.1} s"));
    let hint =
        if layout.detail == Detail::Normal && all.len() > 1 { " (-v lists all)" } else { "" };
    let sentence = format!(
        "{}: {}; {} states{seconds}{hint}",
        counted(all.len() as u64, "scenario"),
        results(all),
        rounded(states),
    );
    let is_green = all.iter().all(Checked::is_as_expected);
    let colour = if is_green { Colour::Green } else { Colour::Red };
    let mut lines = Vec::new();
    write_sentence(&mut lines, layout, "", &sentence)?;
    for line in String::from_utf8_lossy(&lines).lines() {
        writeln!(out, "{}", layout.paint(colour, line))?;
    }
    Ok(())
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
        None => checked.verdict_words(),
    }
}

/// Returns the standing of a scenario in a word or two.
pub fn standing_word(checked: &Checked) -> &'static str {
    match checked.standing {
        Standing::Met => "as expected",
        Standing::Finding(_) => "known finding",
        Standing::Unmet(_) => "FAIL",
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

/// Prints the main violation of a scenario, step by step, and why it is one.
pub fn write_violation(out: &mut dyn Write, checked: &Checked, layout: Layout) -> io::Result<()> {
    let Some(found) = checked.main_violation() else { return Ok(()) };
    let property = checked.property(found.property);
    let mut notes = Vec::new();
    let others = checked.violations().filter(|other| other.property != found.property);
    let others: Vec<String> = others
        .map(|other| {
            let name = checked.property(other.property).name;
            format!("{name} after {}", counted(other.steps as u64, "step"))
        })
        .collect();
    if !others.is_empty() && layout.detail == Detail::Verbose {
        notes.push(format!("also violated: {}", others.join(", ")));
    }
    if checked.exploration.stopped == Some(Stopped::Found) {
        notes.push("the search ended here; -v goes on and lists every violation".to_string());
    }
    let end = match &found.end {
        End::Exceeds(what) => Some(format!("that would exceed the bound `{what}`")),
        End::Changes => Some("a guard fails after the state was changed".to_string()),
        End::Panics(message) => Some(format!("the model panics: {message}")),
        End::Stuck { cycle: None, .. }
            if property.kind != PropertyKind::BuiltIn(BuiltIn::CanFinish) =>
        {
            Some("the run can stop here forever: no fair process is enabled".to_string())
        }
        End::State | End::Stuck { .. } => None,
    };
    let shown = Titled { title: &title(&checked.scenario), notes: &notes, end: end.as_deref() };
    write_titled(out, &checked.case(found), &shown, layout)
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
