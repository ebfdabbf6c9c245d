//! Random calls.

use crate::engines::simulate::rng::Draws;

use super::op::{Call, Kind, Mode, Op};
use super::world::World;
use super::{FDS, LEASE_FDS};

/// Which kinds of locks are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Record locks of processes.
    pub posix: bool,
    /// Record locks of open files.
    pub ofd: bool,
    /// `flock`.
    pub flock: bool,
    /// Leases.
    pub lease: bool,
}

impl Kinds {
    /// All kinds.
    pub const ALL: Self = Self { posix: true, ofd: true, flock: true, lease: true };
    /// The names of the kinds.
    pub const NAMES: [&str; 4] = ["posix", "ofd", "flock", "lease"];

    /// Returns the kinds with these names; an unknown name is the error.
    pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut kinds = Self { posix: false, ofd: false, flock: false, lease: false };
        for name in names {
            match name {
                "posix" => kinds.posix = true,
                "ofd" => kinds.ofd = true,
                "flock" => kinds.flock = true,
                "lease" => kinds.lease = true,
                other => return Err(other.to_string()),
            }
        }
        Ok(kinds)
    }

    /// Returns the names of the chosen kinds.
    pub fn names(self) -> Vec<&'static str> {
        let chosen = [self.posix, self.ofd, self.flock, self.lease];
        let pairs = Self::NAMES.into_iter().zip(chosen);
        pairs.filter(|(_, chosen)| *chosen).map(|(name, _)| name).collect()
    }
}

/// Draws calls that can be made.
pub struct Drawer {
    draws: Draws,
    kinds: Kinds,
    bytes: u32,
    /// Whether calls that wait for a lock are among them.
    waits: bool,
}

/// How often a call is drawn that turns out to be impossible.
const TRIES: usize = 64;

impl Drawer {
    /// Calls of round `round` of a probe with a seed. `bytes`: how many offsets at the start of the
    /// file are used; those at its end are always among them.
    pub fn new((seed, round): (u64, u64), kinds: Kinds, bytes: u32) -> Self {
        Self { draws: Draws::of(seed, round), kinds, bytes: bytes.max(1), waits: true }
    }

    /// The same without calls that wait for a lock.
    pub fn without_waits(self) -> Self {
        Self { waits: false, ..self }
    }

    /// Returns a call that can be made.
    pub fn draw(&mut self, world: &World) -> Option<Op> {
        for _ in 0..TRIES {
            let worker = self.draws.below(world.workers() as u32) as u8;
            let call = self.call();
            let op = call.map(|call| Op { worker, call }).filter(|op| world.allows(op));
            if op.is_some() {
                return op;
            }
        }
        let signal = |worker| Op { worker, call: Call::Signal };
        (0..world.workers() as u8).map(signal).find(|op| world.allows(op))
    }

    fn call(&mut self) -> Option<Call> {
        let Kinds { posix, ofd, flock, lease } = self.kinds;
        let locks = posix || ofd;
        match self.draws.below(1000) {
            0..420 if locks => Some(self.lock(posix, ofd)),
            420..560 if locks => {
                let (ofd, kind) = (self.is_ofd(posix, ofd), self.access());
                let (fd, (start, len)) = (self.fd(), self.range());
                Some(Call::Test { fd, ofd, kind, start, len })
            }
            560..640 if flock => {
                let (fd, wait, kind) = (self.fd(), self.draws.below(3) == 0, self.kind());
                Some(Call::Flock { fd, wait: wait && self.waits && kind != Kind::Unlock, kind })
            }
            640..790 if lease => Some(self.lease()),
            790..850 => Some(Call::Open { fd: self.fd(), mode: self.mode() }),
            850..890 => Some(Call::Close { fd: self.fd() }),
            890..920 => Some(Call::Dup { from: self.fd(), to: self.fd() }),
            920..990 => Some(Call::Signal),
            990 => Some(Call::Fork { fd: self.fd() }),
            991..994 => Some(Call::Reap),
            994 => Some(Call::Exit),
            995 => Some(Call::Kill),
            _ => None,
        }
    }

    fn lock(&mut self, posix: bool, ofd: bool) -> Call {
        let (ofd, kind) = (self.is_ofd(posix, ofd), self.kind());
        let wait = kind != Kind::Unlock && self.draws.below(3) == 0 && self.waits;
        let (fd, (start, len)) = (self.fd(), self.range());
        Call::Lock { fd, ofd, wait, kind, start, len }
    }

    fn lease(&mut self) -> Call {
        let fd = self.draws.below(LEASE_FDS as u32) as u8;
        match self.draws.below(16) {
            0..3 => Call::LeaseOpen { fd, mode: Mode::Read },
            3 => Call::LeaseOpen { fd, mode: self.mode() },
            4..6 => Call::LeaseClose { fd },
            6..12 => Call::SetLease { fd, kind: self.kind() },
            12..15 => Call::GetLease { fd },
            _ => Call::Truncate,
        }
    }

    fn fd(&mut self) -> u8 {
        self.draws.below(FDS as u32) as u8
    }

    fn is_ofd(&mut self, posix: bool, ofd: bool) -> bool {
        ofd && (!posix || self.draws.flip())
    }

    fn mode(&mut self) -> Mode {
        match self.draws.below(6) {
            0 => Mode::Read,
            1 => Mode::Write,
            _ => Mode::Both,
        }
    }

    fn kind(&mut self) -> Kind {
        match self.draws.below(8) {
            0..3 => Kind::Read,
            3..6 => Kind::Write,
            _ => Kind::Unlock,
        }
    }

    fn access(&mut self) -> Kind {
        if self.draws.flip() { Kind::Read } else { Kind::Write }
    }

    /// A start and a length: mostly a few bytes at the beginning of the file, now and then the ends
    /// of what 64 bits can say.
    fn range(&mut self) -> (i64, i64) {
        let near = i64::from(self.draws.below(self.bytes));
        match self.draws.below(40) {
            0 => (near, 0),
            1 => (i64::MAX - near, 0),
            2 => (i64::MAX - near, 1 + i64::from(self.draws.below(self.bytes))),
            3 => (near, i64::MAX - i64::from(self.draws.below(self.bytes))),
            4 => (near, -1 - i64::from(self.draws.below(self.bytes))),
            5 => (i64::MAX - near, i64::MIN + i64::from(self.draws.below(self.bytes))),
            6 if near == 0 => (-1, 1),
            6 => (near, i64::MIN),
            _ => {
                let most = (i64::from(self.bytes) - near).min(4);
                (near, 1 + i64::from(self.draws.below(most as u32)))
            }
        }
    }
}
