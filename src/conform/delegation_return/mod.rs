//! Recorded traffic as `delegation_return`: one slice for each delegation that is recalled or
//! claimed.
//!
//! A slice is about one file and one client that holds a delegation of it, until the delegation
//! ends. It contains all locks and opens of that client on the file. All other clients are the
//! rival. What the model cannot represent is counted, not silently dropped.
//!
//! | file | what it holds |
//! |---|---|
//! | `holder` | the calls of the holder, and what the server does on its own |
//! | `rival` | the calls of the other clients |
//! | `known` | the holder's own log |

mod holder;
mod known;
mod rival;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};

use super::client_log::{self, ClientLog, Deed};
use super::placing::Placing;
use super::slice::{NamedWay, Slice, configuration};
use super::traffic::{self, Moment, Range, file, frames, is, says};

use super::holding::{Holding, claims_delegation, grants, holdings};

/// The name of the protocol.
pub const PROTOCOL: &str = "delegation_return";

/// The actions that are visible in traffic.
const VISIBLE: &[&str] = &[
    "ret_open_send",
    "ret_open_reply",
    "ret_lock_send",
    "ret_lock_reply",
    "ret_delegreturn",
    "mgr_exchange_id",
    "mgr_open_reclaim_refused",
    "mgr_open_nograce",
    "cb_send",
    "cb_receive",
    "cb_reply",
    "rival_open",
    "rival_lock",
    "rival_unlock",
    "rival_reclaim",
    "app_lock",
    "app_unlock",
    "app_open",
    "app_close",
    "fault_reboot",
    "fault_session_lost",
    "fault_expire",
];

/// The actions that are visible in the holder's own log.
const LOGGED: &[&str] = &["app_lock_cached", "app_unlock_cached"];

/// Actions that are invisible if they send nothing, or if the server does nothing.
const QUIET: &[&str] = &["mgr_open_reclaim", "mgr_lock_reclaim", "mgr_reclaim_complete"];

/// How long the holder must be silent before it counts as being at rest, in nanoseconds.
const PATIENCE: u64 = 2_000_000_000;

/// How long the server may take to process the answer to a recall, in nanoseconds. An assumption.
const PROCESSING: u64 = 2_000_000_000;

/// The shortest lease that the server of Linux accepts, in nanoseconds (`__nfsd4_write_time`, 3.6 to
/// 6.12). It revokes a delegation a lease after the recall (`nfs4_laundromat`).
const LEAST_LEASE: u64 = 10_000_000_000;

/// Returns the slices of a recording, and counts of what no slice covers.
pub fn slices(events: &[Event], logs: &[ClientLog]) -> (Vec<Slice>, BTreeMap<String, u64>) {
    let (mut slices, mut without) = (Vec::new(), BTreeMap::new());
    let holdings = holdings(events);
    for holding in &holdings {
        let slice = if holding.is_unasked {
            Err("a delegation that is granted with a reclaim, to a client that had none"
                .to_string())
        } else if holding.is_locked && holding.is_returned(events) {
            Err(format!("a delegation of {}, whose client had a lock before", holding.file))
        } else if holding.is_beyond(events) && holding.is_returned(events) {
            Err(format!("a delegation of {}, which does not cover its client's open", holding.file))
        } else if holding.is_returned(events) {
            Builder::new(events, logs, holding, &holdings).slice()
        } else {
            Err(format!("a delegation of {}, which nobody recalls", holding.file))
        };
        match slice {
            Ok(slice) => slices.push(slice),
            Err(why) => *without.entry(why).or_insert(0) += 1,
        }
    }
    (slices, without)
}

/// A slice under construction.
struct Builder<'a> {
    events: &'a [Event],
    holding: Holding,
    /// All delegations of the recording.
    all: &'a [Holding],
    /// The holder's own log, if there is one.
    log: Option<&'a ClientLog>,
    /// The locks of the holder, and whether they are exclusive. Their position is their number in
    /// the model.
    locks: Vec<(Range, bool)>,
    /// Whether the holder closes the file, and whether it changes an attribute.
    closes: bool,
    changes: bool,
    placed: Placing<Moment>,
    left_out: BTreeMap<String, u64>,
    /// The locks that the rival has held.
    rival_had: BTreeSet<usize>,
}

impl<'a> Builder<'a> {
    fn new(
        events: &'a [Event],
        logs: &'a [ClientLog],
        holding: &'a Holding,
        all: &'a [Holding],
    ) -> Self {
        let log = logs.iter().find(|log| holding.is_named(events, &log.client));
        let mut builder = Self {
            events,
            holding: holding.clone(),
            all,
            log,
            locks: Vec::new(),
            closes: false,
            changes: false,
            placed: Placing::new(),
            left_out: BTreeMap::new(),
            rival_had: BTreeSet::new(),
        };
        let locks = |deed: &&Deed| matches!(deed.what, client_log::What::Lock(..));
        let (begin, _) = holding.window(events);
        let holding = builder.holding.clone();
        let taken: Vec<&Deed> =
            builder.deeds().filter(locks).filter(|deed| deed.from >= begin).collect();
        let after = |close: Moment| taken.iter().any(|deed| deed.from > close);
        let held = |close: Moment| {
            let before = builder.deeds().filter(|deed| deed.from >= begin && deed.from <= close);
            client_log::held(before)
        };
        if let Some(first) = taken.first() {
            builder.holding = match holding.first_close(events) {
                // Closed, and then used again in memory.
                Some(close) if first.to < close && after(close) && !held(close) => {
                    holding.since_first_close(events)
                }
                _ => holding.with_lock(events, first.to),
            };
        }
        if log.is_some() {
            let last = taken.last().map(|deed| deed.from);
            builder.holding = builder.holding.clone().unless_used(events, last);
        }
        builder
    }

    fn slice(mut self) -> Result<Slice, String> {
        let (begin, _) = self.holding.window(self.events);
        let spans = |deed: &Deed| {
            matches!(deed.what, client_log::What::Lock(..)) && deed.from < begin && deed.to > begin
        };
        if self.holding.has_grant() && self.deeds().any(spans) {
            return Err(format!(
                "a delegation of {}, whose client had a lock before",
                self.holding.file
            ));
        }
        self.look();
        let configuration = self.configuration()?;
        let events = self.events;
        for event in &events[self.holding.begin..self.holding.end] {
            self.take(event);
        }
        self.take_log();
        self.take_pauses();
        let logged = self.log.map_or(&[] as &[&str], |_| LOGGED);
        let holding = &self.holding;
        Ok(Slice {
            name: format!("{}, delegation of {}", holding.file, holding.client),
            configuration,
            recorded: self.placed.recorded(),
            visible: VISIBLE.iter().chain(logged).copied().collect(),
            quiet: QUIET.iter().copied().collect(),
            quiet_fields: vec!["server.".to_string()],
            left_out: self.left_out,
        })
    }

    fn is_holder(&self, event: &Event) -> bool {
        event.c == Some(self.holding.client)
    }

    fn is_here(&self, event: &Event) -> bool {
        file(&event.what) == Some(self.holding.file)
    }

    /// Returns what the holder's own log says of this file.
    fn deeds(&self) -> impl Iterator<Item = &'a Deed> + use<'a> {
        let names = self.holding.names(self.events);
        let deeds = self.log.map_or(&[] as &[Deed], |log| &log.deeds);
        deeds.iter().filter(move |deed| deed.is_of(&names))
    }

    /// Determines the locks, and what the applications do.
    fn look(&mut self) {
        let mut locks: Vec<(Range, bool)> = Vec::new();
        let mut add = |range: Range, exclusive: bool| {
            if !locks.iter().any(|(known, _)| *known == range) {
                locks.push((range, exclusive));
            }
        };
        let (begin, end) = self.holding.window(self.events);
        for deed in self.deeds().filter(|deed| deed.from >= begin && deed.to <= end) {
            if let client_log::What::Lock(range, exclusive) = deed.what {
                add(range, exclusive);
            }
        }
        for event in &self.events[self.holding.begin..self.holding.end] {
            if !self.is_holder(event) || !self.is_here(event) {
                continue;
            }
            match &event.what {
                What::Lock(lock) if !is(event, "DENIED") => {
                    add(Range::new(lock.off, lock.len), traffic::is_exclusive(lock.r#type));
                }
                What::Close(_) => self.closes |= !self.holding.is_first_close(event),
                What::Setattr(_) => self.changes = true,
                _ => {}
            }
        }
        // A file that is open in memory only is closed without a call.
        self.closes |= self.deeds().any(|deed| {
            let closes = matches!(deed.what, client_log::What::Close(_));
            closes && deed.from >= begin && deed.to <= end
        });
        // The model claims its locks in the order of their numbers, and the client in that of its list.
        locks.sort_by_key(|(range, _)| (self.first_claim(*range), *range));
        self.locks = locks;
    }

    /// Returns the position of the first LOCK for a range that the holder sends; the highest number if
    /// it sends none.
    fn first_claim(&self, range: Range) -> usize {
        let claims = |event: &Event| match &event.what {
            What::Lock(lock) => {
                self.is_holder(event)
                    && self.is_here(event)
                    && Range::new(lock.off, lock.len) == range
            }
            _ => false,
        };
        let events = &self.events[self.holding.begin..self.holding.end];
        events.iter().position(claims).unwrap_or(usize::MAX)
    }

    fn configuration(&self) -> Result<crate::files::configuration::Configuration, String> {
        let mut apps = vec!["lock_unlock"; self.locks.len()];
        apps.extend(self.closes.then_some("close"));
        apps.extend(self.changes.then_some("setattr"));
        let events = &self.events[self.holding.begin..self.holding.end];
        let count = |of: &dyn Fn(&Event) -> bool| events.iter().filter(|event| of(event)).count();
        let mine = |event: &Event| self.is_holder(event);
        let claims = |event: &Event| match &event.what {
            What::Open(open) => claims_delegation(open) || open.claim == nfs::Claim::Previous,
            what => matches!(what, What::Lock(_) | What::Delegreturn(_)),
        };
        let rival_delegation = events.iter().any(|event| match &event.what {
            What::Open(open) => !mine(event) && self.is_here(event) && grants(open),
            _ => false,
        });
        let bounds = json!({
            "apps": apps,
            "first_open": self.holding.first_open(events),
            "rival_delegation": rival_delegation,
        });
        let faults = json!({
            "reboot": count(&|event| matches!(event.what, What::ServerStart(_))),
            "session": count(&|event| mine(event) && matches!(event.what, What::SessionLost(_))),
            "expire": count(&|event| mine(event) && matches!(event.what, What::ClientExpired(_))),
            "grace_end": u8::from(self.is_late()),
            "revoke": u8::from(self.is_revoked()),
            "delay": count(&|event| {
                mine(event) && self.is_here(event) && claims(event) && is(event, "DELAY")
            }),
        });
        configuration(PROTOCOL, &bounds, &faults)
            .map_err(|why| format!("a delegation of {}: {why}", self.holding.file))
    }

    /// Returns whether other clients are served again after a restart before the holder has
    /// reclaimed.
    fn is_late(&self) -> bool {
        let mut late = false;
        for event in &self.events[self.holding.begin..self.holding.end] {
            let mine = self.is_holder(event);
            match &event.what {
                What::ServerStart(_) => late = true,
                What::ReclaimComplete(_) if mine && is(event, "OK") => late = false,
                // Of any file.
                What::Open(open)
                    if late
                        && mine
                        && is(event, "NO_GRACE")
                        && open.claim == nfs::Claim::Previous =>
                {
                    return true;
                }
                What::Open(open)
                    if late
                        && !mine
                        && is(event, "OK")
                        && self.is_here(event)
                        && open.claim != nfs::Claim::Previous =>
                {
                    return true;
                }
                What::Lock(lock)
                    if late && !mine && is(event, "OK") && self.is_here(event) && !lock.reclaim =>
                {
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Returns whether the delegation was revoked: another client that was told to wait for it may
    /// write [`LEAST_LEASE`] later, although the holder has not returned it and is still known to the
    /// server.
    fn is_revoked(&self) -> bool {
        let events = &self.events[self.holding.begin..self.holding.end];
        let returned_before = |moment: Option<Moment>| {
            events.iter().any(|event| {
                let returns = matches!(event.what, What::Delegreturn(_)) && is(event, "OK");
                returns
                    && self.is_holder(event)
                    && self.is_here(event)
                    && moment.is_none_or(|moment| traffic::window(&event.window).0 < moment)
            })
        };
        // When the other client was told to wait for the first time.
        let mut told: Option<Moment> = None;
        for event in events {
            match &event.what {
                What::ServerStart(_) => told = None,
                What::ClientExpired(_) if self.is_holder(event) => told = None,
                What::Open(open)
                    if !self.is_holder(event)
                        && self.is_here(event)
                        && matches!(open.access, nfs::Share::Write | nfs::Share::Both) =>
                {
                    let (begin, end) = traffic::window(&event.window);
                    if is(event, "DELAY") {
                        told.get_or_insert(begin);
                    }
                    let waited =
                        |(told, _): Moment| end.is_none_or(|(end, _)| end >= told + LEAST_LEASE);
                    if is(event, "OK") && told.is_some_and(waited) && !returned_before(end) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Translates an event to the model.
    fn take(&mut self, event: &Event) {
        let known = if self.is_holder(event) || event.c.is_none() {
            self.take_holder(event)
        } else {
            self.take_rival(event)
        };
        if !known && self.is_here(event) {
            let who = if self.is_holder(event) { "the holder" } else { "others" };
            let what = format!("{} of {who}", traffic::word(&event.what).to_uppercase());
            *self.left_out.entry(what).or_insert(0) += 1;
        }
    }

    /// Adds something that happened within the window of an event. Returns its position in the
    /// list.
    fn during(&mut self, event: &Event, ways: Vec<NamedWay>) -> usize {
        let (from, to) = traffic::window(&event.window);
        self.placed.put(
            says(event),
            frames(&event.window),
            (from, to),
            to.is_some(),
            ways,
            Vec::new(),
        )
    }

    /// Adds something that happened after the answer to an event, if the answer came.
    fn after(&mut self, event: &Event, ways: Vec<NamedWay>, needs: usize) {
        if let (_, Some(reply)) = traffic::window(&event.window) {
            let said = format!("the answer to {}", says(event));
            self.placed.put(said, frames(&event.window), (reply, None), false, ways, vec![needs]);
        }
    }

    /// Returns the locks that overlap a range.
    fn overlapping(&self, range: Range) -> Vec<usize> {
        (0..self.locks.len()).filter(|k| self.locks[*k].0.overlaps(range)).collect()
    }

    /// Returns whether an unlock may be about a lock: it covers the range, and no LOCK shows that its
    /// stateid belongs to an owner of other locks. A client has an owner for each process.
    fn unlocks_range(&self, event: &Event, unlock: &nfs::Locku, locked: Range) -> bool {
        if !Range::new(unlock.off, unlock.len).covers(locked) {
            return false;
        }
        let ranges = |one: &Event| match &one.what {
            What::Lock(lock) if one.c == event.c && self.is_here(one) && is(one, "OK") => {
                let same = lock.sid == Some(unlock.sid);
                same.then(|| Range::new(lock.off, lock.len))
            }
            _ => None,
        };
        let owned: Vec<Range> = self.events.iter().filter_map(ranges).collect();
        owned.is_empty() || owned.iter().any(|range| range.overlaps(locked))
    }

    /// Returns the application that closes the file.
    fn closer(&self) -> usize {
        self.locks.len()
    }

    /// Returns the application that changes an attribute.
    fn changer(&self) -> usize {
        self.locks.len() + usize::from(self.closes)
    }
}

/// The rival makes a request that conflicts with the delegation, which is then recalled.
fn asked() -> NamedWay {
    NamedWay::step("rival_open()").when("server.deleg", "Held").then("rival.open", "0")
}
