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

    /// Adds an event that explains a waiting entry, if there is an event. It takes the place of that
    /// entry, unless it began later: then it gets a place of its own, and the entry is empty.
    pub fn settle(&mut self, place: Option<Place>, event: Option<Event>) {
        let frame = |event: &Event| event.window.f.or(event.window.rf).unwrap_or_default();
        let place = place.filter(|place| self.waiting(*place).is_some());
        let fits = |event: &Event| place.is_some_and(|place| frame(event) <= place.0);
        let (inside, alone): (Vec<Event>, Vec<Event>) = event.into_iter().partition(fits);
        if let Some(place) = place {
            self.decide(place, |_| inside);
        }
        for event in alone {
            self.add(frame(&event), vec![event]);
        }
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

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::capture::event::{Event, SessionLost, What, Window};
    use crate::capture::names::Session;
    use crate::capture::tcp::Stamp;

    fn event(session: u32, frame: u64) -> Event {
        Event {
            i: 0,
            c: None,
            what: What::SessionLost(SessionLost { lost: Session(session) }),
            st: None,
            at: None,
            request: None,
            flags: Vec::new(),
            resend: 0,
            first: None,
            window: Window::between(Some(Stamp { frame, time: frame }), None),
        }
    }

    /// Red if an event that began later than the entry it explains is passed on before what happened
    /// in between.
    #[test]
    fn an_event_stands_where_it_began() {
        for (began, frames) in [(5, [5, 7]), (9, [7, 9])] {
            let mut order = Order::new();
            let place = order.wait(5, ());
            order.add(7, vec![event(1, 7)]);
            order.settle(Some(place), Some(event(2, began)));
            let mut passed = Vec::new();
            order.release(&mut |event| passed.push(event.window.f));
            assert_eq!(passed, frames.map(Some));
        }
    }
}
