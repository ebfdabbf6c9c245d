//! Delegations of a file on a cluster filesystem: two protocols in one state, with shared actions.
//!
//! Each node exports the file to a client of its own. Its server recalls a delegation when it sees a
//! conflict, but it learns about the other nodes only from the cluster lock that its node caches.
//!
//! Source: Linux, fs/gfs2/file.c, gfs2_setlease: "We don't currently have a way to enforce a lease
//! across the whole cluster; until we do, disable leases".
//! Known bug: without `recall_first` a node gives up its cluster lock while its client has a
//! delegation, and another node writes what the client does not see.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, Queue, RuleInfo, Set,
    Setup, Table, VariantInfo, awaits, claim, exceeded, together, values, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

/// The most nodes that a scenario may have.
const NODES: usize = 3;

ids! {
    /// A node of the cluster, with its server, and the client of that server.
    pub NodeId n;
}

state! {
    /// The cluster lock of a file.
    pub struct Lock {
        /// The node that has the lock cached. Empty: none.
        pub owner: Set<NodeId>,
        /// The owner has not used the lock yet.
        pub unused: bool,
        /// The owner was asked to give up the lock.
        pub asked: bool,
        /// The nodes that wait.
        pub waiting: Queue<NodeId, NODES>,
    }
}

/// The first part: a lock that a node caches until another node wants it.
pub struct ClusterLock {
    /// How many nodes there are.
    pub nodes: u8,
}

domains! { ClusterLock, self; NodeId: self.nodes }

actions! { ClusterLock, Lock;
    /// A process of a node, which writes.
    optional process {
        /// Ask for the lock.
        process_want(n: NodeId) => dlm;
    }
    /// A node.
    fair node {
        /// Use the lock.
        node_use(n: NodeId);
        /// Give up the lock, as asked.
        node_release(n: NodeId) => dlm;
    }
    /// The lock manager.
    fair dlm {
        /// Grant the lock to the node that has waited longest.
        dlm_grant() => node;
        /// Ask the owner to give up the lock, because another node waits.
        dlm_ask() => node;
    }
}

impl ClusterLock {
    fn process_want(&self, s: &mut Lock, n: NodeId) -> Fired {
        when(!s.owner.contains(n) && !s.waiting.contains(n))?;
        s.waiting.push(n).or(exceeded("waiting"))
    }

    fn node_use(&self, s: &mut Lock, n: NodeId) -> Fired {
        when(s.owner.contains(n) && s.unused)?;
        s.unused = false;
        FIRED
    }

    fn node_release(&self, s: &mut Lock, n: NodeId) -> Fired {
        when(s.owner.contains(n) && s.asked && !s.unused)?;
        s.owner.remove(n);
        s.asked = false;
        FIRED
    }

    fn dlm_grant(&self, s: &mut Lock) -> Fired {
        when(s.owner.is_empty())?;
        let Some(n) = s.waiting.head() else { return when(false) };
        s.waiting.pop();
        s.owner.insert(n);
        s.unused = true;
        FIRED
    }

    fn dlm_ask(&self, s: &mut Lock) -> Fired {
        when(!s.owner.is_empty() && !s.waiting.is_empty() && !s.asked)?;
        s.asked = true;
        FIRED
    }

    fn waiter_gets_lock(&self, s: &Lock, n: NodeId) -> Claim {
        awaits(s.waiting.contains(n), s.owner.contains(n))
    }
}

impl Model for ClusterLock {
    const PROPERTIES: &'static [Property<Self>] = properties! { ClusterLock;
        /// A node that waits for the lock eventually gets it.
        leads_to waiter_gets_lock(n: NodeId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&Lock)) {
        emit(&Lock::default());
    }

    fn done(&self, s: &Lock) -> bool {
        s.waiting.is_empty()
    }
}

state! {
    /// The delegation of a client.
    pub enum Held { No, Yes, Recalled }
}

state! {
    /// The file at one server.
    pub struct File {
        /// The delegation. The client that has it reads from its cache.
        pub held: Held,
        /// Somebody else wants the file.
        pub wanted: bool,
    }
}

/// The second part: a server that gives a delegation to its client, and recalls it.
pub struct Server {
    /// Others get the file only after the delegation was returned.
    pub recall_first: bool,
}

actions! { Server, File;
    /// The client.
    optional client {
        /// Open the file with a delegation, unless somebody else wants the file.
        client_open() => server;
    }
    /// The callback service of the client.
    fair callback {
        /// Return the delegation.
        callback_return() => server;
    }
    /// The server.
    fair server {
        /// Recall the delegation, because somebody else wants the file.
        server_recall() => callback;
    }
    /// Everybody else.
    optional other {
        /// Want the file.
        other_want() => server;
    }
    /// Everybody else who waits.
    fair waiter {
        /// Get the file.
        waiter_get();
    }
}

impl Server {
    fn client_open(&self, s: &mut File) -> Fired {
        when(s.held == Held::No && !s.wanted)?;
        s.held = Held::Yes;
        FIRED
    }

    fn callback_return(&self, s: &mut File) -> Fired {
        when(s.held == Held::Recalled)?;
        s.held = Held::No;
        FIRED
    }

    fn server_recall(&self, s: &mut File) -> Fired {
        when(s.held == Held::Yes && s.wanted)?;
        s.held = Held::Recalled;
        FIRED
    }

    fn other_want(&self, s: &mut File) -> Fired {
        when(!s.wanted)?;
        s.wanted = true;
        FIRED
    }

    fn waiter_get(&self, s: &mut File) -> Fired {
        when(s.wanted && (s.held == Held::No || !self.recall_first))?;
        s.wanted = false;
        FIRED
    }

    fn waiter_gets_file(&self, s: &File) -> Claim {
        awaits(s.wanted, !s.wanted)
    }
}

impl Model for Server {
    const PROPERTIES: &'static [Property<Self>] = properties! { Server;
        /// Every process that waits for the file eventually gets it.
        leads_to waiter_gets_file;
    };

    fn initial(&self, emit: &mut dyn FnMut(&File)) {
        emit(&File::default());
    }

    fn done(&self, s: &File) -> bool {
        !s.wanted
    }
}

state! {
    /// The whole state: the states of the parts.
    pub struct State {
        /// The cluster lock of the file.
        pub lock: Lock,
        /// The file at the server of each node.
        pub file: Table<NodeId, File, NODES>,
        /// A node has written while the client of another one had a delegation.
        pub unseen_write: bool,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A node gives up its cluster lock only after its client has returned the delegation.
        recall_first "what gfs2_setlease lacks" [1];
        /// A server gives a delegation only while its node has the cluster lock.
        delegate_under_lock "what gfs2_setlease lacks" [1];
    }
    variants {}
}

/// The protocol in one configuration: one lock, and a server for each node.
pub struct ClusterDelegations {
    lock: ClusterLock,
    server: Server,
    rules: Rules,
}

domains! { ClusterDelegations, self; NodeId: self.lock.nodes }

actions! { ClusterDelegations, State;
    /// The client of a node.
    optional client {
        /// Open the file with a delegation, unless another node wants the file.
        client_open(n: NodeId) => server;
    }
    /// The callback service of the client of a node.
    fair callback {
        /// Return the delegation.
        callback_return(n: NodeId) => server;
    }
    /// The server of a node.
    fair server {
        /// Recall the delegation, because another node wants the file.
        server_recall(n: NodeId) => callback;
    }
    /// A process of a node, which writes.
    optional process {
        /// Ask for the cluster lock.
        process_want(n: NodeId) => dlm;
    }
    /// The filesystem of a node.
    fair node {
        /// Write under the cluster lock.
        node_write(n: NodeId);
        /// Give up the cluster lock, and with it the file.
        node_release(n: NodeId) => dlm;
    }
    /// The lock manager.
    fair dlm {
        /// Grant the cluster lock to the node that has waited longest.
        dlm_grant() => node;
        /// Ask the owner to give up the cluster lock. The server of that node hears of it.
        dlm_ask() => node;
    }
}

impl ClusterDelegations {
    fn client_open(&self, s: &mut State, n: NodeId) -> Fired {
        let has_lock = s.lock.owner.contains(n) && !s.lock.unused;
        when(has_lock || !self.rules.delegate_under_lock)?;
        self.server.client_open(&mut s.file[n])
    }

    fn callback_return(&self, s: &mut State, n: NodeId) -> Fired {
        self.server.callback_return(&mut s.file[n])
    }

    fn server_recall(&self, s: &mut State, n: NodeId) -> Fired {
        self.server.server_recall(&mut s.file[n])
    }

    fn process_want(&self, s: &mut State, n: NodeId) -> Fired {
        self.lock.process_want(&mut s.lock, n)
    }

    fn node_write(&self, s: &mut State, n: NodeId) -> Fired {
        self.lock.node_use(&mut s.lock, n)?;
        s.unseen_write |= values::<NodeId>(self).any(|n| s.file[n].held != Held::No);
        FIRED
    }

    fn node_release(&self, s: &mut State, n: NodeId) -> Fired {
        together(s, |s| {
            self.lock.node_release(&mut s.lock, n)?;
            self.server.waiter_get(&mut s.file[n])
        })
    }

    fn dlm_grant(&self, s: &mut State) -> Fired {
        self.lock.dlm_grant(&mut s.lock)
    }

    fn dlm_ask(&self, s: &mut State) -> Fired {
        let Some(n) = s.lock.owner.iter().next() else { return when(false) };
        together(s, |s| {
            self.lock.dlm_ask(&mut s.lock)?;
            self.server.other_want(&mut s.file[n])
        })
    }

    fn no_unseen_write(&self, s: &State) -> Claim {
        claim(!s.unseen_write)
    }

    fn waiter_gets_lock(&self, s: &State, n: NodeId) -> Claim {
        self.lock.waiter_gets_lock(&s.lock, n)
    }
}

impl Model for ClusterDelegations {
    const PROPERTIES: &'static [Property<Self>] = properties! { ClusterDelegations;
        /// No node writes while the client of another one has a delegation.
        invariant no_unseen_write;
        /// A node that waits for the cluster lock eventually gets it.
        leads_to waiter_gets_lock(n: NodeId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        self.lock.done(&s.lock)
    }
}

impl Protocol for ClusterDelegations {
    const NAME: &'static str = "cluster_delegations";
    const SUMMARY: &'static str = "delegations of a cluster filesystem, recalled by its own locks";
    const BOUNDS: &'static [Field] =
        &[Field::number("nodes", "How many nodes there are.", 2, NODES as u8, 2)];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let rules = Rules::from(setup.rules);
        let nodes = setup.bounds.get("nodes").number();
        let server = Server { recall_first: rules.recall_first };
        Ok(Self { lock: ClusterLock { nodes }, server, rules })
    }
}
