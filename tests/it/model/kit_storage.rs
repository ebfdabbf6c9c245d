//! The model of docs/kit.md: a lock server that keeps its holder on disk.

use latchwork_model::kit::{
    Claim, Crash, Durable, FIRED, Fired, Model, Next, Property, Set, claim, when,
};
use latchwork_model::{actions, domains, ids, properties, state};

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// The server.
    pub struct Server {
        /// Who has the lock, on disk.
        pub holder: Durable<Set<ClientId>>,
        /// Who waits for the lock, in memory.
        pub waiting: Set<ClientId>,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The server.
        pub server: Server,
        /// Who believes that it has the lock.
        pub believes: Set<ClientId>,
        /// How often the server may still crash.
        pub crashes: u8,
    }
}

/// The model.
pub struct Locks {
    /// The server waits for the disk before it grants.
    pub waits: bool,
}

domains! { Locks, self; ClientId: 2 }

actions! { Locks, State;
    /// A client.
    optional client {
        /// Ask for the lock.
        client_ask(c: ClientId) => server;
        /// Give the lock back.
        client_release(c: ClientId) => server;
    }
    /// The server.
    fair server {
        /// Grant the lock.
        server_grant(c: ClientId) => client;
    }
    /// The disk.
    fair disk {
        /// Make the pending write stable.
        disk_sync();
    }
    /// The environment.
    fault environment {
        /// The server crashes and starts again.
        fault_crash();
    }
}

impl Locks {
    fn client_ask(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(!s.believes.contains(c) && !s.server.waiting.contains(c))?;
        s.server.waiting.insert(c);
        FIRED
    }

    fn client_release(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.believes.contains(c))?;
        s.believes.remove(c);
        s.server.holder.write(Set::EMPTY);
        FIRED
    }

    fn server_grant(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.server.waiting.contains(c) && s.server.holder.is_empty())?;
        s.server.waiting.remove(c);
        let mut holder = Set::EMPTY;
        holder.insert(c);
        s.server.holder.write(holder);
        if self.waits {
            s.server.holder.sync();
        }
        s.believes.insert(c);
        FIRED
    }

    fn disk_sync(&self, s: &mut Next<State>) -> Fired {
        when(!s.server.holder.is_synced())?;
        s.server.holder.sync();
        FIRED
    }

    fn fault_crash(&self, s: &mut Next<State>) -> Fired {
        s.spend(|s| &mut s.crashes)?;
        s.server.crash();
        FIRED
    }

    fn one_holder(&self, s: &State) -> Claim {
        claim(s.believes.len() <= 1)
    }
}

impl Model for Locks {
    const PROPERTIES: &'static [Property<Self>] = properties! { Locks;
        /// At most one client believes that it has the lock.
        invariant one_holder;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { crashes: 1, ..State::default() });
    }

    fn done(&self, _: &State) -> bool {
        true
    }
}
