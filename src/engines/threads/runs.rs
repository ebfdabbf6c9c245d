//! Runs, handed from the engine that does them to who judges them.
//!
//! The engine works in a thread of its own: under the schedulers stacks are small, and a run must
//! not judge itself.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engines::threads::schedule::Schedule;

use crate::engines::explore::panics::join;

use super::log::{Entry, Log};

/// Runs that may wait to be judged.
const WAITING: usize = 64;

/// How a run of the code ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All threads came to their ends.
    Finished,
    /// All threads that were left wait.
    Deadlock,
    /// The code found a property violated.
    Violated(&'static str),
    /// The code panicked.
    Panicked(String),
    /// The engine does not follow a run any further than so.
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
    /// What brings it about again.
    pub schedule: Schedule,
}

/// Where an engine hands its runs over.
pub struct Feed {
    sender: SyncSender<Ran>,
    /// Nobody wants more runs.
    enough: AtomicBool,
}

impl Feed {
    /// Hands a run over; whether more of them are wanted.
    pub fn hand_over(&self, ran: Ran) -> bool {
        let taken = self.sender.send(ran).is_ok();
        if !taken {
            self.close();
        }
        taken
    }

    /// Nothing more will be handed over.
    pub fn close(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    /// Whether no more runs are wanted.
    pub fn is_enough(&self) -> bool {
        self.enough.load(Ordering::Relaxed)
    }
}

/// Lets an engine do runs, and hands them to `judge` in their order until it has seen enough;
/// whether the engine came to its own end.
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

/// The log of the run that is under way, for who looks on from outside.
#[derive(Clone, Default)]
pub struct Current(Arc<Mutex<Option<Arc<Log>>>>);

impl Current {
    /// Begins a run.
    pub fn begin(&self, halt: fn() -> !) -> Arc<Log> {
        let log = Arc::new(Log::new(halt));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(log.clone());
        log
    }

    /// Ends it: what it did, and the property that it found violated.
    pub fn end(&self) -> (Vec<Entry>, Option<&'static str>) {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        log.map_or((Vec::new(), None), |log| (log.take(), log.violated()))
    }

    /// The property that the run has found violated so far.
    pub fn violated(&self) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.violated()
    }
}
