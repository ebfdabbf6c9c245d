//! The alarms that make a run fail, and the known findings. Each has a source location, and may
//! have a counterexample.

use crate::engines::verdict::Discovery;
use crate::files::scenario::Expect;
use crate::jobs::ablate::{Matrix, Row, Ruling};
use crate::jobs::check::{Checked, Standing};
use crate::report::check::text;
use crate::report::matrix::ablation;
use crate::report::{Results, title};

use super::place::{Place, Sources};

/// A failure, or a known finding.
pub struct Alarm<'a> {
    /// The violated property, or one of `expectation`, `inconclusive`, `vacuous`, `survives`,
    /// `misdeclared`.
    pub rule: &'static str,
    /// The meaning of the property or of that word.
    pub doc: &'static str,
    /// The scenario or the protocol.
    pub title: String,
    /// What was found.
    pub sentence: String,
    /// The rule that is off and would have acted, or the action that ends the run.
    pub place: Place,
    /// The counterexample.
    pub shown: Option<(&'a Checked, &'a Discovery)>,
    /// Whether this is the first alarm of its scenario.
    pub is_main: bool,
    /// Why it is expected, if it is a known finding.
    pub known: Option<&'a str>,
}

impl Alarm<'_> {
    /// Returns whether a budget ran out, so that no failure is certain.
    pub fn is_inconclusive(&self) -> bool {
        self.rule == INCONCLUSIVE
    }
}

const INCONCLUSIVE: &str = "inconclusive";
const VACUOUS: &str = "vacuous";

/// Returns all alarms of a run, in the order in which things were run.
pub fn alarms<'a>(results: Results<'a>, sources: &mut Sources) -> Vec<Alarm<'a>> {
    let mut all = Vec::new();
    for checked in results.checked {
        of_scenario(checked, sources, &mut all);
    }
    for matrix in results.matrices {
        for row in matrix.rows.iter().filter(|row| !row.ruling.is_sound()) {
            all.push(of_row(matrix, row, sources));
        }
    }
    for covered in results.covered {
        all.extend(covered.vacuous().into_iter().map(|sentence| Alarm {
            rule: VACUOUS,
            doc: "Every action and every rule of a protocol matters in some scenario.",
            title: format!("{} coverage", covered.entry.name),
            sentence,
            place: sources.protocol(covered.entry),
            shown: None,
            is_main: true,
            known: None,
        }));
    }
    all
}

/// Returns the known findings of a run: violations that a scenario expects and gives a reason for.
pub fn findings<'a>(results: Results<'a>, sources: &mut Sources) -> Vec<Alarm<'a>> {
    let mut all = Vec::new();
    for checked in results.checked {
        let Standing::Finding(why) = &checked.standing else { continue };
        let Expect::Violates { property, .. } = checked.scenario.expect else { continue };
        let found = checked.violations().find(|found| found.property == property);
        let why = Some(why.as_str());
        all.extend(found.map(|found| violation(checked, found, "a known finding", why, sources)));
    }
    all
}

fn of_scenario<'a>(checked: &'a Checked, sources: &mut Sources, all: &mut Vec<Alarm<'a>>) {
    let (rule, doc, sentence) = match &checked.standing {
        Standing::Met | Standing::Finding(_) => return,
        Standing::Unmet(sentence) => {
            ("expectation", "A scenario comes out as it says that it does.", sentence)
        }
        Standing::Inconclusive(sentence) => {
            (INCONCLUSIVE, "A search ends before its budget runs out.", sentence)
        }
        Standing::Vacuous(sentence) => {
            (VACUOUS, "A scenario reaches what it is there to show.", sentence)
        }
    };
    let title = title(&checked.scenario);
    let entry = checked.scenario.configuration.entry;
    let main = checked.main_violation();
    if !matches!(checked.standing, Standing::Unmet(_)) || main.is_none() {
        let (sentence, place) = (sentence.clone(), sources.protocol(entry));
        let (shown, is_main, known) = (None, true, None);
        all.push(Alarm { rule, doc, title, sentence, place, shown, is_main, known });
        return;
    }
    let others = checked.violations().filter(|found| Some(*found) != main);
    for found in main.into_iter().chain(others) {
        let alarm = violation(checked, found, sentence, None, sources);
        all.push(Alarm { is_main: Some(found) == main, ..alarm });
    }
}

fn violation<'a>(
    checked: &'a Checked,
    found: &'a Discovery,
    standing: &str,
    known: Option<&'a str>,
    sources: &mut Sources,
) -> Alarm<'a> {
    let property = checked.property(found.property);
    Alarm {
        rule: property.name,
        doc: property.doc,
        title: title(&checked.scenario),
        sentence: format!(
            "{} is violated after {} steps ({standing}). {}",
            property.name, found.steps, property.doc
        ),
        place: place(checked, found, sources),
        shown: Some((checked, found)),
        is_main: true,
        known,
    }
}

/// Returns the place of the rule that is off and would have acted first, or of the action that
/// leads to the violation.
fn place(checked: &Checked, found: &Discovery, sources: &mut Sources) -> Place {
    let entry = checked.scenario.configuration.entry;
    let acts = text::rules_that_would_act(checked, found);
    if let Some((rule, _)) = acts.iter().min_by_key(|(_, acts)| acts.at) {
        return sources.rule(entry, rule);
    }
    let last = found.steps.checked_sub(1).and_then(|at| found.path.steps.get(at));
    match last {
        Some(step) => sources.action(entry, entry.actions[usize::from(step.action)].name),
        None => sources.protocol(entry),
    }
}

fn of_row<'a>(matrix: &Matrix, row: &Row, sources: &mut Sources) -> Alarm<'a> {
    let (rule, doc) = match row.ruling {
        Ruling::Vacuous(_) => (VACUOUS, "A rule makes a difference in the run that shows it."),
        Ruling::Misdeclared(_) => ("misdeclared", "What is declared of a rule is so."),
        _ => ("survives", "Something breaks when a rule is switched off."),
    };
    Alarm {
        rule,
        doc,
        title: format!("{} without {}", matrix.entry.name, matrix.entry.rules[row.rule].name),
        sentence: ablation::complaint(matrix, row),
        place: sources.rule(matrix.entry, matrix.entry.rules[row.rule].name),
        shown: None,
        is_main: true,
        known: None,
    }
}
