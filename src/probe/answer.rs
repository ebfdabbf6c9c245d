//! Answers of system calls.

use std::fmt;

use super::op::Kind;

/// Whose a lock is that `F_GETLK` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A worker, by its process id.
    Worker(u8),
    /// An open file: the process id is -1.
    OpenFile,
    /// No worker has this process id.
    Other(i32),
}

/// What a call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Success.
    Done,
    /// A number of `errno`.
    Errno(i32),
    /// `F_GETLK` finds nothing in the way.
    Free,
    /// `F_GETLK` finds a lock in the way.
    Held {
        /// The kind of the lock.
        kind: Kind,
        /// Its first byte.
        start: i64,
        /// Its number of bytes; 0 is up to the end.
        len: i64,
        /// Whose it is.
        holder: Holder,
    },
    /// `F_GETLEASE`.
    Lease(Kind),
}

/// The names of the numbers that are expected anywhere.
const NAMES: [(i32, &str); 14] = [
    (libc::EAGAIN, "EAGAIN"),
    (libc::EACCES, "EACCES"),
    (libc::EBADF, "EBADF"),
    (libc::EDEADLK, "EDEADLK"),
    (libc::EINTR, "EINTR"),
    (libc::EINVAL, "EINVAL"),
    (libc::EIO, "EIO"),
    (libc::ENOENT, "ENOENT"),
    (libc::ENOLCK, "ENOLCK"),
    (libc::ENOSYS, "ENOSYS"),
    (libc::EOPNOTSUPP, "EOPNOTSUPP"),
    (libc::EOVERFLOW, "EOVERFLOW"),
    (libc::EPERM, "EPERM"),
    (libc::ESTALE, "ESTALE"),
];

/// Returns the name of a number of `errno`.
pub fn errno_name(errno: i32) -> String {
    let known = NAMES.iter().find(|(number, _)| *number == errno);
    known.map_or_else(|| format!("errno {errno}"), |(_, name)| (*name).to_string())
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Done => f.write_str("0"),
            Self::Errno(errno) => f.write_str(&errno_name(errno)),
            Self::Free => f.write_str("F_UNLCK"),
            Self::Lease(kind) => f.write_str(kind.name()),
            Self::Held { kind, start, len, holder } => {
                write!(f, "{}, {start}, {len} of ", kind.name())?;
                match holder {
                    Holder::Worker(worker) => write!(f, "w{worker}"),
                    Holder::OpenFile => f.write_str("an open file"),
                    Holder::Other(pid) => write!(f, "process {pid}"),
                }
            }
        }
    }
}

/// The letters by which worker and program name the kinds of locks.
const LETTERS: [(Kind, &str); 3] = [(Kind::Read, "r"), (Kind::Write, "w"), (Kind::Unlock, "u")];

fn letter(kind: Kind) -> &'static str {
    LETTERS.iter().find(|(known, _)| *known == kind).map_or("u", |(_, letter)| letter)
}

fn kind_of(text: &str) -> Option<Kind> {
    LETTERS.iter().find(|(_, letter)| *letter == text).map(|(kind, _)| *kind)
}

impl Answer {
    /// Returns the line that a worker sends. A holder is a process id there.
    pub fn to_line(self) -> String {
        match self {
            Self::Done => "0".to_string(),
            Self::Errno(errno) => format!("E {errno}"),
            Self::Free => "F".to_string(),
            Self::Lease(kind) => format!("L {}", letter(kind)),
            Self::Held { kind, start, len, holder } => {
                let pid = match holder {
                    Holder::Worker(worker) => i32::from(worker),
                    Holder::OpenFile => -1,
                    Holder::Other(pid) => pid,
                };
                format!("H {} {start} {len} {pid}", letter(kind))
            }
        }
    }

    /// Reads the line of a worker; `worker_of` knows the workers by their process ids.
    pub fn of_line(line: &str, worker_of: impl Fn(i32) -> Option<u8>) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some(match words.as_slice() {
            ["0"] => Self::Done,
            ["F"] => Self::Free,
            ["E", errno] => Self::Errno(errno.parse().ok()?),
            ["L", kind] => Self::Lease(kind_of(kind)?),
            ["H", kind, start, len, pid] => {
                let pid: i32 = pid.parse().ok()?;
                let holder = match worker_of(pid) {
                    Some(worker) => Holder::Worker(worker),
                    None if pid == -1 => Holder::OpenFile,
                    None => Holder::Other(pid),
                };
                let (start, len) = (start.parse().ok()?, len.parse().ok()?);
                Self::Held { kind: kind_of(kind)?, start, len, holder }
            }
            _ => return None,
        })
    }
}
