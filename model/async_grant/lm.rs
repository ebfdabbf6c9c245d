//! The `lm` and `lm_timer` lanes: one thread of the lock manager, which never does two things at a
//! time, and the timers of the requests that it has put aside.

use crate::kit::{FIRED, Fired, Next, Refused, exceeded, when};

use super::state::{Block, ClientAt, ClientId, GrantRes, Hold, LmId, Op, OpKind, Reply, State};
use super::{AsyncGrant, Kind};

/// The answer to a request that was granted; of a test, whether somebody is in the way.
fn granted(kind: Kind, block: &Block) -> Reply {
    match kind {
        Kind::Test if block.conf => Reply::Conflict,
        Kind::Test => Reply::Free,
        Kind::Try | Kind::Wait => Reply::Granted,
    }
}

impl AsyncGrant {
    pub(super) fn lm_lock(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(s.lm_idle() && client.lock_n > 0 && client.reply == Reply::None)?;
        when(!self.in_grace(s))?;
        let block = s.block[c];
        if s.answered[c] != Reply::None && self.rules.exactly_once {
            if !self.variants.dup_silent {
                s.client[c].reply = s.answered[c];
            }
        } else if block.queued {
            if block.granted || block.timed_out {
                self.settle(s, c);
            }
        } else if block.on_list && block.granted && s.client[c].deaf && self.rules.repeat_is_told {
            self.settle(s, c);
        } else if block.on_list && self.rules.dup_detect {
            s.client[c].reply = Reply::Blocked;
        } else {
            let on_list = self.rules.insert_before_call;
            when(s.ops[c].len() < super::state::OPS)?;
            if !block.present {
                s.block[c] = Block { present: true, on_list, ..Block::default() };
            }
            self.call(s, c)?;
        }
        s.client[c].lock_n -= 1;
        FIRED
    }

    pub(super) fn lm_return(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(s.in_call.contains(c) && !self.answers_in_call(c))?;
        s.in_call.remove(c);
        s.block[c].on_list = true;
        if self.asks(c) == Kind::Wait {
            Self::tell_to_wait(s, c);
        } else {
            s.block[c].queued = true;
            s.block[c].has_rpc = true;
        }
        FIRED
    }

    pub(super) fn lm_return_sync(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(s.in_call.contains(c) && self.answers_in_call(c))?;
        let due = |op: &&Op| op.kind.has_callback() && op.kind != OpKind::Notified;
        let op = s.ops[c].items().iter().find(due).copied().ok_or(Refused::Disabled)?;
        let asks_again = self.asks(c) == Kind::Wait && op.kind == OpKind::Denied;
        when(asks_again || s.client[c].reply == Reply::None)?;
        s.take_op(c, op.kind);
        s.in_call.remove(c);
        if op.kind.is_grant() && self.rules.mirror {
            self.mirror(s, c, self.hold(c));
        }
        if asks_again {
            s.block[c].on_list = true;
            s.block[c].got_cb = true;
            Self::tell_to_wait(s, c);
        } else {
            let answer = match op.kind {
                OpKind::TestFree => Reply::Free,
                OpKind::TestConflict => Reply::Conflict,
                OpKind::Denied => Reply::Denied,
                _ => Reply::Granted,
            };
            self.answer(s, c, answer);
        }
        FIRED
    }

    pub(super) fn lm_revisit(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let block = &s.block[c];
        when(s.lm_idle() && block.queued && block.has_rpc)?;
        when((block.got_cb || block.timed_out) && s.client[c].reply == Reply::None)?;
        self.settle(s, c);
        FIRED
    }

    pub(super) fn lm_reap(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let block = &s.block[c];
        when(s.lm_idle() && block.queued && block.timed_out && !block.has_rpc)?;
        s.block[c] = Block::default();
        FIRED
    }

    pub(super) fn lm_granted_msg(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let (block, client) = (&s.block[c], &s.client[c]);
        when(s.in_call.is_empty() && block.granted && block.on_list && !block.queued)?;
        when(!client.granted_msg && client.grant_res == GrantRes::None)?;
        // On a path that has failed, sending changes nothing.
        when(client.at != ClientAt::Dead && !client.deaf)?;
        s.client[c].granted_msg = true;
        FIRED
    }

    pub(super) fn lm_grant_res(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(s.lm_idle() && s.client[c].grant_res != GrantRes::None)?;
        let refused = core::mem::take(&mut s.client[c].grant_res) == GrantRes::Rejected;
        if !s.block[c].present {
            return FIRED;
        }
        s.block[c] = Block::default();
        s.answered[c] = if refused { Reply::Denied } else { Reply::Granted };
        if refused && self.rules.grant_reject_unlocks {
            self.release(s, c)?;
            self.mirror(s, c, Hold::None);
        }
        FIRED
    }

    pub(super) fn lm_retry(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let block = &s.block[c];
        when(s.in_call.is_empty() && block.on_list && !block.queued)?;
        when(block.got_cb && !block.granted)?;
        when(s.ops[c].len() < super::state::OPS && !self.in_grace(s))?;
        s.block[c].got_cb = false;
        s.block[c].on_list = self.rules.reinsert_before_retry;
        self.call(s, c)
    }

    pub(super) fn lm_cancel(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(s.lm_idle() && s.client[c].cancel_msg && s.client[c].reply == Reply::None)?;
        when(!self.has_busy_op(s, c) && !self.in_grace(s))?;
        let blocked = core::mem::take(&mut s.block[c]).present;
        let waits = s.has_op(c, OpKind::Queued);
        if blocked && self.rules.cancel_reaches_fs && waits {
            Self::drop_waiting(s, c);
        } else if blocked && (self.rules.cancel_reaches_fs || self.is_mirrored(s, c)) {
            self.release(s, c)?;
            self.mirror(s, c, Hold::None);
        }
        s.client[c].cancel_msg = false;
        s.client[c].reply = Reply::Cancelled;
        s.answered[c] = Reply::Denied;
        FIRED
    }

    pub(super) fn lm_unlock(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(s.lm_idle() && s.client[c].unlock_msg && s.client[c].reply == Reply::None)?;
        when(!self.has_busy_op(s, c) && !self.in_grace(s))?;
        if self.rules.unlock_cancels_block {
            s.block[c] = Block::default();
            Self::drop_waiting(s, c);
        }
        if self.rules.unlock_not_mirror_gated || self.is_mirrored(s, c) {
            self.release(s, c)?;
        }
        self.mirror(s, c, Hold::None);
        s.client[c].unlock_msg = false;
        s.client[c].reply = Reply::Unlocked;
        s.answered[c] = Reply::Denied;
        FIRED
    }

    pub(super) fn lm_cleanup(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let local = self.is_mirrored(s, c);
        when(self.rules.client_cleanup && s.lm_idle() && s.client[c].at == ClientAt::Dead)?;
        if self.variants.cleanup_by_table {
            when(s.block[c].present || self.holds_any(s, c) || local)?;
        } else {
            // The unlock of a local lock goes to the master behind what was sent there before.
            when(s.client[c].to_clean && !(local && self.has_busy_op(s, c)))?;
        }
        s.client[c].to_clean = false;
        s.block[c] = Block::default();
        if (local || self.variants.cleanup_by_table) && self.rules.cleanup_names_owner {
            self.release(s, c)?;
        }
        self.mirror(s, c, Hold::None);
        FIRED
    }

    pub(super) fn lm_reclaim(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(s.lm_idle() && s.grace && client.at == ClientAt::Hold && client.must_reclaim)?;
        when(!client.untold)?;
        if client.late && self.rules.reclaim_is_checked {
            self.refuse_reclaim(s, c);
            return FIRED;
        }
        when(!self.conflict(s, c) && !self.unsettled(s, c))?;
        // What the owner believes to have by now, which is what the request gave it unless a later
        // one has changed it.
        let owner = self.spec(c).owner;
        for byte in self.bytes(c) {
            let hold = s.believed[owner].at(byte);
            if let Some(access) = hold.access() {
                let range = super::posix::Range { first: byte, last: byte };
                s.table.lock(self.own(c).0, access, range).or(exceeded("locks"))?;
            }
            s.mirror[owner].set(byte, hold);
        }
        self.look_at_tests(s);
        s.stale_reclaim |= s.client[c].overtaken;
        self.end_reclaim(s, c);
        FIRED
    }

    pub(super) fn lm_notify(&self, s: &mut Next<State>, _: LmId, c: ClientId) -> Fired {
        when(self.rules.notify_repeated && s.grace && s.client[c].untold)?;
        s.client[c].untold = false;
        FIRED
    }

    pub(super) fn lm_end_grace(&self, s: &mut Next<State>, _: LmId) -> Fired {
        when(s.lm_idle() && s.grace)?;
        let to_come = |c: ClientId| {
            let client = &s.client[c];
            let hears = !client.untold || self.rules.notify_repeated;
            client.at == ClientAt::Hold && client.must_reclaim && hears
        };
        when(self.variants.short_grace || !self.all_clients().any(to_come))?;
        s.grace = false;
        if self.restarts_again() {
            for c in self.all_clients() {
                s.client[c].late |= s.client[c].must_reclaim;
            }
        }
        FIRED
    }

    pub(super) fn lm_timer_timeout(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let block = &s.block[c];
        when(self.rules.lm_timeout && block.queued && !block.got_cb && !block.timed_out)?;
        let block = &mut s.block[c];
        block.timed_out = true;
        FIRED
    }
}

// What these steps have in common.
impl AsyncGrant {
    /// A client has its lock back, or is told that it has lost it.
    pub(super) fn end_reclaim(&self, s: &mut State, c: ClientId) {
        let client = &mut s.client[c];
        client.must_reclaim = false;
        client.untold = false;
        client.late = false;
        client.overtaken = false;
    }

    /// The lock manager finds on record that a client did not reclaim in time.
    fn refuse_reclaim(&self, s: &mut State, c: ClientId) {
        self.end_reclaim(s, c);
        s.client[c].at = ClientAt::Fail;
        self.believe(s, c, Hold::None);
    }

    /// The lock manager takes only reclaims: who is refused something else asks again.
    fn in_grace(&self, s: &State) -> bool {
        s.grace && self.rules.grace
    }

    /// Calls the filesystem for a request; the operation is on its way to the master.
    fn call(&self, s: &mut State, c: ClientId) -> Fired {
        let test = self.spec(c).kind == Kind::Test;
        let kind = if test { OpKind::Test } else { OpKind::New };
        s.ops[c].push(Op::new(kind)).or(exceeded("operations"))?;
        s.in_call.insert(c);
        FIRED
    }

    /// Answers BLOCKED, unless the client knows that or an answer is on its way.
    fn tell_to_wait(s: &mut State, c: ClientId) {
        let client = &mut s.client[c];
        if client.at == ClientAt::Sent && client.reply == Reply::None {
            client.reply = Reply::Blocked;
        }
    }

    /// Answers a request that was put aside by what its block says, and forgets the block. That it
    /// was granted decides alone.
    fn settle(&self, s: &mut State, c: ClientId) {
        let block = &s.block[c];
        let answer = if block.granted { granted(self.spec(c).kind, block) } else { Reply::Denied };
        self.answer(s, c, answer);
    }

    /// Gives a request its final answer, remembers it, and forgets the block. The dead are not
    /// answered.
    pub(super) fn answer(&self, s: &mut State, c: ClientId, answer: Reply) {
        s.block[c] = Block::default();
        if s.client[c].at != ClientAt::Dead {
            s.client[c].reply = answer;
            s.answered[c] = answer;
        }
    }

    /// An operation of the owner is under way that has to be waited for before the lock is taken
    /// away.
    fn has_busy_op(&self, s: &State, c: ClientId) -> bool {
        let busy = |other: ClientId| s.ops[other].items().iter().any(|op| op.kind.is_busy());
        self.all_clients()
            .any(|other| (other == c || self.overlap_of_owner(c, other)) && busy(other))
    }

    fn drop_waiting(s: &mut State, c: ClientId) {
        s.ops[c].retain(|op| op.kind != OpKind::Queued);
    }
}
