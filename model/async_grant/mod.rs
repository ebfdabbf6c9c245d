#![doc = include_str!("README.md")]

mod client;
mod config;
mod fault;
mod fs;
mod lm;
mod local;
mod locks;
mod master;
pub mod posix;
mod properties;
pub mod rules;
pub mod state;
mod symmetry;
mod view;

pub use config::{AsyncGrant, ClientSpec, Kind};

use crate::kit::{Model, Permutation, Property, values};

use posix::LockTable;
use state::{ByteMap, ClientAt, ClientId, GrantRes, LmId, OpKind, Reply, State};

actions! { AsyncGrant, State;
    /// A client of the network asks for a lock, asks again, gives up.
    optional client {
        /// Ask for the lock, or who is in the way.
        client_send(c: ClientId) => lm;
        /// Send the request again, without need.
        client_retransmit(c: ClientId) => lm;
        /// Do not want the lock any longer.
        client_cancel(c: ClientId) => lm;
        /// Give the lock up.
        client_unlock(c: ClientId) => lm;
    }
    /// The same client takes what is sent to it.
    fair client_rx {
        /// An answer arrives.
        client_rx_reply(c: ClientId);
        /// GRANTED arrives: take the lock, or refuse it.
        client_rx_granted(c: ClientId) => lm;
        /// A reply was lost: send again.
        client_rx_resend(c: ClientId) => lm;
        /// GRANTED does not come: ask again.
        client_rx_poll(c: ClientId) => lm;
    }
    /// The lock manager: one thread, which must not sleep in the filesystem.
    fair lm {
        /// LOCK or TEST arrives: answer it, or call the filesystem.
        lm_lock(l: LmId, c: ClientId) => master;
        /// The call has returned: the answer will come later. Put the request aside, or tell the
        /// client to wait.
        lm_return(l: LmId, c: ClientId);
        /// The call has returned with the answer.
        lm_return_sync(l: LmId, c: ClientId);
        /// Look at a request again that was put aside, and answer it.
        lm_revisit(l: LmId, c: ClientId);
        /// Forget a request that timed out and cannot be answered.
        lm_reap(l: LmId, c: ClientId);
        /// Send GRANTED.
        lm_granted_msg(l: LmId, c: ClientId) => client_rx;
        /// GRANTED_RES arrives.
        lm_grant_res(l: LmId, c: ClientId);
        /// Ask the filesystem again for a request that waits.
        lm_retry(l: LmId, c: ClientId) => master;
        /// CANCEL arrives.
        lm_cancel(l: LmId, c: ClientId) => fs;
        /// UNLOCK arrives.
        lm_unlock(l: LmId, c: ClientId) => fs;
        /// Take away the block of a dead client, and its local locks.
        lm_cleanup(l: LmId, c: ClientId) => fs;
        /// A client gets back the lock that it had before the restart.
        lm_reclaim(l: LmId, c: ClientId) => fs;
        /// Tell a client of the restart again that has not heard of it.
        lm_notify(l: LmId, c: ClientId) => client;
        /// The grace period ends.
        lm_end_grace(l: LmId);
    }
    /// The lock manager's clock for requests that were put aside.
    fair lm_timer {
        /// The time is up for a request that was put aside.
        lm_timer_timeout(c: ClientId);
    }
    /// The cluster filesystem calls the lock manager back.
    fair fs {
        /// Call back: an operation of this kind has its answer.
        fs_callback(c: ClientId, op: OpKind) => lm;
        /// Give a lock back that nobody wanted.
        fs_undo(c: ClientId) => master;
        /// Find an operation that was lost.
        fs_recover(c: ClientId);
    }
    /// The master of the cluster keeps the table of all locks.
    fair master {
        /// Decide about a new operation.
        master_decide(c: ClientId) => fs;
        /// Decide about a test.
        master_test(c: ClientId) => fs;
        /// Grant an operation that waited. Any of them may be first.
        master_grant_waiter(c: ClientId) => fs;
        /// Say that an operation that waited is worth another try.
        master_notify(c: ClientId) => fs;
    }
    /// The master looks for circles of waiters, if it does.
    optional master_deadlock {
        /// Deny an operation that waits in a circle.
        master_deadlock(c: ClientId) => fs;
    }
    /// An owner on another node may take a lock that is in the way.
    optional remote_lock {
        /// The owner on another node takes its lock.
        remote_lock() => master;
    }
    /// The owner on another node gives it up in the end.
    fair remote_unlock {
        /// The owner on another node gives its lock up.
        remote_unlock() => master;
    }
    /// A process on the node asks for a lock itself, and gives it up.
    optional process {
        /// Call the filesystem for the lock, and wait in the call.
        process_lock(c: ClientId) => master;
        /// Give the lock up.
        process_unlock(c: ClientId);
    }
    /// What the filesystem does for a process on the node.
    fair process_rx {
        /// The operation has its answer: the call returns.
        process_return(c: ClientId) => process;
        /// The answer to a cancel arrives.
        process_cancelled(c: ClientId) => process;
        /// The unlock of a process that was killed arrives.
        process_closed(c: ClientId);
        /// The unlock has its answer.
        process_unlocked(c: ClientId) => process;
    }
    /// What goes wrong, as often as the budgets allow.
    fault fault {
        /// The call has returned, and there is no memory to put the request aside.
        fault_defer_oom(c: ClientId) => lm;
        /// An operation was granted, and there is no memory for the local lock.
        fault_mirror_oom(c: ClientId, op: OpKind) => fs;
        /// An operation is lost on its way to the master.
        fault_op_lost(c: ClientId) => master;
        /// A client crashes.
        fault_crash(c: ClientId) => client;
        /// A reply is lost.
        fault_reply_lost(c: ClientId) => client_rx;
        /// A GRANTED is lost.
        fault_granted_lost(c: ClientId) => client_rx;
        /// A GRANTED_RES is lost.
        fault_res_lost(c: ClientId) => lm;
        /// Lock manager and filesystem restart.
        fault_lm_reboot() => lm;
        /// The node fails, and the master takes its locks away.
        fault_node_fail() => master;
        /// The message that tells a client of a restart is lost.
        fault_untold(c: ClientId) => client;
        /// The callback path to a client fails for good.
        fault_deaf(c: ClientId) => client_rx;
        /// A signal ends the wait of a process on the node.
        fault_signal(c: ClientId) => process_rx;
        /// The same, and there is no memory to withdraw the request.
        fault_signal_oom(c: ClientId) => process;
        /// Another thread closes the descriptor for which a process waits.
        fault_close(c: ClientId) => process;
        /// There is no memory to give back the lock of a descriptor that was closed.
        fault_undo_oom(c: ClientId) => process;
    }
}

domains! { AsyncGrant, self;
    ClientId: self.client_count,
    LmId: 1,
    // The kinds for which a callback is due: they come first.
    OpKind: OpKind::CALLBACKS,
}

impl Model for AsyncGrant {
    const PROPERTIES: &'static [Property<Self>] = properties::PROPERTIES;

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { budget: self.budget, ..State::default() };
        for c in values::<ClientId>(self) {
            if self.is_local(c) {
                continue;
            }
            s.client[c].retx = self.retx;
            s.client[c].can = if self.spec(c).kind == Kind::Wait { self.can } else { 0 };
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        use ClientAt::{Dead, Done, Fail, Free, Idle};
        let settled = |c: ClientId| {
            let client = &s.client[c];
            let messages = client.lock_n > 0
                || client.cancel_msg
                || client.unlock_msg
                || client.granted_msg
                || client.reply != Reply::None
                || client.grant_res != GrantRes::None;
            matches!(client.at, Idle | Done | Fail | Free | Dead)
                && !messages
                && !client.lost
                && !client.to_clean
                && !s.block[c].present
                && s.ops[c].items().iter().all(|op| op.kind == OpKind::Lost)
        };
        values::<ClientId>(self).all(settled)
            && s.lm_idle()
            && s.table == LockTable::EMPTY
            && s.mirror.entries().iter().all(|bytes| *bytes == ByteMap::EMPTY)
            && !s.grace
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        self.interchangeable(emit);
    }

    fn permuted(&self, s: &State, by: &Permutation) -> State {
        self.exchanged(s, by)
    }
}

protocol!(
    AsyncGrant,
    "async_grant",
    "a filesystem answers a lock request later, and the lock manager may not want it any more"
);
