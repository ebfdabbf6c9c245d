//! Waiting. Wake-ups are exact: whoever changes the state wakes those whose time has come, and nobody
//! else.

use latchwork_model::delegation_return::state::{Recall, Status};

use super::super::rt::MutexGuard;
use super::waits::{MANAGER, RETURNER, Wait};
use super::{Client, FIRST, Rival, State};

impl Client {
    /// Waits until something is so.
    pub(super) fn until(&self, party: usize, wait: Wait) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        while !self.has_come(wait, &state) {
            state.waits[party] = Some(wait);
            state = self.moved[party].wait(state).unwrap();
        }
        state.waits[party] = None;
        state
    }

    /// Wakes those whose time has come.
    pub(super) fn wake(&self, state: &mut State) {
        for (party, moved) in self.moved.iter().enumerate() {
            let Some(wait) = state.waits[party] else { continue };
            if self.has_come(wait, state) {
                state.waits[party] = None;
                moved.notify_one();
            }
        }
    }

    fn has_come(&self, wait: Wait, state: &State) -> bool {
        let server = &state.server;
        match wait {
            Wait::Lock => {
                let answer = self.answer_new_lock(state);
                let answered = !matches!(answer, Status::GRACE | Status::DENIED);
                let cached = state.open[FIRST].delegated;
                self.may_lock(state) && (cached || (state.may_call() && answered))
            }
            Wait::Unlock => {
                let calls = self.is_lock_at_server(state);
                self.may_lock(state) && (!calls || state.may_call())
            }
            Wait::Open { seen } => {
                let answered = state.answer_new_open() != Status::GRACE;
                seen || self.can_open_delegated(state) || (state.may_call() && answered)
            }
            Wait::Call => state.may_call(),
            Wait::Slot => !state.draining,
            Wait::ReturnDue => {
                let due = state.deleg.to_return && state.deleg.attached && !state.deleg.returning;
                (due && !state.manager_works) || state.ended[RETURNER]
            }
            Wait::ManagerDue => state.need_manager || !server.session || state.ended[MANAGER],
            Wait::SlotFree => !(self.rules().reply_under_slot && state.slot_in_use),
            Wait::NewGrants => !server.session || state.answer_new_open() == Status::OK,
            Wait::Claims => state.answer_new_open() == Status::OK,
            Wait::RwsemFree => !state.rwsem,
            Wait::Server => self.server_may_act(state) || self.is_kept_away(state),
            Wait::Session => server.session,
            Wait::Calm => self.is_calm(state),
        }
    }

    /// Whether nobody has anything left to do.
    fn is_calm(&self, state: &State) -> bool {
        let works = state.return_under_way || state.manager_works || state.need_manager;
        let rival = state.rival == Rival::Done || self.is_kept_away(state);
        state.server.recall == Recall::None && state.server.session && !works && rival
    }
}
