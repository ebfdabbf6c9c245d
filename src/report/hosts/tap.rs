//! TAP version 14: one test point per property, for `prove` and kernel test tools.

use std::fmt::Write;

use crate::report::Results;

use super::suites::{Item, Outcome, Suite, suites};

/// Returns the report as text.
pub fn to_text(results: Results<'_>) -> String {
    let suites = suites(results);
    let count: usize = suites.iter().map(|suite| suite.items.len()).sum();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_points(&mut text, &suites, count);
    text
}

fn write_points(text: &mut String, suites: &[Suite], count: usize) -> std::fmt::Result {
    writeln!(text, "TAP version 14\n1..{count}")?;
    let items = suites.iter().flat_map(|suite| suite.items.iter().map(move |item| (suite, item)));
    for (at, (suite, item)) in items.enumerate() {
        let name = escape(&format!("{}: {}", suite.name, item.name));
        let number = at + 1;
        match item.outcome {
            Outcome::Passed => writeln!(text, "ok {number} - {name}")?,
            Outcome::Skipped => {
                writeln!(text, "ok {number} - {name} # SKIP {}", escape(&item.sentence))?;
            }
            // Hosts do not count this as a failure.
            Outcome::Known => {
                writeln!(text, "not ok {number} - {name} # TODO {}", escape(&item.sentence))?;
            }
            Outcome::Failed(kind) | Outcome::Undecided(kind) => {
                writeln!(text, "not ok {number} - {name}")?;
                write_diagnostics(text, kind, item)?;
            }
        }
    }
    Ok(())
}

/// Writes the YAML block below a test point. A JSON string is also a YAML string.
fn write_diagnostics(text: &mut String, kind: &str, item: &Item) -> std::fmt::Result {
    writeln!(text, "  ---\n  type: {kind}")?;
    writeln!(text, "  message: {}", serde_json::Value::from(item.sentence.as_str()))?;
    if let Some(story) = &item.story {
        writeln!(text, "  story: |2")?;
        for line in story.lines() {
            writeln!(text, "{}", format!("    {line}").trim_end())?;
        }
    }
    writeln!(text, "  ...")
}

/// Escapes `#`, which would begin a directive.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
