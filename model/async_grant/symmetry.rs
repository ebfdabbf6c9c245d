//! Which requests are interchangeable.

use crate::kit::{Permutation, Permute, permutations};

use super::AsyncGrant;
use super::state::{CLIENTS, ClientId, OwnerId, State};

impl AsyncGrant {
    /// Requests of one kind for the same bytes change places together with their owners. Those of one
    /// owner go in the order of the list, and keep it.
    pub(super) fn interchangeable(&self, emit: &mut dyn FnMut(Permutation)) {
        if !self.rules.owner_id && !self.rules.reply_match {
            // The answer to one goes to the first that asks, whoever that is.
            return;
        }
        permutations(self.client_count, &mut |to| {
            if let Some(owners) = self.owners_that_go_along(to) {
                emit(Permutation::IDENTITY.with::<ClientId>(to).with::<OwnerId>(&owners));
            }
        });
    }

    /// Where the owners of requests go when these go where `to` says, if that changes nothing else.
    fn owners_that_go_along(&self, to: &[u8]) -> Option<[u8; CLIENTS]> {
        let mut owners = [None; CLIENTS];
        for (c, to) in self.all_clients().zip(to) {
            let (from, to) = (self.spec(c), self.spec(ClientId(*to)));
            let same = from.kind == to.kind
                && from.range == to.range
                && from.access == to.access
                && from.local == to.local;
            let owner = owners[usize::from(from.owner.0)].get_or_insert(to.owner.0);
            if !same || *owner != to.owner.0 {
                return None;
            }
        }
        let in_order = |c: ClientId| {
            let later =
                self.all_clients().filter(|d| *d > c && self.owner_of(*d) == self.owner_of(c));
            later.into_iter().all(|d| to[usize::from(d.0)] > to[usize::from(c.0)])
        };
        let mut own = [0; CLIENTS];
        for (owner, to) in (0u8..).zip(owners) {
            own[usize::from(owner)] = to.unwrap_or(owner);
        }
        self.all_clients().all(in_order).then_some(own)
    }

    fn owner_of(&self, c: ClientId) -> OwnerId {
        self.spec(c).owner
    }

    /// A state after requests and their owners have changed places. Without `owner_id` the master
    /// knows all clients as one owner, who stays.
    pub(super) fn exchanged(&self, s: &State, by: &Permutation) -> State {
        let mut next = s.permuted(by);
        let process = |owner| {
            let mut all = self.all_clients();
            all.any(|c| self.is_local(c) && self.owner_of(c) == OwnerId(owner))
        };
        next.table = s.table.renamed(|owner| match self.rules.owner_id || process(owner) {
            true => by.id(OwnerId(owner)).0,
            false => owner,
        });
        next
    }
}
