//! Passes runs from the engine to the judge.
//!
//! The engine works in a thread of its own: stacks are small under the schedulers, and a run must
//! not judge itself.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engines::schedule::Schedule;

use crate::engines::explore::panics::join;

use super::log::{Entry, Log};

/// The maximum number of runs waiting to be judged.
const WAITING: usize = 64;

/// How a run of the code ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All threads finished.
    Finished,
    /// All remaining threads wait.
    Deadlock,
    /// The code found a property violated.
    Violated(&'static str),
    /// The code panicked.
    Panicked(String),
    /// The engine did not follow the run any further.
    CutOff(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Deadlock => f.write_str("deadlock"),
            Self::Violated(property) => write!(f, "violated: {property}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::CutOff(what) => write!(f, "cut off: {what}"),
        }
    }
}

/// A run of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it did.
    pub log: Vec<Entry>,
    /// How it ended.
    pub ending: Ending,
    /// How to reproduce it.
    pub schedule: Schedule,
}

/// The channel through which an engine passes on its runs.
pub struct Feed {
    sender: SyncSender<Ran>,
    /// Whether no more runs are wanted.
    enough: AtomicBool,
}

impl Feed {
    /// Passes on a run. Returns whether more are wanted.
    pub fn hand_over(&self, ran: Ran) -> bool {
        let taken = self.sender.send(ran).is_ok();
        if !taken {
            self.close();
        }
        taken
    }

    /// Closes the channel: no more runs follow.
    pub fn close(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    /// Returns whether no more runs are wanted.
    pub fn is_enough(&self) -> bool {
        self.enough.load(Ordering::Relaxed)
    }
}

/// Starts an engine and passes its runs to `judge`, in order, until `judge` has seen enough.
/// Returns whether the engine finished by itself.
pub fn judged(
    engine: impl FnOnce(&Arc<Feed>) + Send,
    mut judge: impl FnMut(Ran) -> bool + Send,
) -> bool {
    let (sender, receiver): (_, Receiver<Ran>) = sync_channel(WAITING);
    let feed = Arc::new(Feed { sender, enough: AtomicBool::new(false) });
    std::thread::scope(|scope| {
        let engine = scope.spawn(move || {
            engine(&feed);
            feed.is_enough()
        });
        let all = receiver.iter().all(&mut judge);
        drop(receiver);
        !join(engine) && all
    })
}

/// The log of the run in progress, for readers outside the run.
#[derive(Clone, Default)]
pub struct Current(Arc<Mutex<Option<Arc<Log>>>>);

impl Current {
    /// Begins a run.
    pub fn begin(&self, halt: fn() -> !) -> Arc<Log> {
        let log = Arc::new(Log::new(halt));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(log.clone());
        log
    }

    /// Ends the run. Returns what it did, and the property that it found violated.
    pub fn end(&self) -> (Vec<Entry>, Option<&'static str>) {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        log.map_or((Vec::new(), None), |log| (log.take(), log.violated()))
    }

    /// Returns the property that the run has found violated so far.
    pub fn violated(&self) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.violated()
    }
}
