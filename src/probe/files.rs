//! Descriptors and open files of the workers: who owns the lock of a call, and whose locks go when
//! a descriptor is closed. All of this is known from the calls; the kernel has no choice.

use latchwork_model::recall::lease::{self, Description, Leases, Refusal, Shown, Want};

use super::answer::Answer;
use super::op::{Call, Kind, Mode, Op};
use super::view::Family;
use super::{FDS, LEASE_FDS, MOST_WORKERS};

/// The open files that there can be: those of all descriptors, and of children.
const OPEN_FILES: usize = MOST_WORKERS * (FDS + CHILDREN);
/// The most children of a worker.
const CHILDREN: usize = 2;
/// The most open files of the file of leases.
const LEASES: usize = MOST_WORKERS * LEASE_FDS;

/// An open file of the file of locks.
#[derive(Clone, Copy, Debug)]
struct OpenFile {
    mode: Mode,
    /// Descriptors, and children that have one.
    uses: u8,
    /// The worker that opened it.
    worker: u8,
}

/// What the workers have open.
#[derive(Clone)]
pub struct Files {
    workers: usize,
    fds: Vec<[Option<u8>; FDS]>,
    open: Vec<Option<OpenFile>>,
    /// The open files of the children of each worker, the oldest first.
    children: Vec<Vec<u8>>,
    lease_fds: Vec<[Option<Description>; LEASE_FDS]>,
    leases: Leases<LEASES>,
}

/// Owners whose locks go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Owners in the table of record locks.
    pub record: Vec<u8>,
    /// Owners in the table of `flock`.
    pub flock: Vec<u8>,
}

/// The owner of record locks that an open file is.
const fn open_file_owner(open_file: u8) -> u8 {
    MOST_WORKERS as u8 + open_file
}

impl Files {
    /// Each worker has `fd0` and `fd1` open.
    pub fn new(workers: usize) -> Self {
        let mut files = Self {
            workers,
            fds: vec![[None; FDS]; workers],
            open: vec![None; OPEN_FILES],
            children: vec![Vec::new(); workers],
            lease_fds: vec![[None; LEASE_FDS]; workers],
            // Runs are ended long before a lease is broken by time.
            leases: Leases::new(u32::MAX),
        };
        (0..workers).for_each(|worker| files.start(worker));
        files
    }

    /// The number of workers.
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// A new process.
    fn start(&mut self, worker: usize) {
        for fd in [0, 1] {
            self.fds[worker][fd] = self.add(worker, Mode::Both);
        }
    }

    fn add(&mut self, worker: usize, mode: Mode) -> Option<u8> {
        let free = self.open.iter().position(Option::is_none)?;
        self.open[free] = Some(OpenFile { mode, uses: 1, worker: worker as u8 });
        u8::try_from(free).ok()
    }

    fn open_file(&self, worker: u8, fd: u8) -> Option<u8> {
        *self.fds.get(usize::from(worker))?.get(usize::from(fd))?
    }

    fn lease(&self, worker: u8, fd: u8) -> Option<Description> {
        *self.lease_fds.get(usize::from(worker))?.get(usize::from(fd))?
    }

    fn has_lease_fd(fd: u8) -> bool {
        usize::from(fd) < LEASE_FDS
    }

    /// Whether a worker that does not wait can do a call: descriptors are open or free as it needs.
    pub fn allow(&self, Op { worker, call }: &Op) -> bool {
        let (at, has) = (usize::from(*worker), |fd: &u8| self.open_file(*worker, *fd).is_some());
        if at >= self.workers {
            return false;
        }
        let free = |fd: &u8| usize::from(*fd) < FDS && !has(fd);
        let has_lease = |fd: &u8| self.lease(*worker, *fd).is_some();
        match call {
            Call::Open { fd, .. } => free(fd),
            Call::Dup { from, to } => has(from) && free(to),
            Call::Close { fd }
            | Call::Lock { fd, .. }
            | Call::Test { fd, .. }
            | Call::Flock { fd, .. } => has(fd),
            Call::Fork { fd } => has(fd) && self.children[at].len() < CHILDREN,
            Call::Reap => !self.children[at].is_empty(),
            Call::Kill => self.can_be_killed(*worker),
            Call::Exit | Call::Truncate => true,
            Call::Signal => false,
            Call::LeaseOpen { fd, .. } => Self::has_lease_fd(*fd) && !has_lease(fd),
            Call::LeaseClose { fd } | Call::SetLease { fd, .. } | Call::GetLease { fd } => {
                has_lease(fd)
            }
        }
    }

    /// Whether nothing that a worker has open outlives its process: children do, for a moment.
    pub fn can_be_killed(&self, worker: u8) -> bool {
        self.children.get(usize::from(worker)).is_some_and(Vec::is_empty)
    }

    /// The owner of the record locks of a call.
    pub fn owner(&self, worker: u8, fd: u8, ofd: bool) -> Option<u8> {
        let open_file = self.open_file(worker, fd)?;
        Some(if ofd { open_file_owner(open_file) } else { worker })
    }

    /// The owner of the `flock` of a call.
    pub fn flock_owner(&self, worker: u8, fd: u8) -> Option<u8> {
        self.open_file(worker, fd)
    }

    /// Whether a descriptor is open in a way that a lock needs.
    pub fn admits(&self, worker: u8, fd: u8, kind: Kind) -> bool {
        let open_file = self.open_file(worker, fd).and_then(|at| self.open[usize::from(at)]);
        open_file.is_none_or(|OpenFile { mode, .. }| match kind {
            Kind::Read => mode != Mode::Write,
            Kind::Write => mode != Mode::Read,
            Kind::Unlock => true,
        })
    }

    /// The worker behind an owner in the table of a family.
    pub fn worker_of(&self, family: Family, owner: u8) -> Option<u8> {
        match family {
            Family::Posix => Some(owner),
            Family::Ofd => self.worker_of(Family::Flock, owner.checked_sub(MOST_WORKERS as u8)?),
            Family::Flock => Some(self.open.get(usize::from(owner))?.as_ref()?.worker),
        }
    }

    /// Does what a call of the file of locks does to descriptors, if it succeeded.
    pub fn apply(&mut self, Op { worker, call }: &Op) -> Gone {
        let (at, mut gone) = (usize::from(*worker), Gone::default());
        match *call {
            Call::Open { fd, mode } => self.fds[at][usize::from(fd)] = self.add(at, mode),
            Call::Close { fd } => {
                gone.record.push(*worker);
                let open_file = self.fds[at][usize::from(fd)].take();
                self.close(open_file, &mut gone);
            }
            Call::Dup { from, to } => {
                self.fds[at][usize::from(to)] = self.again(*worker, from);
            }
            Call::Fork { fd } => {
                let shared = self.again(*worker, fd);
                self.children[at].extend(shared);
            }
            Call::Reap => {
                gone.record.push(*worker);
                let shared = self.children[at].remove(0);
                self.close(Some(shared), &mut gone);
            }
            Call::Exit | Call::Kill => {
                gone.record.push(*worker);
                for fd in 0..FDS {
                    let open_file = self.fds[at][fd].take();
                    self.close(open_file, &mut gone);
                }
                for shared in std::mem::take(&mut self.children[at]) {
                    self.close(Some(shared), &mut gone);
                }
                for lease in std::mem::take(&mut self.lease_fds[at]).into_iter().flatten() {
                    self.leases.close(lease);
                }
                self.start(at);
            }
            _ => {}
        }
        gone
    }

    fn again(&mut self, worker: u8, fd: u8) -> Option<u8> {
        let open_file = self.open_file(worker, fd)?;
        if let Some(entry) = &mut self.open[usize::from(open_file)] {
            entry.uses += 1;
        }
        Some(open_file)
    }

    fn close(&mut self, open_file: Option<u8>, gone: &mut Gone) {
        let Some(at) = open_file else { return };
        let entry = &mut self.open[usize::from(at)];
        let left = entry.map_or(0, |entry| entry.uses.saturating_sub(1));
        *entry = entry.filter(|_| left > 0).map(|entry| OpenFile { uses: left, ..entry });
        if left == 0 {
            gone.record.push(open_file_owner(at));
            gone.flock.push(at);
        }
    }

    /// What a call of the file of leases answers, and does; `None` for other calls.
    pub fn lease_call(&mut self, Op { worker, call }: &Op) -> Option<Answer> {
        let would_block = |result: Result<(), Refusal>| match result {
            Ok(()) => Answer::Done,
            Err(Refusal::TableFull) => Answer::Errno(libc::ENFILE),
            Err(Refusal::TryAgain | Refusal::WouldBlock) => Answer::Errno(libc::EAGAIN),
        };
        Some(match *call {
            Call::LeaseOpen { fd, mode } => {
                let access = match mode {
                    Mode::Read => lease::Access::Read,
                    Mode::Write | Mode::Both => lease::Access::Write,
                };
                let opened = self.leases.open(access);
                self.lease_fds[usize::from(*worker)][usize::from(fd)] = opened.ok();
                would_block(opened.map(drop))
            }
            Call::LeaseClose { fd } => {
                let lease = self.lease_fds[usize::from(*worker)][usize::from(fd)].take()?;
                self.leases.close(lease);
                Answer::Done
            }
            Call::SetLease { fd, kind } => {
                let want = match kind {
                    Kind::Read => Want::Read,
                    Kind::Write => Want::Write,
                    Kind::Unlock => Want::Unlock,
                };
                let lease = self.lease(*worker, fd)?;
                would_block(self.leases.set(lease, want))
            }
            Call::GetLease { fd } => {
                let lease = self.lease(*worker, fd)?;
                Answer::Lease(match self.leases.get(lease) {
                    Shown::Unlocked => Kind::Unlock,
                    Shown::Read => Kind::Read,
                    Shown::Write => Kind::Write,
                })
            }
            Call::Truncate => would_block(self.leases.truncate()),
            _ => return None,
        })
    }
}
