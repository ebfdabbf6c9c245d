//! Which clients and operations are interchangeable. Objects are not: locks are taken in the order of
//! their addresses.

use crate::kit::{Permutation, Permute, permutations, values};

use super::Recall;
use super::config::OpSpec;
use super::state::{ClientId, OPS, ObjectId, OpId, Owner, State};

impl Recall {
    /// Operations that do the same, asked for by the same client or by clients that change places
    /// too.
    pub(super) fn interchangeable(&self, emit: &mut dyn FnMut(Permutation)) {
        permutations(self.clients, &mut |clients| {
            let place = |c: ClientId| ClientId(clients[usize::from(c.0)]);
            permutations(self.op_count, &mut |ops| {
                let same = |o: OpId| {
                    let spec = self.spec(o);
                    let there = OpSpec { by: spec.by.map(place), ..*spec };
                    there == *self.spec(OpId(ops[usize::from(o.0)]))
                };
                if values::<OpId>(self).all(same) {
                    emit(Permutation::IDENTITY.with::<ClientId>(clients).with::<OpId>(ops));
                }
            });
        });
    }

    /// A state after clients and operations have changed places: so have those who hold locks.
    pub(super) fn exchanged(&self, s: &State, by: &Permutation) -> State {
        let mut next = s.permuted(by);
        next.rename_mutex = s.rename_mutex.exchanged(by);
        for x in values::<ObjectId>(self) {
            next.object[x].lock = s.object[x].lock.exchanged(by);
        }
        next
    }
}

impl Owner {
    fn exchanged(self, by: &Permutation) -> Self {
        match (self as u8).checked_sub(1) {
            None => Self::None,
            Some(op) if op < OPS as u8 => by.id(OpId(op)).into(),
            Some(client) => by.id(ClientId(client - OPS as u8)).into(),
        }
    }
}
