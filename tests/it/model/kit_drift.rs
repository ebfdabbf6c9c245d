//! The model of docs/kit.md: a lease on two clocks that drift apart.

use latchwork_model::kit::{
    Claim, Clock, FIRED, Fired, Model, Property, Table, Timer, claim, tick_of, values, when,
};
use latchwork_model::{actions, domains, ids, properties, state};

ids! {
    /// A node: the server, then the client.
    pub NodeId n;
}

/// The node that gives the lease.
const SERVER: NodeId = NodeId(0);
/// The node that has it.
const CLIENT: NodeId = NodeId(1);

state! {
    /// A node.
    pub struct Node {
        /// Its clock.
        pub clock: Clock,
        /// The lease, as it knows it.
        pub lease: Timer,
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The nodes.
        pub node: Table<NodeId, Node, 2>,
    }
}

/// The model with leases of four ticks.
pub struct Drifting {
    /// By how many ticks the clocks may differ.
    pub drift: u8,
    /// By how many ticks the client ends the lease earlier than the server.
    pub margin: u8,
}

domains! { Drifting, self; NodeId: 2 }

actions! { Drifting, State;
    /// The client.
    optional client {
        /// Get a lease.
        client_lease();
    }
    /// A node.
    fair node {
        /// The lease has ended.
        node_end(n: NodeId);
    }
    /// The time of a node.
    fair clock {
        /// A unit of time passes.
        clock_tick(n: NodeId);
    }
}

impl Drifting {
    fn client_lease(&self, s: &mut State) -> Fired {
        when(values::<NodeId>(self).all(|n| !s.node[n].lease.is_armed()))?;
        s.node[SERVER].lease.arm(4);
        s.node[CLIENT].lease.arm(4 - self.margin);
        FIRED
    }

    fn node_end(&self, s: &mut State, n: NodeId) -> Fired {
        when(s.node[n].lease.is_expired())?;
        s.node[n].lease.stop();
        FIRED
    }

    fn clock_tick(&self, s: &mut State, n: NodeId) -> Fired {
        tick_of(
            s,
            n,
            self.drift,
            |s, each| values::<NodeId>(self).for_each(|n| each(n, &mut s.node[n].clock)),
            |s, each| values::<NodeId>(self).for_each(|n| each(n, &mut s.node[n].lease, true)),
        )
    }

    fn server_ends_last(&self, s: &State) -> Claim {
        let relies = s.node[CLIENT].lease.remaining().is_some_and(|ticks| ticks > 0);
        claim(!relies || s.node[SERVER].lease.is_armed())
    }
}

impl Model for Drifting {
    const PROPERTIES: &'static [Property<Self>] = properties! { Drifting;
        /// The client relies on its lease only while the server keeps it.
        invariant server_ends_last;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<NodeId>(self).all(|n| !s.node[n].lease.is_armed())
    }
}
