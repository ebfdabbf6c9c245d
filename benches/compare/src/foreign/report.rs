//! The report: a table for people, and the same as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::MOST;
use super::answer::Answer;
use super::judge::Question;
use super::subjects::Subject;
use super::through_spin::Shape;
use crate::Failure;
use crate::table::STATERIGHT;

/// What the engines found of a subject; nothing, if its space is too large to be compared.
pub struct Row {
    /// The subject.
    pub subject: Subject,
    /// Its size.
    pub shape: Shape,
    /// Latchwork's answer.
    pub latchwork: Option<Answer>,
    /// Stateright's answer.
    pub stateright: Option<Answer>,
    /// SPIN's answer; `None` if SPIN was left out as well.
    pub spin: Option<Answer>,
}

impl Row {
    /// Lists where a foreign engine differs from Latchwork.
    pub fn differences(&self) -> Vec<String> {
        let engines = [("Stateright", &self.stateright), ("SPIN", &self.spin)];
        let engines =
            engines.into_iter().filter_map(|(name, answer)| Some((name, answer.as_ref()?)));
        let name = self.subject.name();
        let of = |(engine, answer): (&str, &Answer)| {
            let own = self.latchwork.as_ref();
            let differences = own.map(|own| own.differences(answer)).unwrap_or_default();
            let say = |what: String| format!("{name}: {engine} says {what}");
            differences.into_iter().map(say).collect::<Vec<_>>()
        };
        engines.flat_map(of).collect()
    }
}

/// The engines beside Latchwork.
pub struct Versions {
    /// SPIN's version; `None` if it was left out.
    pub spin: Option<String>,
}

/// Returns the table.
pub fn text(rows: &[Row], versions: &Versions) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    line("# The same models in foreign engines");
    line("");
    line("Made by `cargo run --release --manifest-path benches/compare/Cargo.toml -- foreign`.");
    line("");
    line(&format!(
        "Every default scenario and every model of `examples/gallery` with at most {} states is explored \
         by three engines. They share the model: initial states, steps, and what a property says about one \
         state. Each does its own search, storage and verdicts. Symmetry is off.",
        grouped(MOST)
    ));
    line("");
    line("- **Latchwork** does what `latchwork check` does.");
    line(&format!(
        "- **Stateright {STATERIGHT}** searches breadth first with one thread, and keeps fingerprints of 64 \
         bits. Compared: states, generated states, depth, the verdict of each property, and the length of \
         the shortest run to a state that shows it."
    ));
    line(&match &versions.spin {
        Some(version) => format!(
            "- **SPIN {version}** searches breadth first and stores states whole, so that no collision can \
             hide one. Compared: states, depth, verdicts and lengths. Deadlocks are SPIN's invalid end \
             states."
        ),
        None => "- **SPIN** was left out of this run.".to_string(),
    });
    line("");
    line(
        "Verdicts are those of invariants (`invariant`, `at_rest`), goals (`reachable`), `deadlock`, \
         `bound_exceeded` and `guards_first`. `can_finish` and properties of fair runs need more than single states and are \
         not compared here.",
    );
    line("");
    let compared = rows.iter().filter(|row| row.latchwork.is_some()).count();
    let different = rows.iter().filter(|row| !row.differences().is_empty()).count();
    line(&format!("{} models compared, {} different.", grouped(compared as u64), different));
    line("");
    line(
        "| model | states | depth | Stateright | SPIN | verdicts | violated or reached, after steps |",
    );
    line("|---|--:|--:|--:|--:|--:|---|");
    for row in rows {
        line(&table_row(row));
    }
    text
}

fn table_row(row: &Row) -> String {
    let name = row.subject.name();
    let Some(own) = &row.latchwork else {
        return format!("| {name} | more than {} | | | | | |", grouped(MOST));
    };
    let states = |answer: &Option<Answer>| {
        answer.as_ref().map_or("-".to_string(), |answer| grouped(answer.distinct))
    };
    let shown: Vec<_> = own.shown.iter().map(|(name, steps)| format!("`{name}` {steps}")).collect();
    let asked = row.shape.properties.len() + Question::BUILT_IN.len();
    let verdicts = match &row.differences()[..] {
        [] => format!("{asked} equal"),
        some => format!("**different**: {}", some.join("; ")),
    };
    format!(
        "| {name} | {} | {} | {} | {} | {verdicts} | {} |",
        grouped(own.distinct),
        own.depth,
        states(&row.stateright),
        states(&row.spin),
        shown.join(", ")
    )
}

/// Spells a number with separators between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let threes = (0..rest.len()).step_by(3).map(|at| &rest[at..at + 3]);
    let head = (!head.is_empty()).then_some(head);
    head.into_iter().chain(threes).collect::<Vec<_>>().join(",")
}

/// Returns the same as JSON.
pub fn json(rows: &[Row], versions: &Versions) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct File<'a> {
        stateright: &'a str,
        spin: Option<&'a str>,
        models: Vec<Model<'a>>,
    }
    #[derive(Serialize)]
    struct Model<'a> {
        name: String,
        bytes: usize,
        latchwork: Option<&'a Answer>,
        stateright: Option<&'a Answer>,
        spin: Option<&'a Answer>,
        equal: bool,
    }
    let models = rows.iter().map(|row| Model {
        name: row.subject.name(),
        bytes: row.shape.size,
        latchwork: row.latchwork.as_ref(),
        stateright: row.stateright.as_ref(),
        spin: row.spin.as_ref(),
        equal: row.differences().is_empty(),
    });
    let file =
        File { stateright: STATERIGHT, spin: versions.spin.as_deref(), models: models.collect() };
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_separated() {
        let spelled = [0, 999, 1_000, 12_345, 1_000_000].map(grouped);
        assert_eq!(spelled, ["0", "999", "1,000", "12,345", "1,000,000"]);
    }
}
