//! The state manager, the server, and the other client.

use super::{Client, Recall};

// The state manager, with the renewal of the lease.
impl Client {
    pub(super) fn manager(&self) {
        loop {
            let mut state = self.until(|state| state.stop || state.need_manager || !state.session);
            if state.stop {
                return;
            }
            if !state.need_manager {
                state.need_manager = true;
                self.did("renew_notice", &[], &state);
            }
            state.manager_works = true;
            state.draining = true;
            self.did("mgr_start", &[], &state);
            drop(state);
            let waits = self.rules().reply_under_slot;
            let mut state = self.until(|state| !(waits && state.slot_in_use));
            state.need_manager = false;
            state.session = true;
            self.did("mgr_exchange_id", &[], &state);
            drop(state);
            let mut state = self.state.lock().unwrap();
            state.manager_works = false;
            state.draining = false;
            self.did_and_woke("mgr_end_drain", &[], &state);
        }
    }
}

// The server and the other client.
impl Client {
    pub(super) fn other_client(&self) {
        let mut state = self.state.lock().unwrap();
        state.recall = Recall::Queued;
        self.did("rival_lock", &[], &state);
        state.recall = Recall::Sent;
        self.did("cb_send", &[], &state);
        drop(state);
        let mut state = self.state.lock().unwrap();
        let known = state.attached;
        let marks = known && (!state.returning || self.rules().recall_marks_even_if_returning);
        state.to_return |= marks;
        self.did_and_woke("cb_receive", &[], &state);
        drop(state);
        if self.model.faults.session > 0 {
            let mut state = self.state.lock().unwrap();
            state.session = false;
            self.did_and_woke("fault_session_lost", &[], &state);
        }
        let mut state = self.state.lock().unwrap();
        if !known && state.recall == Recall::Sent {
            state.recall = Recall::Refused;
        }
        self.did("cb_reply", &[], &state);
        drop(state);
        let mut state = self.until(|state| state.stop || (!state.granted && !state.lock.at_server));
        if state.stop {
            return;
        }
        state.rival_holds = true;
        self.did("rival_lock", &[], &state);
        drop(state);
        let mut state = self.state.lock().unwrap();
        state.rival_holds = false;
        state.rival_done = true;
        self.did_and_woke("rival_unlock", &[], &state);
    }
}
