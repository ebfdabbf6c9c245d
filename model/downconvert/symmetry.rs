//! Which nodes and applications are interchangeable.

use crate::kit::{Permutation, permutations};

use super::config::AppSpec;
use super::state::{AppId, NodeId};
use super::{Downconvert, values};

impl Downconvert {
    /// Nodes change places together with what runs on them, and applications with one of the same
    /// program. The master is none of the nodes and serves them in the order in which they come.
    pub(super) fn interchangeable(&self, emit: &mut dyn FnMut(Permutation)) {
        permutations(self.nodes, &mut |nodes| {
            let place = |n: NodeId| NodeId(nodes[usize::from(n.0)]);
            let alike = |n| {
                let (one, other) = (n, place(n));
                self.may_die(one) == self.may_die(other) && self.is_new(one) == self.is_new(other)
            };
            if !values::<NodeId>(self).all(alike) {
                return;
            }
            permutations(self.app_count, &mut |apps| {
                let same = |a: AppId| {
                    let there = AppSpec { node: place(self.node(a)), ..*self.spec(a) };
                    there == *self.spec(AppId(apps[usize::from(a.0)]))
                };
                if values::<AppId>(self).all(same) {
                    emit(Permutation::IDENTITY.with::<NodeId>(nodes).with::<AppId>(apps));
                }
            });
        });
    }

    fn may_die(&self, n: NodeId) -> bool {
        self.faults.requester_dies > 0 && self.mortal >> n.0 & 1 == 1
    }
}
