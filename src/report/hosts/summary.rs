//! A run as one page of Markdown, for a file or the summary of a CI host.

use std::fmt::Write;

use crate::jobs::check::{Checked, Standing};
use crate::report::check::{markdown, text};
use crate::report::matrix::ablation;
use crate::report::{Results, title};

/// Returns the page in parts that cannot be split: a headline, then failures, then tables.
fn parts(results: Results<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    if !results.checked.is_empty() {
        let ok = results.checked.iter().filter(|checked| checked.is_as_expected()).count();
        let all = results.checked.len();
        parts.push(format!("# latchwork: {ok} of {all} scenarios as expected\n\n"));
    }
    let red = || results.checked.iter().filter(|checked| !checked.is_as_expected());
    parts.extend(red().map(|checked| format!("- {}\n", sentence(checked))));
    for (at, checked) in results.checked.iter().enumerate() {
        let head = "\n| scenario | verdict | distinct | depth | |\n|---|---|--:|--:|---|\n";
        let statistics = &checked.exploration.statistics;
        parts.push(format!(
            "{}| {} | {} | {} | {} | {} |\n",
            if at == 0 { head } else { "" },
            title(&checked.scenario),
            text::verdict_words(checked),
            statistics.distinct,
            statistics.depth(),
            text::standing_word(checked),
        ));
    }
    parts.extend(red().filter_map(story));
    for matrix in results.matrices {
        parts.push(ablation::to_markdown(matrix));
    }
    parts
}

fn sentence(checked: &Checked) -> String {
    let title = title(&checked.scenario);
    match &checked.standing {
        Standing::Unmet(sentence) => format!("**not as expected**: {title}: {sentence}"),
        Standing::Inconclusive(sentence) => format!("**inconclusive**: {title}: {sentence}"),
        Standing::Vacuous(sentence) => format!("**vacuous**: {title}: {sentence}"),
        Standing::Met | Standing::Finding(_) => title,
    }
}

fn story(checked: &Checked) -> Option<String> {
    let Standing::Unmet(_) = checked.standing else { return None };
    let found = checked.main_violation()?;
    let property = checked.property(found.property);
    let mut part = format!(
        "\n## {}: `{}` after {} steps\n\n{}\n\n",
        title(&checked.scenario),
        property.name,
        found.steps,
        property.doc
    );
    // Writing to a string cannot fail.
    let _ = markdown::write_case(&mut part, &checked.case(found));
    Some(part)
}

/// Returns the whole page.
pub fn to_markdown(results: Results<'_>) -> String {
    parts(results).concat()
}

/// Returns the page in at most `most` bytes: whole parts, and a last line with the number of
/// missing parts.
pub fn to_markdown_within(results: Results<'_>, most: usize) -> String {
    within(&parts(results), most)
}

/// The number of bytes reserved for the last line.
const LAST_LINE: usize = 100;

fn within(parts: &[String], most: usize) -> String {
    let size: usize = parts.iter().map(String::len).sum();
    if size <= most {
        return parts.concat();
    }
    let mut page = String::new();
    let mut left = parts.len();
    for part in parts {
        if page.len() + part.len() + LAST_LINE > most {
            break;
        }
        page.push_str(part);
        left -= 1;
    }
    if LAST_LINE <= most {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n**Cut here: {left} more parts do not fit into this page.**");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_too_long_is_cut_and_says_so() {
        let parts: Vec<String> = (0..50).map(|at| format!("{at:019}\n")).collect();
        assert_eq!(within(&parts, 1000), parts.concat());
        let cut = within(&parts, 999);
        assert!(cut.len() <= 999, "{}", cut.len());
        assert!(cut.ends_with("**Cut here: 6 more parts do not fit into this page.**\n"), "{cut}");
        assert_eq!(within(&parts, 10), "");
    }
}
