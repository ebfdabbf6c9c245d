//! The complete state as tables: a row for each field, a column for each entry of a table.

use maud::{Markup, html};

use crate::engines::fields::{Described, FieldValue};
use crate::report::page;
use crate::report::run::messages::is_nothing;
use crate::report::run::story::{Story, Telling};

/// A part of the state: fields of the same entries.
struct Part<'a> {
    /// Its name: `node`. Empty for the fields that are part of no other.
    name: &'a str,
    /// The entries: `n0`, or `c0 x1`. One without a name if the part is no table.
    columns: Vec<String>,
    /// The names of the fields within an entry.
    rows: Vec<String>,
    /// The fields, each with its column and row.
    cells: Vec<(usize, usize, &'a Described)>,
}

impl<'a> Part<'a> {
    fn add(&mut self, field: &'a Described) {
        let parts: Vec<&str> = field.path.split('.').collect();
        let (ids, rest) = match parts.get(1..) {
            Some(rest) if !self.name.is_empty() => rest.split_at(field.ids),
            _ => (&parts[..0], &parts[..]),
        };
        // A table of values has no names for them.
        let row = if rest.is_empty() { self.name.to_string() } else { rest.join(".") };
        let column = position(&mut self.columns, ids.join(" "));
        let row = position(&mut self.rows, row);
        self.cells.push((column, row, field));
    }
}

/// Returns the position of a name, which is added if it is new.
fn position(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|other| *other == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

fn parts(fields: &[Described]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for field in fields {
        let name = field.path.split_once('.').map_or("", |(name, _)| name);
        let part = parts.iter().position(|part| part.name == name).unwrap_or_else(|| {
            parts.push(Part { name, columns: Vec::new(), rows: Vec::new(), cells: Vec::new() });
            parts.len() - 1
        });
        parts[part].add(field);
    }
    parts
}

/// Renders the state. A script shows it after the current step; without scripts it is that at the
/// end.
pub fn matrix(story: &Story) -> Markup {
    let run = &story.run;
    let nothing = run.configuration.entry.view.nothing.join(" ");
    html! {
        section.state data-nothing=(nothing) {
            h2.when { "The state at the end" }
            div.parts { @for part in parts(&run.initial) { (table(run, &part)) } }
            p.soft { "· is zero, none, or empty. " span.moved { "Marked" } ": changed by the step." }
        }
    }
}

fn table(run: &Telling, part: &Part<'_>) -> Markup {
    let moves = |field: &Described| last(run, &field.path).is_some();
    let is_still = |of: &dyn Fn(&(usize, usize, &Described)) -> bool| {
        !part.cells.iter().any(|cell| of(cell) && moves(cell.2))
    };
    html! {
        table.part.still[is_still(&|_| true)] {
            @if !(part.name.is_empty() && part.columns.len() == 1) {
                thead { tr {
                    th { (part.name) }
                    @for (at, column) in part.columns.iter().enumerate() {
                        th.still[is_still(&|cell| cell.0 == at)] { (column) }
                    }
                } }
            }
            tbody {
                @for (at, row) in part.rows.iter().enumerate() {
                    @let own: Vec<_> = part.cells.iter().filter(|cell| cell.1 == at).collect();
                    @let doc = own.first().map_or("", |cell| cell.2.doc);
                    tr.still[is_still(&|cell| cell.1 == at)] {
                        th title=(plain(doc)) { (row) }
                        @for column in 0..part.columns.len() {
                            @match own.iter().find(|cell| cell.0 == column) {
                                Some((.., field)) => (cell(run, field, is_still(&|cell| cell.0 == column))),
                                None => td {},
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders a field. Its initial value is an attribute, unless it is nothing.
fn cell(run: &Telling, field: &Described, still: bool) -> Markup {
    let view = &run.configuration.entry.view;
    let value = last(run, &field.path).unwrap_or(&field.value);
    let initial = (!is_nothing(view, &field.value)).then(|| field.value.to_string());
    html! {
        td.still[still] data-f=(field.path) data-v=[initial] {
            @if is_nothing(view, value) { "·" } @else { (value) }
        }
    }
}

/// Returns the last value that a run gives to a field.
fn last<'a>(run: &'a Telling, path: &str) -> Option<&'a FieldValue> {
    let mut changes = run.steps.iter().rev().flat_map(|step| &step.changes);
    changes.find(|change| change.path == path).map(|change| &change.new)
}

/// Returns a sentence without its marks.
fn plain(sentence: &str) -> String {
    sentence.replace('`', "")
}

/// Renders what each field is, and when it changes, for readers who cannot point at it.
pub fn meanings(story: &Story) -> Markup {
    let run = &story.run;
    let when = |path: &str| {
        let changes = |at: &usize| run.steps[*at].changes.iter().any(|change| change.path == path);
        let steps: Vec<usize> = (0..run.steps.len()).filter(changes).collect();
        super::steps::spans(&steps)
    };
    html! {
        details {
            summary { "What the fields are, and when they change" }
            dl.fields {
                @for part in parts(&run.initial) {
                    @for (at, row) in part.rows.iter().enumerate() {
                        @let own = part.cells.iter().filter(|cell| cell.1 == at);
                        @let moving: Vec<_> = own.clone().filter(|cell| last(run, &cell.2.path).is_some()).collect();
                        dt { @if *row != part.name && !part.name.is_empty() { (part.name) "." } (row) }
                        dd {
                            (page::prose(own.clone().next().map_or("", |cell| cell.2.doc))) " "
                            @for (column, _, field) in moving {
                                span.soft { (part.columns[*column]) " changes in " (when(&field.path)) ". " }
                            }
                        }
                    }
                }
            }
        }
    }
}
