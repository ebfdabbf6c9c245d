//! The complete state: every field, what it means, and when it changes.

use maud::{Markup, html};

use crate::engines::fields::FieldValue;
use crate::report::run::story::Story;

/// Renders every field over the run. A script shows the values at the current step.
pub fn table(story: &Story) -> Markup {
    let moves = |path: &str| -> Vec<(usize, &FieldValue)> {
        let steps = story.run.steps.iter().enumerate();
        steps
            .flat_map(|(at, step)| {
                let own = step.changes.iter().filter(|change| change.path == path);
                own.map(move |change| (at + 1, &change.new))
            })
            .collect()
    };
    let (moving, still): (Vec<_>, Vec<_>) =
        story.run.initial.iter().partition(|field| !moves(&field.path).is_empty());
    html! {
        details.state {
            summary { "The whole state, field by field" }
            div.wide {
                table.fields {
                    thead { tr { th { "field" } th.when { "at the end" } th { "over the run" } th { "what it is" } } }
                    tbody {
                        @for field in &moving {
                            @let history = moves(&field.path);
                            tr {
                                th { (field.path) }
                                td.now { (history.last().map_or(&field.value, |(_, value)| value)) }
                                td.history {
                                    i { (field.value) }
                                    @for (at, value) in &history {
                                        " " a href=(format!("#s={at}")) { (at) } " "
                                        i { (value) }
                                    }
                                }
                                td { (field.doc) }
                            }
                        }
                    }
                }
            }
            p.still {
                "Never changed in this run: "
                @for field in &still { (field.path) "=" (field.value) " " }
            }
        }
    }
}
