//! Which applications are interchangeable: those that do the same. Those that take a lock take one of
//! their own, and locks are claimed in their order.

use crate::kit::{Permutation, permutations, values};

use super::DelegationReturn;
use super::state::AppId;

impl DelegationReturn {
    pub(super) fn interchangeable(&self, emit: &mut dyn FnMut(Permutation)) {
        permutations(self.app_count, &mut |to| {
            let same = |a: AppId| self.spec(a) == self.spec(AppId(to[usize::from(a.0)]));
            if values::<AppId>(self).all(same) {
                emit(Permutation::IDENTITY.with::<AppId>(to));
            }
        });
    }
}
