//! The `fault` lane: what can go wrong, within budgets.

use crate::kit::{FIRED, Fired, Next, Set, exceeded, when};

use super::posix::Range;
use super::state::{
    Block, ByteMap, Client, ClientAt, ClientId, GrantRes, Hold, Op, OpKind, OwnerId, Reply, State,
};
use super::{AsyncGrant, Kind};

impl AsyncGrant {
    pub(super) fn fault_defer_oom(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.in_call.contains(c) && !self.answers_in_call(c))?;
        when(self.asks(c) != Kind::Wait)?;
        s.spend(|s| &mut s.budget.oom)?;
        s.in_call.remove(c);
        let block = &mut s.block[c];
        block.on_list = true;
        block.queued = true;
        block.has_rpc = false;
        block.timed_out |= self.rules.deferfail_timeout;
        if s.client[c].at != ClientAt::Dead {
            s.client[c].reply = Reply::Denied;
            s.answered[c] = Reply::Denied;
        }
        FIRED
    }

    pub(super) fn fault_mirror_oom(&self, s: &mut Next<State>, c: ClientId, kind: OpKind) -> Fired {
        when(kind.is_grant() && s.budget.oom > 0)?;
        self.callback_without_mirror(s, c, kind)?;
        s.spend(|s| &mut s.budget.oom)
    }

    pub(super) fn fault_op_lost(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.budget.drop > 0)?;
        let kind = if self.spec(c).kind == Kind::Test { OpKind::Test } else { OpKind::New };
        let at = s.op_at(c, kind)?;
        s.ops[c].remove(at);
        s.ops[c].push(Op::new(OpKind::Lost)).or(exceeded("operations"))?;
        s.spend(|s| &mut s.budget.drop)
    }

    pub(super) fn fault_crash(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].at != ClientAt::Dead)?;
        when(!self.is_local(c))?;
        s.spend(|s| &mut s.budget.crash)?;
        let answers = s.client[c].answers;
        let to_clean = self.rules.client_cleanup && !self.variants.cleanup_by_table;
        s.client[c] = Client { at: ClientAt::Dead, to_clean, answers, ..Client::default() };
        self.believe(s, c, Hold::None);
        FIRED
    }

    pub(super) fn fault_reply_lost(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].reply != Reply::None)?;
        s.spend(|s| &mut s.budget.loss)?;
        s.client[c].reply = Reply::None;
        s.client[c].lost = true;
        FIRED
    }

    pub(super) fn fault_granted_lost(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].granted_msg)?;
        s.spend(|s| &mut s.budget.loss)?;
        s.client[c].granted_msg = false;
        FIRED
    }

    pub(super) fn fault_res_lost(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.client[c].grant_res != GrantRes::None)?;
        s.spend(|s| &mut s.budget.loss)?;
        s.client[c].grant_res = GrantRes::None;
        FIRED
    }

    pub(super) fn fault_deaf(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(self.spec(c).kind == Kind::Wait && !client.deaf && client.at != ClientAt::Dead)?;
        when(!self.is_local(c))?;
        s.spend(|s| &mut s.budget.deaf)?;
        s.client[c].deaf = true;
        s.client[c].granted_msg = false;
        FIRED
    }

    pub(super) fn fault_untold(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        let client = &s.client[c];
        when(s.grace && client.must_reclaim && !client.untold)?;
        s.spend(|s| &mut s.budget.untold)?;
        s.client[c].untold = true;
        FIRED
    }

    pub(super) fn fault_lm_reboot(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget.reboot)?;
        self.forget_memory(s);
        self.restart_fs(s)
    }

    pub(super) fn fault_node_fail(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget.node)?;
        self.forget_memory(s);
        for c in self.all_clients() {
            s.ops[c].clear();
            s.mirror[self.spec(c).owner] = ByteMap::EMPTY;
            self.release(s, c)?;
        }
        FIRED
    }
}

// What a restart leaves.
impl AsyncGrant {
    /// The lock manager has forgotten all; its clients notice that it was away.
    fn forget_memory(&self, s: &mut State) {
        s.in_call = Set::EMPTY;
        s.grace = true;
        for c in self.all_clients() {
            s.block[c] = Block::default();
            s.answered[c] = Reply::None;
            let client = &mut s.client[c];
            client.lock_n = 0;
            client.cancel_msg = false;
            client.unlock_msg = false;
            client.granted_msg = false;
            client.reply = Reply::None;
            client.grant_res = GrantRes::None;
            client.to_clean = false;
            match client.at {
                ClientAt::Sent | ClientAt::Blocked => {
                    client.at = ClientAt::Sent;
                    client.lost = true;
                }
                ClientAt::Cancelling | ClientAt::Unlocking => client.lost = true,
                ClientAt::Hold => {
                    client.must_reclaim = true;
                    client.untold = false;
                }
                _ => {}
            }
        }
    }

    /// The filesystem has forgotten its operations, and gives back what it has from the master. A
    /// grant that was under way keeps its bytes until the release has run.
    fn restart_fs(&self, s: &mut State) -> Fired {
        let mut kept = [ByteMap::EMPTY; super::state::CLIENTS + 1];
        for c in self.all_clients() {
            let under_way = |op: &Op| op.kind.is_grant() || op.kind == OpKind::Undo;
            let keeps = s.ops[c].items().iter().any(under_way);
            if keeps {
                let kept = &mut kept[usize::from(self.own(c).0)];
                self.bytes(c).for_each(|byte| kept.set(byte, Hold::Write));
            }
            if self.rules.restart_flushes_ops {
                s.ops[c].clear();
                if keeps {
                    s.ops[c].push(Op::new(OpKind::Undo)).or(exceeded("operations"))?;
                }
            } else {
                let again = |op: &&mut Op| op.kind == OpKind::Regranted;
                let ops = s.ops[c].items_mut().iter_mut().filter(again);
                ops.for_each(|op| op.kind = OpKind::Granted);
            }
            if self.rules.restart_flushes_ops || !keeps {
                self.mirror(s, c, Hold::None);
            }
        }
        if !self.rules.cleanup_names_owner {
            return FIRED;
        }
        for c in self.all_clients() {
            let owner: OwnerId = self.own(c);
            let given_back = |byte: &u8| kept[usize::from(owner.0)].at(*byte) == Hold::None;
            for byte in self.bytes(c).filter(given_back) {
                self.unlock(s, owner, Range { first: byte, last: byte })?;
            }
        }
        FIRED
    }
}
