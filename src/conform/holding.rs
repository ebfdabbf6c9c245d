//! Which client held a delegation of which file, and from when to when.

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};
use crate::capture::names::{Client, File, Stateid};
use crate::conform::traffic::{AFTER, BEFORE, Moment, file, is, window};

/// A delegation of a file in the hands of a client, with what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The file.
    pub file: File,
    /// The client.
    pub client: Client,
    /// The first event behind the grant, by position; of a recording that begins later 0.
    pub begin: usize,
    /// The event behind the last one.
    pub end: usize,
    /// The open with which the delegation was granted, if that was recorded.
    grant: Option<Grant>,
    /// The close of that open, before anything rested on the delegation for all that was recorded:
    /// what is open from then on is open in memory.
    first_close: Option<u64>,
}

/// The open with which a delegation was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grant {
    /// It is for more than the delegation allows.
    more: bool,
}

/// Whether an OPEN is a claim from a delegation.
pub fn claims_delegation(open: &nfs::Open) -> bool {
    matches!(open.claim, nfs::Claim::DelegCur | nfs::Claim::DelegCurFh)
}

/// Whether an open brought a delegation.
pub fn grants(open: &nfs::Open) -> bool {
    !matches!(open.deleg, None | Some(nfs::Deleg::None | nfs::Deleg::NoneExt))
}

/// All of them, in the order in which they began.
pub fn holdings(events: &[Event]) -> Vec<Holding> {
    let mut all: Vec<(Holding, bool)> = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let (Some(client), Some(fh)) = (event.c, file(&event.what)) else { continue };
        let of =
            |(holding, _): &&mut (Holding, bool)| (holding.client, holding.file) == (client, fh);
        let current = all.iter_mut().rev().find(of);
        let (shows, granted) = match &event.what {
            What::Open(open) if open.claim == nfs::Claim::Previous => {
                (open.had.is_some_and(|had| had != nfs::Deleg::None) || grants(open), None)
            }
            What::Open(open) if claims_delegation(open) => (true, None),
            What::Open(open) if grants(open) => (true, Some(open)),
            What::CbRecall(_) => (true, None),
            What::Delegreturn(_) => {
                if let Some((holding, returned)) = current {
                    if is(event, "OK") && !*returned && holding.is_closed(&events[..at]) {
                        // Nobody wants it: the client does not need it any more.
                        holding.end = at;
                    }
                    *returned |= is(event, "OK");
                    continue;
                }
                (true, None)
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
        all.push((Holding { file: fh, client, begin, end, grant, first_close }, false));
    }
    all.into_iter().map(|(holding, _)| holding).collect()
}

/// The close of an open before anything else of its client shows that it is in use; of a recording
/// that begins later, of whatever open it is.
fn first_close(events: &[Event], client: Client, fh: File, open: Option<Stateid>) -> Option<u64> {
    let here = |event: &&Event| event.c == Some(client) && file(&event.what) == Some(fh);
    for event in events.iter().filter(here) {
        match &event.what {
            What::Close(close) if open.is_none_or(|open| close.sid == open) => {
                return Some(event.i);
            }
            What::CbRecall(_) | What::Lock(_) | What::Open(_) | What::Delegreturn(_) => break,
            _ => {}
        }
    }
    None
}

impl Holding {
    /// Whether it is recalled, or claimed from, or its client has to recover.
    pub fn is_returned(&self, events: &[Event]) -> bool {
        events[self.begin..self.end].iter().any(|event| {
            let here = event.c == Some(self.client) && file(&event.what) == Some(self.file);
            here && match &event.what {
                What::CbRecall(_) | What::Setattr(_) => true,
                What::Open(open) => claims_delegation(open) || open.claim == nfs::Claim::Previous,
                _ => false,
            }
        })
    }

    /// Whether the last that its client did with the file was to close it.
    fn is_closed(&self, events: &[Event]) -> bool {
        let here =
            |event: &&Event| event.c == Some(self.client) && file(&event.what) == Some(self.file);
        let last = events[self.begin.min(events.len())..].iter().rfind(here);
        last.is_some_and(|event| matches!(event.what, What::Close(_)))
    }

    /// Whether another client has a delegation of the file as well.
    pub fn is_shared(&self, all: &[Self], events: &[Event], event: &Event) -> bool {
        all.iter().any(|other| {
            let here = other.file == self.file && other.client != self.client;
            here && events[other.begin..other.end].iter().any(|one| one.i == event.i)
        })
    }

    /// From the grant to the end.
    pub fn window(&self, events: &[Event]) -> (Moment, Moment) {
        let grant = self.begin.checked_sub(1).and_then(|at| events.get(at));
        let from = grant.and_then(|event| window(&event.window).1).unwrap_or(BEFORE);
        let to = events.get(self.end).map_or(AFTER, |event| window(&event.window).0);
        (from, to)
    }

    /// Whether an event is the close of the open with which the delegation was granted.
    pub fn is_first_close(&self, event: &Event) -> bool {
        self.first_close == Some(event.i)
    }

    /// What the open is that is there from the start, as the protocol's bounds name it.
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

    /// Whether a client is called so in the strings with which it says who it is.
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
