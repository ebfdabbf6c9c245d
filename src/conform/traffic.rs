//! The common parts of maps of recorded traffic: windows of events, and the names of events.

use crate::capture::event::nfs;
use crate::capture::event::{Event, What, Window};
use crate::capture::names::{Client, File};
use crate::capture::status::Status;

/// A moment in a recording: nanoseconds, then the frame for equal times.
pub type Moment = (u64, u64);

/// A moment before all others.
pub const BEFORE: Moment = (0, 0);
/// A moment after all others.
pub const AFTER: Moment = (u64::MAX, u64::MAX);

/// Returns the moment of a frame.
pub fn moment(frame: Option<u64>, time: Option<f64>) -> Option<Moment> {
    // A recording has microseconds, which a double represents exactly enough.
    let nanoseconds = |time: f64| (time * 1e6).round() as u64 * 1000;
    Some((nanoseconds(time?), frame?))
}

/// Returns the window in which an event happened. A call whose reply was not seen has no end.
pub fn window(window: &Window) -> (Moment, Option<Moment>) {
    (moment(window.f, window.t).unwrap_or(BEFORE), moment(window.rf, window.rt))
}

/// Returns the frames of an event: `frames 112-118`.
pub fn frames(window: &Window) -> String {
    match (window.f, window.rf) {
        (Some(f), Some(rf)) if f != rf => format!("frames {f}-{rf}"),
        (Some(f), Some(_)) => format!("frame {f}"),
        (Some(f), None) => format!("frame {f}, no answer"),
        (None, Some(rf)) => format!("frame {rf}"),
        (None, None) => "no frame".to_string(),
    }
}

/// Returns the status of an event as the models spell it.
pub fn status(event: &Event) -> String {
    event.st.map_or("no answer".to_string(), |status| status.to_string())
}

/// Returns whether an event has this status.
pub fn is(event: &Event, name: &str) -> bool {
    event.st.is_some_and(|status: Status| status.is(name))
}

/// The byte range of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
}

impl Range {
    /// Returns the range of `length` bytes from `first`; the largest number means to the end of the
    /// file.
    pub fn new(first: u64, length: u64) -> Self {
        Self { first, last: first.saturating_add(length.saturating_sub(1)) }
    }

    /// Returns whether two ranges overlap.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Returns whether another range is inside this one.
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.last {
            u64::MAX => write!(f, "{}-", self.first),
            last => write!(f, "{}-{last}", self.first),
        }
    }
}

/// Returns whether a lock is exclusive.
pub fn is_exclusive(lock: nfs::LockType) -> bool {
    matches!(lock, nfs::LockType::Write | nfs::LockType::Writew)
}

/// Returns the file that an event is about.
pub fn file(what: &What) -> Option<File> {
    match what {
        What::Open(open) => open.fh,
        What::OpenDowngrade(one) => one.fh,
        What::Close(one) | What::Delegreturn(one) => one.fh,
        What::Lock(lock) => lock.fh,
        What::Locku(one) => one.fh,
        What::Lockt(one) => one.fh,
        What::Read(one) => one.fh,
        What::Write(one) => one.fh,
        What::Setattr(one) => one.fh,
        What::Remove(one) => one.fh,
        What::Rename(one) => one.fh,
        What::Link(one) => one.fh,
        What::CbRecall(one) => Some(one.fh),
        _ => None,
    }
}

/// Returns the name of an event, with its subject: `LOCK 0-9`.
pub fn name(what: &What) -> String {
    match what {
        What::Open(open) => {
            let claim = match open.claim {
                nfs::Claim::Null | nfs::Claim::Fh => "",
                nfs::Claim::Previous => " previous",
                nfs::Claim::DelegCur | nfs::Claim::DelegCurFh => " deleg_cur",
                nfs::Claim::DelegPrev | nfs::Claim::DelegPrevFh => " deleg_prev",
            };
            format!("OPEN{claim}")
        }
        What::Lock(lock) => {
            let reclaim = if lock.reclaim { " reclaim" } else { "" };
            format!("LOCK{reclaim} {}", Range::new(lock.off, lock.len))
        }
        What::Locku(lock) => format!("LOCKU {}", Range::new(lock.off, lock.len)),
        other => word(other).to_uppercase(),
    }
}

/// Returns the kind of event, as its line spells it.
pub fn word(what: &What) -> String {
    let value = serde_json::to_value(what).ok();
    let word = value.as_ref().and_then(|value| value.get("ev")?.as_str());
    word.unwrap_or("event").to_string()
}

/// Describes an event: `LOCK 0-9 of c1: OK`.
pub fn says(event: &Event) -> String {
    let who = event.c.map_or(String::new(), |client: Client| format!(" of {client}"));
    match event.st {
        Some(status) => format!("{}{who}: {status}", name(&event.what)),
        None => format!("{}{who}", name(&event.what)),
    }
}
