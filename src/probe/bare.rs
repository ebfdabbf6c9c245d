//! The calls of a run once more, by one process, without comparing anything: what the system calls take
//! by themselves.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use super::calls::{self, now};
use super::op::{Call, Op};
use super::worker::Worker;

/// The hidden subcommand that makes the calls.
pub const BARE: &str = "probe-bare";

/// Returns a call as it can be made by one process that never waits; `None` if it is about processes.
pub const fn alone(op: Op) -> Option<Op> {
    let call = match op.call {
        Call::Fork { .. } | Call::Reap | Call::Exit | Call::Kill | Call::Signal => return None,
        Call::Lock { fd, ofd, kind, start, len, .. } => {
            Call::Lock { fd, ofd, wait: false, kind, start, len }
        }
        Call::Flock { fd, kind, .. } => Call::Flock { fd, wait: false, kind },
        other => other,
    };
    Some(Op { worker: op.worker, call })
}

/// Makes the calls of the lines of `input`, and writes the nanoseconds that they took. Each worker has
/// descriptors of its own.
pub fn work(
    (locks, leases): (PathBuf, PathBuf),
    workers: u8,
    input: impl BufRead,
    output: impl Write,
) -> io::Result<()> {
    calls::become_worker();
    make((locks, leases), workers, input, output)
}

fn make(
    (locks, leases): (PathBuf, PathBuf),
    workers: u8,
    input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let mut ops = Vec::new();
    for line in input.lines() {
        ops.extend(Op::parse(&line?));
    }
    let worker = |_| Worker::start((locks.clone(), leases.clone()), None);
    let mut workers = (0..workers).map(worker).collect::<io::Result<Vec<_>>>()?;
    let began = now();
    for op in ops {
        if let Some(worker) = workers.get_mut(usize::from(op.worker)) {
            worker.answer(op.call);
        }
    }
    writeln!(output, "{}", now() - began)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::op::Kind;

    #[test]
    fn one_process_does_not_wait_for_itself() {
        let lock =
            |wait| Call::Lock { fd: 0, ofd: true, wait, kind: Kind::Write, start: 3, len: 1 };
        let op = |call| Op { worker: 2, call };
        assert_eq!(alone(op(lock(true))), Some(op(lock(false))));
        assert_eq!(alone(op(Call::Signal)), None);
    }

    #[test]
    fn the_calls_are_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let (locks, leases) = (folder.path().join("locks"), folder.path().join("leases"));
        for path in [&locks, &leases] {
            std::fs::write(path, b"some bytes").expect("a file");
        }
        let (mut output, input) = (Vec::new(), "w0: truncate()\nnothing\nw1: truncate()\n");
        make((locks, leases.clone()), 2, input.as_bytes(), &mut output).expect("it works");
        let text = String::from_utf8(output).expect("text");
        assert!(text.trim_end().parse::<u64>().is_ok(), "{text}");
        assert_eq!(std::fs::read(leases).expect("a file"), b"");
    }
}
