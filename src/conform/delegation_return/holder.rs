//! Maps the calls of the holder to the model, and what the server does on its own.

use crate::capture::event::nfs;
use crate::capture::event::{Event, What};
use crate::conform::slice::NamedWay;
use crate::conform::traffic::{BEFORE, Moment, Range, frames, is, says, status, window};

use crate::conform::holding::{claims_delegation, grants};

use super::{Builder, PATIENCE, PROCESSING, asked};

impl Builder<'_> {
    /// Translates an event of the holder to the model. Returns whether that is possible.
    pub(super) fn take_holder(&mut self, event: &Event) -> bool {
        let here = self.is_here(event);
        match &event.what {
            What::ServerStart(_) => {
                self.during(event, vec![NamedWay::step("fault_reboot()")]);
            }
            _ if !self.is_holder(event) => return false,
            What::SessionLost(_) => {
                self.during(event, vec![NamedWay::step("fault_session_lost()")]);
            }
            What::ClientExpired(_) => {
                self.during(event, vec![NamedWay::step("fault_expire()")]);
            }
            What::CreateSession(_) if is(event, "OK") => {
                let mut ways = vec![NamedWay::step("mgr_exchange_id()")];
                if self.gave_up_session(event) {
                    ways.push(NamedWay::default());
                }
                let (from, to) = window(&event.window);
                let from = self.forgot_stateids(event).unwrap_or(from);
                self.placed.put(
                    says(event),
                    frames(&event.window),
                    (from, to),
                    true,
                    ways,
                    Vec::new(),
                );
            }
            What::ReclaimComplete(_) if is(event, "OK") => {
                let way = NamedWay::step("mgr_reclaim_complete()");
                self.during(event, vec![way.then("server.reclaim_done", "1")]);
            }
            // The client did not execute it.
            What::CbRecall(_) if event.at.is_some() || is(event, "RETRY_UNCACHED_REP") => {
                return false;
            }
            What::CbRecall(_) if here && self.overtakes_grant(event) => return false,
            What::CbRecall(_) if here => self.take_recall(event),
            What::Open(open) if here => self.take_open(event, open),
            What::Lock(lock) if here => return self.take_lock(event, lock),
            What::Locku(lock) if here && is(event, "OK") => {
                self.take_unlock(event, lock);
            }
            What::Close(_) if here && self.holding.is_first_close(event) => {}
            What::Close(_) if here && is(event, "OK") => {
                let step = format!("app_close(a{})", self.closer());
                self.during(event, vec![NamedWay::step(step)]);
            }
            What::Setattr(_) if here && is(event, "OK") => {
                let app = format!("app.a{}", self.changer());
                self.during(event, vec![NamedWay::see(app, "Done")]);
            }
            What::Delegreturn(_) if here => return self.take_delegreturn(event),
            _ => return false,
        }
        true
    }

    /// Returns whether a recall came before the client had processed the answer that grants the delegation,
    /// and was sent again later.
    fn overtakes_grant(&self, recall: &Event) -> bool {
        let (granted, _) = self.holding.window(self.events);
        let (sent, _) = window(&recall.window);
        let again = |event: &Event| {
            let recalls = matches!(event.what, What::CbRecall(_)) && self.is_holder(event);
            recalls && self.is_here(event) && event.i > recall.i
        };
        is(recall, "BADHANDLE")
            && sent.0 < granted.0 + PROCESSING
            && self.events[..self.holding.end].iter().any(again)
    }

    /// Returns whether the client itself ended its last session, for example because callbacks did not
    /// get through. Nothing is lost then.
    fn gave_up_session(&self, created: &Event) -> bool {
        let mine = |event: &&Event| {
            let about = matches!(event.what, What::CreateSession(_) | What::DestroySession(_));
            about && self.is_holder(event) && event.i < created.i
        };
        let last = self.events.iter().rfind(mine);
        last.is_some_and(|last| matches!(last.what, What::DestroySession(_)) && is(last, "OK"))
    }

    /// Returns when the client was told, before it created a session, that the server does not know it any
    /// more. With that answer it forgets its stateids (`nfs4_handle_reclaim_lease_error`, read in 6.12.117),
    /// so processes unlock and close without a call from then on.
    fn forgot_stateids(&self, created: &Event) -> Option<Moment> {
        let mine = |event: &&Event| {
            let about = matches!(event.what, What::CreateSession(_));
            about && self.is_holder(event) && event.i < created.i
        };
        let last = self.events.iter().rfind(mine)?;
        is(last, "STALE_CLIENTID").then(|| window(&last.window).1)?
    }

    fn take_recall(&mut self, event: &Event) {
        let (from, to) = window(&event.window);
        let (said, place) = (says(event), frames(&event.window));
        let send = vec![NamedWay::step("cb_send()")];
        // On a lost connection, the server may have sent it long before it was recorded.
        let begun = self.holding.window(self.events).0;
        // The conflicting request may come from a process of the server itself.
        let window = (begun, Some(from));
        self.placed.put(said.clone(), place.clone(), window, false, vec![asked()], Vec::new());
        let sent = self.placed.put(
            said.clone(),
            place.clone(),
            (begun, Some(from)),
            true,
            send,
            Vec::new(),
        );
        let way = NamedWay::step("cb_receive()");
        let received = match to {
            Some(_) => way.then("cb.reply", status(event)),
            None => way,
        };
        let window = (from, to);
        let all = to.is_some();
        let at =
            self.placed.put(said.clone(), place.clone(), window, all, vec![received], vec![sent]);
        if let Some(reply) = to {
            let taken = (reply.0 + PROCESSING, 0);
            let ways = vec![NamedWay::step("cb_reply()"), NamedWay::see("cb.reply", "None")];
            let said = format!("the answer to {said}");
            self.placed.put(said, place, (reply, Some(taken)), true, ways, vec![at]);
        }
    }

    fn take_open(&mut self, event: &Event, open: &nfs::Open) {
        if claims_delegation(open) {
            let way = NamedWay::step("ret_open_send()").then("ret.reply", status(event));
            let at = self.during(event, vec![way]);
            self.after(event, vec![NamedWay::step("ret_open_reply()")], at);
            return;
        }
        // It requests the delegation again if it had one.
        let asks = open.had.is_some_and(|had| had != nfs::Deleg::None);
        let previous = |step: &str| {
            NamedWay::step(step).when("deleg.need_reclaim", u8::from(asks).to_string())
        };
        let ways = match open.claim {
            nfs::Claim::Previous if is(event, "OK") && grants(open) => {
                vec![previous("mgr_open_reclaim()").then("server.deleg", "Held")]
            }
            nfs::Claim::Previous if is(event, "OK") => {
                let granted = previous("mgr_open_reclaim()")
                    .when("server.open.o0", "0")
                    .then("server.open.o0", "1")
                    .then("server.deleg", "None");
                match asks {
                    // While the rival has the file open, no delegation is granted to any client.
                    true => vec![
                        previous("mgr_open_reclaim_refused()"),
                        granted.when("rival.open", "1"),
                    ],
                    false => vec![granted],
                }
            }
            nfs::Claim::Previous => {
                vec![previous("mgr_open_reclaim()").then("server.open.o0", "0")]
            }
            // A new open by the manager, or another open that the model does not represent.
            _ if is(event, "OK") => vec![NamedWay::step("mgr_open_nograce()"), NamedWay::default()],
            _ => return,
        };
        self.during(event, ways);
    }

    fn take_lock(&mut self, event: &Event, lock: &nfs::Lock) -> bool {
        let range = Range::new(lock.off, lock.len);
        let Some(k) = self.locks.iter().position(|(known, _)| *known == range) else {
            return false;
        };
        // The open has just changed. The client sends the same call again (`nfs4_lock_done`).
        if is(event, "OLD_STATEID") {
            return true;
        }
        let held = format!("server.lock.k{k}");
        let recovered =
            NamedWay::step("mgr_lock_reclaim()").when("client.mgr_lock", format!("k{k}"));
        if lock.reclaim {
            let way = match is(event, "OK") {
                true => recovered.when(held.clone(), "0").then(held, "1"),
                false => recovered.then(held, "0"),
            };
            self.during(event, vec![way]);
            return true;
        }
        let answer = status(event);
        let claimed = NamedWay::step("ret_lock_send()")
            .when("ret.lock", format!("k{k}"))
            .then("ret.reply", answer.clone());
        let asked = NamedWay::step(format!("app_lock(a{k})"));
        let other = match answer.as_str() {
            "OK" => vec![
                asked.then(held.clone(), "1"),
                recovered.when("client.mgr_nograce", "1").when(held.clone(), "0").then(held, "1"),
            ],
            "BADSESSION" => vec![asked.when("server.session", "0")],
            "DENIED" => vec![NamedWay::see(format!("rival.lock.k{k}"), "Holds")],
            _ => Vec::new(),
        };
        let ways = std::iter::once(claimed).chain(other).collect();
        let at = self.during(event, ways);
        self.after(event, vec![NamedWay::step("ret_lock_reply()")], at);
        true
    }

    fn take_unlock(&mut self, event: &Event, unlock: &nfs::Locku) {
        for k in 0..self.locks.len() {
            if self.unlocks_range(event, unlock, self.locks[k].0) {
                let mut ways = self.unlocks(k);
                // The lock was never taken.
                ways.push(NamedWay::see(format!("app.a{k}"), "Start"));
                self.during(event, ways);
            }
        }
    }

    /// Returns the observations of a released lock.
    pub(super) fn unlocks(&self, k: usize) -> Vec<NamedWay> {
        vec![
            NamedWay::step(format!("app_unlock(a{k})")).when("server.session", "1"),
            NamedWay::step(format!("app_unlock_cached(a{k})")),
            NamedWay::see(format!("app.a{k}"), "Done"),
        ]
    }

    fn take_delegreturn(&mut self, event: &Event) -> bool {
        let step = || NamedWay::step("ret_delegreturn()");
        let ways = match status(event).as_str() {
            "OK" => vec![step().when("server.deleg", "Held").then("server.deleg", "None")],
            "BADSESSION" => vec![step().when("server.session", "0")],
            "DELAY" => vec![step().when("server.delay", "1").then("server.delay", "0")],
            "DELEG_REVOKED" => vec![step().when("server.deleg", "Revoked")],
            "BAD_STATEID" => vec![
                step().when("server.session", "1").when("server.deleg", "None"),
                step()
                    .when("server.session", "1")
                    .when("server.deleg", "Held")
                    .then("server.deleg", "Held"),
            ],
            _ => return false,
        };
        self.during(event, ways);
        true
    }

    /// If nothing is recorded of the holder for a long time, and it waits for nothing, it is at
    /// rest.
    pub(super) fn take_pauses(&mut self) {
        let mut busy_until: Moment = BEFORE;
        let mut waits = false;
        let mut pauses = Vec::new();
        for event in &self.events[self.holding.begin..self.holding.end] {
            if !self.is_holder(event) && !matches!(event.what, What::ServerStart(_)) {
                continue;
            }
            let (from, to) = window(&event.window);
            if busy_until != BEFORE && !waits && from.0 > busy_until.0 + PATIENCE {
                pauses.push((busy_until.0 + PATIENCE, from.0));
            }
            // A call without an answer, or one that is repeated later.
            let Some(to) = to else { return };
            if to >= busy_until {
                waits = is(event, "DELAY") || is(event, "GRACE");
                busy_until = to;
            }
        }
        for (at, until) in pauses {
            let seconds = (until - at) as f64 / 1e9;
            let way = NamedWay { rests: vec!["ret", "mgr"], ..NamedWay::default() };
            let said = format!("nothing is heard of {}", self.holding.client);
            let place = format!("{seconds:.1} s long");
            self.placed.put(said, place, ((at, 0), Some((at, 0))), true, vec![way], Vec::new());
        }
    }
}
