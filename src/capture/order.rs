//! Events in the order of their calls, although replies come in another one.

use std::collections::BTreeMap;

use super::event::Event;

/// The most entries that wait for an earlier one. After so many, what is not answered counts as
/// unanswered.
const WAITING: usize = 1 << 14;

/// Where an entry stands: by the frame of its call, and by when it was seen.
pub type Place = (u64, u64);

/// An entry.
enum Entry<W> {
    /// Not known yet.
    Waiting(W),
    /// The events.
    Ready(Vec<Event>),
}

/// Events that are not handed over yet. `W` is what is known of those that wait.
pub struct Order<W> {
    entries: BTreeMap<Place, Entry<W>>,
    seen: u64,
    /// The frame of the last entry that was handed over.
    handed: u64,
    /// How many events were handed over.
    pub count: u64,
}

impl<W> Order<W> {
    /// Returns an order of nothing.
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

    /// Adds events that are known.
    pub fn add(&mut self, frame: u64, events: Vec<Event>) {
        let place = self.place(frame);
        self.entries.insert(place, Entry::Ready(events));
    }

    /// What is known of an entry, if it still waits.
    pub fn waiting(&mut self, place: Place) -> Option<&mut W> {
        match self.entries.get_mut(&place) {
            Some(Entry::Waiting(waiting)) => Some(waiting),
            _ => None,
        }
    }

    /// Takes what is known of an entry that waits; `decide` makes events of it.
    pub fn decide(&mut self, place: Place, decide: impl FnOnce(W) -> Vec<Event>) {
        match self.entries.remove(&place) {
            Some(Entry::Waiting(waiting)) => {
                self.entries.insert(place, Entry::Ready(decide(waiting)));
            }
            Some(ready) => drop(self.entries.insert(place, ready)),
            None => {}
        }
    }

    /// Hands over all events before which nothing waits.
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

    /// The first entry that waits, if too many wait for it.
    pub fn overdue(&self) -> Option<Place> {
        let first = self.entries.first_key_value().map(|(place, _)| *place);
        first.filter(|_| self.entries.len() > WAITING)
    }

    /// The first entry that waits.
    pub fn first_waiting(&self) -> Option<Place> {
        let waits = |entry: &Entry<W>| matches!(entry, Entry::Waiting(_));
        self.entries.iter().find(|(_, entry)| waits(entry)).map(|(place, _)| *place)
    }
}
