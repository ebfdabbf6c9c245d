//! Exports a case to the formats of common viewers. Everything is computed from the case and its
//! model.

pub mod dot;
mod headline;
pub mod itf;
pub mod live;
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
    /// A schedule that `live/run --schedule` plays on a real kernel; for cases of `delegation_return`
    Live,
    /// The whole space of the case's configuration, if it is small, for Graphviz
    Dot,
}

/// Why a case cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The format is `dot`, and the space has too many states.
    TooManyStates,
    /// The format is `live`, and something in the case cannot be played: a sentence.
    NotPlayable(String),
}

impl Format {
    /// Returns the text of a case in this format.
    ///
    /// # Errors
    ///
    /// If the format is `dot` and the space has more than `most` states, or if it is `live` and the
    /// case cannot be played.
    pub fn text(self, case: &Case, story: &Story, most: usize) -> Result<String, NotWritten> {
        Ok(match self {
            Self::Itf => lines(&itf::to_json(story)),
            Self::Perfetto => lines(&perfetto::to_json(story)),
            Self::Shiviz => shiviz::to_log(story),
            Self::Mermaid => mermaid::sequence(case),
            Self::Svg => svg::to_svg(story),
            Self::Live => live::to_schedule(case).map_err(NotWritten::NotPlayable)?,
            Self::Dot => graph(case, story, most).ok_or(NotWritten::TooManyStates)?,
        })
    }
}

/// Returns the whole space of the case's configuration, if it has at most `most` states.
fn graph(case: &Case, story: &Story, most: usize) -> Option<String> {
    let instance = case.configuration.instance().ok()?;
    let run = Run::of_case(case, instance.as_ref())?;
    dot::to_graph(&run, &headline(story), most)
}

/// Returns JSON as indented lines.
fn lines(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
