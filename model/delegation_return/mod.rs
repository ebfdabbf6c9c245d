#![doc = include_str!("README.md")]

mod app;
mod config;
mod fault;
mod mgr;
mod properties;
mod ret;
pub mod rules;
mod server;
pub mod state;
mod symmetry;
mod view;

pub use config::{AppSpec, DelegationReturn, FirstOpen, Program, RebootWhen};

use crate::kit::{Model, Permutation, Property, values};

use state::{
    AppAt, AppId, Callback, Delegation, FIRST_OPEN, Grant, LockId, MgrAt, Open, Recall, RetAt,
    RivalLock, State, Stateid,
};

actions! { DelegationReturn, State;
    /// An application of the client runs its program of opens, locks and closes.
    fair app {
        /// Take the lock in memory: the open rests on the delegation.
        app_lock_cached(a: AppId);
        /// Take the lock at the server.
        app_lock(a: AppId) => srv;
        /// The answer to that LOCK or OPEN is processed: only with a slot table.
        app_reply(a: AppId);
        /// Give up a lock that the server does not know of.
        app_unlock_cached(a: AppId);
        /// Give up the lock at the server.
        app_unlock(a: AppId) => srv;
        /// Open the file again in memory.
        app_open_cached(a: AppId);
        /// Open the file again at the server.
        app_open(a: AppId) => srv;
        /// Close an open that the server does not know of.
        app_close_cached(a: AppId);
        /// Close the open at the server.
        app_close(a: AppId) => srv;
        /// Change an attribute, and first return the delegation in this task.
        app_setattr(a: AppId) => ret;
        /// Change an attribute; there is no delegation.
        app_setattr_plain(a: AppId) => srv;
        /// Read from the cache.
        app_read_cached(a: AppId);
        /// Read after asking the server whether the cache is still good.
        app_read(a: AppId) => srv;
    }
    /// The return of the delegation: claims what rests on it, then gives it back.
    fair ret {
        /// The manager thread starts the return of a delegation that was recalled.
        ret_start();
        /// Look for an open that rests on the delegation.
        ret_next_open();
        /// OPEN (CLAIM_DELEG_CUR_FH) is executed.
        ret_open_send() => srv;
        /// Its answer is processed.
        ret_open_reply();
        /// LOCK gets a slot of the session: not while the session drains.
        ret_lock_slot();
        /// LOCK is executed.
        ret_lock_send() => srv;
        /// Its answer is processed.
        ret_lock_reply();
        /// Look whether the manager recovered something meanwhile.
        ret_seq_check();
        /// The manager is done: try again.
        ret_wait_done();
        /// Detach the delegation from the inode.
        ret_detach();
        /// DELEGRETURN is executed.
        ret_delegreturn() => srv;
        /// Its answer is processed: only with a slot table.
        ret_delegreturn_reply();
        /// The server has forgotten the client, and the answer never came: the call is made again.
        ret_delegreturn_again();
    }
    /// The client's state manager recovers after the server has lost state.
    fair mgr {
        /// Begin: nobody else may call the server.
        mgr_start();
        /// EXCHANGE_ID and CREATE_SESSION: nobody can act between them.
        mgr_exchange_id() => srv;
        /// Look for an open to recover.
        mgr_next_state();
        /// Recover the open: from the delegation, or by OPEN (CLAIM_PREVIOUS).
        mgr_open_reclaim() => srv;
        /// The same, and the server does not re-grant the delegation.
        mgr_open_reclaim_refused() => srv;
        /// Open anew what can no longer be reclaimed.
        mgr_open_nograce() => srv;
        /// Recover a lock of that open, or see that there is none left.
        mgr_lock_reclaim() => srv;
        /// RECLAIM_COMPLETE; a delegation that was not re-granted is reaped.
        mgr_reclaim_complete() => srv;
        /// Let everybody else go on.
        mgr_end_drain();
        /// Look at the delegation that is marked, and see that it is being returned already.
        mgr_drop_mark();
    }
    /// The lease renewal of the client notices that state is lost.
    fair renew {
        /// The lease renewal notices that the session is lost.
        renew_notice() => mgr;
        /// A flag in the answer to SEQUENCE says that a delegation was revoked.
        renew_notice_revoked() => mgr;
        /// The lease renewal comes late, and the server has kept the state.
        renew_lease() => srv;
    }
    /// The way of a recall from the server to the client.
    fair cb {
        /// The server sends CB_RECALL.
        cb_send();
        /// It arrives.
        cb_receive();
        /// Its answer arrives.
        cb_reply() => srv;
    }
    /// The server, where it acts by itself and does not answer a call.
    fair srv {
        /// Everybody has reclaimed: grace ends.
        srv_end_grace();
        /// The recall was refused and nothing came for a lease time: the delegation is revoked.
        srv_revoke();
    }
    /// Another client wants what the delegation covers.
    fair rival {
        /// Open the file for more than the delegation allows, or have the delegation recalled.
        rival_open() => srv;
        /// Take a lock that conflicts with one of the client's.
        rival_lock(k: LockId) => srv;
        /// Give it up.
        rival_unlock(k: LockId) => srv;
        /// Reclaim what it holds after the server has rebooted.
        rival_reclaim() => srv;
        /// Give back the delegation that it was given, because the client changes the file.
        rival_return() => srv;
    }
    /// What goes wrong, as often as the budgets allow.
    fault fault {
        /// The server reboots.
        fault_reboot() => srv;
        /// The session is lost, and nothing else.
        fault_session_lost() => srv;
        /// The callback does not arrive, and the server sends it again.
        fault_cb_lost() => cb;
        /// The callback arrives again.
        fault_cb_dup() => cb;
        /// Grace ends before the client has reclaimed.
        fault_grace_end() => srv;
        /// The lease of the client runs out.
        fault_expire() => srv;
        /// The server does not wait for the return any longer.
        fault_revoke() => srv;
        /// What the server writes next to stable storage is lost.
        fault_write_lost() => srv;
        /// The next claim or return will be answered DELAY.
        fault_delay() => srv;
        /// The client restarts.
        fault_client_reboot();
        /// A signal ends the wait of a return in an application's task.
        fault_signal() => ret;
        /// The inode is evicted from memory: nobody has the file open.
        fault_evict() => ret;
        /// The server replaces the delegation by another, and the client takes it.
        fault_upgrade();
    }
}

impl Model for DelegationReturn {
    const PROPERTIES: &'static [Property<Self>] = properties::PROPERTIES;

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { budget: self.faults, ..State::default() };
        s.server.session = true;
        s.server.reclaim_done = true;
        s.server.on_record = true;
        s.server.deleg = Grant::Held;
        s.deleg = Delegation { attached: true, stateid: Stateid::of(0), ..Delegation::default() };
        let known = self.first_open != FirstOpen::Cached;
        let stateid = if known { Stateid::of(0) } else { Stateid::None };
        let delegated = self.first_open != FirstOpen::Plain;
        s.open[FIRST_OPEN] = Open { held: true, delegated, stateid, ..Open::default() };
        s.server.open[FIRST_OPEN] = known;
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        // The other client may have to wait for a lock that is rightly held.
        let rival = s.rival.open
            && !s.rival.to_reclaim
            && self.locks().all(|k| {
                let waits = s.lock[k].believed && s.server.lock[k];
                s.rival.lock[k] == RivalLock::Done || waits
            });
        values::<AppId>(self).all(|a| s.app[a] == AppAt::Done)
            && s.ret.at == RetAt::Idle
            && s.client.mgr == MgrAt::Idle
            && !s.client.need
            && s.server.recall == Recall::None
            && s.cb == Callback::default()
            && rival
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        self.interchangeable(emit);
    }
}

protocol!(
    DelegationReturn,
    "delegation_return",
    "a delegation is returned, its opens and locks claimed, while the server may reboot"
);
