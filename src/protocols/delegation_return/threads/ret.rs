//! The returner claims what rests on the delegation, and gives the delegation back.

use latchwork_model::delegation_return::state::{Recall, Stateid, Status};

use super::super::rt::{Ordering, fence};
use super::seen::seen_stateid;
use super::{Client, Delegation, FIRST, RETURNER, State, Wait};

/// What a claim came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    Made,
    PutOff,
}

impl Client {
    pub(super) fn returner(&self) {
        loop {
            let mut state = self.until(RETURNER, Wait::ReturnDue);
            if state.ended[RETURNER] {
                return;
            }
            let stateid = state.deleg.stateid;
            state.deleg.to_return = false;
            if self.rules().detach_after_claim {
                state.deleg.returning = true;
            } else {
                state.deleg = Delegation::default();
            }
            state.rwsem = !self.rules().no_rwsem_across_claims;
            state.return_under_way = true;
            self.did("ret_start", &[], &mut state);
            drop(state);
            if self.claim_all(stateid) == Claim::Made {
                self.give_back(stateid);
            } else {
                // Without a session, or in grace, the next try would be answered like this one.
                drop(self.until(RETURNER, Wait::Claims));
            }
        }
    }

    /// Claims all that rests on the delegation, whose stateid this was when the return began.
    fn claim_all(&self, stateid: Stateid) -> Claim {
        loop {
            let mut state = self.state.lock().unwrap();
            let claims = self.rules().claim_opens;
            let next = state.open.iter().position(|open| claims && open.held && open.delegated);
            state.claiming = next.is_some();
            // If the manager is inside, this is no count that the counter comes back to.
            let begun = self.reclaims.load(Ordering::Acquire) & !1;
            let known = next.is_some_and(|o| self.stateid(o) != Stateid::None);
            let known = known && self.rules().known_open_needs_no_claim;
            if let Some(o) = next.filter(|_| known) {
                state.open[o].delegated = false;
            }
            let locks = known && next == Some(FIRST) && self.claims_lock(&state);
            state.rwsem |= locks && !self.rules().no_rwsem_across_lock_claims;
            self.did("ret_next_open", &[], &mut state);
            drop(state);
            let Some(o) = next else { return Claim::Made };
            let claim = match (known, locks) {
                (false, _) => self.claim(o, stateid),
                (true, true) => self.claim_lock(),
                (true, false) => Claim::Made,
            };
            if claim == Claim::PutOff || self.check(o, begun) == Claim::PutOff {
                return Claim::PutOff;
            }
        }
    }

    fn claim(&self, o: usize, stateid: Stateid) -> Claim {
        // It is privileged, and does not wait for the end of recovery.
        let mut state = self.state.lock().unwrap();
        let stateid = if state.deleg.attached { state.deleg.stateid } else { stateid };
        let answer = state.answer_open_claim(stateid);
        let given = state.current();
        state.open[o].at_server |= answer == Status::OK;
        self.executed(answer, &mut state);
        self.did("ret_open_send", &[], &mut state);
        drop(state);
        // The window: the server has the open, and the client does not know yet.
        let mut state = self.state.lock().unwrap();
        state.slot_in_use = false;
        if answer != Status::OK {
            let marks = state.open[o].delegated || !self.rules().stale_claim_marks_nothing;
            if answer == Status::BAD_STATEID && marks {
                state.mark_bad_stateid(o);
            }
            return self.put_off("ret_open_reply", &mut state);
        }
        if self.rules().claim_sets_open_stateid {
            self.set_stateid(o, given);
        }
        // A delegation that is being returned carries no open.
        state.open[o].delegated = false;
        let locks = o == FIRST && self.claims_lock(&state);
        state.rwsem |= locks && !self.rules().no_rwsem_across_lock_claims;
        self.did("ret_open_reply", &[], &mut state);
        drop(state);
        if locks { self.claim_lock() } else { Claim::Made }
    }

    fn claims_lock(&self, state: &State) -> bool {
        state.lock.believed && !state.lock.lost && self.rules().claim_locks
    }

    /// A call was executed, and its answer is on its way.
    fn executed(&self, answer: Status, state: &mut State) {
        if answer == Status::BADSESSION {
            state.session_is_lost(self.rules());
        }
        state.slot_in_use = true;
    }

    fn claim_lock(&self) -> Claim {
        loop {
            let mut state = self.until(RETURNER, Wait::Slot);
            state.slot_in_use = true;
            self.did("ret_lock_slot", &[], &mut state);
            let answer = self.answer_new_lock(&state);
            let (given, sent) = (state.current(), self.stateid(FIRST));
            state.lock.at_server |= answer == Status::OK;
            self.executed(answer, &mut state);
            self.did("ret_lock_send", &[], &mut state);
            drop(state);
            let mut state = self.state.lock().unwrap();
            state.slot_in_use = false;
            match answer {
                Status::OK => state.lock.stateid = given,
                Status::DENIED => state.lock.lost = true,
                // The open may have been recovered since.
                Status::BAD_STATEID if self.stateid(FIRST) != sent => {}
                Status::BAD_STATEID => {
                    state.mark_bad_stateid(FIRST);
                    return self.put_off("ret_lock_reply", &mut state);
                }
                _ if self.repeats_in_place(answer) => {}
                _ => {
                    let marks = self.rules().failed_lock_claim_marks_open;
                    state.open[FIRST].delegated |= marks;
                    return self.put_off("ret_lock_reply", &mut state);
                }
            }
            if matches!(answer, Status::OK | Status::DENIED) {
                state.rwsem = !self.rules().no_rwsem_across_claims;
            }
            self.did("ret_lock_reply", &[], &mut state);
            drop(state);
            match answer {
                Status::OK | Status::DENIED => return Claim::Made,
                Status::GRACE => drop(self.until(RETURNER, Wait::NewGrants)),
                _ => {}
            }
        }
    }

    /// Whether a LOCK claim that fails is repeated as it is.
    fn repeats_in_place(&self, answer: Status) -> bool {
        if answer == Status::GRACE {
            self.rules().delayed_lock_claim_in_place
        } else {
            self.rules().lock_claim_in_place
        }
    }

    /// Whether the manager has recovered nothing since the claim began. The counter is read without
    /// the lock, and so is the stateid of the open that was claimed: if the one is still what it
    /// was, the other must be too.
    fn check(&self, o: usize, begun: u8) -> Claim {
        let here = self.log.mark();
        let stateid = self.stateid(o);
        if !self.flaws.no_fence_in_check {
            fence(Ordering::Acquire);
        }
        let changed = self.reclaims.load(Ordering::Relaxed) != begun;
        if !changed {
            // It may have been early: what was seen is as of the last critical section. But for a
            // stateid that is forgotten: that is before anything is reclaimed, and not counted.
            let forgotten = stateid == Stateid::None;
            let seen = if forgotten { Vec::new() } else { vec![seen_stateid(o, stateid)] };
            self.log.step_at(here, "ret_seq_check", &[], seen);
        }
        let mut state = self.state.lock().unwrap();
        if changed && self.rules().seqcount_retry {
            return self.put_off("ret_seq_check", &mut state);
        }
        state.claiming = false;
        if changed {
            self.log.step("ret_seq_check", &[], state.seen());
        }
        self.wake(&mut state);
        Claim::Made
    }

    /// The return is given up, to be tried again.
    fn put_off(&self, action: &'static str, state: &mut State) -> Claim {
        if state.deleg.attached {
            state.deleg.returning = false;
            state.deleg.to_return |= self.rules().abort_puts_back;
        }
        state.claiming = false;
        state.rwsem = false;
        state.return_under_way = false;
        self.did(action, &[], state);
        Claim::PutOff
    }

    fn give_back(&self, stateid: Stateid) {
        let mut state = self.state.lock().unwrap();
        state.rwsem = false;
        let attached = state.deleg.attached;
        let stateid = if attached { state.deleg.stateid } else { stateid };
        state.deleg = Delegation::default();
        // If it hangs there no more, somebody else has taken it off.
        let gives = attached || !self.rules().detach_after_claim;
        state.return_under_way = gives;
        self.did("ret_detach", &[], &mut state);
        drop(state);
        if gives {
            self.delegreturn(stateid);
        }
    }

    fn delegreturn(&self, stateid: Stateid) {
        loop {
            let mut state = self.until(RETURNER, Wait::Call);
            let done = state.server.session;
            if !done {
                state.session_is_lost(self.rules());
            } else if state.is_held(stateid) {
                state.server.granted = false;
                state.server.recall = Recall::None;
                state.server.retried = false;
            }
            state.return_under_way = !done;
            self.did("ret_delegreturn", &[], &mut state);
            if done {
                return;
            }
        }
    }
}
