//! What a worker did. A line is on disk before each call, and one after it, so that a run which is
//! killed keeps what it knows.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use crate::probe::answer::errno_name;
use crate::probe::calls::now;

/// A call on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Opens the file.
    Open {
        /// For reading and writing; otherwise for reading.
        write: bool,
    },
    /// Takes the lock of a slot.
    Lock {
        /// The slot.
        slot: u8,
        /// Whether it excludes readers as well.
        write: bool,
        /// Whether it is a lock of the open file; otherwise of the process.
        ofd: bool,
        /// Whether the call waits for the lock.
        wait: bool,
    },
    /// Reads the counter of a slot.
    Read {
        /// The slot.
        slot: u8,
    },
    /// Writes it.
    Write {
        /// The slot.
        slot: u8,
        /// The new number.
        value: u64,
    },
    /// Gives the lock of a slot up.
    Unlock {
        /// The slot.
        slot: u8,
    },
    /// Closes the file, which gives all its locks up.
    Close,
}

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// Success.
    Done,
    /// The value of a counter.
    Value(u64),
    /// A number of `errno`.
    Errno(i32),
}

/// A call, from its start to its answer. Times are nanoseconds of the clock that all processes of a
/// machine share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The worker.
    pub worker: u8,
    /// The file.
    pub file: u16,
    /// The call.
    pub did: Did,
    /// When it began.
    pub from: u64,
    /// When it was answered, and how; `None` if the history ends before.
    pub end: Option<(u64, Got)>,
}

impl Span {
    /// Returns whether the call succeeded.
    pub fn succeeded(&self) -> bool {
        matches!(self.end, Some((_, Got::Done | Got::Value(_))))
    }

    /// Returns whether the answer says that something is wrong with the file: not that a lock is
    /// taken, or that a wait was interrupted.
    pub fn reports_loss(&self) -> bool {
        let Some((_, Got::Errno(errno))) = self.end else { return false };
        let lock = matches!(self.did, Did::Lock { .. });
        !(lock && matches!(errno, libc::EAGAIN | libc::EACCES | libc::EDEADLK | libc::EINTR))
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { write } => write!(f, "open {}", if *write { "rw" } else { "r" }),
            Self::Lock { slot, write, ofd, wait } => {
                let kind = if *write { "write" } else { "read" };
                let family = if *ofd { "ofd" } else { "posix" };
                write!(f, "lock {slot} {kind} {family} {}", if *wait { "wait" } else { "try" })
            }
            Self::Read { slot } => write!(f, "read {slot}"),
            Self::Write { slot, value } => write!(f, "write {slot} {value}"),
            Self::Unlock { slot } => write!(f, "unlock {slot}"),
            Self::Close => f.write_str("close"),
        }
    }
}

impl Did {
    fn parse(words: &[&str]) -> Option<Self> {
        let slot = |word: &str| word.parse().ok().filter(|slot| *slot < super::SLOTS);
        let one_of = |word: &str, yes: &str, no: &str| {
            if word == yes { Some(true) } else { (word == no).then_some(false) }
        };
        Some(match words {
            ["open", mode] => Self::Open { write: one_of(mode, "rw", "r")? },
            ["lock", at, kind, family, wait] => Self::Lock {
                slot: slot(at)?,
                write: one_of(kind, "write", "read")?,
                ofd: one_of(family, "ofd", "posix")?,
                wait: one_of(wait, "wait", "try")?,
            },
            ["read", at] => Self::Read { slot: slot(at)? },
            ["write", at, value] => Self::Write { slot: slot(at)?, value: value.parse().ok()? },
            ["unlock", at] => Self::Unlock { slot: slot(at)? },
            ["close"] => Self::Close,
            _ => return None,
        })
    }
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("0"),
            Self::Value(value) => write!(f, "{value}"),
            Self::Errno(errno) => f.write_str(&errno_name(*errno)),
        }
    }
}

/// The history that a worker writes.
pub struct Diary {
    file: File,
}

impl Diary {
    /// Creates the file.
    pub fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(|file| Self { file })
    }

    /// Makes a call, with a line before and one after it.
    pub fn call(&mut self, (file, did): (u16, Did), call: impl FnOnce() -> Got) -> io::Result<Got> {
        writeln!(self.file, "{} {file} {did}", now())?;
        let got = call();
        let end = now();
        match got {
            Got::Done => writeln!(self.file, "{end} ok"),
            Got::Value(value) => writeln!(self.file, "{end} value {value}"),
            Got::Errno(errno) => writeln!(self.file, "{end} errno {errno}"),
        }?;
        Ok(got)
    }
}

/// Reads the history of a worker. A last line that was cut off is left out. The error names the
/// line that cannot be read.
pub fn read(path: &Path, worker: u8) -> Result<Vec<Span>, String> {
    let named = |error: io::Error| format!("{}: {error}", path.display());
    let mut input = BufReader::new(File::open(path).map_err(named)?);
    let mut spans: Vec<Span> = Vec::new();
    let (mut line, mut number) = (String::new(), 0);
    loop {
        line.clear();
        number += 1;
        if input.read_line(&mut line).map_err(named)? == 0 || !line.ends_with('\n') {
            return Ok(spans);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let open = spans.last_mut().filter(|span| span.end.is_none());
        let read = match open {
            Some(span) => answer(&words).map(|end| span.end = Some(end)),
            None => call(&words, worker).map(|span| spans.push(span)),
        };
        if read.is_none() {
            return Err(format!("{}:{number}: not a line of a history", path.display()));
        }
    }
}

fn call(words: &[&str], worker: u8) -> Option<Span> {
    let [from, file, rest @ ..] = words else { return None };
    let file = file.parse().ok().filter(|file| *file < super::MOST_FILES)?;
    let (from, did) = (from.parse().ok()?, Did::parse(rest)?);
    Some(Span { worker, file, did, from, end: None })
}

fn answer(words: &[&str]) -> Option<(u64, Got)> {
    let (end, got) = match words {
        [end, "ok"] => (end, Got::Done),
        [end, "value", value] => (end, Got::Value(value.parse().ok()?)),
        [end, "errno", errno] => (end, Got::Errno(errno.parse().ok()?)),
        _ => return None,
    };
    Some((end.parse().ok()?, got))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w0");
        let mut diary = Diary::create(&path).expect("a file");
        let calls = [
            (Did::Open { write: true }, Got::Done),
            (Did::Lock { slot: 3, write: true, ofd: false, wait: true }, Got::Done),
            (Did::Lock { slot: 2, write: false, ofd: true, wait: false }, Got::Errno(11)),
            (Did::Read { slot: 3 }, Got::Value(17)),
            (Did::Write { slot: 3, value: 18 }, Got::Done),
            (Did::Unlock { slot: 3 }, Got::Errno(libc::EIO)),
            (Did::Close, Got::Done),
        ];
        for (did, got) in calls {
            diary.call((1, did), || got).expect("it is written");
        }
        let spans = read(&path, 5).expect("it is read");
        let back: Vec<_> = spans.iter().map(|s| (s.did, s.end.map(|(_, got)| got))).collect();
        assert_eq!(back, calls.map(|(did, got)| (did, Some(got))));
        assert!(spans.iter().all(|span| span.worker == 5 && span.file == 1));
        assert!(spans.iter().all(|span| span.end.is_some_and(|(end, _)| end >= span.from)));
        let loss: Vec<usize> = (0..7).filter(|at| spans[*at].reports_loss()).collect();
        assert_eq!(loss, [5]);
    }

    #[test]
    fn a_history_that_is_cut_off_keeps_what_it_knows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w0");
        let read_text = |text: &str| {
            std::fs::write(&path, text).expect("it is written");
            read(&path, 0)
        };
        let spans =
            read_text("5 0 open rw\n6 ok\n7 0 lock 0 write posix wait\n8 o").expect("spans");
        assert_eq!((spans.len(), spans[1].end), (2, None));
        let wrong =
            read_text("5 0 open rw\n6 ok\n7 0 lock 9 write posix wait\n").expect_err("slot 9");
        assert!(wrong.ends_with("w0:3: not a line of a history"), "{wrong}");
        assert!(read_text("5 0 open rw\n7 0 close\n").is_err());
        assert!(read_text("5 2000 open rw\n").is_err());
    }
}
