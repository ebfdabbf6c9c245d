//! What all lanes do with the locks: those at the master, the local ones, and what is believed.

use crate::kit::{FIRED, Fired, Refused, exceeded};

use super::posix::{Range, Request};
use super::state::{ByteMap, ClientId, Hold, Op, OpKind, OwnerId, State};
use super::{AsyncGrant, Kind};

impl AsyncGrant {
    /// For whom the master knows the lock.
    #[inline]
    pub(super) fn own(&self, c: ClientId) -> OwnerId {
        // Without `owner_id` all clients are the lock manager. A process is its own owner.
        if self.rules.owner_id || self.is_local(c) { self.spec(c).owner } else { OwnerId(0) }
    }

    /// What a request asks the master for.
    pub(super) fn wants(&self, c: ClientId) -> Request<u8> {
        let spec = self.spec(c);
        Request { owner: self.own(c).0, access: spec.access, range: spec.range }
    }

    /// Another owner is in the way of a request.
    pub(super) fn conflict(&self, s: &State, c: ClientId) -> bool {
        let Request { owner, access, range } = self.wants(c);
        s.table.conflict(owner, access, range).is_some()
    }

    /// What the owner of a request has of a byte, at the master.
    #[inline]
    pub(super) fn held(&self, s: &State, c: ClientId, byte: u8) -> Hold {
        s.table.held(self.own(c).0, byte).into()
    }

    /// The owner of a request has a byte of its range.
    pub(super) fn holds_any(&self, s: &State, c: ClientId) -> bool {
        self.bytes(c).any(|byte| self.held(s, c, byte) != Hold::None)
    }

    /// Gives a request its lock, and says how that is to be undone.
    pub(super) fn grant(&self, s: &mut State, c: ClientId) -> Result<Op, Refused> {
        let Request { owner, access, range } = self.wants(c);
        let mut before = ByteMap::EMPTY;
        self.bytes(c).for_each(|byte| before.set(byte, self.held(s, c, byte)));
        s.table.lock(owner, access, range).or(exceeded("locks"))?;
        self.look_at_tests(s);
        self.look_at_reclaims(s);
        let same = self.bytes(c).all(|byte| before.at(byte) == Hold::from(Some(access)));
        Ok(match self.rules.undo_restores {
            true if same => Op::new(OpKind::Regranted),
            true => Op { kind: OpKind::Granted, before },
            false => Op::new(OpKind::Granted),
        })
    }

    /// Takes the bytes of a request away from its owner.
    pub(super) fn release(&self, s: &mut State, c: ClientId) -> Fired {
        self.unlock(s, self.own(c), self.spec(c).range)
    }

    /// Takes bytes away from an owner.
    pub(super) fn unlock(&self, s: &mut State, owner: OwnerId, range: Range<u8>) -> Fired {
        s.table.unlock(owner.0, range).or(exceeded("locks"))?;
        self.look_at_tests(s);
        FIRED
    }

    /// Undoes a grant: the owner has again what it had before, unless it has less by now.
    pub(super) fn restore(&self, s: &mut State, c: ClientId, before: ByteMap) -> Fired {
        let owner = self.own(c);
        for byte in self.bytes(c) {
            let hold = before.at(byte).min(self.held(s, c, byte));
            let range = Range { first: byte, last: byte };
            match hold.access() {
                None => s.table.unlock(owner.0, range).or(exceeded("locks"))?,
                Some(access) => s.table.lock(owner.0, access, range).or(exceeded("locks"))?,
            }
            let mirror = &mut s.mirror[self.spec(c).owner];
            mirror.set(byte, mirror.at(byte).min(hold));
        }
        self.look_at_tests(s);
        FIRED
    }

    /// The filesystem has a local lock on a byte of the request.
    pub(super) fn is_mirrored(&self, s: &State, c: ClientId) -> bool {
        self.bytes(c).any(|byte| s.mirror[self.spec(c).owner].at(byte) != Hold::None)
    }

    /// Sets the local lock for the bytes of a request.
    pub(super) fn mirror(&self, s: &mut State, c: ClientId, hold: Hold) {
        self.bytes(c).for_each(|byte| s.mirror[self.spec(c).owner].set(byte, hold));
    }

    /// Sets what the owner of a request believes to have of its bytes.
    pub(super) fn believe(&self, s: &mut State, c: ClientId, hold: Hold) {
        self.bytes(c).for_each(|byte| s.believed[self.spec(c).owner].set(byte, hold));
    }

    /// An operation is on its way that may still change what the owner has in the range: a grant
    /// that may have to be undone, or its undo. The next operation of the same owner waits for it.
    pub(super) fn unsettled(&self, s: &State, c: ClientId) -> bool {
        let may_change = |other: ClientId| {
            let undo = s.has_op(other, OpKind::Undo);
            let grant = s.has_op(other, OpKind::Granted) && other != c;
            (other == c || self.overlap_of_owner(c, other)) && (undo || grant)
        };
        self.all_clients().any(may_change)
    }

    /// The server may restart more than once, so what a client did not reclaim in one grace period it
    /// may reclaim in the next.
    #[inline]
    pub(super) fn restarts_again(&self) -> bool {
        self.budget.reboot + self.budget.node > 1
    }

    /// After every new lock: who had a lock before a restart in whose way it is.
    pub(super) fn look_at_reclaims(&self, s: &mut State) {
        if self.restarts_again() {
            for c in self.all_clients() {
                s.client[c].overtaken |= s.client[c].must_reclaim && self.conflict(s, c);
            }
        }
    }

    /// After every change of the table: the tests to whom nobody is in the way now.
    pub(super) fn look_at_tests(&self, s: &mut State) {
        for c in self.all_clients().filter(|c| self.spec(*c).kind == Kind::Test) {
            if s.client[c].conflict_throughout && !self.conflict(s, c) {
                s.client[c].conflict_throughout = false;
            }
        }
    }
}
