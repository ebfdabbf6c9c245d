//! A worker: a process that does one call after the other, as it is told.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::answer::Answer;
use super::calls;
use super::op::{Call, Mode};
use super::planted::{Calls, Planted};
use super::{FDS, LEASE_FDS};

/// The hidden subcommand of a worker.
pub const WORKER: &str = "probe-worker";
/// The hidden subcommand of a child of a worker, which holds a descriptor.
pub const HOLDER: &str = "probe-holder";

/// A process with descriptors of two files.
pub(super) struct Worker {
    locks: PathBuf,
    leases: PathBuf,
    fds: [Option<File>; FDS],
    lease_fds: [Option<File>; LEASE_FDS],
    children: Vec<Forked>,
    calls: Calls,
}

/// A child, and the worker's own copy of the descriptor that it inherited.
struct Forked {
    child: Child,
    /// Owns the copy. Closing it drops the record locks of the worker, so that is done at the end
    /// of the child, where the model expects it.
    copy: Command,
}

/// Opens a file without following a break of a lease.
fn open(path: &Path, mode: Mode) -> io::Result<File> {
    let (read, write) = (mode != Mode::Write, mode != Mode::Read);
    OpenOptions::new().read(read).write(write).custom_flags(libc::O_NONBLOCK).open(path)
}

fn of_error(error: &io::Error) -> Answer {
    Answer::Errno(error.raw_os_error().unwrap_or(libc::EIO))
}

/// Does what the lines of `input` say until they end, and answers each with a line.
pub fn work(
    (locks, leases): (PathBuf, PathBuf),
    planted: Option<Planted>,
    input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    calls::become_worker();
    let mut worker = Worker::start((locks, leases), planted)?;
    writeln!(output, "0")?;
    output.flush()?;
    for line in input.lines() {
        let Some(call) = Call::parse(&line?) else { break };
        if call == Call::Exit {
            worker.end_children();
            // The locks go with the process, not with what is dropped here.
            std::process::exit(0);
        }
        writeln!(output, "{}", worker.answer(call).to_line())?;
        output.flush()?;
    }
    worker.end_children();
    Ok(())
}

/// Says that it is there, and keeps the descriptor that is its output until its input ends.
pub fn hold(mut input: impl Read, mut ready: impl Write) -> io::Result<()> {
    calls::become_worker();
    ready.write_all(b"0")?;
    ready.flush()?;
    io::copy(&mut input, &mut io::sink()).map(drop)
}

impl Worker {
    /// Opens the file of locks twice.
    pub(super) fn start(
        (locks, leases): (PathBuf, PathBuf),
        planted: Option<Planted>,
    ) -> io::Result<Self> {
        let fds = [Some(open(&locks, Mode::Both)?), Some(open(&locks, Mode::Both)?), None];
        let calls = Calls::new(planted, &locks);
        Ok(Self { locks, leases, fds, lease_fds: [None, None], children: Vec::new(), calls })
    }

    /// Does a call. A descriptor that is not open is `EBADF`, as it is for the kernel.
    pub(super) fn answer(&mut self, call: Call) -> Answer {
        self.try_answer(call).unwrap_or(Answer::Errno(libc::EBADF))
    }

    fn fd(&self, fd: u8) -> Option<&File> {
        self.fds.get(usize::from(fd))?.as_ref()
    }

    fn lease_fd(&self, fd: u8) -> Option<&File> {
        self.lease_fds.get(usize::from(fd))?.as_ref()
    }

    fn try_answer(&mut self, call: Call) -> Option<Answer> {
        Some(match call {
            Call::Open { fd, mode } => match open(&self.locks, mode) {
                Ok(file) => {
                    *self.fds.get_mut(usize::from(fd))? = Some(file);
                    Answer::Done
                }
                Err(error) => of_error(&error),
            },
            Call::Close { fd } => {
                let file = self.fds.get_mut(usize::from(fd))?.take()?;
                self.calls.closing(file.as_fd());
                Answer::Done
            }
            Call::Dup { from, to } => {
                let copy = self.fd(from)?.try_clone();
                match copy {
                    Ok(copy) => {
                        *self.fds.get_mut(usize::from(to))? = Some(copy);
                        Answer::Done
                    }
                    Err(error) => of_error(&error),
                }
            }
            Call::Lock { fd, ofd, wait, kind, start, len } => {
                let file = self.fds.get(usize::from(fd))?.as_ref()?;
                self.calls.lock(file.as_fd(), (ofd, wait), (kind, start, len))
            }
            Call::Test { fd, ofd, kind, start, len } => {
                self.calls.test(self.fd(fd)?.as_fd(), ofd, (kind, start, len))
            }
            Call::Flock { fd, wait, kind } => calls::flock(self.fd(fd)?.as_fd(), kind, wait),
            Call::Fork { fd } => match self.fork(fd)? {
                Ok(child) => {
                    self.children.push(child);
                    Answer::Done
                }
                Err(error) => of_error(&error),
            },
            Call::Reap => {
                if self.children.is_empty() {
                    return None;
                }
                end(self.children.remove(0));
                Answer::Done
            }
            Call::LeaseOpen { fd, mode } => match open(&self.leases, mode) {
                Ok(file) => {
                    *self.lease_fds.get_mut(usize::from(fd))? = Some(file);
                    Answer::Done
                }
                Err(error) => of_error(&error),
            },
            Call::LeaseClose { fd } => {
                self.lease_fds.get_mut(usize::from(fd))?.take()?;
                Answer::Done
            }
            Call::SetLease { fd, kind } => calls::set_lease(self.lease_fd(fd)?.as_fd(), kind),
            Call::GetLease { fd } => calls::get_lease(self.lease_fd(fd)?.as_fd()),
            Call::Truncate => {
                let mut options = OpenOptions::new();
                options.write(true).truncate(true).custom_flags(libc::O_NONBLOCK);
                options.open(&self.leases).map_or_else(|error| of_error(&error), |_| Answer::Done)
            }
            Call::Exit | Call::Kill | Call::Signal => return None,
        })
    }

    /// Starts a child whose output is the descriptor. It is waited for until it runs: before, it
    /// has copies of all descriptors, which it closes.
    fn fork(&self, fd: u8) -> Option<io::Result<Forked>> {
        let shared = match self.fd(fd)?.try_clone() {
            Ok(shared) => shared,
            Err(error) => return Some(Err(error)),
        };
        let start = || {
            let mut copy = Command::new(std::env::current_exe()?);
            copy.arg(HOLDER).stdin(Stdio::piped()).stdout(shared).stderr(Stdio::piped());
            let mut child = copy.spawn()?;
            if let Some(ready) = &mut child.stderr {
                ready.read_exact(&mut [0])?;
            }
            Ok(Forked { child, copy })
        };
        Some(start())
    }

    fn end_children(&mut self) {
        self.children.drain(..).for_each(end);
    }
}

/// Ends a child, and closes the copy of its descriptor.
fn end(Forked { mut child, copy }: Forked) {
    drop(child.stdin.take());
    // A child that cannot be waited for is gone.
    let _ = child.wait();
    drop(copy);
}
