//! Determines which client held a delegation of which file, and when.

use std::collections::BTreeSet;

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};
use crate::capture::names::{Client, File, Stateid};
use crate::conform::traffic::{AFTER, BEFORE, Moment, file, is, window};

/// A delegation of a file held by a client, until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The file.
    pub file: File,
    /// The client.
    pub client: Client,
    /// The position of the first event after the grant; 0 if the recording begins later.
    pub begin: usize,
    /// The position after the last event.
    pub end: usize,
    /// The open that granted the delegation, if it was recorded.
    grant: Option<Grant>,
    /// Whether it was granted with a reclaim that did not ask for it, to a client that had none.
    pub is_unasked: bool,
    /// Whether its client had a lock of the file when it was granted.
    pub is_locked: bool,
    /// The close of that open, if nothing recorded relied on the delegation before it. A file that
    /// is open after that is open in memory.
    first_close: Option<u64>,
}

/// The open that granted a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grant {
    /// Whether it asks for more than the delegation allows.
    more: bool,
}

/// Returns whether an OPEN claims from a delegation.
pub fn claims_delegation(open: &nfs::Open) -> bool {
    matches!(open.claim, nfs::Claim::DelegCur | nfs::Claim::DelegCurFh)
}

/// Returns whether an open granted a delegation.
pub fn grants(open: &nfs::Open) -> bool {
    !matches!(open.deleg, None | Some(nfs::Deleg::None | nfs::Deleg::NoneExt))
}

/// Returns all holdings, in the order in which they began.
pub fn holdings(events: &[Event]) -> Vec<Holding> {
    let mut all: Vec<(Holding, bool)> = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let (Some(client), Some(fh)) = (event.c, file(&event.what)) else { continue };
        let of =
            |(holding, _): &&mut (Holding, bool)| (holding.client, holding.file) == (client, fh);
        let mut current = all.iter_mut().rev().find(of);
        let mut is_unasked = false;
        if let (What::Open(_), Some((holding, true))) = (&event.what, &mut current)
            && holding.is_closed(&events[..at])
        {
            // Its client uses the file anew, without the delegation.
            holding.end = holding.end.min(at);
        }
        let (shows, granted) = match &event.what {
            What::Open(open) if open.claim == nfs::Claim::Previous => {
                let asks = open.had.is_some_and(|had| had != nfs::Deleg::None);
                let has_none = current.as_ref().is_none_or(|(_, returned)| *returned);
                is_unasked = grants(open) && !asks && has_none;
                if let Some((_, returned)) = &mut current {
                    // The server does not grant it again.
                    *returned |= asks && is(event, "OK") && !grants(open);
                }
                (asks || grants(open), is_unasked.then_some(open))
            }
            What::Open(open) if claims_delegation(open) => (true, None),
            What::Open(open) if grants(open) => {
                if let Some((_, returned)) = &mut current {
                    // A client has one delegation of a file: a new one means that the old one is gone.
                    *returned = true;
                }
                (true, Some(open))
            }
            What::CbRecall(_) => (true, None),
            What::Delegreturn(_) => {
                if let Some((holding, returned)) = current {
                    if is(event, "OK") && !*returned && holding.is_closed(&events[..at]) {
                        // The client no longer needs it. Without a recall, nobody else is concerned.
                        let recalls = |one: &Event| {
                            let here = one.c == Some(client) && file(&one.what) == Some(fh);
                            here && matches!(one.what, What::CbRecall(_))
                        };
                        let recalled = events[holding.begin..at].iter().any(recalls);
                        holding.end = if recalled { at + 1 } else { at };
                    }
                    *returned |= is(event, "OK");
                    continue;
                }
                (true, None)
            }
            // With the last open of its client, all locks are given up. What comes after that shows whether
            // the server has released them, but not if another client has yet to reclaim: the model does not
            // have one that comes too late.
            What::Close(_) if is(event, "OK") => {
                if let Some((holding, true)) = current
                    && holding.is_awaiting_reclaims(&events[..at])
                {
                    holding.end = holding.end.min(at + 1);
                }
                continue;
            }
            _ => (false, None),
        };
        let over = current.as_ref().is_none_or(|(_, returned)| *returned && granted.is_some());
        if !shows || !over {
            continue;
        }
        if let Some((holding, _)) = current {
            holding.end = holding.end.min(at);
        }
        let reads =
            |open: &nfs::Open| matches!(open.deleg, Some(nfs::Deleg::Read | nfs::Deleg::ReadAttrs));
        let grant = granted.map(|open| Grant {
            more: reads(open) && matches!(open.access, nfs::Share::Write | nfs::Share::Both),
        });
        let begin = if granted.is_some() { at + 1 } else { 0 };
        let open = granted.and_then(|open| open.sid);
        let first_close = first_close(&events[begin..], client, fh, open);
        let end = events.len();
        let is_locked = granted.is_some() && is_locked(&events[..at], client, fh);
        let holding =
            Holding { file: fh, client, begin, end, grant, is_unasked, is_locked, first_close };
        all.push((holding, false));
    }
    let ended = |(holding, returned): (Holding, bool)| match returned {
        true => holding.until_recovered(events),
        false => holding,
    };
    all.into_iter().map(ended).collect()
}

/// Returns whether a client has a lock of a file after these events: one that was granted, and neither
/// unlocked nor closed.
fn is_locked(events: &[Event], client: Client, fh: File) -> bool {
    let mut owners: BTreeSet<Stateid> = BTreeSet::new();
    for event in events {
        match &event.what {
            What::ServerStart(_) => owners.clear(),
            _ if event.c != Some(client) || file(&event.what) != Some(fh) || !is(event, "OK") => {}
            What::Lock(lock) => owners.extend(lock.sid),
            What::Locku(lock) => {
                owners.remove(&lock.sid);
            }
            What::Close(_) => owners.clear(),
            _ => {}
        }
    }
    !owners.is_empty()
}

/// Returns the time of the close of an open, if nothing else of its client shows before it that the
/// open is in use. If the recording begins later, any open of the file counts.
fn first_close(events: &[Event], client: Client, fh: File, open: Option<Stateid>) -> Option<u64> {
    let here = |event: &&Event| event.c == Some(client) && file(&event.what) == Some(fh);
    for event in events.iter().filter(here) {
        match &event.what {
            What::Close(close) if open.is_none_or(|open| close.sid == open) => {
                return Some(event.i);
            }
            // Another process joins the open.
            What::Open(one) if one.sid.is_some() && one.sid == open => {}
            What::CbRecall(_) | What::Lock(_) | What::Open(_) | What::Delegreturn(_) => break,
            _ => {}
        }
    }
    None
}

impl Holding {
    /// Returns whether it is recalled, or claimed from, or its client has to recover.
    pub fn is_returned(&self, events: &[Event]) -> bool {
        let end = self.end.min(events.len());
        events[self.begin.min(end)..end].iter().any(|event| {
            let here = event.c == Some(self.client) && file(&event.what) == Some(self.file);
            here && match &event.what {
                What::CbRecall(_) | What::Setattr(_) => true,
                What::Open(open) => claims_delegation(open) || open.claim == nfs::Claim::Previous,
                _ => false,
            }
        })
    }

    /// Returns whether the server has restarted, and no other client has opened the file since.
    fn is_awaiting_reclaims(&self, events: &[Event]) -> bool {
        let since = &events[self.begin.min(events.len())..];
        let restarts = |event: &Event| matches!(event.what, What::ServerStart(_));
        since.iter().rposition(restarts).is_some_and(|restart| {
            !since[restart..].iter().any(|event| {
                let other = event.c.is_some() && event.c != Some(self.client);
                let opens = matches!(event.what, What::Open(_)) && is(event, "OK");
                other && opens && file(&event.what) == Some(self.file)
            })
        })
    }

    /// Returns whether the last operation of its client on the file was to close it.
    fn is_closed(&self, events: &[Event]) -> bool {
        let last = self.last_use(events);
        last.is_some_and(|at| matches!(events[at].what, What::Close(_)) && is(&events[at], "OK"))
    }

    /// Returns the position of the last operation of its client that needs an open file, or closes it.
    fn last_use(&self, events: &[Event]) -> Option<usize> {
        let uses = |event: &Event| {
            let about = !matches!(
                event.what,
                What::CbRecall(_) | What::Delegreturn(_) | What::Remove(_) | What::Rename(_)
            );
            about && event.c == Some(self.client) && file(&event.what) == Some(self.file)
        };
        let end = self.end.min(events.len());
        let begin = self.begin.min(end);
        events[begin..end].iter().rposition(uses).map(|at| begin + at)
    }

    /// Returns the holding of a delegation that was returned. If the last operation of its client on the
    /// file is to close it, there is nothing to recover: it ends before the next restart.
    fn until_recovered(self, events: &[Event]) -> Self {
        match self.last_use(events) {
            Some(last) if self.is_closed(events) => self.until_restart(events, last),
            _ => self,
        }
    }

    /// Returns the holding if its client has taken no lock in memory since it closed the file: it ends
    /// before the next restart, because the client recovers what is open.
    pub fn unless_used(self, events: &[Event], lock: Option<Moment>) -> Self {
        let Some(last) = self.last_use(events).filter(|_| self.is_closed(events)) else {
            return self;
        };
        let closed = window(&events[last].window).0;
        if self.is_first_close(&events[last]) || lock.is_some_and(|lock| lock > closed) {
            return self;
        }
        self.until_restart(events, last)
    }

    fn until_restart(mut self, events: &[Event], from: usize) -> Self {
        let restarts = |event: &Event| matches!(event.what, What::ServerStart(_));
        let next = events[from..self.end].iter().position(restarts);
        self.end = next.map_or(self.end, |next| from + next);
        self
    }

    /// Returns whether another client also has a delegation of the file.
    pub fn is_shared(&self, all: &[Self], events: &[Event], event: &Event) -> bool {
        all.iter().any(|other| {
            let here = other.file == self.file && other.client != self.client;
            here && events[other.begin..other.end].iter().any(|one| one.i == event.i)
        })
    }

    /// Returns the time from the grant to the end.
    pub fn window(&self, events: &[Event]) -> (Moment, Moment) {
        let grant = self.begin.checked_sub(1).and_then(|at| events.get(at));
        let from = grant.and_then(|event| window(&event.window).1).unwrap_or(BEFORE);
        let to = events.get(self.end).map_or(AFTER, |event| window(&event.window).0);
        (from, to)
    }

    /// Returns the names under which the file was opened.
    pub fn names<'e>(&self, events: &'e [Event]) -> BTreeSet<&'e str> {
        let name = |event: &'e Event| match &event.what {
            What::Open(open) if open.fh == Some(self.file) => open.name.as_deref(),
            _ => None,
        };
        events.iter().filter_map(name).collect()
    }

    /// Returns the holding as it is if its client took a lock at a moment: an open that is closed after
    /// that was in use, and its close leaves nothing open in memory.
    pub fn with_lock(mut self, events: &[Event], moment: Moment) -> Self {
        let after = |close: &u64| {
            events.iter().any(|event| event.i == *close && window(&event.window).0 > moment)
        };
        self.first_close = self.first_close.filter(|close| !after(close));
        self
    }

    /// Returns the holding from the close of the open that granted the delegation. Locks that were taken
    /// in memory before it are given up with it.
    pub fn since_first_close(mut self, events: &[Event]) -> Self {
        let close = events.iter().position(|event| self.first_close == Some(event.i));
        self.begin = close.unwrap_or(self.begin);
        self
    }

    /// Returns the time of that close, if it succeeded.
    pub fn first_close(&self, events: &[Event]) -> Option<Moment> {
        let close = events.iter().find(|event| self.first_close == Some(event.i))?;
        is(close, "OK").then(|| window(&close.window).0)
    }

    /// Returns whether an event is the close of the open that granted the delegation.
    pub fn is_first_close(&self, event: &Event) -> bool {
        self.first_close == Some(event.i)
    }

    /// Returns whether the open that granted the delegation was recorded.
    pub fn has_grant(&self) -> bool {
        self.grant.is_some()
    }

    /// Returns whether the model lacks what happened because the open asks for more than the delegation
    /// allows. An open for writing never rests on a read delegation (`update_open_stateid`, read in 6.12.117), so
    /// its locks are reclaimed although the delegation is granted again, and a reader asks for conflicting
    /// locks without a recall.
    pub fn is_beyond(&self, events: &[Event]) -> bool {
        let happened = |event: &Event| {
            let mine = event.c == Some(self.client);
            match &event.what {
                What::Open(open) => mine && open.claim == nfs::Claim::Previous && grants(open),
                What::Lock(lock) => {
                    let reads = matches!(lock.r#type, nfs::LockType::Read | nfs::LockType::Readw);
                    !mine && reads && is(event, "OK")
                }
                _ => false,
            }
        };
        let here = |event: &&Event| file(&event.what) == Some(self.file);
        self.grant.is_some_and(|grant| grant.more)
            && events[self.begin..self.end].iter().filter(here).any(happened)
    }

    /// Returns the kind of the open that exists from the beginning, as the protocol's bounds name
    /// it.
    pub fn first_open(&self, events: &[Event]) -> &'static str {
        let mine = |event: &&Event| event.c == Some(self.client);
        let claims = |event: &Event| match &event.what {
            What::Open(open) => open.fh == Some(self.file) && claims_delegation(open),
            _ => false,
        };
        if self.grant.is_some_and(|grant| grant.more) {
            "plain"
        } else if events
            .iter()
            .filter(mine)
            .any(|event| claims(event) || self.is_first_close(event))
        {
            "cached"
        } else {
            "known"
        }
    }

    /// Returns whether the client has this name, in its owner string or in the recording.
    pub fn is_named(&self, events: &[Event], name: &str) -> bool {
        let owner = |event: &Event| match &event.what {
            What::ExchangeId(one) if event.c == Some(self.client) => {
                one.owner.split_whitespace().any(|word| word == name)
            }
            _ => false,
        };
        events.iter().any(owner) || self.client.to_string() == name
    }
}
