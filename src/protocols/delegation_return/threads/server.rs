//! The server and the other client: what is answered, the recall, the end of grace, and what goes
//! wrong.

use std::sync::Arc;

use latchwork_model::delegation_return::state::{Recall, Stateid, Status};

use super::super::rt::MutexGuard;
use super::super::rt::thread::JoinHandle;
use super::{Client, FIRST, MANAGER, RETURNER, Rival, SERVER, Server, State, Wait, spawn};

// What is answered.
impl State {
    pub(super) fn answer_new_open(&self) -> Status {
        let server = &self.server;
        if !server.session {
            Status::BADSESSION
        } else if server.grace || !server.reclaim_done {
            Status::GRACE
        } else {
            Status::OK
        }
    }

    pub(super) fn is_held(&self, stateid: Stateid) -> bool {
        self.server.granted && stateid == self.current()
    }

    pub(super) fn answer_open_claim(&self, stateid: Stateid) -> Status {
        match self.answer_new_open() {
            Status::OK if !self.is_held(stateid) => Status::BAD_STATEID,
            answer => answer,
        }
    }

    /// Whether the other client can reclaim what it holds, or have a delegation recalled for it.
    pub(super) fn rival_may_reclaim(&self) -> bool {
        let recalls = !self.server.granted || self.server.recall == Recall::None;
        self.rival_reclaims && recalls
    }

    pub(super) fn answer_reclaim(&self) -> Status {
        let server = &self.server;
        if !server.session {
            Status::BADSESSION
        } else if server.grace && !server.reclaim_done {
            Status::OK
        } else {
            Status::NO_GRACE
        }
    }
}

impl Client {
    pub(super) fn answer_new_lock(&self, state: &State) -> Status {
        let known = state.open[FIRST].at_server && self.stateid(FIRST) == state.current();
        match state.answer_new_open() {
            Status::BADSESSION => Status::BADSESSION,
            _ if !known => Status::BAD_STATEID,
            Status::OK if state.rival == Rival::Holds => Status::DENIED,
            answer => answer,
        }
    }
}

/// A thread of the client that is there since it was needed.
type Keeper = (usize, JoinHandle<()>);

// What happens at the server.
impl Client {
    /// Serves the other client until it has had its lock, or never will; the threads of the client
    /// that were needed meanwhile.
    pub(super) fn serve(self: &Arc<Self>) -> Vec<Keeper> {
        let mut keepers = Vec::new();
        loop {
            let mut state = self.until(SERVER, Wait::Server);
            if !self.server_may_act(&state) {
                return keepers;
            }
            let Server { grace, granted, .. } = state.server;
            if grace && !state.rival_may_reclaim() {
                self.end_grace(&mut state);
            } else if granted {
                state.server.recall = Recall::Queued;
                self.did(if grace { "rival_reclaim" } else { "rival_open" }, &[], &mut state);
                drop(state);
                while self.recall(&mut keepers) {}
            } else if grace {
                state.rival_reclaims = false;
                self.did("rival_reclaim", &[], &mut state);
            } else {
                self.let_in(state);
            }
        }
    }

    /// Grace ends, and the other client loses what it was kept from reclaiming.
    fn end_grace(&self, state: &mut State) {
        state.server.grace = false;
        if state.rival_reclaims {
            state.rival_reclaims = false;
            state.rival_had_lock |= state.rival != Rival::Wants;
            state.rival = Rival::Out;
        }
        self.did("srv_end_grace", &[], state);
    }

    /// The other client opens the file, and takes its lock as soon as that is free.
    fn let_in(&self, mut state: MutexGuard<'_, State>) {
        if state.rival == Rival::Out {
            state.rival =
                if self.has_lock() && !state.rival_had_lock { Rival::Wants } else { Rival::Done };
            self.did("rival_open", &[], &mut state);
        }
        if state.rival == Rival::Wants && !state.lock.at_server {
            state.rival = Rival::Holds;
            self.did("rival_lock", &[0], &mut state);
        }
        drop(state);
        let mut state = self.state.lock().unwrap();
        // It is put off by a reboot, until it has reclaimed.
        if state.rival == Rival::Holds && !state.rival_reclaims {
            state.rival = Rival::Done;
            self.did("rival_unlock", &[0], &mut state);
        }
    }

    /// Whether grace can end, or the other client can do something.
    pub(super) fn server_may_act(&self, state: &State) -> bool {
        let Server { grace, reclaim_done, granted, recall, .. } = state.server;
        if grace {
            return reclaim_done || state.rival_may_reclaim();
        }
        match state.rival {
            Rival::Out => !granted || recall == Recall::None,
            Rival::Wants => !state.lock.at_server,
            Rival::Holds => true,
            Rival::Done => false,
        }
    }

    /// Whether the other client has had its lock, or waits for one that is rightly kept, and no
    /// grace will have to be ended.
    pub(super) fn is_kept_away(&self, state: &State) -> bool {
        let kept = self.keeps_lock() && state.lock.believed && state.lock.at_server;
        let wants = state.rival == Rival::Wants;
        let waits = wants && !state.server.granted && state.apps_left == 0 && kept;
        let grace = state.server.grace || state.fault_to_come;
        !grace && (state.rival == Rival::Done || waits)
    }

    /// Recalls the delegation; whether it has to be done once more. From the first time on the
    /// returner is there, and something may go wrong.
    fn recall(self: &Arc<Self>, keepers: &mut Vec<Keeper>) -> bool {
        let mut state = self.until(SERVER, Wait::Session);
        if state.server.recall != Recall::Queued {
            return false;
        }
        state.server.recall = Recall::Sent;
        let stateid = state.current();
        self.did("cb_send", &[], &mut state);
        drop(state);
        let mut state = self.state.lock().unwrap();
        let deleg = &mut state.deleg;
        let known = deleg.attached && !deleg.revoked && deleg.stateid == stateid;
        let marks = !deleg.returning || self.rules().recall_marks_even_if_returning;
        let accepted = known && marks;
        deleg.to_return |= accepted;
        let first = keepers.is_empty();
        let faults = self.model.faults.reboot + self.model.faults.session;
        state.fault_to_come |= first && faults > 0;
        self.did("cb_receive", &[], &mut state);
        drop(state);
        if first {
            keepers.push((RETURNER, spawn(self, Self::returner)));
        }
        if first && faults > 0 {
            // There is no thread of its own for what goes wrong: the manager is not needed before.
            let manager = |client: &Self| {
                client.fault();
                client.manager();
            };
            keepers.push((MANAGER, spawn(self, manager)));
        }
        let mut state = self.state.lock().unwrap();
        let current = stateid == state.current();
        if !accepted && current && state.server.recall == Recall::Sent {
            let once_more = !state.server.retried;
            state.server.recall = if once_more { Recall::Queued } else { Recall::Refused };
            state.server.retried = true;
        }
        self.did("cb_reply", &[], &mut state);
        state.server.recall == Recall::Queued
    }

    fn fault(&self) {
        let mut state = self.state.lock().unwrap();
        state.fault_to_come = false;
        if self.model.faults.session > 0 {
            state.server.session = false;
            return self.did("fault_session_lost", &[], &mut state);
        }
        let epoch = state.server.epoch + 1;
        state.server = Server { epoch, grace: true, ..Server::default() };
        state.open.iter_mut().for_each(|open| open.at_server = false);
        state.lock.at_server = false;
        state.rival_reclaims = state.rival != Rival::Out;
        self.did("fault_reboot", &[], &mut state);
    }
}
