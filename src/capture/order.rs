//! Puts events in the order of their calls, although replies arrive in another order.

use std::collections::BTreeMap;
use std::mem;

use super::event::Event;

/// The maximum number of entries that wait for an earlier one. Beyond that, the earlier one counts
/// as unanswered.
const WAITING: usize = 1 << 14;

/// The place of an entry: the frame of its call, and the order in which it was seen.
pub type Place = (u64, u64);

/// An entry.
enum Entry<W> {
    /// Not known yet.
    Waiting(W),
    /// The events.
    Ready(Vec<Event>),
}

/// Events that have not been passed on yet. `W` holds what is known of waiting ones.
pub struct Order<W> {
    entries: BTreeMap<Place, Entry<W>>,
    seen: u64,
    /// The frame of the last entry that was passed on.
    handed: u64,
    /// The number of events that were passed on.
    pub count: u64,
}

impl<W> Order<W> {
    /// Creates an empty order.
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), seen: 0, handed: 0, count: 0 }
    }

    fn place(&mut self, frame: u64) -> Place {
        self.seen += 1;
        (frame.max(self.handed), self.seen)
    }

    /// Adds an entry that waits.
    pub fn wait(&mut self, frame: u64, waiting: W) -> Place {
        let place = self.place(frame);
        self.entries.insert(place, Entry::Waiting(waiting));
        place
    }

    /// Adds known events.
    pub fn add(&mut self, frame: u64, events: Vec<Event>) {
        let place = self.place(frame);
        self.entries.insert(place, Entry::Ready(events));
    }

    /// Returns what is known of an entry, if it still waits.
    pub fn waiting(&mut self, place: Place) -> Option<&mut W> {
        match self.entries.get_mut(&place) {
            Some(Entry::Waiting(waiting)) => Some(waiting),
            _ => None,
        }
    }

    /// Resolves a waiting entry. `decide` converts what is known of it to events.
    pub fn decide(&mut self, place: Place, decide: impl FnOnce(W) -> Vec<Event>) {
        let Some(entry) = self.entries.get_mut(&place) else { return };
        *entry = match mem::replace(entry, Entry::Ready(Vec::new())) {
            Entry::Waiting(waiting) => Entry::Ready(decide(waiting)),
            ready @ Entry::Ready(_) => ready,
        };
    }

    /// Passes on all events that have no waiting entry before them.
    pub fn release(&mut self, sink: &mut dyn FnMut(Event)) {
        while let Some(entry) = self.entries.first_entry() {
            if matches!(entry.get(), Entry::Waiting(_)) {
                return;
            }
            self.handed = entry.key().0;
            if let Entry::Ready(events) = entry.remove() {
                for mut event in events {
                    event.i = self.count;
                    self.count += 1;
                    sink(event);
                }
            }
        }
    }

    /// Returns the first waiting entry, if too many entries wait for it.
    pub fn overdue(&self) -> Option<Place> {
        let first = self.entries.first_key_value().map(|(place, _)| *place);
        first.filter(|_| self.entries.len() > WAITING)
    }

    /// Returns the first waiting entry.
    pub fn first_waiting(&self) -> Option<Place> {
        let waits = |entry: &Entry<W>| matches!(entry, Entry::Waiting(_));
        self.entries.iter().find(|(_, entry)| waits(entry)).map(|(place, _)| *place)
    }
}
