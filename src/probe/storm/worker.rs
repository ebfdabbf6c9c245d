//! A worker of a storm: a process that locks, counts and unlocks until its input ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use super::history::{Diary, Did, Got};
use super::{COUNTER, SLOT, Shape, file_name};
use crate::engines::simulate::rng::Draws;
use crate::probe::answer::Answer;
use crate::probe::calls;
use crate::probe::op::Kind;
use crate::probe::planted::{Calls, Planted};

/// The hidden subcommand of a worker.
pub const STORMER: &str = "probe-stormer";

/// What a worker has to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The folder of the files.
    pub folder: PathBuf,
    /// Where it writes its history.
    pub history: PathBuf,
    /// Its number.
    pub number: u8,
    /// The seed of all workers.
    pub seed: u64,
    /// The files and slots.
    pub shape: Shape,
    /// When the storm began, on the clock of the histories.
    pub began: u64,
    /// Whether it takes record locks of processes, and of open files.
    pub families: (bool, bool),
    /// A defect to simulate.
    pub planted: Option<Planted>,
}

pub(super) struct Worker {
    pub(super) task: Task,
    pub(super) draws: Draws,
    diary: Diary,
    calls: Calls,
    over: Arc<AtomicBool>,
}

/// Works until `input` ends. The error is about the history.
pub fn work(task: Task, mut input: impl Read + Send + 'static) -> io::Result<()> {
    calls::become_worker();
    let over = Arc::new(AtomicBool::new(false));
    let seen = over.clone();
    thread::spawn(move || {
        // However it ends, it is over.
        let _ = io::copy(&mut input, &mut io::sink());
        seen.store(true, Relaxed);
    });
    let draws = Draws::of(task.seed, task.number.into());
    let diary = Diary::create(&task.history)?;
    let calls = Calls::new(task.planted, &task.folder.join(file_name(0)));
    let mut worker = Worker { task, draws, diary, calls, over };
    if let Some(turn_ms) = worker.task.shape.turn_ms {
        return worker.take_turns(turn_ms);
    }
    while !worker.is_over() {
        worker.visit()?;
    }
    Ok(())
}

fn got(error: &io::Error) -> Got {
    Got::Errno(error.raw_os_error().unwrap_or(libc::EIO))
}

fn open(path: &Path, write: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(write).open(path)
}

impl Worker {
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Whether the next locks are those of open files.
    pub(super) fn draw_ofd(&mut self) -> bool {
        match self.task.families {
            (true, true) => self.draws.flip(),
            (posix, _) => !posix,
        }
    }

    /// Opens a file; `None` if that fails.
    pub(super) fn open(&mut self, file: u16, writes: bool) -> io::Result<Option<File>> {
        let path = self.task.folder.join(file_name(file));
        let mut opened = None;
        self.diary.call((file, Did::Open { write: writes }), || match open(&path, writes) {
            Ok(file) => {
                opened = Some(file);
                Got::Done
            }
            Err(error) => got(&error),
        })?;
        Ok(opened)
    }

    /// Opens a file, takes some locks of it, uses them for a while, and closes it.
    fn visit(&mut self) -> io::Result<()> {
        let file = self.draws.below(self.task.shape.files.into()) as u16;
        let writes = self.draws.below(3) == 0;
        let ofd = self.draw_ofd();
        let Some(opened) = self.open(file, writes)? else {
            self.pause(50);
            return Ok(());
        };
        // In one order, so that workers do not wait in a circle.
        let mut held = Vec::new();
        for slot in 0..self.task.shape.slots {
            if self.draws.flip() {
                continue;
            }
            let write = writes && self.draws.flip();
            if self.lock(&opened, file, (slot, write, ofd))? {
                held.push((slot, write));
            }
        }
        for (slot, write) in &held {
            self.count(&opened, (file, *slot), *write)?;
        }
        // Now and then for long, so that a disturbance finds locks that are held.
        let longest = if self.draws.below(8) == 0 { 1000 } else { 20 };
        self.pause(longest);
        for (slot, _) in held {
            if self.draws.flip() {
                self.unlock(&opened, file, (slot, ofd))?;
            }
        }
        self.close(opened, file)
    }

    pub(super) fn unlock(
        &mut self,
        opened: &File,
        file: u16,
        (slot, ofd): (u8, bool),
    ) -> io::Result<()> {
        let (start, len) = range(slot);
        let what = (Kind::Unlock, start, len);
        let call = || answered(calls::lock(opened.as_fd(), (ofd, false), what));
        self.diary.call((file, Did::Unlock { slot }), call).map(drop)
    }

    pub(super) fn close(&mut self, opened: File, file: u16) -> io::Result<()> {
        let call = || {
            drop(opened);
            Got::Done
        };
        self.diary.call((file, Did::Close), call).map(drop)
    }

    /// Takes the lock of a slot; whether that succeeds.
    pub(super) fn lock(
        &mut self,
        opened: &File,
        file: u16,
        (slot, write, ofd): (u8, bool, bool),
    ) -> io::Result<bool> {
        let wait = self.draws.flip();
        let kind = if write { Kind::Write } else { Kind::Read };
        let (start, len) = range(slot);
        let calls = &mut self.calls;
        let call = || answered(calls.lock(opened.as_fd(), (ofd, wait), (kind, start, len)));
        let got = self.diary.call((file, Did::Lock { slot, write, ofd, wait }), call)?;
        Ok(got == Got::Done)
    }

    /// Under a write lock: reads the counter, and writes the next number. Under a read lock: reads it
    /// twice.
    pub(super) fn count(
        &mut self,
        opened: &File,
        (file, slot): (u16, u8),
        write: bool,
    ) -> io::Result<()> {
        let at = u64::from(slot) * SLOT;
        let found = self.read(opened, (file, slot))?;
        self.pause(5);
        match found {
            Got::Value(value) if write => {
                let value = value.saturating_add(1);
                let call = || match opened.write_all_at(&value.to_le_bytes(), at) {
                    Ok(()) => Got::Done,
                    Err(error) => got(&error),
                };
                self.diary.call((file, Did::Write { slot, value }), call)?;
            }
            Got::Value(_) => {
                self.read(opened, (file, slot))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads the counter of a slot.
    pub(super) fn read(&mut self, opened: &File, (file, slot): (u16, u8)) -> io::Result<Got> {
        let call = || {
            let mut bytes = [0; COUNTER as usize];
            match opened.read_exact_at(&mut bytes, u64::from(slot) * SLOT) {
                Ok(()) => Got::Value(u64::from_le_bytes(bytes)),
                Err(error) => got(&error),
            }
        };
        self.diary.call((file, Did::Read { slot }), call)
    }

    /// Waits up to so many milliseconds.
    pub(super) fn pause(&mut self, longest: u32) {
        thread::sleep(Duration::from_micros(self.draws.below(longest * 1000).into()));
    }
}

/// The first byte of the lock of a slot, and their number.
pub(super) fn range(slot: u8) -> (i64, i64) {
    ((u64::from(slot) * SLOT) as i64, COUNTER as i64)
}

fn answered(answer: Answer) -> Got {
    match answer {
        Answer::Errno(errno) => Got::Errno(errno),
        _ => Got::Done,
    }
}
