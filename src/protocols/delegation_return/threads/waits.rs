//! Who there is, and what somebody can wait for.

/// The server and the other client.
pub(super) const SERVER: usize = 0;
/// The returner.
pub(super) const RETURNER: usize = 1;
/// The state manager.
pub(super) const MANAGER: usize = 2;
/// The first application.
pub(super) const FIRST_APP: usize = 3;
/// All of them.
pub(super) const PARTIES: usize = FIRST_APP + latchwork_model::delegation_return::state::APPS;

/// What somebody waits for.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    /// The lock can be taken, in memory or at the server.
    Lock,
    /// It can be given up.
    Unlock,
    /// The file can be opened, by one who has seen that the delegation allows it, or now.
    Open { seen: bool },
    /// A call can be made.
    Call,
    /// A slot can be had: the session does not drain.
    Slot,
    /// The delegation is to be returned, or the returner is to end.
    ReturnDue,
    /// The manager is needed, or is to end.
    ManagerDue,
    /// All answers have been processed.
    SlotFree,
    /// The server is not in grace: something new can be asked for.
    NewGrants,
    /// The server grants what a claim asks for.
    Claims,
    /// The `rwsem` is free.
    RwsemFree,
    /// There is something for the server or the other client to do.
    Server,
    /// A callback can be sent.
    Session,
    /// Nobody has anything left to do.
    Calm,
}
