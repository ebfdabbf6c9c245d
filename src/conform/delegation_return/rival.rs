//! Maps the calls of other clients to the model, in which all of them are one client: the rival.

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};
use crate::conform::slice::NamedWay;
use crate::conform::traffic::{Range, frames, is, is_exclusive, says, window};

use super::{Builder, asked};

impl Builder<'_> {
    /// Translates an event of another client to the model. Returns whether that is possible.
    pub(super) fn take_rival(&mut self, event: &Event) -> bool {
        if let What::ServerStart(_) = event.what {
            self.during(event, vec![NamedWay::step("fault_reboot()")]);
            return true;
        }
        if matches!(event.what, What::ReclaimComplete(_)) && self.has_closed(event) {
            self.take_reclaimed(event);
        }
        if !self.is_here(event) {
            return false;
        }
        match &event.what {
            What::Open(open) if open.claim == nfs::Claim::Previous => {
                if is(event, "OK") {
                    let done = NamedWay::see("rival.to_reclaim", "0");
                    self.during(event, vec![NamedWay::step("rival_reclaim()"), done]);
                }
                true
            }
            What::Open(open) if matches!(open.access, nfs::Share::Write | nfs::Share::Both) => {
                self.take_change(event, true)
            }
            What::Setattr(_) | What::Remove(_) | What::Rename(_) | What::Link(_) => {
                self.take_change(event, false)
            }
            What::Lock(lock) if !lock.reclaim => {
                let range = Range::new(lock.off, lock.len);
                self.take_rival_lock(event, range, is_exclusive(lock.r#type))
            }
            What::Locku(lock) if is(event, "OK") => {
                for k in 0..self.locks.len() {
                    let here = self.unlocks_range(event, lock, self.locks[k].0);
                    if here && self.rival_had.contains(&k) {
                        let free = NamedWay::default().unless(format!("rival.lock.k{k}"), "Holds");
                        let step = NamedWay::step(format!("rival_unlock(k{k})"));
                        self.during(event, vec![step, free]);
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// Returns whether the last operation on the file, by the client of an event and before it, is to
    /// close the file. A close that fails with the old session is one, too: nobody needs that open.
    fn has_closed(&self, event: &Event) -> bool {
        let closes = |one: &Event| matches!(one.what, What::Close(_));
        let before = self.events.iter().take_while(|one| one.i < event.i);
        let its = before.filter(|one| one.c == event.c && self.is_here(one));
        its.filter(|one| closes(one) || is(one, "OK")).last().is_some_and(closes)
    }

    /// In the model the rival keeps its open, and reclaims it. One that closed the file before the
    /// restart has nothing to reclaim, and opens it again.
    fn take_reclaimed(&mut self, event: &Event) {
        let (from, to) = window(&event.window);
        let ways = vec![NamedWay::step("rival_reclaim()")];
        self.placed.put(says(event), frames(&event.window), (from, to), false, ways, Vec::new());
    }

    /// Takes an operation for which the delegation must first be recalled.
    fn take_change(&mut self, event: &Event, opens: bool) -> bool {
        let step = || NamedWay::step("rival_open()");
        let mut ways = if is(event, "OK") {
            // The server may have recalled the delegation, and delayed the caller.
            let (from, to) = window(&event.window);
            self.placed.put(
                says(event),
                frames(&event.window),
                (from, to),
                false,
                vec![asked()],
                Vec::new(),
            );
            let seen = match opens {
                true => NamedWay::see("rival.open", "1"),
                false => NamedWay::default().unless("server.deleg", "Held"),
            };
            vec![step().then("rival.open", "1"), seen]
        } else if is(event, "DELAY") {
            vec![asked(), NamedWay::default().unless("server.recall", "None")]
        } else if is(event, "GRACE") {
            vec![NamedWay::see("server.grace", "1")]
        } else {
            return false;
        };
        if is(event, "DELAY") && self.holding.is_shared(self.all, self.events, event) {
            ways.push(NamedWay::default());
        }
        self.during(event, ways);
        true
    }

    fn take_rival_lock(&mut self, event: &Event, range: Range, exclusive: bool) -> bool {
        let conflicts = |k: &usize| exclusive || self.locks[*k].1;
        let conflicting: Vec<usize> =
            self.overlapping(range).into_iter().filter(conflicts).collect();
        if exclusive && (is(event, "OK") || is(event, "DENIED")) {
            // Who asks for a write lock has the file open for writing, and no delegation goes with
            // that.
            self.during(event, vec![NamedWay::see("rival.open", "1")]);
        }
        if is(event, "GRACE") {
            self.during(event, vec![NamedWay::see("server.grace", "1")]);
        } else if is(event, "DENIED") {
            let held = |k: usize| NamedWay::see(format!("server.lock.k{k}"), "1");
            let ways: Vec<NamedWay> = conflicting.into_iter().map(held).collect();
            if ways.is_empty() {
                return false;
            }
            self.during(event, ways);
        } else if is(event, "OK") {
            for k in conflicting {
                // In the model the rival takes each lock once.
                if self.rival_had.insert(k) {
                    self.during(event, vec![NamedWay::step(format!("rival_lock(k{k})"))]);
                }
            }
        } else {
            return false;
        }
        true
    }
}
