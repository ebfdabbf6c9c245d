//! Recorded traffic as `recall`: one slice for each delegation whose grant was recorded, with the
//! operations of other clients on its file.
//!
//! An operation that is answered DELAY and then repeated is one operation of the model. A recall
//! that no recorded request explains is caused by a process of the server, whose steps are
//! invisible.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};
use crate::capture::names::Client;

use super::client_log::ClientLog;
use super::holding::{Holding, holdings};
use super::placing::Placing;
use super::slice::{NamedWay, Slice, configuration};
use super::traffic::{self, Moment, file, frames, is, says, window};

/// The name of the protocol.
pub const PROTOCOL: &str = "recall";

/// The actions that are visible in traffic.
const VISIBLE: &[&str] = &[
    "caller_start",
    "op_retry",
    "application_open",
    "grant_reply",
    "callback_send",
    "client_recall",
    "client_delegreturn",
    "client_reclaim",
];

/// Returns the slices of a recording, and counts of what no slice covers.
pub fn slices(events: &[Event], _logs: &[ClientLog]) -> (Vec<Slice>, BTreeMap<String, u64>) {
    let (mut slices, mut without) = (Vec::new(), BTreeMap::new());
    for holding in holdings(events) {
        match Builder::new(events, &holding).slice() {
            Ok(slice) => slices.push(slice),
            Err(why) => *without.entry(why).or_insert(0) += 1,
        }
    }
    (slices, without)
}

/// An operation on the file by a client that does not hold the delegation.
struct Operation {
    kind: &'static str,
    /// The client; `None` for a process of the server.
    by: Option<Client>,
    /// Whether it got an answer other than DELAY.
    done: bool,
}

/// A slice under construction.
struct Builder<'a> {
    events: &'a [Event],
    holding: &'a Holding,
    operations: Vec<Operation>,
    placed: Placing<Moment>,
    left_out: BTreeMap<String, u64>,
}

impl<'a> Builder<'a> {
    fn new(events: &'a [Event], holding: &'a Holding) -> Self {
        let (operations, placed) = (Vec::new(), Placing::new());
        Self { events, holding, operations, placed, left_out: BTreeMap::new() }
    }

    fn slice(mut self) -> Result<Slice, String> {
        let holding = self.holding;
        let fh = holding.file;
        let Some(grant) = holding.begin.checked_sub(1).map(|at| &self.events[at]) else {
            return Err(format!("a delegation of {fh}, whose grant was not recorded"));
        };
        let What::Open(open) = &grant.what else {
            return Err(format!("a delegation of {fh}, whose grant was not recorded"));
        };
        let want = match open.deleg {
            Some(nfs::Deleg::Write | nfs::Deleg::WriteAttrs) => "Write",
            _ => "Read",
        };
        let opened = vec![NamedWay::step(format!("application_open(c0, x0, {want})"))];
        let at = self.during(grant, opened, Vec::new());
        self.during(grant, vec![NamedWay::step("grant_reply(c0)")], vec![at]);
        for event in &self.events[holding.begin..holding.end] {
            self.take(event);
        }
        if self.operations.is_empty() {
            return Err(format!("a delegation of {fh}, which nobody recalls"));
        }
        let configuration = configuration(PROTOCOL, &self.bounds(want), &json!({}))
            .map_err(|why| format!("a delegation of {fh}: {why}"))?;
        Ok(Slice {
            name: format!("{fh}, delegation of {}", holding.client),
            configuration,
            recorded: self.placed.recorded(),
            visible: VISIBLE.iter().copied().collect(),
            quiet: Default::default(),
            quiet_fields: Vec::new(),
            left_out: self.left_out,
        })
    }

    fn bounds(&self, want: &str) -> Value {
        let operation = |operation: &Operation| {
            let mode = if operation.by.is_some() { "nfs" } else { "local" };
            let dirs =
                if matches!(operation.kind, "rename" | "link") { vec![0, 0] } else { vec![0] };
            json!({ "kind": operation.kind, "mode": mode, "dirs": dirs })
        };
        let operations: Vec<Value> = self.operations.iter().map(operation).collect();
        json!({ "ops": operations, "grants": 1, "types": want.to_lowercase(), "threads": 2 })
    }

    /// Translates an event to the model.
    fn take(&mut self, event: &Event) {
        if file(&event.what) != Some(self.holding.file) {
            return;
        }
        let known = if event.c == Some(self.holding.client) {
            self.take_holder(event)
        } else {
            kind(&event.what).is_some_and(|kind| self.take_operation(event, kind))
        };
        if !known {
            let what = traffic::word(&event.what).to_uppercase();
            *self.left_out.entry(what).or_insert(0) += 1;
        }
    }

    fn take_holder(&mut self, event: &Event) -> bool {
        match &event.what {
            What::CbRecall(_) => {
                let open = |operation: &Operation| !operation.done;
                if !self.operations.iter().any(open) && !self.is_asked_for(event) {
                    self.operations.push(Operation { kind: "setattr", by: None, done: true });
                    let step = format!("caller_start(o{})", self.operations.len() - 1);
                    let begun = self.holding.window(self.events).0;
                    let window = (begun, Some(window(&event.window).0));
                    let said = "a process of the server changes the file".to_string();
                    let ways = vec![NamedWay::step(step)];
                    self.placed.put(said, frames(&event.window), window, true, ways, Vec::new());
                }
                let (from, to) = window(&event.window);
                let begun = self.holding.window(self.events).0;
                let sent = vec![NamedWay::step("callback_send(c0, x0)")];
                let (said, place) = (says(event), frames(&event.window));
                let before = (begun, Some(from));
                let at =
                    self.placed.put(said.clone(), place.clone(), before, true, sent, Vec::new());
                if is(event, "OK") {
                    let received = vec![NamedWay::step("client_recall(c0, x0)")];
                    self.placed.put(said, place, (from, to), true, received, vec![at]);
                }
            }
            What::Delegreturn(_) if is(event, "OK") => {
                self.during(event, vec![NamedWay::step("client_delegreturn(c0, x0)")], Vec::new());
            }
            What::Open(open) if open.claim == nfs::Claim::Previous && is(event, "OK") => {
                self.during(event, vec![NamedWay::step("client_reclaim(c0, x0)")], Vec::new());
            }
            _ => return false,
        }
        true
    }

    /// Returns whether a recorded request made the server recall the delegation.
    fn is_asked_for(&self, recall: &Event) -> bool {
        let (sent, _) = window(&recall.window);
        self.events[self.holding.begin..self.holding.end].iter().any(|event| {
            let here = file(&event.what) == Some(self.holding.file);
            let (from, to) = window(&event.window);
            let open = from <= sent && to.is_none_or(|to| to >= sent);
            here && open && event.c != Some(self.holding.client) && kind(&event.what).is_some()
        })
    }

    fn take_operation(&mut self, event: &Event, kind: &'static str) -> bool {
        let same = |operation: &Operation| {
            operation.kind == kind && operation.by == event.c && !operation.done
        };
        let (o, step) = match self.operations.iter().position(same) {
            Some(o) => (o, format!("op_retry(o{o})")),
            None => {
                self.operations.push(Operation { kind, by: event.c, done: false });
                let o = self.operations.len() - 1;
                (o, format!("caller_start(o{o})"))
            }
        };
        let at = format!("op.o{o}.at");
        let seen = if is(event, "OK") {
            self.operations[o].done = true;
            NamedWay::see(at, "Done")
        } else if is(event, "DELAY") {
            NamedWay::see(at, "Delayed")
        } else {
            return false;
        };
        let begun = self.during(event, vec![NamedWay::step(step)], Vec::new());
        self.during(event, vec![seen], vec![begun]);
        true
    }

    fn during(&mut self, event: &Event, ways: Vec<NamedWay>, needs: Vec<usize>) -> usize {
        let (from, to) = window(&event.window);
        self.placed.put(says(event), frames(&event.window), (from, to), to.is_some(), ways, needs)
    }
}

/// Returns the kind of an operation in the model.
fn kind(what: &What) -> Option<&'static str> {
    Some(match what {
        What::Remove(_) => "unlink",
        What::Rename(_) => "rename",
        What::Link(_) => "link",
        What::Setattr(setattr) if setattr.attrs == ["acl"] => "acl",
        What::Setattr(_) => "setattr",
        What::Open(open) if open.claim == nfs::Claim::Null || open.claim == nfs::Claim::Fh => {
            match open.access {
                nfs::Share::Write | nfs::Share::Both => "open_write",
                _ => return None,
            }
        }
        _ => return None,
    })
}
