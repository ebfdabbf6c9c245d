//! The system calls: `fcntl`, `flock`, the clock, and how a process wants to be signalled.
//!
//! No safe wrapper has leases and both kinds of record locks, so `unsafe` is here, each use with its
//! reason. Everything else in this room is safe code.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::answer::{Answer, Holder};
use super::op::Kind;

/// The signal that interrupts a worker in a call.
const INTERRUPT: libc::c_int = libc::SIGUSR1;

fn answer(result: libc::c_int) -> Answer {
    if result >= 0 { Answer::Done } else { Answer::Errno(last_errno()) }
}

fn last_errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

const fn lock_type(kind: Kind) -> libc::c_int {
    match kind {
        Kind::Read => libc::F_RDLCK,
        Kind::Write => libc::F_WRLCK,
        Kind::Unlock => libc::F_UNLCK,
    }
}

fn kind_of(number: libc::c_int) -> Kind {
    match number {
        libc::F_RDLCK => Kind::Read,
        libc::F_WRLCK => Kind::Write,
        _ => Kind::Unlock,
    }
}

/// `fcntl` with a `struct flock`: the return value, and the structure as it is afterwards.
fn record_lock(
    fd: BorrowedFd<'_>,
    command: libc::c_int,
    (kind, start, len): (Kind, i64, i64),
) -> (libc::c_int, libc::flock64) {
    let mut lock = libc::flock64 {
        l_type: lock_type(kind) as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: len,
        // What the calls for open files demand.
        l_pid: 0,
    };
    // SAFETY: the descriptor is open while it is borrowed, and these commands read and write one
    // `struct flock64`, which lives until the call returns.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), command, &raw mut lock) };
    (result, lock)
}

/// `F_SETLK` and its relatives.
pub fn lock(fd: BorrowedFd<'_>, (ofd, wait): (bool, bool), what: (Kind, i64, i64)) -> Answer {
    let command = match (ofd, wait) {
        (false, false) => libc::F_SETLK,
        (false, true) => libc::F_SETLKW,
        (true, false) => libc::F_OFD_SETLK,
        (true, true) => libc::F_OFD_SETLKW,
    };
    answer(record_lock(fd, command, what).0)
}

/// `F_GETLK` and `F_OFD_GETLK`.
pub fn test(fd: BorrowedFd<'_>, ofd: bool, what: (Kind, i64, i64)) -> Answer {
    let command = if ofd { libc::F_OFD_GETLK } else { libc::F_GETLK };
    let (result, found) = record_lock(fd, command, what);
    if result < 0 {
        return Answer::Errno(last_errno());
    }
    match kind_of(found.l_type.into()) {
        Kind::Unlock => Answer::Free,
        kind => {
            let holder = Holder::Other(found.l_pid);
            Answer::Held { kind, start: found.l_start, len: found.l_len, holder }
        }
    }
}

/// `flock`.
pub fn flock(fd: BorrowedFd<'_>, kind: Kind, wait: bool) -> Answer {
    let operation = match kind {
        Kind::Read => libc::LOCK_SH,
        Kind::Write => libc::LOCK_EX,
        Kind::Unlock => libc::LOCK_UN,
    };
    let operation = if wait { operation } else { operation | libc::LOCK_NB };
    // SAFETY: the descriptor is open while it is borrowed; the call has no pointers.
    answer(unsafe { libc::flock(fd.as_raw_fd(), operation) })
}

/// `F_SETLEASE`.
pub fn set_lease(fd: BorrowedFd<'_>, kind: Kind) -> Answer {
    // SAFETY: the descriptor is open while it is borrowed, and the argument is a number.
    answer(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETLEASE, lock_type(kind)) })
}

/// `F_GETLEASE`.
pub fn get_lease(fd: BorrowedFd<'_>) -> Answer {
    // SAFETY: the descriptor is open while it is borrowed, and the command has no argument.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETLEASE) };
    if result < 0 { Answer::Errno(last_errno()) } else { Answer::Lease(kind_of(result)) }
}

/// The nanoseconds of the clock that all processes of a machine share.
pub fn now() -> u64 {
    clock(libc::CLOCK_MONOTONIC)
}

/// What must be added to [`now`] to get the nanoseconds of the calendar, which recordings of traffic
/// use.
pub fn epoch() -> u64 {
    clock(libc::CLOCK_REALTIME).saturating_sub(now())
}

fn clock(which: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `struct timespec`, which lives until it returns.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

extern "C" fn nothing(_: libc::c_int) {}

/// Makes a worker of this process: a signal interrupts what it waits for, the news of a broken
/// lease and Ctrl-C do not end it, and it does not outlive the program that started it.
pub fn become_worker() {
    let handler = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: a zeroed `sigaction` is a valid one without flags (so that calls are not restarted);
    // the handler does nothing, which is allowed in any context.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigaction(INTERRUPT, &raw const action, std::ptr::null_mut());
        libc::signal(libc::SIGIO, libc::SIG_IGN);
        libc::signal(libc::SIGINT, libc::SIG_IGN);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
}

/// Interrupts a worker, a child that was not waited for yet: its first thread, which makes the calls.
/// A signal to the process might go to another thread.
pub fn interrupt(pid: u32) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        // SAFETY: the call has no pointers, and a child keeps its number until it is waited for.
        let _ = unsafe { libc::syscall(libc::SYS_tgkill, pid, pid, INTERRUPT) };
    }
}
