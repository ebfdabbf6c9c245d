//! Why a command could not do its work, and how that is said.

use std::io::Write;

use crate::encoding::json::Problem;
use crate::files::configuration::Unknown;

use super::exit::Exit;
use super::print;

/// Why a command could not do its work.
pub enum Failure {
    /// A file or an argument makes no sense.
    Problem(Problem),
    /// Something else that the user can mend.
    Usage(String),
    /// A budget ran out.
    Inconclusive(String),
    /// Writing failed.
    Io(std::io::Error),
    /// Another process says why.
    Silent,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A name that nobody knows.
pub fn usage((message, hint): Unknown) -> Failure {
    Failure::Usage(format!("{message}\nhint: {hint}"))
}

impl Failure {
    /// Says it on stderr; how the program ends.
    pub fn complain(self) -> Exit {
        // Nothing can be done if stderr cannot be written.
        let mut stderr = print::stderr();
        match self {
            Self::Problem(problem) => {
                let _ = writeln!(stderr, "error: {problem}");
                Exit::Usage
            }
            Self::Usage(message) => {
                let _ = writeln!(stderr, "error: {message}");
                Exit::Usage
            }
            Self::Inconclusive(message) => {
                let _ = writeln!(stderr, "inconclusive: {message}");
                Exit::Inconclusive
            }
            Self::Silent => Exit::Usage,
            Self::Io(error) => {
                let _ = writeln!(stderr, "error: cannot write: {error}");
                Exit::Usage
            }
        }
    }
}
