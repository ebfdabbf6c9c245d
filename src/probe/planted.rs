//! Planted faults: a worker that answers as a filesystem with a defect would. They show that the
//! probe finds such defects.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use super::answer::{Answer, Holder};
use super::calls;
use super::op::Kind;

/// A defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Adjacent ranges of one owner are not merged: `F_GETLK` reports one of them.
    NoMerge,
    /// The locks of an open file outlive its last descriptor.
    KeptAfterClose,
    /// A worker that waits for a lock is not woken.
    NotWoken,
    /// A request that was interrupted is granted nevertheless, later.
    LateGrant,
    /// A write lock on the first byte is lost as soon as it is granted.
    LostLock,
}

impl Planted {
    /// All defects with their names.
    pub const ALL: [(Self, &str); 5] = [
        (Self::NoMerge, "no-merge"),
        (Self::KeptAfterClose, "kept-after-close"),
        (Self::NotWoken, "not-woken"),
        (Self::LateGrant, "late-grant"),
        (Self::LostLock, "lost-lock"),
    ];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// Returns the defect with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(defect, _)| *defect)
    }
}

/// The calls of a worker with or without a defect.
pub struct Calls {
    planted: Option<Planted>,
    /// Where workers tell each other the last range of each, for a table that does not merge.
    pieces: PathBuf,
    /// Whether an open file of this worker has had a lock.
    has_locked: bool,
    kept: Vec<OwnedFd>,
}

impl Calls {
    /// The calls of a worker on a file.
    pub fn new(planted: Option<Planted>, file: &Path) -> Self {
        let pieces = file.with_extension("pieces");
        Self { planted, pieces, has_locked: false, kept: Vec::new() }
    }

    /// Called before a descriptor is closed.
    pub fn closing(&mut self, fd: BorrowedFd<'_>) {
        if self.planted == Some(Planted::KeptAfterClose) && self.has_locked {
            self.kept.extend(fd.try_clone_to_owned().ok());
        }
    }

    /// Takes a lock, or gives it up.
    pub fn lock(
        &mut self,
        fd: BorrowedFd<'_>,
        (ofd, wait): (bool, bool),
        what: (Kind, i64, i64),
    ) -> Answer {
        self.has_locked |= ofd;
        match self.planted {
            Some(Planted::NotWoken) if wait => {
                let at_once = calls::lock(fd, (ofd, false), what);
                if at_once != Answer::Errno(libc::EAGAIN) {
                    return at_once;
                }
                let late = calls::lock(fd, (ofd, true), what);
                if late == Answer::Done {
                    // Until it is killed.
                    loop {
                        std::thread::park();
                    }
                }
                late
            }
            Some(Planted::LateGrant) if wait => {
                let answer = calls::lock(fd, (ofd, true), what);
                if answer == Answer::Errno(libc::EINTR)
                    && let Ok(fd) = fd.try_clone_to_owned()
                {
                    std::thread::spawn(move || {
                        calls::lock(fd.as_fd(), (ofd, true), what);
                        // Closing it would drop the locks of the process.
                        std::mem::forget(fd);
                    });
                }
                answer
            }
            Some(Planted::LostLock) if what.0 == Kind::Write && what.1 == 0 => {
                let answer = calls::lock(fd, (ofd, wait), what);
                if answer == Answer::Done {
                    calls::lock(fd, (ofd, false), (Kind::Unlock, what.1, what.2));
                }
                answer
            }
            Some(Planted::NoMerge) => {
                let answer = calls::lock(fd, (ofd, wait), what);
                if answer == Answer::Done && !ofd {
                    self.tell(what);
                }
                answer
            }
            _ => calls::lock(fd, (ofd, wait), what),
        }
    }

    /// Tells who is in the way.
    pub fn test(&self, fd: BorrowedFd<'_>, ofd: bool, what: (Kind, i64, i64)) -> Answer {
        let answer = calls::test(fd, ofd, what);
        match answer {
            Answer::Held { kind, start, len, holder: holder @ Holder::Other(pid) }
                if self.planted == Some(Planted::NoMerge) =>
            {
                let inside = |piece: &(i64, i64)| {
                    let ends = |(start, len): (i64, i64)| i128::from(start) + i128::from(len);
                    let asked = (what.1, what.2);
                    piece.0 >= start
                        && (len == 0 || ends(*piece) <= ends((start, len)))
                        && what.2 > 0
                        && piece.0 < ends(asked) as i64
                        && ends(*piece) > i128::from(asked.0)
                };
                match self.piece(pid).filter(inside) {
                    Some((start, len)) => Answer::Held { kind, start, len, holder },
                    None => answer,
                }
            }
            _ => answer,
        }
    }

    fn tell(&self, (kind, start, len): (Kind, i64, i64)) {
        let (pid, len) = (std::process::id(), if kind == Kind::Unlock { 0 } else { len });
        let file = OpenOptions::new().create(true).append(true).open(&self.pieces);
        if let Ok(mut file) = file {
            // A note that is lost makes the defect show later.
            let _ = file.write_all(format!("{pid} {start} {len}\n").as_bytes());
        }
    }

    fn piece(&self, pid: i32) -> Option<(i64, i64)> {
        let text = std::fs::read_to_string(&self.pieces).ok()?;
        let last = text.lines().rev().find_map(|line| {
            let mut words = line.split(' ').map(str::parse::<i64>);
            let (of, start, len) = (words.next()?.ok()?, words.next()?.ok()?, words.next()?.ok()?);
            (of == i64::from(pid)).then_some((start, len))
        });
        last.filter(|(_, len)| *len > 0)
    }
}
