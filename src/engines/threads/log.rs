//! A log of what a run of threads did, in the terms of the model.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The log of one run. It uses a standard library lock on every runtime: schedulers do not see it,
/// so logging adds no switch points.
pub struct Log {
    inner: Mutex<Inner>,
    /// Ends the run on its runtime.
    halt: fn() -> !,
}

#[derive(Default)]
struct Inner {
    /// The logged actions, each with a ticket that gives its position.
    entries: Vec<(u64, Entry)>,
    tickets: u64,
    violated: Option<&'static str>,
}

/// A reserved place in the log.
pub struct Mark(u64);

/// An action of the model that the code has done, and the values it saw right after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name of the action.
    pub action: &'static str,
    /// The numbers of its arguments.
    pub args: Vec<u8>,
    /// Fields of the model's state that the code has too, with their values in the code.
    pub seen: Vec<Seen>,
}

/// A field of the model's state as the code sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The table and the name of its ids, `node.n`; or a record.
    pub table: &'static str,
    /// The entry of the table.
    pub index: Option<u8>,
    /// The name of the field in it.
    pub field: &'static str,
    /// The value in the code.
    pub value: Value,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A number; a flag is 0 or 1.
    Number(u8),
    /// A name.
    Name(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Number(u8::from(flag))
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for Value {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl Seen {
    /// Returns the path of the field in the model: `node.n0.busy`.
    pub fn path(&self) -> String {
        match self.index {
            Some(index) => format!("{}{index}.{}", self.table, self.field),
            None => format!("{}.{}", self.table, self.field),
        }
    }
}

impl Log {
    /// Creates an empty log. `halt` ends the run when the code finds a property violated.
    pub fn new(halt: fn() -> !) -> Self {
        Self { inner: Mutex::default(), halt }
    }

    /// Logs an action at the point where it takes effect: under the lock that makes it atomic for
    /// all other threads.
    pub fn step(&self, action: &'static str, args: &[u8], seen: Vec<Seen>) {
        let mut inner = self.inner();
        inner.tickets += 1;
        let ticket = inner.tickets;
        inner.entries.push((ticket, Entry { action, args: args.to_vec(), seen }));
    }

    /// Reserves a place for an action that takes effect here, if it turns out to be that action.
    pub fn mark(&self) -> Mark {
        let mut inner = self.inner();
        inner.tickets += 1;
        Mark(inner.tickets)
    }

    /// Logs an action at its reserved place.
    pub fn step_at(&self, mark: Mark, action: &'static str, args: &[u8], seen: Vec<Seen>) {
        let entry = Entry { action, args: args.to_vec(), seen };
        self.inner().entries.push((mark.0, entry));
    }

    /// Logs that the code finds a property violated, and ends the run.
    pub fn violate(&self, property: &'static str) -> ! {
        self.inner().violated = Some(property);
        (self.halt)()
    }

    /// Returns the property that the code has found violated.
    pub fn violated(&self) -> Option<&'static str> {
        self.inner().violated
    }

    /// Takes everything logged so far.
    pub fn take(&self) -> Vec<Entry> {
        let mut entries = std::mem::take(&mut self.inner().entries);
        entries.sort_by_key(|(ticket, _)| *ticket);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Returns the number of actions logged so far.
    pub fn length(&self) -> usize {
        self.inner().entries.len()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
