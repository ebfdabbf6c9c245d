//! Operations of workers, written as `strace` writes system calls: `w1: fcntl(fd0, F_SETLK, F_WRLCK, 3, 5)`.

use std::fmt;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `O_RDONLY`.
    Read,
    /// `O_WRONLY`.
    Write,
    /// `O_RDWR`.
    Both,
}

/// What a lock or a lease is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `F_RDLCK`.
    Read,
    /// `F_WRLCK`.
    Write,
    /// `F_UNLCK`.
    Unlock,
}

/// A system call of a worker, or something that happens to its process.
///
/// A worker has the descriptors `fd0`, `fd1`, ... of one file, for locks, and `lease0`, `lease1`,
/// ... of another one, for leases. `fd0` and `fd1` are open from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opens the file of locks.
    Open {
        /// The descriptor that the file gets.
        fd: u8,
        /// How it is opened.
        mode: Mode,
    },
    /// Closes a descriptor.
    Close {
        /// The descriptor.
        fd: u8,
    },
    /// Makes `to` a second descriptor of the open file of `from`.
    Dup {
        /// A descriptor that is open.
        from: u8,
        /// The descriptor that it is copied to.
        to: u8,
    },
    /// `F_SETLK` and `F_SETLKW`, or those of open files (`ofd`).
    Lock {
        /// The descriptor.
        fd: u8,
        /// Whether the open file owns the lock, and not the process.
        ofd: bool,
        /// Whether the call waits for locks in its way.
        wait: bool,
        /// The lock that is asked for.
        kind: Kind,
        /// The first byte.
        start: i64,
        /// The number of bytes; 0 is up to the end.
        len: i64,
    },
    /// `F_GETLK` and `F_OFD_GETLK`.
    Test {
        /// The descriptor.
        fd: u8,
        /// Whether the open file would own the lock, and not the process.
        ofd: bool,
        /// The lock that is tested for.
        kind: Kind,
        /// The first byte.
        start: i64,
        /// The number of bytes; 0 is up to the end.
        len: i64,
    },
    /// `flock`.
    Flock {
        /// The descriptor.
        fd: u8,
        /// Whether the call waits for locks in its way.
        wait: bool,
        /// The lock that is asked for.
        kind: Kind,
    },
    /// Starts a child process that inherits the descriptor and does nothing else.
    Fork {
        /// The descriptor that the child inherits.
        fd: u8,
    },
    /// Ends the oldest child, and waits for that.
    Reap,
    /// The process ends itself, its children first; a new one takes its place.
    Exit,
    /// The process is killed, perhaps while it waits; a new one takes its place.
    Kill,
    /// A signal interrupts the call in which the worker waits.
    Signal,
    /// Opens the file of leases, without waiting.
    LeaseOpen {
        /// The descriptor that the file gets.
        fd: u8,
        /// How it is opened.
        mode: Mode,
    },
    /// Closes a descriptor of the file of leases.
    LeaseClose {
        /// The descriptor.
        fd: u8,
    },
    /// `F_SETLEASE`.
    SetLease {
        /// The descriptor.
        fd: u8,
        /// The lease that is asked for.
        kind: Kind,
    },
    /// `F_GETLEASE`.
    GetLease {
        /// The descriptor.
        fd: u8,
    },
    /// Truncates the file of leases by its name, without waiting.
    Truncate,
}

/// A call of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// The number of the worker.
    pub worker: u8,
    /// What it calls.
    pub call: Call,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Both];

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "O_RDONLY",
            Self::Write => "O_WRONLY",
            Self::Both => "O_RDWR",
        }
    }
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Unlock];

    /// The name in the argument of `fcntl`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "F_RDLCK",
            Self::Write => "F_WRLCK",
            Self::Unlock => "F_UNLCK",
        }
    }

    const fn flock(self, wait: bool) -> &'static str {
        match (self, wait) {
            (Self::Read, true) => "LOCK_SH",
            (Self::Read, false) => "LOCK_SH|LOCK_NB",
            (Self::Write, true) => "LOCK_EX",
            (Self::Write, false) => "LOCK_EX|LOCK_NB",
            (Self::Unlock, _) => "LOCK_UN",
        }
    }
}

/// The name of the command of a lock call.
const fn command(ofd: bool, wait: bool) -> &'static str {
    match (ofd, wait) {
        (false, false) => "F_SETLK",
        (false, true) => "F_SETLKW",
        (true, false) => "F_OFD_SETLK",
        (true, true) => "F_OFD_SETLKW",
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Open { fd, mode } => write!(f, "open(fd{fd}, {})", mode.name()),
            Self::Close { fd } => write!(f, "close(fd{fd})"),
            Self::Dup { from, to } => write!(f, "dup2(fd{from}, fd{to})"),
            Self::Lock { fd, ofd, wait, kind, start, len } => {
                write!(f, "fcntl(fd{fd}, {}, {}, {start}, {len})", command(ofd, wait), kind.name())
            }
            Self::Test { fd, ofd, kind, start, len } => {
                let command = if ofd { "F_OFD_GETLK" } else { "F_GETLK" };
                write!(f, "fcntl(fd{fd}, {command}, {}, {start}, {len})", kind.name())
            }
            Self::Flock { fd, wait, kind } => write!(f, "flock(fd{fd}, {})", kind.flock(wait)),
            Self::Fork { fd } => write!(f, "fork(fd{fd})"),
            Self::Reap => f.write_str("wait()"),
            Self::Exit => f.write_str("exit()"),
            Self::Kill => f.write_str("kill()"),
            Self::Signal => f.write_str("signal()"),
            Self::LeaseOpen { fd, mode } => write!(f, "open(lease{fd}, {})", mode.name()),
            Self::LeaseClose { fd } => write!(f, "close(lease{fd})"),
            Self::SetLease { fd, kind } => {
                write!(f, "fcntl(lease{fd}, F_SETLEASE, {})", kind.name())
            }
            Self::GetLease { fd } => write!(f, "fcntl(lease{fd}, F_GETLEASE)"),
            Self::Truncate => f.write_str("truncate()"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}: {}", self.worker, self.call)
    }
}

fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|known| name(*known) == text)
}

impl Call {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let arguments: Vec<&str> =
            rest.strip_suffix(')')?.split(", ").filter(|text| !text.is_empty()).collect();
        let fd = |text: &str| text.strip_prefix("fd")?.parse().ok();
        let lease = |text: &str| text.strip_prefix("lease")?.parse().ok();
        let mode = |text| named(&Mode::ALL, Mode::name, text);
        let kind = |text| named(&Kind::ALL, Kind::name, text);
        Some(match (name, arguments.as_slice()) {
            ("open", [file, how]) => match lease(file) {
                Some(fd) => Self::LeaseOpen { fd, mode: mode(how)? },
                None => Self::Open { fd: fd(file)?, mode: mode(how)? },
            },
            ("close", [file]) => match lease(file) {
                Some(fd) => Self::LeaseClose { fd },
                None => Self::Close { fd: fd(file)? },
            },
            ("dup2", [from, to]) => Self::Dup { from: fd(from)?, to: fd(to)? },
            ("fcntl", [file, "F_SETLEASE", how]) => {
                Self::SetLease { fd: lease(file)?, kind: kind(how)? }
            }
            ("fcntl", [file, "F_GETLEASE"]) => Self::GetLease { fd: lease(file)? },
            ("fcntl", [file, how, what, start, len]) => {
                let (fd, kind) = (fd(file)?, kind(what)?);
                let (start, len) = (start.parse().ok()?, len.parse().ok()?);
                match *how {
                    "F_GETLK" => Self::Test { fd, ofd: false, kind, start, len },
                    "F_OFD_GETLK" => Self::Test { fd, ofd: true, kind, start, len },
                    how => {
                        let both = [(false, false), (false, true), (true, false), (true, true)];
                        let (ofd, wait) = named(&both, |(ofd, wait)| command(ofd, wait), how)?;
                        Self::Lock { fd, ofd, wait, kind, start, len }
                    }
                }
            }
            ("flock", [file, how]) => {
                let all: Vec<_> = [false, true]
                    .into_iter()
                    .flat_map(|wait| Kind::ALL.map(|kind| (kind, wait)))
                    .collect();
                let (kind, wait) = named(&all, |(kind, wait)| kind.flock(wait), how)?;
                Self::Flock { fd: fd(file)?, wait, kind }
            }
            ("fork", [file]) => Self::Fork { fd: fd(file)? },
            ("wait", []) => Self::Reap,
            ("exit", []) => Self::Exit,
            ("kill", []) => Self::Kill,
            ("signal", []) => Self::Signal,
            ("truncate", []) => Self::Truncate,
            _ => return None,
        })
    }
}

impl Op {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (worker, call) = text.strip_prefix('w')?.split_once(": ")?;
        Some(Self { worker: worker.parse().ok()?, call: Call::parse(call)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case whose operations cannot be read again would not replay.
    #[test]
    fn what_is_written_is_read() {
        let (start, len) = (i64::MAX, i64::MIN);
        let mut calls = vec![Call::Reap, Call::Exit, Call::Kill, Call::Signal, Call::Truncate];
        calls.extend([Call::Close { fd: 2 }, Call::LeaseClose { fd: 1 }, Call::Fork { fd: 0 }]);
        calls.extend([Call::Dup { from: 0, to: 2 }, Call::GetLease { fd: 1 }]);
        for mode in Mode::ALL {
            calls.extend([Call::Open { fd: 2, mode }, Call::LeaseOpen { fd: 1, mode }]);
        }
        for kind in Kind::ALL {
            calls.push(Call::SetLease { fd: 0, kind });
            for ofd in [false, true] {
                calls.push(Call::Test { fd: 1, ofd, kind, start, len });
                for wait in [false, true] {
                    calls.push(Call::Lock { fd: 0, ofd, wait, kind, start, len });
                }
            }
            calls.push(Call::Flock { fd: 0, wait: false, kind });
        }
        calls.push(Call::Flock { fd: 0, wait: true, kind: Kind::Write });
        for call in calls {
            let op = Op { worker: 3, call };
            assert_eq!(Op::parse(&op.to_string()), Some(op), "{op}");
        }
        assert_eq!(Op::parse("w0: close(fd9"), None);
        assert_eq!(Op::parse("w0: fcntl(fd0, F_SETLK, F_RDLCK, 0)"), None);
    }
}
