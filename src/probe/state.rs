//! One state of the models, and what a call does to it.

use latchwork_model::async_grant::posix::{
    Access, Held, LockTable, Range, RangeError, Refusal, Request, Waiters,
};

use super::MOST_WORKERS;
use super::answer::{Answer, Holder};
use super::files::{Files, Gone};
use super::op::{Call, Kind, Op};
use super::view::{Family, Line, kind};

/// The most record locks of the file.
pub const MOST_LOCKS: usize = 160;
/// The most locks of `flock`: one for each open file.
const MOST_FLOCKS: usize = 96;

/// The locks that are held, and the calls that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    record: LockTable<u64, MOST_LOCKS>,
    flock: LockTable<u64, MOST_FLOCKS>,
    record_waiters: Waiters<u64, MOST_WORKERS>,
    flock_waiters: Waiters<u64, MOST_WORKERS>,
    /// Where the request of each worker is in its list of waiters.
    places: [Option<(Table, usize)>; MOST_WORKERS],
}

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Record,
    Flock,
}

/// What a call does in a state.
pub enum Effect {
    /// It answers at once, with one of these.
    Answers(Vec<Answer>, State),
    /// It waits.
    Waits(State),
}

/// All bytes of a file.
const WHOLE: Range<u64> = Range { first: 0, last: i64::MAX as u64 };

const fn access(kind: Kind) -> Option<Access> {
    match kind {
        Kind::Read => Some(Access::Read),
        Kind::Write => Some(Access::Write),
        Kind::Unlock => None,
    }
}

fn bytes(start: i64, len: i64) -> Result<Range<u64>, Answer> {
    Range::of_flock(start, len).map_err(|error| {
        Answer::Errno(match error {
            RangeError::Invalid => libc::EINVAL,
            RangeError::Overflow => libc::EOVERFLOW,
        })
    })
}

/// What `F_GETLK` reports of a lock.
fn reported(held: &Held<u64>) -> Answer {
    let Range { first, last } = held.range;
    let len = if last == WHOLE.last { 0 } else { (last - first + 1) as i64 };
    let holder = if usize::from(held.owner) < MOST_WORKERS {
        Holder::Worker(held.owner)
    } else {
        Holder::OpenFile
    };
    let kind = kind(held.access == Access::Write);
    Answer::Held { kind, start: first as i64, len, holder }
}

impl State {
    /// Nothing is locked, nobody waits.
    pub const EMPTY: Self = Self {
        record: LockTable::EMPTY,
        flock: LockTable::EMPTY,
        record_waiters: Waiters::NONE,
        flock_waiters: Waiters::NONE,
        places: [None; MOST_WORKERS],
    };

    /// Whether another record lock may find no room in the table of the model.
    pub fn is_nearly_full(&self) -> bool {
        self.record.locks().len() + 8 > MOST_LOCKS
    }

    /// Does a call of the file of locks. `exact`: `F_GETLK` reports the first lock in the way, not
    /// any of them.
    pub fn apply(&self, op: &Op, files: &Files, exact: bool) -> Effect {
        let worker = op.worker;
        match op.call {
            Call::Lock { fd, ofd, wait, kind, start, len } => {
                let owner = files.owner(worker, fd, ofd).unwrap_or(worker);
                match bytes(start, len) {
                    Err(refused) => self.answers(refused),
                    Ok(_) if !files.admits(worker, fd, kind) => {
                        self.answers(Answer::Errno(libc::EBADF))
                    }
                    Ok(range) => self.lock(worker, (owner, access(kind), range), wait),
                }
            }
            Call::Test { fd, ofd, kind, start, len } => {
                let owner = files.owner(worker, fd, ofd).unwrap_or(worker);
                let range = match bytes(start, len) {
                    Err(refused) => return self.answers(refused),
                    Ok(range) => range,
                };
                let access = access(kind).unwrap_or(Access::Write);
                let conflicts = self.record.conflicts(owner, access, range).map(reported);
                let mut all: Vec<Answer> = conflicts.take(if exact { 1 } else { 256 }).collect();
                if all.is_empty() {
                    all.push(Answer::Free);
                }
                Effect::Answers(all, self.clone())
            }
            Call::Flock { fd, wait, kind } => {
                let owner = files.flock_owner(worker, fd).unwrap_or(0);
                self.lock_whole(worker, owner, kind, wait)
            }
            _ => self.answers(Answer::Done),
        }
    }

    fn answers(&self, answer: Answer) -> Effect {
        Effect::Answers(vec![answer], self.clone())
    }

    fn lock(
        &self,
        worker: u8,
        (owner, access, range): (u8, Option<Access>, Range<u64>),
        wait: bool,
    ) -> Effect {
        let mut next = self.clone();
        let done = match access {
            Some(access) => next.record.lock(owner, access, range),
            None => next.record.unlock(owner, range),
        };
        match (done, access) {
            (Ok(()), _) => Effect::Answers(vec![Answer::Done], next),
            (Err(Refusal::Full), _) => self.answers(Answer::Errno(libc::ENOLCK)),
            (Err(Refusal::Conflict(_)), Some(access)) if wait => {
                let place = next.record_waiters.sleep(Request { owner, access, range });
                next.places[usize::from(worker)] = place.map(|place| (Table::Record, place));
                Effect::Waits(next)
            }
            (Err(Refusal::Conflict(_)), _) => {
                let refused = [libc::EAGAIN, libc::EACCES].map(Answer::Errno).to_vec();
                Effect::Answers(refused, next)
            }
        }
    }

    /// `flock`. A lock of the other kind is given up first (`flock_lock_inode`), also if the new
    /// one is refused.
    fn lock_whole(&self, worker: u8, owner: u8, kind: Kind, wait: bool) -> Effect {
        let mut next = self.clone();
        let wanted = access(kind);
        if wanted.is_some() && next.flock.held(owner, 0) == wanted {
            return Effect::Answers(vec![Answer::Done], next);
        }
        // It has one lock at most, which is not cut: there is room.
        let _ = next.flock.unlock(owner, WHOLE);
        let Some(access) = wanted else { return Effect::Answers(vec![Answer::Done], next) };
        match next.flock.lock(owner, access, WHOLE) {
            Ok(()) => Effect::Answers(vec![Answer::Done], next),
            Err(_) if wait => {
                let place = next.flock_waiters.sleep(Request { owner, access, range: WHOLE });
                next.places[usize::from(worker)] = place.map(|place| (Table::Flock, place));
                Effect::Waits(next)
            }
            Err(_) => Effect::Answers(vec![Answer::Errno(libc::EAGAIN)], next),
        }
    }

    /// The locks of owners that are gone.
    pub fn release(&mut self, gone: &Gone) {
        for owner in &gone.record {
            // Nothing is cut in two.
            let _ = self.record.unlock(*owner, WHOLE);
        }
        for owner in &gone.flock {
            let _ = self.flock.unlock(*owner, WHOLE);
        }
    }

    fn request(&self, worker: u8) -> Option<(Table, &Request<u64>)> {
        let (table, place) = (*self.places.get(usize::from(worker))?)?;
        let waiters = match table {
            Table::Record => &self.record_waiters,
            Table::Flock => &self.flock_waiters,
        };
        waiters.at(place).map(|request| (table, request))
    }

    /// The state after the waiting call of a worker was granted, if nobody is in the way.
    pub fn grant(&self, worker: u8) -> Option<Self> {
        let mut next = self.leave(worker)?;
        let (table, Request { owner, access, range }) = self.request(worker)?;
        let granted = match table {
            Table::Record => next.record.lock(*owner, *access, *range).is_ok(),
            Table::Flock => next.flock.lock(*owner, *access, *range).is_ok(),
        };
        granted.then_some(next)
    }

    /// The state after the waiting call of a worker ended without a lock.
    pub fn leave(&self, worker: u8) -> Option<Self> {
        let mut next = self.clone();
        let (table, place) = next.places.get_mut(usize::from(worker))?.take()?;
        match table {
            Table::Record => next.record_waiters.leave(place)?,
            Table::Flock => next.flock_waiters.leave(place)?,
        };
        Some(next)
    }

    /// Whether the waiting call of a worker may be answered with `EDEADLK`: it is one of a process,
    /// and it waits in a circle. The kernel looks at one edge for each waiter
    /// (`posix_locks_deadlock`), so it need not notice.
    pub fn may_be_deadlock(&self, worker: u8) -> bool {
        let owned_by_process = |request: &Request<u64>| usize::from(request.owner) < MOST_WORKERS;
        match (self.places.get(usize::from(worker)), self.request(worker)) {
            (Some(Some((_, place))), Some((Table::Record, request))) => {
                owned_by_process(request) && self.record_waiters.on_cycle(&self.record, *place)
            }
            _ => false,
        }
    }

    /// The workers whose calls wait though nobody is in the way.
    pub fn grantable(&self) -> impl Iterator<Item = u8> {
        (0..MOST_WORKERS as u8).filter(|worker| self.grant(*worker).is_some())
    }

    /// Whether somebody waits though nobody is in the way.
    pub fn someone_is_grantable(&self) -> bool {
        self.record_waiters.grantable(&self.record).next().is_some()
            || self.flock_waiters.grantable(&self.flock).next().is_some()
    }

    /// The line of `/proc/locks` of a waiting call.
    pub fn waiting_line(&self, worker: u8, pids: &[i32]) -> Option<Line> {
        let (table, Request { owner, access, range }) = self.request(worker)?;
        let family = match table {
            Table::Flock => Family::Flock,
            Table::Record if usize::from(*owner) < MOST_WORKERS => Family::Posix,
            Table::Record => Family::Ofd,
        };
        let pid = if family == Family::Ofd { -1 } else { *pids.get(usize::from(worker))? };
        let write = *access == Access::Write;
        Some(Line { family, write, first: range.first, last: range.last, pid })
    }

    /// The lines of `/proc/locks` of the locks that are held, sorted.
    pub fn held_lines(&self, files: &Files, pids: &[i32]) -> Vec<Line> {
        let line = |family, held: &Held<u64>| {
            let worker = files.worker_of(family, held.owner).unwrap_or_default();
            let known = pids.get(usize::from(worker)).copied().unwrap_or_default();
            let pid = if family == Family::Ofd { -1 } else { known };
            let write = held.access == Access::Write;
            Line { family, write, first: held.range.first, last: held.range.last, pid }
        };
        let record = self.record.locks().iter().map(|held| {
            let of_process = usize::from(held.owner) < MOST_WORKERS;
            line(if of_process { Family::Posix } else { Family::Ofd }, held)
        });
        let flock = self.flock.locks().iter().map(|held| line(Family::Flock, held));
        let mut lines: Vec<Line> = record.chain(flock).collect();
        lines.sort_unstable();
        lines
    }
}
