//! `latchwork import`: a recording of real traffic as events.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::capture::event::End;
use crate::capture::{self, file::Damage};
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::Problem;

/// Write the operations in a recording of NFSv4.1, NFSv4.2 or NLM traffic, one per line
///
/// The recording is a pcap or pcapng file, as tcpdump and Wireshark write them. Each line is a JSON
/// object with a call and its reply; `latchwork schema events` describes it.
#[derive(Args)]
pub struct Import {
    /// The recording; `-` reads it from the standard input
    recording: PathBuf,
    /// Where to write the events [default: print them]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Import {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let recording = self.open()?;
        let end = match &self.output {
            Some(path) => {
                let end = self.write_file(recording, path)?;
                writeln!(print::stdout(), "written: {}", path.display())?;
                end
            }
            None => {
                let mut out = BufWriter::new(print::stdout());
                let end = self.import(recording, &mut out);
                out.flush()?;
                end?
            }
        };
        let mut said = print::stderr();
        for sentence in sentences(&end) {
            writeln!(said, "{sentence}")?;
        }
        Ok(if end.events == 0 { Exit::Vacuous } else { Exit::Expected })
    }

    fn open(&self) -> Result<Box<dyn Read>, Failure> {
        if self.recording == Path::new("-") {
            return Ok(Box::new(io::stdin().lock()));
        }
        if self.recording.is_dir() {
            return Err(self.problem("is a directory, not a file".to_string()).into());
        }
        let file = File::open(&self.recording);
        Ok(Box::new(file.map_err(|error| self.problem(format!("cannot read: {error}")))?))
    }

    fn problem(&self, message: String) -> Problem {
        Problem::of_file(self.recording.display().to_string(), message)
    }

    /// Writes the events; those of a damaged recording up to the damage.
    fn import(&self, recording: Box<dyn Read>, to: &mut dyn Write) -> Result<End, Failure> {
        capture::write(recording, to).map_err(|failure| match failure {
            capture::Failure::Damage(Damage { message, hint }) => {
                let problem = self.problem(message);
                Failure::Problem(match hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                })
            }
            capture::Failure::Io(error) => Failure::Io(error),
        })
    }

    /// Writes the events into a file, which is there when it is whole and not before.
    fn write_file(&self, recording: Box<dyn Read>, path: &Path) -> Result<End, Failure> {
        let mut part = path.to_path_buf().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = |error: io::Error| {
            let problem =
                Problem::of_file(path.display().to_string(), format!("cannot write: {error}"));
            Failure::Problem(problem.hint("choose the file with --output"))
        };
        let written = File::create(&part).map_err(failed).and_then(|file| {
            let mut to = BufWriter::new(file);
            let end = self.import(recording, &mut to)?;
            to.flush().and_then(|()| fs::rename(&part, path)).map_err(failed)?;
            Ok(end)
        });
        if written.is_err() {
            // What was written is of no use, and it is no matter if it was never there.
            let _ = fs::remove_file(&part);
        }
        written
    }
}

/// What is to be said of a recording beside its events.
fn sentences(end: &End) -> Vec<String> {
    let mut sentences = Vec::new();
    if end.events == 0 {
        let message = "vacuous: the recording holds no NFSv4.1, NFSv4.2 or NLM traffic";
        sentences.push(message.to_string());
    }
    for (count, what) in [
        (end.gaps, "bytes of a stream are missing from the recording"),
        (end.messages_cut, "a message is incomplete"),
        (end.messages_not_understood, "a message violates its protocol"),
        (end.messages_encrypted, "a message is encrypted"),
    ] {
        match count {
            0 => {}
            1 => sentences.push(format!("warning: {what}, once")),
            _ => sentences.push(format!("warning: {what}, {count} times")),
        }
    }
    sentences
}
