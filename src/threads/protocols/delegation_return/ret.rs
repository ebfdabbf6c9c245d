//! The returner claims what rests on the delegation, and gives the delegation back.

use super::{Client, FIRST, Recall, State};

impl Client {
    pub(super) fn returner(&self) {
        loop {
            let mut state = self.until(|state| {
                let due = state.to_return && state.attached && !state.returning;
                state.stop || (due && !state.manager_works)
            });
            if state.stop {
                return;
            }
            state.to_return = false;
            state.returning = self.rules().detach_after_claim;
            state.attached = self.rules().detach_after_claim;
            state.rwsem = !self.rules().no_rwsem_across_claims;
            state.return_under_way = true;
            self.did("ret_start", &[], &state);
            drop(state);
            if self.claim_all() {
                self.give_back();
            }
        }
    }

    /// Claims what rests on the delegation; false if the return was put off.
    fn claim_all(&self) -> bool {
        loop {
            let mut state = self.state.lock().unwrap();
            let claims = self.rules().claim_opens;
            let next = state.open.iter().position(|open| claims && open.held && open.delegated);
            state.claiming = next.is_some();
            self.did("ret_next_open", &[], &state);
            drop(state);
            let Some(o) = next else { return true };
            if !self.claim(o) {
                return false;
            }
            let mut state = self.state.lock().unwrap();
            state.claiming = false;
            self.did_and_woke("ret_seq_check", &[], &state);
        }
    }

    fn claim(&self, o: usize) -> bool {
        let mut state = self.until(State::may_call);
        let done = self.call(&mut state);
        state.open[o].at_server |= done;
        state.slot_in_use = true;
        self.did("ret_open_send", &[], &state);
        drop(state);
        // The window: the server has the open, and the client does not know yet.
        let mut state = self.state.lock().unwrap();
        state.slot_in_use = false;
        if !done {
            return self.put_off("ret_open_reply", &mut state);
        }
        let rests = state.attached && !self.rules().returning_in_update_open_stateid;
        state.open[o].delegated = rests;
        let locks = o == FIRST && state.lock.believed && self.rules().claim_locks;
        self.did_and_woke("ret_open_reply", &[], &state);
        drop(state);
        !locks || self.claim_lock()
    }

    fn claim_lock(&self) -> bool {
        loop {
            let mut state = self.until(State::may_call);
            let done = self.call(&mut state);
            state.lock.at_server |= done;
            state.slot_in_use = true;
            self.did("ret_lock_send", &[], &state);
            drop(state);
            let mut state = self.state.lock().unwrap();
            state.slot_in_use = false;
            if !done && !self.rules().lock_claim_in_place {
                return self.put_off("ret_lock_reply", &mut state);
            }
            state.lock.has_stateid |= done;
            self.did_and_woke("ret_lock_reply", &[], &state);
            if done {
                return true;
            }
        }
    }

    /// The return is given up, to be tried again.
    fn put_off(&self, action: &'static str, state: &mut State) -> bool {
        if state.attached {
            state.returning = false;
            state.to_return |= self.rules().abort_puts_back;
        }
        state.claiming = false;
        state.rwsem = false;
        state.return_under_way = false;
        self.did_and_woke(action, &[], state);
        false
    }

    fn give_back(&self) {
        let mut state = self.state.lock().unwrap();
        (state.attached, state.returning, state.to_return) = (false, false, false);
        state.rwsem = false;
        self.did_and_woke("ret_detach", &[], &state);
        drop(state);
        loop {
            let mut state = self.until(State::may_call);
            let done = self.call(&mut state);
            if done {
                state.granted = false;
                state.recall = Recall::None;
                state.return_under_way = false;
            }
            self.did_and_woke("ret_delegreturn", &[], &state);
            if done {
                return;
            }
        }
    }
}
