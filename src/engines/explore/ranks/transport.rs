//! How mails get from one rank to another: six functions.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a rank waits for a mail before it looks whether it is to stop.
const NAP: Duration = Duration::from_millis(20);

/// Carries mails between ranks. Mails from one rank to another arrive in order, each once.
pub trait Transport: Sync {
    /// Returns the number of this rank.
    fn me(&self) -> usize;
    /// Returns the number of ranks.
    fn peers(&self) -> usize;
    /// Sends a mail to another rank. Does not wait: the sender limits what is unanswered.
    fn send(&self, to: usize, mail: Vec<u8>) -> io::Result<()>;
    /// Returns the next mail and its sender, if one has arrived. The error of a rank that is gone is
    /// [`Gone`].
    fn receive(&self) -> io::Result<Option<(usize, Vec<u8>)>>;
    /// Ends in order: what was sent arrives, and nobody misses this rank.
    fn flush(&self) -> io::Result<()>;
    /// Waits for a mail, but not long.
    fn idle(&self);
}

/// A rank is gone, or does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The rank.
    pub rank: usize,
    /// What happened to it.
    pub why: String,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} {}", self.rank, self.why)
    }
}

impl std::error::Error for Gone {}

impl From<Gone> for io::Error {
    fn from(gone: Gone) -> Self {
        Self::new(io::ErrorKind::ConnectionAborted, gone)
    }
}

/// Returns the rank that is gone, if that is what an error says.
pub fn gone(error: &io::Error) -> Option<&Gone> {
    error.get_ref()?.downcast_ref()
}

/// The mails that have arrived at a rank.
#[derive(Default)]
pub struct Inbox {
    arrived: Mutex<Arrived>,
    bell: Condvar,
}

#[derive(Default)]
struct Arrived {
    mails: VecDeque<(usize, Vec<u8>)>,
    gone: Option<Gone>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a mail.
    pub fn put(&self, from: usize, mail: Vec<u8>) {
        self.lock().mails.push_back((from, mail));
        self.bell.notify_all();
    }

    /// Notes that a rank is gone. The first one counts: others may have ended because of it.
    pub fn miss(&self, gone: Gone) {
        self.lock().gone.get_or_insert(gone);
        self.bell.notify_all();
    }

    /// Returns the rank that is gone, if one is.
    pub fn gone(&self) -> Option<Gone> {
        self.lock().gone.clone()
    }

    /// Returns the next mail; if there is none and a rank is gone, the error.
    pub fn take(&self) -> io::Result<Option<(usize, Vec<u8>)>> {
        let mut arrived = self.lock();
        match (arrived.mails.pop_front(), &arrived.gone) {
            (Some(mail), _) => Ok(Some(mail)),
            (None, Some(gone)) => Err(gone.clone().into()),
            (None, None) => Ok(None),
        }
    }

    /// Waits for a mail, but not long.
    pub fn wait(&self) {
        let arrived = self.lock();
        if arrived.mails.is_empty() && arrived.gone.is_none() {
            drop(self.bell.wait_timeout(arrived, NAP));
        }
    }
}
