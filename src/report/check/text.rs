//! Results for a terminal: they read without colour, in 80 columns, and in a pipe.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::engines::verdict::{BuiltIn, Discovery, End, PropertyKind, Symmetry, collision};
use crate::files::case::{Case, CaseStep, CaseVerdict};
use crate::files::scenario::Expect;
use crate::jobs::check::{Checked, Standing};
use crate::protocols::Entry;
use crate::protocols::decisive::{Acts, Instead, first_difference};
use crate::protocols::trace::{Change, process_of};
use crate::report::layout::{Detail, Layout};
use crate::report::{name, switches, title};

/// Rows that are not as expected, and are listed without `-v`.
const MOST_RED: usize = 5;

/// Prints what a `check` came to.
pub fn write_check(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    write_scenarios(out, all, layout)?;
    write_symmetry(out, all, layout)?;
    let quiet = layout.detail == Detail::Quiet;
    // That something was expected to hold, and does not, stands in the table already.
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
    if let Some(checked) = printed(all) {
        writeln!(out)?;
        write_violation(out, checked, layout)?;
    }
    Ok(())
}

/// Says who was interchangeable, if symmetry was asked for: of a few scenarios or of each, else how
/// many have some.
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

/// The scenario whose violation is printed in full: of those that were not expected the shortest.
pub fn printed(all: &[Checked]) -> Option<&Checked> {
    let red = all.iter().filter(|checked| matches!(checked.standing, Standing::Unmet(_)));
    red.filter(|checked| checked.main_violation().is_some())
        .min_by_key(|checked| checked.main_violation().map(|found| found.steps))
}

/// The scenarios as a table. If any are not as expected, only these, and how many there are beside
/// them.
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
    // Where something is red, figures are not what is looked for.
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

/// Says how sure it is that no state was taken for another one.
fn write_collision(out: &mut dyn Write, all: &[Checked], layout: Layout) -> io::Result<()> {
    let explorations = all.iter().map(|checked| &checked.exploration);
    let by_fingerprint = explorations.filter(|exploration| !exploration.exact);
    let bound = collision(by_fingerprint.map(|exploration| exploration.statistics.distinct));
    let sentence = match bound {
        0.0 => "states were stored whole: none was taken for another".to_string(),
        _ => format!("a collision of fingerprints hid a state: probability at most {bound:e}"),
    };
    write_sentence(out, layout, "", &sentence)
}

/// Makes a table as narrow as the terminal.
pub fn fit(table: &mut Table, layout: Layout) {
    if let Some(width) = layout.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width.max(LEAST_TABLE)).unwrap_or(u16::MAX));
    }
}

/// The columns below which a table does not get narrower.
const LEAST_TABLE: usize = 50;

/// A table with this header, and numbers in some columns.
pub fn table<const N: usize>(header: [&str; N], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for column in numbers {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Prints a table, without spaces at the ends of lines.
pub fn write_table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The verdict of a scenario in a word or two.
pub fn verdict_words(checked: &Checked) -> String {
    match checked.main_violation() {
        Some(found) => format!("{} {}", checked.property(found.property).name, found.steps),
        None => checked.verdict.name().to_string(),
    }
}

/// How a scenario stands, in a word or two.
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

/// Prints a sentence: broken at the width of the terminal, whole in a pipe.
fn write_sentence(
    out: &mut dyn Write,
    layout: Layout,
    indent: &str,
    sentence: &str,
) -> io::Result<()> {
    if layout.width.is_none() {
        return writeln!(out, "{indent}{sentence}");
    }
    let words: Vec<String> = sentence.split(' ').map(ToString::to_string).collect();
    write_words(out, layout, indent, &words)
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

/// The main violation of a scenario as [`write_violation`] prints it.
pub fn story(checked: &Checked) -> String {
    let mut text = Vec::new();
    // Writing into memory cannot fail.
    let _ = write_violation(&mut text, checked, Layout::WHOLE);
    String::from_utf8_lossy(&text).into_owned()
}

/// Prints a case, step by step.
pub fn write_case(out: &mut dyn Write, case: &Case, layout: Layout) -> io::Result<()> {
    let CaseVerdict { violated, property, steps, .. } = &case.verdict;
    let word = if *violated { "VIOLATED" } else { "reached" };
    let name = case.configuration.entry.name;
    let switches = switches(&case.configuration).join(" ");
    writeln!(out, "{word} {property} after {steps} steps: {name} {switches}")?;
    writeln!(out)?;
    write_steps(out, case, &[], layout)
}

fn write_steps(
    out: &mut dyn Write,
    case: &Case,
    acts: &[(&str, Acts)],
    layout: Layout,
) -> io::Result<()> {
    let CaseVerdict { property, steps, cycle, .. } = &case.verdict;
    let process = |step: &CaseStep| process_of(case.configuration.entry, &step.action);
    let process_width = case.steps.iter().map(|step| process(step).len()).max().unwrap_or(0);
    let action_width = case.steps.iter().map(|step| step.action.len()).max().unwrap_or(0);
    let goes_on = case.steps.len() > *steps;
    let matters = |at: usize| {
        let acts = acts.iter().any(|(_, acts)| acts.at == at);
        acts || at + 1 == *steps || Some(at) == *cycle || (goes_on && at == *steps)
    };
    let visible = layout.visible(case.steps.len(), matters);
    let mut hidden = 0;
    for (at, step) in case.steps.iter().enumerate() {
        if !visible[at] {
            hidden += 1;
            continue;
        }
        if hidden > 0 {
            writeln!(out, "     ... {hidden} steps (-v shows them)")?;
            hidden = 0;
        }
        if goes_on && at == *steps && property == BuiltIn::CanFinish.name() {
            writeln!(out, "     -- from here no done state can be reached; one way on:")?;
        }
        if Some(at) == *cycle {
            writeln!(out, "     -- a cycle begins:")?;
        }
        let (process, action) = (process(step), &step.action);
        let head = format!("{:4} {process:process_width$} {action:action_width$}  ", at + 1);
        write_words(out, layout, &head, &grouped(&step.changes))?;
        for (rule, acts) in acts.iter().filter(|(_, acts)| acts.at == at) {
            let head = format!("     <- `{rule}` is off: with it ");
            let words = instead(case.configuration.entry, &acts.instead);
            write_words(out, layout, &head, &words)?;
        }
    }
    match cycle {
        Some(_) => writeln!(out, "     -- and round again"),
        None if goes_on => writeln!(out, "     -- standstill"),
        None => Ok(()),
    }
}

/// The rules that are off, each with the first step at which it would have acted.
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

/// What a rule would have done at a step, in words that follow "with it ".
pub fn instead(entry: &Entry, instead: &Instead) -> Vec<String> {
    match instead {
        Instead::Disabled => vec!["this could not have happened".to_string()],
        Instead::Differs(changes) => grouped(changes),
        Instead::Elsewhere(step) => {
            vec![format!("`{}` would have been another step", step.spell(entry.actions))]
        }
    }
}

/// The new values of fields, those of one part of the state together: `node.n0 busy=1 pending=1`.
pub fn grouped(changes: &[Change]) -> Vec<String> {
    let mut words = Vec::new();
    let mut part = "";
    for change in changes {
        let (of, field) = change.path.rsplit_once('.').unwrap_or(("", &change.path));
        if of != part {
            if let Some(last) = words.last_mut() {
                *last = format!("{last};");
            }
            words.push(of.to_string());
            part = of;
        }
        words.push(format!("{field}={}", change.new));
    }
    words.retain(|word: &String| !word.is_empty());
    words
}

/// Prints words behind a head, broken at the width and indented.
pub fn write_words(
    out: &mut dyn Write,
    layout: Layout,
    head: &str,
    words: &[String],
) -> io::Result<()> {
    let width = layout.line();
    let indent = head.len().min(width / 2);
    let mut line = head.to_string();
    let mut empty = true;
    for word in words {
        if !empty && line.len() + 1 + word.len() > width {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}
