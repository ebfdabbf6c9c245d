//! What is printed: how much of it, how wide, and to whom.

use std::io::{self, ErrorKind, StderrLock, StdoutLock, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::layout::{Detail, Layout};

/// How much to print.
#[derive(Args, Clone, Copy, Debug)]
pub struct Show {
    /// Print only what is not as expected
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Print everything: every row, every step
    #[arg(long, short)]
    verbose: bool,
}

impl Show {
    /// How much is printed, and how wide.
    pub fn layout(self) -> Layout {
        let detail = match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Normal,
        };
        layout(detail)
    }
}

/// This amount of output, as wide and as colourful as the terminal allows.
pub fn layout(detail: Detail) -> Layout {
    Layout { detail, width: width(), colour: is_colourful() }
}

/// Whether stdout is a terminal that shows colours, and nobody has asked for none.
fn is_colourful() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    is_on_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// Whether stdout is a terminal.
pub fn is_on_terminal() -> bool {
    console::Term::stdout().is_term()
}

/// The columns of the terminal, or what `COLUMNS` says; nothing in a pipe.
pub fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || console::Term::stdout().size_checked().map(|(_, columns)| columns.into());
    said.or_else(terminal).filter(|columns| *columns > 0)
}

/// The program as it was called, so that a command that is printed can be typed.
pub fn program() -> String {
    let name = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    match name {
        Some(name) if name.contains(' ') => format!("'{name}'"),
        Some(name) if !name.is_empty() => name,
        _ => "latchwork".to_string(),
    }
}

/// Returns the name of the program's file, without the folders above it.
pub fn program_name() -> String {
    let name = std::env::args_os().next().map(PathBuf::from);
    let name = name.as_deref().and_then(Path::file_stem).map(|name| name.to_string_lossy());
    name.map_or("latchwork".to_string(), |name| name.into_owned())
}

/// Prints where a case is, and what to type to see it again.
pub fn write_next(out: &mut dyn Write, case: &Path) -> io::Result<()> {
    let path = case.display();
    writeln!(out, "case:    {path}\nhelp:    {} replay {path}", program())
}

/// A stream whose reader may go away (`| head`). That changes nothing of what was found: the rest
/// is printed to nobody, and the exit code is the same.
pub struct Printer<W>(Option<W>);

/// What a command prints.
pub fn stdout() -> Printer<StdoutLock<'static>> {
    Printer(Some(io::stdout().lock()))
}

/// What is said beside it.
pub fn stderr() -> Printer<StderrLock<'static>> {
    Printer(Some(io::stderr().lock()))
}

impl<W: Write> Printer<W> {
    fn unless_gone<T>(&mut self, result: io::Result<T>, gone: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.0 = None;
                Ok(gone)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Printer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stream) = &mut self.0 else { return Ok(bytes.len()) };
        let written = stream.write(bytes);
        self.unless_gone(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.0 else { return Ok(()) };
        let flushed = stream.flush();
        self.unless_gone(flushed, ())
    }
}
