//! The `fault` lane: what can go wrong, within budgets.

use crate::kit::{FIRED, Fired, Next, Table, values, when};

use super::DelegationReturn;
use super::config::RebootWhen;
use super::state::{
    AppAt, AppId, Call, Callback, Client, DelegId, Delegation, Grant, Kind, Lock, MgrAt, Open,
    Recall, Ret, RetAt, State, Stateid, Status,
};

impl DelegationReturn {
    pub(super) fn fault_reboot(&self, s: &mut Next<State>) -> Fired {
        let lock_claim = matches!(s.ret.at, RetAt::LockSlot | RetAt::LockSend | RetAt::LockReply);
        when(match self.reboot_when {
            RebootWhen::AnyTime => true,
            RebootWhen::LockClaim => lock_claim,
            RebootWhen::SyncLockClaim => lock_claim && s.ret.kind == Kind::Sync,
        })?;
        s.spend(|s| &mut s.budget.reboot)?;
        self.forget_client(s);
        s.server.epoch += 1;
        s.server.grace = true;
        s.server.delay = false;
        s.rival.to_reclaim = s.rival.open;
        FIRED
    }

    pub(super) fn fault_session_lost(&self, s: &mut Next<State>) -> Fired {
        when(s.server.session)?;
        s.spend(|s| &mut s.budget.session)?;
        s.server.session = false;
        FIRED
    }

    pub(super) fn fault_cb_lost(&self, s: &mut Next<State>) -> Fired {
        when(s.cb.in_flight)?;
        s.spend(|s| &mut s.budget.cb_lost)?;
        let current = s.cb.stateid == Stateid::of(s.server.epoch);
        if current && s.server.recall == Recall::Sent {
            s.server.recall = Recall::Queued;
        }
        s.cb = Callback::default();
        FIRED
    }

    pub(super) fn fault_cb_dup(&self, s: &mut Next<State>) -> Fired {
        when(s.cb.reply == Status::OK)?;
        s.spend(|s| &mut s.budget.cb_dup)?;
        s.cb.reply = Status::None;
        s.cb.in_flight = true;
        FIRED
    }

    pub(super) fn fault_grace_end(&self, s: &mut Next<State>) -> Fired {
        when(s.server.grace && !s.server.reclaim_done)?;
        s.spend(|s| &mut s.budget.grace_end)?;
        self.end_grace(s);
        // After another reboot it must not reclaim what somebody else may have had in between.
        if self.rules.late_is_struck_off {
            self.record(s, false);
        }
        s.ghost.taken = true;
        FIRED
    }

    pub(super) fn fault_expire(&self, s: &mut Next<State>) -> Fired {
        when(!s.server.courtesy)?;
        s.spend(|s| &mut s.budget.expire)?;
        if self.variants.courtesy {
            s.server.courtesy = true;
        } else {
            self.expire_client(s);
        }
        FIRED
    }

    pub(super) fn fault_revoke(&self, s: &mut Next<State>) -> Fired {
        when(s.server.recall != Recall::None && s.server.deleg == Grant::Held)?;
        s.spend(|s| &mut s.budget.revoke)?;
        self.revoke(s);
        FIRED
    }

    pub(super) fn fault_write_lost(&self, s: &mut Next<State>) -> Fired {
        when(!s.server.loses_write)?;
        s.spend(|s| &mut s.budget.write_lost)?;
        s.server.loses_write = true;
        FIRED
    }

    pub(super) fn fault_delay(&self, s: &mut Next<State>) -> Fired {
        when(!s.server.delay)?;
        s.spend(|s| &mut s.budget.delay)?;
        s.server.delay = true;
        FIRED
    }

    pub(super) fn fault_client_reboot(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.budget.client_reboot)?;
        s.deleg = Delegation::default();
        s.open = Table::filled(Open::default());
        s.lock = Table::filled(Lock::default());
        s.ghost.broken = Table::filled(false);
        s.ret = Ret::default();
        s.call = Table::filled(Call::default());
        s.client = Client {
            epoch: s.client.epoch,
            mgr: MgrAt::Drain,
            draining: true,
            restarted: true,
            ..Client::default()
        };
        for a in values::<AppId>(self) {
            s.app[a] = AppAt::Done;
        }
        FIRED
    }

    pub(super) fn fault_signal(&self, s: &mut Next<State>) -> Fired {
        when(s.ret.at == RetAt::Wait)?;
        s.spend(|s| &mut s.budget.signal)?;
        if self.rules.interrupted_return_is_aborted {
            self.abort(s, self.rules.interrupted_return_is_put_back);
        } else {
            s.ret.at = RetAt::Detach;
        }
        FIRED
    }

    pub(super) fn fault_evict(&self, s: &mut Next<State>) -> Fired {
        when(s.open.entries().iter().all(|open| !open.held))?;
        when(s.deleg.attached && !s.deleg.returning && s.ret.at == RetAt::Idle)?;
        s.spend(|s| &mut s.budget.evict)?;
        let Delegation { id, stateid, .. } = s.deleg;
        s.ret = Ret { at: RetAt::Delegreturn, id, stateid, ..Ret::default() };
        s.deleg = Delegation::default();
        FIRED
    }

    pub(super) fn fault_upgrade(&self, s: &mut Next<State>) -> Fired {
        let server = &s.server;
        when(s.deleg.attached && s.deleg.returning && s.deleg.id == DelegId(0))?;
        when(server.deleg == Grant::Held && server.session && server.reclaim_done)?;
        when(!server.grace && server.recall == Recall::None && !s.client.draining)?;
        when(s.deleg.stateid == Stateid::of(server.epoch))?;
        s.spend(|s| &mut s.budget.upgrade)?;
        if self.rules.second_delegation_is_given_back {
            return FIRED;
        }
        let (id, stateid) = (DelegId(1), s.deleg.stateid);
        s.server.deleg_id = id;
        s.deleg = Delegation { attached: true, id, stateid, ..Delegation::default() };
        FIRED
    }
}
