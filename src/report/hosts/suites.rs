//! A run as suites of test cases, for formats that support nothing else.

use crate::jobs::ablate::{Matrix, Row, Ruling};
use crate::jobs::check::{Checked, Standing};
use crate::jobs::coverage::Covered;
use crate::report::check::{json, text};
use crate::report::matrix::ablation;
use crate::report::{Results, title};

/// A scenario, or the ablation of a protocol.
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub items: Vec<Item>,
}

/// A property of a scenario, its expectation, or a cell of an ablation matrix.
pub struct Item {
    /// Its name, which is the same in every run, regardless of the outcome.
    pub name: String,
    /// What came out.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub sentence: String,
    /// A counterexample, as printed on a terminal.
    pub story: Option<String>,
}

/// The outcome of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Left out on purpose, or undecided as expected.
    Skipped,
    /// Failed, for the reason given in a word.
    Failed(&'static str),
    /// Undecided, for the reason given in a word.
    Undecided(&'static str),
    /// Failed, as known and intended.
    Known,
}

/// Returns all suites of a run.
pub fn suites(results: Results<'_>) -> Vec<Suite> {
    let scenarios = results.checked.iter().map(of_scenario);
    let matrices = results.matrices.iter().map(of_matrix);
    scenarios.chain(matrices).chain(results.covered.iter().map(of_covered)).collect()
}

/// Returns a suite with a case that fails if some part of the protocol is covered by none of its
/// scenarios.
fn of_covered(covered: &Covered) -> Suite {
    let vacuous = covered.vacuous();
    let (outcome, sentence) = match vacuous.is_empty() {
        true => (Outcome::Passed, "every action fires".to_string()),
        false => (Outcome::Failed("vacuous"), vacuous.join("; ")),
    };
    let item = Item { name: "vacuity".to_string(), outcome, sentence, story: None };
    Suite { name: format!("{} coverage", covered.entry.name), items: vec![item] }
}

fn of_scenario(checked: &Checked) -> Suite {
    let mut items = vec![expectation(checked)];
    let properties = json::properties(checked);
    items.extend(properties.iter().map(|property| of_property(checked, property)));
    Suite { name: title(&checked.scenario), items }
}

/// Returns the case that fails if and only if the scenario does.
fn expectation(checked: &Checked) -> Item {
    let (outcome, sentence) = match &checked.standing {
        Standing::Met => (Outcome::Passed, "as expected".to_string()),
        Standing::Finding(sentence) => (Outcome::Passed, format!("known finding: {sentence}")),
        Standing::Unmet(sentence) => (Outcome::Failed("unmet"), sentence.clone()),
        Standing::Vacuous(sentence) => (Outcome::Failed("vacuous"), sentence.clone()),
        Standing::Inconclusive(sentence) => (Outcome::Undecided("inconclusive"), sentence.clone()),
    };
    Item { name: "expectation".to_string(), outcome, sentence, story: None }
}

fn of_property(checked: &Checked, property: &json::PropertyReport<'_>) -> Item {
    let name = property.name.to_string();
    let steps = property.steps.unwrap_or(0);
    let (outcome, sentence) = match property.verdict {
        "violated" if matches!(checked.standing, Standing::Unmet(_)) => {
            (Outcome::Failed("violated"), format!("violated after {steps} steps"))
        }
        "violated" => match &checked.standing {
            Standing::Finding(why) => {
                (Outcome::Known, format!("known finding, violated after {steps} steps: {why}"))
            }
            _ => (Outcome::Passed, format!("violated after {steps} steps, as expected")),
        },
        "inconclusive" if matches!(checked.standing, Standing::Inconclusive(_)) => {
            (Outcome::Undecided("inconclusive"), "not decided within the budget".to_string())
        }
        "inconclusive" => (Outcome::Skipped, "not decided within the budget".to_string()),
        "ignored" => (Outcome::Skipped, "the scenario leaves it out".to_string()),
        "reached" => (Outcome::Passed, format!("reached after {steps} steps")),
        verdict => (Outcome::Passed, verdict.to_string()),
    };
    let is_main = checked
        .main_violation()
        .is_some_and(|found| checked.property(found.property).name == property.name);
    let story = (is_main && outcome == Outcome::Failed("violated")).then(|| text::story(checked));
    Item { name, outcome, sentence, story }
}

fn of_matrix(matrix: &Matrix) -> Suite {
    let profile = matrix.entry.profiles[matrix.profile].name;
    let items = matrix.rows.iter().flat_map(|row| of_row(matrix, row)).collect();
    Suite { name: format!("{} ablation of {profile}", matrix.entry.name), items }
}

/// Returns a case for each cell of a rule, or one for the rule if it has no cells.
fn of_row(matrix: &Matrix, row: &Row) -> Vec<Item> {
    let outcome = match row.ruling {
        Ruling::Survives => Outcome::Failed("survives"),
        Ruling::Misdeclared(_) => Outcome::Failed("misdeclared"),
        Ruling::Vacuous(_) => Outcome::Failed("vacuous"),
        Ruling::Breaks(_) | Ruling::BreaksWith(_) | Ruling::NoEffect => Outcome::Passed,
    };
    let name = |rules: &[usize]| {
        let names: Vec<&str> = rules.iter().map(|rule| matrix.entry.rules[*rule].name).collect();
        format!("without {}", names.join(", "))
    };
    let item = |name, sentence| Item { name, outcome, sentence, story: None };
    let cells = row.ruling.cells();
    if cells.is_empty() || !row.ruling.is_sound() {
        let sentence = match row.ruling {
            Ruling::NoEffect => ablation::ruling_word(&row.ruling).to_string(),
            _ => ablation::complaint(matrix, row),
        };
        return vec![item(name(&[row.rule]), sentence)];
    }
    let of_cell = |cell: &crate::jobs::ablate::Cell| {
        let (property, steps) = ablation::shows(cell);
        let scenario = &cell.checked.scenario.name;
        item(name(&cell.rules), format!("{property} breaks after {steps} steps in {scenario}"))
    };
    cells.iter().map(of_cell).collect()
}
