//! The memory of a delegation, and who refers to it: its lease, and a recall that is under way. (The
//! references of requests end with the request, and are left out.)

use crate::kit::{FIRED, Fired, Next, when};

use super::Recall;
use super::state::{Callback, ClientId, Delegation, ObjectId, Stage, State, Stid};

impl Recall {
    /// Whether nothing is left of the last delegation. A client asks for no second delegation of an object
    /// before that: a recall of the first one would seem to point to the new one.
    pub(super) fn is_forgotten(&self, s: &State, c: ClientId, x: ObjectId) -> bool {
        !s.stid[c][x].recalled && !s.stid[c][x].refs.is_live()
    }

    /// Makes the memory of a new delegation.
    pub(super) fn allocate(&self, s: &mut State, c: ClientId, x: ObjectId) {
        if self.references {
            s.stid[c][x].refs.alloc();
        }
    }

    /// Starts a recall, which may find that it cannot be queued.
    pub(super) fn refer_from_recall(&self, s: &mut State, c: ClientId, x: ObjectId, queued: bool) {
        if !self.references {
            return;
        }
        let stid = &mut s.stid[c][x];
        if self.rules.recall_holds_delegation && stid.refs.get().is_err() {
            // More than are counted were leaked, and that is a violation already.
            return;
        }
        stid.recalled = queued;
        if !queued && self.rules.recall_holds_delegation && self.rules.unqueued_is_put {
            stid.refs.put();
        }
    }

    /// The server has no lease for the delegation any more.
    pub(super) fn drop_reference(&self, s: &mut State, c: ClientId, x: ObjectId) {
        if self.references {
            s.stid[c][x].refs.put();
        }
    }

    /// The answer to the recall has arrived, or nobody waits for it any more.
    pub(super) fn callback_done(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        when(s.stid[c][x].recalled)?;
        let lease = &s.lease[c][x];
        let given_up = matches!(lease.callback, Callback::Dropped | Callback::Refused);
        let ended = lease.kind == Delegation::None || given_up;
        when(ended || s.held[c][x].stage != Stage::None)?;
        let Stid { refs, recalled } = &mut s.stid[c][x];
        *recalled = false;
        refs.touch();
        if self.rules.recall_holds_delegation && self.rules.recall_puts_delegation {
            refs.put();
        }
        FIRED
    }
}
