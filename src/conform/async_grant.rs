//! Recorded traffic of the Network Lock Manager as `async_grant`: one slice per file, in which
//! every lock request is a client of the model.
//!
//! Bytes that all requests treat alike are one byte of the model. Nothing is recorded of the
//! underlying filesystem, so all its steps are silent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::capture::event::nlm;
use crate::capture::event::{Event, What};
use crate::capture::names::{File, LockOwner};

use super::client_log::ClientLog;
use super::placing::Placing;
use super::slice::{NamedWay, Slice, configuration};
use super::traffic::{self, Moment, Range, frames, says, status, window};

/// The name of the protocol.
pub const PROTOCOL: &str = "async_grant";

/// The actions that are visible in traffic.
const VISIBLE: &[&str] = &[
    "client_send",
    "client_retransmit",
    "client_cancel",
    "client_unlock",
    "client_rx_granted",
    "lm_granted_msg",
    "lm_grant_res",
];

/// Returns the slices of a recording, and counts of what no slice covers.
pub fn slices(events: &[Event], _logs: &[ClientLog]) -> (Vec<Slice>, BTreeMap<String, u64>) {
    let (mut slices, mut without) = (Vec::new(), BTreeMap::new());
    let files: BTreeSet<File> =
        events.iter().filter_map(|event| Some(lock(&event.what)?.fh)).collect();
    for file in files {
        match Builder::new(file).slice(events) {
            Ok(slice) => slices.push(slice),
            Err(why) => *without.entry(why).or_insert(0) += 1,
        }
    }
    (slices, without)
}

/// The lock that an event is about.
fn lock(what: &What) -> Option<&nlm::OnLock> {
    match what {
        What::NlmLock(lock)
        | What::NlmLockMsg(lock)
        | What::NlmCancel(lock)
        | What::NlmCancelMsg(lock)
        | What::NlmUnlock(lock)
        | What::NlmUnlockMsg(lock)
        | What::NlmGranted(lock)
        | What::NlmGrantedMsg(lock) => Some(lock),
        _ => None,
    }
}

/// A lock request.
struct Request {
    owner: LockOwner,
    range: Range,
    kind: &'static str,
    access: &'static str,
    /// The cookie of the GRANTED that was sent for it.
    granted: Option<crate::capture::names::Cookie>,
    over: bool,
}

/// A slice under construction.
struct Builder {
    file: File,
    requests: Vec<Request>,
    placed: Placing<Moment>,
    left_out: BTreeMap<String, u64>,
}

impl Builder {
    fn new(file: File) -> Self {
        Self { file, requests: Vec::new(), placed: Placing::new(), left_out: BTreeMap::new() }
    }

    fn slice(mut self, events: &[Event]) -> Result<Slice, String> {
        for event in events {
            let here = lock(&event.what).is_some_and(|lock| lock.fh == self.file);
            let known = match &event.what {
                What::NlmGrantedRes(answer) => self.take_answer(event, answer) || !here,
                _ if !here => true,
                _ => self.take(event),
            };
            if !known {
                let what = traffic::word(&event.what).to_uppercase();
                *self.left_out.entry(what).or_insert(0) += 1;
            }
        }
        let why = |why| format!("the locks of {}: {why}", self.file);
        let configuration = self.configuration().map_err(why)?;
        Ok(Slice {
            name: format!("locks of {}", self.file),
            configuration,
            recorded: self.placed.recorded(),
            visible: VISIBLE.iter().copied().collect(),
            quiet: BTreeSet::new(),
            quiet_fields: Vec::new(),
            left_out: self.left_out,
        })
    }

    fn configuration(&self) -> Result<crate::files::configuration::Configuration, String> {
        let bytes = self.bytes();
        let within = |request: &Request| {
            let inside = |at: &usize| bytes[*at].overlaps(request.range);
            let first = (0..bytes.len()).find(inside);
            json!([first, (0..bytes.len()).rfind(inside)])
        };
        let mut owners: Vec<LockOwner> = Vec::new();
        for request in &self.requests {
            if !owners.contains(&request.owner) {
                owners.push(request.owner);
            }
        }
        let all = |of: &dyn Fn(&Request) -> serde_json::Value| -> Vec<serde_json::Value> {
            self.requests.iter().map(of).collect()
        };
        let owner = |request: &Request| owners.iter().position(|owner| *owner == request.owner);
        let bounds = json!({
            "kinds": all(&|request| json!(request.kind)),
            "owner_of": all(&|request| json!(owner(request))),
            "range": all(&within),
            "access": all(&|request| json!(request.access)),
            "bytes": bytes.len().max(1),
            "after_denial": true,
        });
        configuration(PROTOCOL, &bounds, &json!({}))
    }

    /// Returns the bytes of the model: parts of the file that all requests treat alike, except
    /// those that are in fewer requests than another one.
    fn bytes(&self) -> Vec<Range> {
        let ends = |request: &Request| [request.range.first, request.range.last.saturating_add(1)];
        let mut edges: Vec<u64> = self.requests.iter().flat_map(ends).collect();
        edges.sort();
        edges.dedup();
        let part = |pair: &[u64]| {
            let range = Range { first: pair[0], last: pair[1] - 1 };
            let over = |at: &usize| self.requests[*at].range.overlaps(range);
            (range, (0..self.requests.len()).filter(over).collect::<BTreeSet<usize>>())
        };
        let parts: Vec<(Range, BTreeSet<usize>)> = edges.windows(2).map(part).collect();
        let says_more = |at: usize| {
            let (_, of) = &parts[at];
            let covered = |other: usize| {
                let (_, others) = &parts[other];
                other != at && of.is_subset(others) && (of != others || other < at)
            };
            !of.is_empty() && !(0..parts.len()).any(covered)
        };
        (0..parts.len()).filter(|at| says_more(*at)).map(|at| parts[at].0).collect()
    }

    fn take(&mut self, event: &Event) -> bool {
        let (from, to) = window(&event.window);
        match &event.what {
            What::NlmLock(lock) if !lock.reclaim => {
                let c = self.requests.len();
                let write = lock.r#type == Some(nlm::Kind::Write);
                self.requests.push(Request {
                    owner: lock.owner,
                    range: Range::new(lock.off, lock.len),
                    kind: if lock.block { "wait" } else { "try" },
                    access: if write { "write" } else { "read" },
                    granted: None,
                    over: false,
                });
                let answer = match status(event).as_str() {
                    "GRANTED" => "Granted",
                    "BLOCKED" => "Blocked",
                    "DENIED" => "Denied",
                    _ => return false,
                };
                let sent = vec![NamedWay::step(format!("client_send(c{c})"))];
                let at = self.put(event, (from, Some(from)), sent, Vec::new());
                let answered = vec![NamedWay::see(format!("client.c{c}.reply"), answer)];
                self.put(event, (from, to), answered, vec![at]);
                true
            }
            What::NlmUnlock(lock) => {
                let range = Range::new(lock.off, lock.len);
                for c in 0..self.requests.len() {
                    let request = &mut self.requests[c];
                    if request.over || request.owner != lock.owner || !range.covers(request.range) {
                        continue;
                    }
                    request.over = true;
                    let sent = vec![NamedWay::step(format!("client_unlock(c{c})"))];
                    let at = self.put(event, (from, Some(from)), sent, Vec::new());
                    let answered = vec![NamedWay::see(format!("client.c{c}.reply"), "Unlocked")];
                    self.put(event, (from, to), answered, vec![at]);
                }
                true
            }
            What::NlmCancel(lock) => {
                let Some(c) = self.request(lock) else { return false };
                self.requests[c].over = true;
                let sent = vec![NamedWay::step(format!("client_cancel(c{c})"))];
                let at = self.put(event, (from, Some(from)), sent, Vec::new());
                let answered = vec![NamedWay::see(format!("client.c{c}.reply"), "Cancelled")];
                self.put(event, (from, to), answered, vec![at]);
                true
            }
            What::NlmGrantedMsg(lock) => {
                let Some(c) = self.request(lock) else { return false };
                self.requests[c].granted = lock.cookie;
                let sent = vec![NamedWay::step(format!("lm_granted_msg(lm0, c{c})"))];
                self.put(event, (from, Some(from)), sent, Vec::new());
                true
            }
            _ => false,
        }
    }

    /// GRANTED_RES: the client took or refused the lock before it sent this.
    fn take_answer(&mut self, event: &Event, answer: &nlm::Answer) -> bool {
        let granted =
            |request: &Request| request.granted.is_some() && request.granted == answer.cookie;
        let Some(c) = self.requests.iter().position(granted) else { return false };
        let (from, to) = window(&event.window);
        let result = if status(event) == "GRANTED" { "Ok" } else { "Rejected" };
        let taken = NamedWay::step(format!("client_rx_granted(c{c})"))
            .then(format!("client.c{c}.grant_res"), result);
        let at = self.put(event, (traffic::BEFORE, Some(from)), vec![taken], Vec::new());
        let heard = vec![NamedWay::step(format!("lm_grant_res(lm0, c{c})"))];
        self.put(event, (from, to), heard, vec![at]);
        true
    }

    /// Returns the request that a call is about.
    fn request(&self, lock: &nlm::OnLock) -> Option<usize> {
        let range = Range::new(lock.off, lock.len);
        self.requests.iter().position(|request| {
            !request.over && request.owner == lock.owner && request.range == range
        })
    }

    fn put(
        &mut self,
        event: &Event,
        window: (Moment, Option<Moment>),
        ways: Vec<NamedWay>,
        needs: Vec<usize>,
    ) -> usize {
        let must = window.1.is_some();
        self.placed.put(says(event), frames(&event.window), window, must, ways, needs)
    }
}
