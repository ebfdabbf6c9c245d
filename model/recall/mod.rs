#![doc = include_str!("README.md")]

mod callback;
mod client;
mod config;
pub mod dirlock;
mod fault;
mod grant;
pub mod lease;
mod names;
mod op;
mod properties;
mod references;
pub mod rules;
pub mod state;
mod symmetry;
mod view;

pub use config::{Kind, OpSpec, Recall};

use crate::kit::{Model, Permutation, Property, values};

use state::{ClientId, GrantAt, ObjectId, OpAt, OpId, Ref, State, Want};

actions! { Recall, State;
    /// Somebody who may call the operation.
    optional caller {
        /// Call the operation: take the first lock, and look the name up.
        caller_start(o: OpId) => op;
    }
    /// Applications of a client, which may open a file and write to the cache.
    optional application {
        /// Open an object; the server may answer with a delegation.
        application_open(c: ClientId, x: ObjectId, want: Want) => grant;
        /// Write to the cache, under a write delegation.
        application_write(c: ClientId, x: ObjectId);
    }
    /// A bystander that needs nothing but a directory.
    optional unrelated {
        /// An operation runs that needs nothing but directory 0.
        unrelated_dir_op();
    }
    /// The operation: a system call at the server, or a request that it does for another client.
    fair op {
        /// Start again from the beginning: first lock, new lookup.
        op_restart(o: OpId);
        /// The server knows the request: it answers as it did the first time.
        op_cached_reply(o: OpId);
        /// Take the next directory lock; after the last, look the names up.
        op_lock_dir(o: OpId);
        /// Take the next inode lock.
        op_lock_inode(o: OpId);
        /// The next target has no delegation that is in the way.
        op_check(o: OpId);
        /// Without `count_before_break`: count the open, after the tests.
        op_count(o: OpId);
        /// The next target has one: start its recall, and wait without locks or answer DELAY.
        op_found(o: OpId) => callback;
        /// The holder of the delegation has not said what the attributes are: recall it.
        op_no_answer(o: OpId) => callback;
        /// Recall what was delegated during the wait.
        op_rebreak(o: OpId) => callback;
        /// The delegation is back: stop waiting.
        op_wait_over(o: OpId);
        /// Without `recheck_after_wait`: take the next lock for what was looked up before.
        op_retake(o: OpId);
        /// Without `break_before_visible`: the delegation is back, return.
        op_applied_over(o: OpId);
        /// With `short_wait`: the delegation is back in time.
        op_short_over(o: OpId);
        /// With `short_wait`: it is not; answer DELAY.
        op_short_timeout(o: OpId);
        /// The client sends the request again.
        op_retry(o: OpId);
        /// Take effect.
        op_apply(o: OpId);
        /// Drop all locks and return.
        op_unlock(o: OpId);
    }
    /// The server's work on an OPEN that may bring a delegation.
    fair grant {
        /// Something is in the way of a delegation: open without one.
        grant_refuse(c: ClientId);
        /// Insert the lease.
        grant_insert(c: ClientId);
        /// Something has happened meanwhile: take the lease away again.
        grant_abort(c: ClientId);
        /// Make the delegation known, and reply with it.
        grant_reply(c: ClientId) => client;
    }
    /// The callback worker of the server, and the laundromat that revokes.
    fair callback {
        /// Queue a recall again that could not be queued.
        callback_retry(c: ClientId, x: ObjectId);
        /// Send the recall; from here the laundromat watches it.
        callback_send(c: ClientId, x: ObjectId) => client;
        /// There is no path to the client: give the recall up.
        callback_drop(c: ClientId, x: ObjectId);
        /// The delegation was not known when the recall was sent: now the laundromat watches it.
        callback_list(c: ClientId, x: ObjectId);
        /// The call of a recall is over.
        callback_done(c: ClientId, x: ObjectId);
        /// The client has not answered in time: revoke the delegation.
        callback_revoke(c: ClientId, x: ObjectId) => op;
    }
    /// The client that holds delegations, and must answer recalls.
    strong client {
        /// The answer to an OPEN arrives.
        client_opened(c: ClientId);
        /// The recall arrives.
        client_recall(c: ClientId, x: ObjectId);
        /// The server is reached again: renew the lease, and compare what both have.
        client_renew(c: ClientId) => server;
        /// The callback path is down, as the server says: make a new one.
        client_rebind(c: ClientId) => callback;
        /// CB_GETATTR arrives: say what the attributes are.
        client_getattr(c: ClientId, x: ObjectId) => op;
        /// Begin to write the cache back: the server takes the inode lock for it.
        client_flush_start(c: ClientId, x: ObjectId) => server;
        /// Everything is written back.
        client_flush_done(c: ClientId, x: ObjectId) => server;
        /// Give the delegation back.
        client_delegreturn(c: ClientId, x: ObjectId) => op;
        /// The lease has run out, by the client's own clock.
        client_lease_expires(c: ClientId);
        /// Do not trust the cache any more.
        client_drop_cache(c: ClientId, x: ObjectId);
        /// Learn from the server that a delegation is lost.
        client_learn_lost(c: ClientId, x: ObjectId);
        /// Take a delegation back after the server has restarted.
        client_reclaim(c: ClientId, x: ObjectId) => server;
    }
    /// The server after a restart.
    fair server {
        /// Nobody can reclaim anything any more: serve everybody.
        server_grace_ends();
    }
    /// What goes wrong, as often as the budgets allow.
    fault environment {
        /// The server's machine restarts.
        environment_restart() => server;
        /// A client loses its connection: for good, unless it heals.
        environment_partition(c: ClientId) => client;
        /// A client that lost its connection has it back.
        environment_heal(c: ClientId) => client;
        /// A client crashes.
        environment_crash(c: ClientId) => client;
        /// A client goes on renewing its lease and answers no recall any more.
        environment_stubborn(c: ClientId) => client;
        /// The callback path to a client fails, and nothing else.
        environment_cb_down(c: ClientId) => client;
        /// The recall arrives before the answer to the OPEN: the client does not know the delegation.
        environment_overtake(c: ClientId, x: ObjectId) => callback;
        /// The recall cannot be queued.
        environment_cb_fail(o: OpId) => op;
        /// There is no memory to break the lease with.
        environment_enomem(o: OpId) => op;
        /// A signal ends the wait of a local operation.
        environment_signal(o: OpId) => op;
        /// The reply is lost, and the client sends the request again.
        environment_reply_lost(o: OpId) => op;
    }
}

domains! { Recall, self;
    OpId: self.op_count,
    ClientId: self.clients,
    ObjectId: self.files + self.dirs,
    Want: Want::ALL.len() as u8,
}

impl Model for Recall {
    const PROPERTIES: &'static [Property<Self>] = properties::PROPERTIES;

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut s = State { budget: self.faults, ..State::default() };
        s.grants_left = self.grants.unwrap_or(0);
        for file in 0..self.files {
            s.object[ObjectId(self.files + file)].entry = Ref::from(ObjectId(file));
        }
        emit(&s);
    }

    fn done(&self, s: &State) -> bool {
        let mut ops = values::<OpId>(self);
        let mut clients = values::<ClientId>(self);
        let calm = |c| {
            let breaking = |x| s.lease[c][x].breaking;
            s.grant[c].at == GrantAt::Idle && !values::<ObjectId>(self).any(breaking)
        };
        ops.all(|o| s.op[o].at == OpAt::Done) && clients.all(calm)
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        self.interchangeable(emit);
    }

    fn permuted(&self, s: &State, by: &Permutation) -> State {
        self.exchanged(s, by)
    }
}

protocol!(
    Recall,
    "recall",
    "no conflicting operation is visible before a client's delegation is back"
);
