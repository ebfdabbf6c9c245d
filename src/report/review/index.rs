//! The index over all protocols.

use std::fmt::Write as _;

use super::material::{Review, cell};
use super::matrix::Facts;

/// Returns the page that links to the reviews.
pub fn index(reviews: &[Review]) -> String {
    let mut page = String::from("# Reports\n\n");
    page.push_str(
        "The program writes everything in this folder, and tests compare it with what the program\n\
         writes now. Start with the review of a protocol: its purpose, what breaks without each of its\n\
         rules, what was explored, and how to reproduce every number.\n\n",
    );
    page.push_str(
        "| protocol | what it is about | rules | default scenarios | states | matrix |\n",
    );
    page.push_str("|---|---|---|---|--:|---|\n");
    for review in reviews {
        let entry = review.entry;
        let states: u64 = review.distinct().sum();
        let matrix = match &review.matrix {
            Some(_) => format!("[matrix]({}/ablation.md)", entry.name),
            None => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| [{name}]({name}/review.md) | {} | {} | {} | {states} | {matrix} |",
            cell(entry.summary),
            review.rules_in_words(),
            review.scenarios_in_words(),
            name = entry.name,
        );
    }
    let cells = reviews.iter().filter_map(|review| review.matrix.as_ref());
    let cells: usize =
        cells.flat_map(|matrix: &Facts| &matrix.rows).map(|row| row.cells.len()).sum();
    let _ = writeln!(
        page,
        "\nIn each folder: `review.md`, `ablation.md` with the same facts in `ablation.json`,\n\
         `stories/` with a page and a case for each of the {cells} sets of rules without which\n\
         something breaks, and `scenarios/` with a page for each default scenario.\n\n\
         [foreign.md](foreign.md) compares every default scenario with Stateright and SPIN.\n\
         [predictions.md](predictions.md) lists what the profiles of current kernels violate within\n\
         widened bounds, and what was seen when a prediction was played.\n\n\
         To write this page and the reviews again: `latchwork review all --reports reports`."
    );
    page
}
