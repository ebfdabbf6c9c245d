//! The `client` and `client_rx` lanes: who asks, and what the answers mean to them.

use crate::kit::{FIRED, Fired, Next, when};

use super::state::{ClientAt, ClientId, GrantRes, Hold, Reply, State};
use super::{AsyncGrant, Kind};

// The `client` lane: what an application does, or does not do.
impl AsyncGrant {
    pub(super) fn client_send(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].at == ClientAt::Idle && self.has_its_turn(s, c))?;
        when(!self.is_local(c))?;
        s.client[c].at = ClientAt::Sent;
        s.client[c].lock_n = 1;
        s.client[c].conflict_throughout = self.spec(c).kind == Kind::Test && self.conflict(s, c);
        FIRED
    }

    pub(super) fn client_retransmit(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(matches!(client.at, ClientAt::Sent | ClientAt::Blocked))?;
        when(client.retx > 0 && client.lock_n < 2)?;
        let client = &mut s.client[c];
        client.retx -= 1;
        client.lock_n += 1;
        FIRED
    }

    pub(super) fn client_cancel(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(self.spec(c).kind == Kind::Wait)?;
        let client = &s.client[c];
        when(matches!(client.at, ClientAt::Sent | ClientAt::Blocked))?;
        when(client.can > 0 && !client.cancel_msg)?;
        // It waits for the answer to a LOCK that it has sent again.
        when(!client.deaf || (client.lock_n == 0 && client.reply == Reply::None))?;
        let client = &mut s.client[c];
        client.can -= 1;
        client.cancel_msg = true;
        client.at = ClientAt::Cancelling;
        FIRED
    }

    pub(super) fn client_unlock(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].at == ClientAt::Hold && self.has_its_turn(s, c))?;
        when(!self.is_local(c))?;
        let client = &mut s.client[c];
        client.at = ClientAt::Unlocking;
        client.unlock_msg = true;
        self.end_reclaim(s, c);
        self.believe(s, c, Hold::None);
        FIRED
    }

    /// Requests of one owner that overlap go one after the other, in the order of the list, as those
    /// of one thread do: what the owner has in the end would be anybody's guess otherwise. A thread
    /// that was denied goes no further, unless the scenario says so.
    fn has_its_turn(&self, s: &State, c: ClientId) -> bool {
        let mut others = self.all_clients().filter(|other| self.overlap_of_owner(c, *other));
        others.all(|other| {
            let at = s.client[other].at;
            let first = other < c && s.client[c].at == ClientAt::Idle;
            let had = self.after_denial && at == ClientAt::Fail || at == ClientAt::Hold;
            if first { had } else { !at.is_asking() && at != ClientAt::Unlocking }
        })
    }
}

// The `client_rx` lane: what arrives.
impl AsyncGrant {
    pub(super) fn client_rx_reply(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(client.reply != Reply::None && client.at != ClientAt::Dead)?;
        let client = &mut s.client[c];
        let reply = core::mem::take(&mut client.reply);
        let waiting = matches!(client.at, ClientAt::Sent | ClientAt::Blocked);
        let next = match reply {
            Reply::Granted if waiting => ClientAt::Hold,
            Reply::Denied if waiting => ClientAt::Fail,
            Reply::Blocked if waiting => ClientAt::Blocked,
            Reply::Free if waiting => ClientAt::Free,
            Reply::Conflict if waiting => ClientAt::Done,
            Reply::Cancelled if client.at == ClientAt::Cancelling => ClientAt::Fail,
            Reply::Unlocked if client.at == ClientAt::Unlocking => ClientAt::Done,
            // An answer to a question that is settled.
            _ => return FIRED,
        };
        client.lost = false;
        self.enter(s, c, next);
        FIRED
    }

    pub(super) fn client_rx_granted(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(client.granted_msg && client.grant_res == GrantRes::None)?;
        when(client.at != ClientAt::Dead)?;
        let client = &mut s.client[c];
        client.granted_msg = false;
        let waiting = matches!(client.at, ClientAt::Sent | ClientAt::Blocked);
        let refuse = self.rules.client_reject_if_not_waiting;
        client.grant_res = if waiting || client.at == ClientAt::Hold || !refuse {
            GrantRes::Ok
        } else {
            GrantRes::Rejected
        };
        if waiting {
            self.enter(s, c, ClientAt::Hold);
        }
        FIRED
    }

    pub(super) fn client_rx_resend(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(client.lost && client.at != ClientAt::Dead)?;
        let client = &mut s.client[c];
        client.lost = false;
        match client.at {
            ClientAt::Sent | ClientAt::Blocked => client.lock_n = client.lock_n.max(1),
            ClientAt::Cancelling => client.cancel_msg = true,
            ClientAt::Unlocking => client.unlock_msg = true,
            _ => {}
        }
        FIRED
    }

    pub(super) fn client_rx_poll(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(self.rules.client_polls && client.deaf && client.at == ClientAt::Blocked)?;
        when(client.lock_n == 0 && client.reply == Reply::None)?;
        // Before the lock is granted, the answer is BLOCKED again, and changes nothing.
        when(s.block[c].granted || !s.block[c].present)?;
        s.client[c].lock_n = 1;
        FIRED
    }

    /// An answer changes what the client believes.
    pub(super) fn enter(&self, s: &mut State, c: ClientId, next: ClientAt) {
        let client = &mut s.client[c];
        let was_asking = client.at.is_asking();
        client.at = next;
        if was_asking && next != ClientAt::Blocked {
            client.answers += 1;
            client.conflict_throughout &= next == ClientAt::Free;
        }
        if next == ClientAt::Hold {
            self.believe(s, c, self.hold(c));
        }
    }

    /// What a request gives when it is granted.
    pub(super) fn hold(&self, c: ClientId) -> Hold {
        Hold::from(Some(self.spec(c).access))
    }
}
