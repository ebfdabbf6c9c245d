//! `latchwork export`: a case for the viewers that people have.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::budget::Budget;
use crate::cli::files::write_file;
use crate::cli::told::told;
use crate::cli::{Exit, Failure, print};
use crate::files::case::Case;
use crate::report::export::{dot, headline, itf, perfetto, shiviz};
use crate::report::run::mermaid;
use crate::report::run::on_model::Run;
use crate::report::run::story::Story;

/// Write a case in the format of another viewer
#[derive(Args)]
pub struct Export {
    /// The case file
    case: PathBuf,
    /// The format
    #[arg(long, value_enum)]
    format: Format,
    /// Where to write it [default: print it]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The most states that `dot` draws
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    most: u32,
    #[command(flatten)]
    budget: Budget,
}

/// What can be written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// States as Apalache and Quint write them, in JSON
    Itf,
    /// A log with vector clocks, for ShiViz
    Shiviz,
    /// A track a process and a flow a message, for ui.perfetto.dev and chrome://tracing
    Perfetto,
    /// A sequence diagram, for Markdown
    Mermaid,
    /// The whole space of the case's configuration, if it is small, for Graphviz
    Dot,
}

impl Export {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let Some((case, story)) = told(&self.case, &self.budget)? else {
            return Ok(Exit::Diverged);
        };
        let text = self.text(&case, &story)?;
        match &self.output {
            Some(path) => {
                write_file(path, &text)?;
                writeln!(print::stdout(), "written: {}", path.display())?;
            }
            None => print::stdout().write_all(text.as_bytes())?,
        }
        Ok(Exit::Expected)
    }

    fn text(&self, case: &Case, story: &Story) -> Result<String, Failure> {
        let json = |value| -> Result<String, Failure> {
            Ok(serde_json::to_string_pretty(&value).map_err(io::Error::from)? + "\n")
        };
        match self.format {
            Format::Itf => json(itf::to_json(story)),
            Format::Perfetto => json(perfetto::to_json(story)),
            Format::Shiviz => Ok(shiviz::to_log(story)),
            Format::Mermaid => Ok(mermaid::sequence(case)),
            Format::Dot => self.graph(case, story),
        }
    }

    fn graph(&self, case: &Case, story: &Story) -> Result<String, Failure> {
        let instance = case.configuration.instance().map_err(|why| Failure::Usage(why.into()))?;
        let run = Run::of_case(case, instance.as_ref());
        let most = self.most as usize;
        let graph = run.and_then(|run| dot::to_graph(&run, &headline(story), most));
        graph.ok_or_else(|| {
            Failure::Inconclusive(format!(
                "the space has more than {most} states\nhint: --most allows more, but nobody can read \
                 such a graph"
            ))
        })
    }
}
