//! Exports a case to the formats of common viewers. Everything is computed from the case and its
//! model.

pub mod dot;
mod headline;
pub mod itf;
pub mod perfetto;
pub mod shiviz;
pub mod svg;

use crate::files::case::Case;

use super::run::mermaid;
use super::run::on_model::Run;
use super::run::story::Story;

use headline::headline;

/// What a case can be written as.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Format {
    /// States as Apalache and Quint write them, in JSON
    Itf,
    /// A log with vector clocks, for ShiViz
    Shiviz,
    /// A track a process and a flow a message, for ui.perfetto.dev and chrome://tracing
    Perfetto,
    /// A sequence diagram, for Markdown
    Mermaid,
    /// A drawing of the run, a lane for each process
    Svg,
    /// The whole space of the case's configuration, if it is small, for Graphviz
    Dot,
}

impl Format {
    /// Returns the text of a case in this format; `None` if the format is `dot` and the space has
    /// more than `most` states.
    pub fn text(self, case: &Case, story: &Story, most: usize) -> Option<String> {
        match self {
            Self::Itf => Some(lines(&itf::to_json(story))),
            Self::Perfetto => Some(lines(&perfetto::to_json(story))),
            Self::Shiviz => Some(shiviz::to_log(story)),
            Self::Mermaid => Some(mermaid::sequence(case)),
            Self::Svg => Some(svg::to_svg(story)),
            Self::Dot => {
                let instance = case.configuration.instance().ok()?;
                let run = Run::of_case(case, instance.as_ref())?;
                dot::to_graph(&run, &headline(story), most)
            }
        }
    }
}

/// Returns JSON as indented lines.
fn lines(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
