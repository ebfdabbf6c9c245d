//! Stable storage: what a crash leaves of an owner, and that states stay few.

use latchwork_model::kit::{
    Bag, Clock, Crash, Durable, Fifo, Permutation, Permute, Queue, Refs, Set, Stamp, Table, Timer,
    same, tick_of,
};
use latchwork_model::{ids, state};

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// How far a client is. It starts again after a crash.
    pub enum Phase { Off, On }
}

state! {
    /// The record of a client.
    pub struct Record {
        /// The client.
        pub owner: ClientId,
        /// It may reclaim.
        pub active: bool,
    }
}

state! {
    /// What the server keeps of a client.
    pub struct Session {
        /// Its record, on disk.
        pub record: Durable<Record>,
        /// How many requests are open.
        pub open: u8,
    }
}

state! {
    /// A server with a field of each kind.
    pub struct Server {
        /// Its epoch, on disk.
        pub epoch: Durable<u8>,
        /// Its sessions.
        pub session: Table<ClientId, Session, 2>,
        /// How far it is.
        pub phase: Phase,
        /// Flags.
        pub flags: [bool; 2],
        /// Who has a lock.
        pub holders: Set<ClientId>,
        /// Who waits.
        pub waiting: Queue<ClientId, 2>,
        /// Calls on their way.
        pub calls: Fifo<ClientId, 2>,
        /// Answers on their way.
        pub answers: Bag<ClientId, 2>,
        /// A lease.
        pub lease: Timer,
        /// A token.
        pub token: Stamp,
        /// The references to an object in memory.
        pub object: Refs<2>,
        /// Its clock, which goes on.
        pub clock: Clock,
    }
}

const ONE: ClientId = ClientId(1);

/// Returns a server in which no field is zero.
fn busy() -> Server {
    let mut server = Server { epoch: Durable::of(3), ..Server::default() };
    server.session[ONE].record = Durable::of(Record { owner: ONE, active: true });
    server.session[ONE].open = 2;
    server.phase = Phase::On;
    server.flags = [true; 2];
    server.holders.insert(ONE);
    server.waiting.push(ONE).expect("there is room");
    server.calls.push(ONE).expect("there is room");
    server.answers.insert(ONE).expect("there is room");
    server.lease.arm(2);
    server.object.alloc();
    let clocks = &mut (server.clock, Clock::default(), server.lease);
    tick_of(
        clocks,
        0,
        1,
        |all, each| {
            each(0, &mut all.0);
            each(1, &mut all.1);
        },
        |all, each| each(0, &mut all.2, true),
    )
    .expect("the lease runs");
    server.clock = clocks.0;
    server.token = Stamp::fresh(&mut server, |server, each| each(&mut server.token));
    server
}

/// Red if a kind of field survives a crash, or if something durable does not, at any depth.
#[test]
fn a_crash_leaves_what_is_durable_and_nothing_else() {
    let mut server = busy();
    server.crash();
    let clock = server.clock;
    assert_eq!(clock.ahead(), 1);
    let mut left = Server { epoch: Durable::of(3), clock, ..Server::default() };
    left.session[ONE].record = Durable::of(Record { owner: ONE, active: true });
    assert!(same(&server, &left), "{server:#?}");
}

/// Red if a write is stable before it is synced, or is lost although it was.
#[test]
fn a_crash_loses_the_pending_write_alone() {
    let mut epoch = Durable::of(1);
    epoch.write(2);
    assert_eq!((*epoch, *epoch.stable(), epoch.is_synced()), (2, 1, false));
    epoch.crash();
    assert_eq!((*epoch, epoch.is_synced()), (1, true));
    epoch.write(2);
    epoch.sync();
    epoch.crash();
    assert_eq!(*epoch, 2);
}

/// Red if synced storage remembers how it got there: states would multiply with the past.
#[test]
fn synced_storage_has_one_state_for_each_value() {
    let mut written = Durable::of(1);
    written.write(2);
    written.write(3);
    written.sync();
    assert!(same(&written, &Durable::of(3)));
    written.write(4);
    written.write(3);
    assert!(same(&written, &Durable::of(3)), "a write of what is there is no write");
}

/// Red if a torn write reaches more than the part that `tear` copies, or if that part is lost.
#[test]
fn a_torn_write_is_partly_stable() {
    let mut record = Durable::of(Record { owner: ClientId(0), active: false });
    record.write(Record { owner: ONE, active: true });
    record.tear(|stable, pending| stable.active = pending.active);
    assert_eq!(*record, Record { owner: ONE, active: true }, "the owner does not notice");
    record.crash();
    assert_eq!(*record, Record { owner: ClientId(0), active: true });
}

/// Red if one of both parts keeps the old ids under symmetry.
#[test]
fn an_exchange_renames_both_parts() {
    let mut record = Durable::of(Record { owner: ClientId(0), active: false });
    record.write(Record { owner: ONE, active: false });
    let exchanged = record.permuted(&Permutation::IDENTITY.exchanging(ClientId(0), ONE));
    assert_eq!((exchanged.stable().owner, exchanged.owner), (ONE, ClientId(0)));
}

/// Red if durable storage takes more than its two values.
#[test]
fn it_takes_two_values() {
    assert_eq!(size_of::<Durable<Record>>(), 2 * size_of::<Record>());
}
